"""The lines that tap and server exchange, as JSON: one thing each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from tap_common.doorbell.config import DoorbellConfig
from tap_common.doorbell.ring import Ring


class Start(msgspec.Struct, frozen=True, tag="start"):
    """The first line to the server.

    Args:
        config: the doorbell's.
        descriptor: the listening socket, which the server inherits.
        ready: what is answered about being ready.
    """

    config: DoorbellConfig
    descriptor: int
    ready: bool


class SetReady(msgspec.Struct, frozen=True, tag="ready"):
    """To the server: what is answered about being ready from now on."""

    ready: bool


class Up(msgspec.Struct, frozen=True, tag="up"):
    """From the server: it serves."""


class Counted(msgspec.Struct, frozen=True, tag="counted"):
    """From the server: its counts so far."""

    counts: Mapping[str, int]


class Said(msgspec.Struct, frozen=True, tag="said"):
    """From the server: a warning for the log."""

    text: str


ToServer: TypeAlias = Start | SetReady
FromServer: TypeAlias = Ring | Up | Counted | Said


def line_of(message: ToServer | FromServer) -> bytes:
    """Return a message as a line."""
    return msgspec.json.encode(message) + b"\n"


TO_SERVER: msgspec.json.Decoder[ToServer] = msgspec.json.Decoder(ToServer)
FROM_SERVER: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)
