"""Writes Singer messages to standard output: records first, the state that counts on them after.

The SDK's way for each record (conform, transform, wrap, encode) costs more than reading it. Where
a user has asked for nothing that needs it, the JSON that Stripe sent goes out as it came. Stream
maps, flattening and deselected fields take the SDK's way.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from singer_sdk.helpers._catalog import pop_deselected_record_properties
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.streams import Stream
from tap_common.output import MessageOutput, Sink, encode

from tap_stripe_ext.progress import Progress
from tap_stripe_ext.reader import decode


class Output(MessageOutput):
    """Writes messages. Not thread-safe: one thread writes.

    Args:
        sink: where the lines go; standard output if None.
        progress: is told of what was written.
    """

    def __init__(self, sink: Sink | None = None, progress: Progress | None = None) -> None:
        super().__init__(sink)
        self.progress = progress
        self._fast: dict[str, bool] = {}
        self.records: dict[str, int] = {}

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
            self.write_lines(b"".join(before + record + after for record in listed))
        else:
            for record in listed:
                messages = messages_by_the_sdk(stream, record)
                self.write_lines(b"".join(encode(message) + b"\n" for message in messages))
        self.count(stream, len(listed))
        return len(listed)

    def count(self, stream: Stream, records: int) -> None:
        """Take note of records that were written."""
        if records:
            self.records[stream.name] = self.records.get(stream.name, 0) + records
            if self.progress is not None:
                self.progress.wrote(stream.name, records)

    def finish(self) -> None:
        """Write what may be held back; nothing is here."""


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
