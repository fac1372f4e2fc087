"""For tests of a tap: a run in this process, with what it wrote."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TapRun:
    """What one run wrote.

    Args:
        lines: its standard output.
        messages: the same, decoded.
        error: what it ended with; None if it was complete.
    """

    lines: tuple[str, ...]
    messages: tuple[dict[str, Any], ...]
    error: BaseException | None

    def records(self, stream: str) -> list[dict[str, Any]]:
        """The stream's records, in order."""
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def ids(self, stream: str) -> list[str]:
        """The ids of the stream's records, in order."""
        return [record["id"] for record in self.records(stream)]

    @property
    def record_count(self) -> int:
        """How many records there are in all."""
        return sum(message["type"] == "RECORD" for message in self.messages)

    @property
    def states(self) -> list[dict[str, Any]]:
        """The states, in order."""
        return [message["value"] for message in self.messages if message["type"] == "STATE"]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        return self.states[-1]


def run_caught(run: Callable[[], None]) -> TapRun:
    """Run a tap and return what it wrote; errors are caught."""
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    error: BaseException | None = None
    with contextlib.redirect_stdout(buffer):
        try:
            run()
        except (Exception, SystemExit) as raised:
            error = raised
    buffer.flush()
    buffer.seek(0)
    lines = buffer.read().split("\n")[:-1]  # other line ends may be inside of a record
    return TapRun(tuple(lines), tuple(json.loads(line) for line in lines), error)
