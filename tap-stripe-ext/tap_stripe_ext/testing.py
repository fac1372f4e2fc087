"""For tests of the tap and of what it feeds: a run in this process, with what it wrote."""

from __future__ import annotations

import contextlib
import io
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tap_stripe_ext.tap import TapStripeExt

SANDBOX_CONFIG: Mapping[str, Any] = {
    "api_key": "sk_test_sandbox",
    "requests_per_second": 0,
    "requests_per_second_per_endpoint": 0,
    "max_wait": 0.05,
}


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


def run_tap(
    api_base: str,
    *,
    streams: Collection[str] = (),
    state: Mapping[str, Any] | None = None,
    catalog: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = time.time,
    **config: Any,
) -> TapRun:
    """Run the tap against `api_base` and return what it wrote; errors are caught.

    Args:
        api_base: the sandbox's address.
        streams: the streams to select; if empty, those that are selected by default.
        state: the state to start from.
        catalog: the catalog, instead of `streams`.
        clock: returns the present in seconds since 1970, as the tap's machine has it.
        config: further settings; they replace those of `SANDBOX_CONFIG`.
    """
    buffer = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    error: BaseException | None = None
    chosen: Mapping[str, Any] | None = catalog
    if streams:
        names = [name for name in _discovered_entries() if name in streams]
        chosen = {"streams": [_entry(name, selected=True) for name in names]}
    with contextlib.redirect_stdout(buffer):
        try:
            tap = TapStripeExt(
                config={**SANDBOX_CONFIG, "api_base": api_base, **config},
                state=None if state is None else json.loads(json.dumps(state)),
                catalog=None if chosen is None else json.loads(json.dumps(chosen)),
            )
            tap.clock = clock
            tap.sync_all()
        except (Exception, SystemExit) as raised:
            error = raised
    buffer.flush()
    buffer.seek(0)
    lines = buffer.read().split("\n")[:-1]  # other line ends may be inside of a record
    return TapRun(tuple(lines), tuple(json.loads(line) for line in lines), error)


def catalog_of(*streams: str) -> dict[str, Any]:
    """Return the discovered catalog with only these streams selected."""
    return {"streams": [_entry(name, selected=name in streams) for name in _discovered_entries()]}


def _entry(name: str, *, selected: bool) -> dict[str, Any]:
    entry: dict[str, Any] = json.loads(_discovered_entries()[name])
    for metadata in entry["metadata"]:
        if not metadata["breadcrumb"]:
            metadata["metadata"]["selected"] = selected
    return entry


@cache
def _discovered_entries() -> Mapping[str, str]:
    """Return the catalog's entries as JSON, by stream: all of them are megabytes to decode."""
    text = TapStripeExt(config=dict(SANDBOX_CONFIG), setup_mapper=False).catalog_json_text
    return {entry["tap_stream_id"]: json.dumps(entry) for entry in json.loads(text)["streams"]}
