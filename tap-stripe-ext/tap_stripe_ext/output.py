"""Writes Singer messages to standard output: records first, the state that counts on them after.

The SDK's way for each record (conform, transform, wrap, encode) costs more than reading it. Where
a user has asked for nothing that needs it, the JSON that Stripe sent goes out as it came. Stream
maps, flattening and deselected fields take the SDK's way.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol

from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.streams import Stream

from tap_stripe_ext.progress import Progress
from tap_stripe_ext.reader import decode, encode


class OutputClosedError(Exception):
    """Nobody reads our standard output any more: the target has ended."""


class Sink(Protocol):
    """What the messages are written to."""

    def write(self, data: bytes, /) -> int | None:
        """Write the bytes."""

    def flush(self) -> None:
        """Pass them on."""


class Output:
    """Writes messages. Not thread-safe: one thread writes.

    Args:
        sink: where the lines go; standard output if None.
        progress: is told of what was written.
    """

    def __init__(self, sink: Sink | None = None, progress: Progress | None = None) -> None:
        self._sink = sink
        self.progress = progress
        self._fast: dict[str, bool] = {}
        self.records: dict[str, int] = {}

    def write_schema(self, stream: Stream) -> None:
        """Write the stream's SCHEMA message(s) the SDK's way."""
        for message in stream._generate_schema_messages():
            self._write(encode(message.to_dict()) + b"\n")

    def write_records(self, stream: Stream, records: Iterable[bytes]) -> int:
        """Write RECORD messages.

        Args:
            stream: whose records they are.
            records: each one's JSON, on one line.

        Returns:
            How many records there were.
        """
        listed = list(records)
        if not listed:
            return 0
        if stream.name not in self._fast:
            self._fast[stream.name] = takes_the_fast_path(stream)
        if self._fast[stream.name]:
            extracted = datetime.now(UTC).isoformat()
            before = b'{"type":"RECORD","stream":%b,"record":' % encode(stream.name)
            after = b',"time_extracted":"%b"}\n' % extracted.encode("ascii")
            self._write(b"".join(before + record + after for record in listed))
        else:
            for record in listed:
                messages = messages_by_the_sdk(stream, record)
                self._write(b"".join(encode(message) + b"\n" for message in messages))
        self.count(stream, len(listed))
        return len(listed)

    def count(self, stream: Stream, records: int) -> None:
        """Take note of records that were written."""
        if records:
            self.records[stream.name] = self.records.get(stream.name, 0) + records
            if self.progress is not None:
                self.progress.wrote(stream.name, records)

    def write_state(self, state: dict[str, Any]) -> None:
        """Write a STATE message. All records before it have been written."""
        self._write(encode({"type": "STATE", "value": state}) + b"\n")

    def finish(self) -> None:
        """Write what may be held back; nothing is here."""

    def _write(self, lines: bytes) -> None:
        try:
            if self._sink is not None:
                self._sink.write(lines)
                self._sink.flush()
            else:
                _write_to_standard_output(lines)
        except BrokenPipeError:
            raise OutputClosedError from None


def _write_to_standard_output(lines: bytes) -> None:
    """Write all of `lines`, whatever signals come in between.

    Python's own buffered writer loses the rest of a long write that a signal interrupts (seen with
    3.11.7 on a full pipe: the end of a record was missing before the last state).
    """
    sys.stdout.flush()
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # replaced by a test's buffer
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
        return
    rest = memoryview(lines)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def takes_the_fast_path(stream: Stream) -> bool:
    """Tell whether records may go out as they are."""
    return _unmapped(stream) and all(stream.mask.values())


def _unmapped(stream: Stream) -> bool:
    return all(
        type(one) is SameRecordTransform and not one.flattening_enabled
        for one in stream.stream_maps
    )


def messages_by_the_sdk(stream: Stream, record: bytes) -> list[dict[str, Any]]:
    """Return the RECORD messages of a record, as the catalog and the stream maps want them."""
    value = decode(record)
    if _unmapped(stream):
        pop_deselected_record_properties(value, stream.schema, stream.mask)
        return [
            {
                "type": "RECORD",
                "stream": stream.name,
                "record": value,
                "time_extracted": datetime.now(UTC).isoformat(),
            }
        ]
    return [message.to_dict() for message in stream._generate_record_messages(value)]
