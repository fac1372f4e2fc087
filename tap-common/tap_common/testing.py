"""For tests of a tap: a run in this process, or one of its own that follows, with what it wrote."""

from __future__ import annotations

import contextlib
import io
import json
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOON = 30.0
"""Seconds within which anything has happened that is going to happen."""


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


class FollowingTap:
    """A process that follows, and what it has written so far.

    Args:
        process: its standard output is a pipe without a buffer of ours.
        log: where its standard error goes.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.messages: list[dict[str, Any]] = []
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def records(self) -> list[dict[str, Any]]:
        """All records, in order."""
        return [one["record"] for one in self.messages if one["type"] == "RECORD"]

    @property
    def states(self) -> list[dict[str, Any]]:
        """The states, in order."""
        return [one["value"] for one in self.messages if one["type"] == "STATE"]

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until it holds.

        Raises:
            AssertionError: it does not, or the process has ended; with what it said.
        """
        until = time.monotonic() + SOON
        while not condition():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(self.log.read_text())
            time.sleep(0.01)

    def stop(self) -> int:
        """End it as a supervisor does; return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(SOON)
        self._reader.join(SOON)
        return status

    def close_pipe(self) -> None:
        """Read no more, as a target that has died."""
        self._closing.set()
        self._reader.join(SOON)
        if self.process.stdout is not None:
            self.process.stdout.close()

    def _read(self) -> None:
        pipe = self.process.stdout
        while pipe is not None and not self._closing.is_set():
            if not select.select([pipe], [], [], 0.1)[0]:
                continue
            line = pipe.readline()
            if not line:
                return
            self.messages.append(json.loads(line))


@contextmanager
def following_tap(command: Sequence[str], log: Path) -> Iterator[FollowingTap]:
    """Start a tap that follows; it is gone at the end of the block."""
    with log.open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 - a tap of ours
            command, stdout=subprocess.PIPE, stderr=errors, bufsize=0
        )
        try:
            yield FollowingTap(process, log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
