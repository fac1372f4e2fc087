"""Writes Singer messages to standard output, each line whole."""

from __future__ import annotations

import os
import select
import sys
from typing import Any, Protocol

import msgspec
from singer_sdk.streams import Stream

from tap_common.errors import OutputClosedError

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class Sink(Protocol):
    """What the messages are written to."""

    def write(self, data: bytes, /) -> int | None:
        """Write the bytes."""

    def flush(self) -> None:
        """Pass them on."""


class MessageOutput:
    """Writes messages. Not thread-safe: one thread writes.

    Args:
        sink: where the lines go; standard output if None.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink

    def write_schema(self, stream: Stream) -> None:
        """Write the stream's SCHEMA message(s) the SDK's way."""
        for message in stream._generate_schema_messages():
            self.write_message(message.to_dict())

    def write_state(self, state: dict[str, Any]) -> None:
        """Write a STATE message. All records before it have been written."""
        self.write_message({"type": "STATE", "value": state})

    def write_message(self, message: dict[str, Any]) -> None:
        """Write one message."""
        self.write_lines(encode(message) + b"\n")

    def write_lines(self, lines: bytes) -> None:
        """Write whole lines.

        Raises:
            OutputClosedError: nobody reads them any more.
        """
        try:
            if self._sink is not None:
                self._sink.write(lines)
                self._sink.flush()
            else:
                _write_to_standard_output(lines)
        except BrokenPipeError:
            raise OutputClosedError from None


def check_reader() -> None:
    """Look whether somebody still reads our standard output.

    Raises:
        OutputClosedError: it is a pipe whose other end is closed.
    """
    looking = select.poll()
    try:
        looking.register(sys.stdout.fileno(), 0)
    except (OSError, ValueError):  # replaced by a test's buffer
        return
    if any(event & select.POLLERR for _, event in looking.poll(0)):
        raise OutputClosedError


def encode(value: Any) -> bytes:
    """Return `value` as JSON on one line; no float is ever made of a decimal number."""
    return _ENCODER.encode(value)


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
