"""Runs the tap into a comparison instead of a target."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from copy import deepcopy
from typing import Any

import msgspec
from singer_sdk import Tap
from singer_sdk.singerlib import Catalog

from tap_stripe_ext.errors import StreamsFailedError

Take = Callable[[str, list[bytes]], None]
"""Takes records of a stream, each one's JSON."""

_RECORDS_AT_ONCE = 200


class _Line(msgspec.Struct):
    type: str
    stream: str = ""
    record: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Line)


class RecordSink:
    """What the tap writes to: passes the records on, some of one stream at a time.

    Args:
        take: called with them, by the thread that writes.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self._waiting: dict[str, list[bytes]] = {}
        self._rest = b""

    def write(self, data: bytes, /) -> int | None:
        """Take whole or half lines of Singer messages."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            message = _decoder.decode(line)
            if message.type == "RECORD":
                records = self._waiting.setdefault(message.stream, [])
                records.append(bytes(message.record))
                if len(records) >= _RECORDS_AT_ONCE:
                    self._pass_on(message.stream)
        return len(data)

    def flush(self) -> None:
        """Do nothing: records are passed on in bulk, and at the end."""

    def finish(self) -> None:
        """Pass on what is left."""
        for stream in list(self._waiting):
            self._pass_on(stream)

    def _pass_on(self, stream: str) -> None:
        self._take(stream, self._waiting.pop(stream))


def read_streams(
    tap_class: type[Tap],
    config: Mapping[str, Any],
    catalog: Catalog,
    state: Mapping[str, Any] | None,
    take: Take,
) -> Collection[str]:
    """Run the tap and pass on each record that it emits.

    Args:
        tap_class: the tap.
        config: its settings.
        catalog: which streams are read.
        state: where it goes on from; None for everything.
        take: takes the records.

    Returns:
        The streams that could not be read; why has been logged.
    """
    sink = RecordSink(take)
    tap = tap_class(
        config=dict(config),
        state=None if state is None else deepcopy(dict(state)),
        catalog=catalog,
    )
    tap.sink = sink  # type: ignore[attr-defined]
    try:
        tap.sync_all()
    except StreamsFailedError as error:
        sink.finish()
        return error.streams or list(catalog)
    sink.finish()
    return ()
