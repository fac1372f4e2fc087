"""The Singer state: one bookmark for each stream, in the form that the SDK uses, and more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from tap_common.errors import StateError

from tap_monstock.bookmark import Bookmark, Floor
from tap_monstock.fields import rfc3339
from tap_monstock.stream_table import REPLICATION_KEY, STREAM_NAMES


class _Saved(msgspec.Struct):
    """A stream's bookmark in the state. What the SDK may add beside is passed over."""

    replication_key: str = REPLICATION_KEY
    replication_key_value: datetime | None = None
    seen: str = ""
    unreadable: list[str] = []
    version: int | None = None


@dataclass(slots=True)
class StreamState:
    """What is known of one stream.

    Attributes:
        bookmark: how far it has been read.
        unreadable: ids of orders or customers that could not be understood and are owed.
        version: of the records; what an ACTIVATE_VERSION compares by.
    """

    bookmark: Bookmark
    unreadable: set[str]
    version: int | None

    def to_json(self) -> dict[str, Any]:
        """Return it as the state holds it."""
        position = self.bookmark.position
        saved: dict[str, Any] = {"replication_key": REPLICATION_KEY}
        if position is not None:
            saved["replication_key_value"] = rfc3339(position)
            saved["seen"] = self.bookmark.packed()
        if self.unreadable:
            saved["unreadable"] = sorted(self.unreadable)
        if self.version is not None:
            saved["version"] = self.version
        return saved


def checked_state(state: object) -> dict[str, Any]:
    """Return the bookmarks of a state by stream, as they stand there.

    Raises:
        StateError: it is not one that this tap wrote.
    """
    if not isinstance(state, dict):
        raise StateError("it", "is not a JSON object")
    if not state:
        return {}
    bookmarks = state.get("bookmarks")
    if not isinstance(bookmarks, dict):
        raise StateError("it", 'has no object "bookmarks"')
    for name, saved in bookmarks.items():
        if name not in STREAM_NAMES:
            raise StateError(f"the bookmark {name!r}", "is of no stream of this tap")
        stream_state(name, saved, lambda moment: moment)
    return bookmarks


def stream_state(
    name: str, saved: object, floor: Floor, begin: datetime | None = None
) -> StreamState:
    """Return what a state says of one stream.

    Args:
        name: of the stream.
        saved: its bookmark in the state; an empty object for none.
        floor, begin: see `Bookmark`.

    Raises:
        StateError: it is not one that this tap wrote.
    """
    where = f"bookmarks.{name}"
    try:
        read = msgspec.convert(saved, _Saved)
    except msgspec.ValidationError as error:
        raise StateError(where, f"is not right ({error})") from None
    if read.replication_key != REPLICATION_KEY:
        raise StateError(f"{where}.replication_key", f"is not {REPLICATION_KEY}")
    position = read.replication_key_value
    if position is not None and position.tzinfo is None:
        raise StateError(f"{where}.replication_key_value", "has no time zone")
    try:
        bookmark = Bookmark(floor, position, read.seen, begin)
    except ValueError as error:
        raise StateError(f"{where}.seen", str(error)) from None
    return StreamState(bookmark, set(read.unreadable), read.version)


def whole_state(
    saved: Mapping[str, Any], streams: Mapping[str, StreamState]
) -> dict[str, dict[str, Any]]:
    """Return the state: what the run's streams have come to; others stay as they were."""
    return {"bookmarks": {**saved, **{name: one.to_json() for name, one in streams.items()}}}
