"""The tap's Singer state: what it holds, and how it is read and written. Pure.

One bookmark for the event log, which all streams share, and one for each stream:

    {"bookmarks": {
        "event_log": {"format": 1, "position": …, "handled": "…", "sealed": "…", "checked": …},
        "charges": {"in_step": true},
        "payments": {"log": {…}, "backfill": {"charges": [[start, end, cursor, reached]]}}}}

A stream is in step with the shared bookmark unless it was added or failed later than the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
from tap_common.errors import StateError

from tap_stripe_ext.event_log import LogBookmark
from tap_stripe_ext.relisting import EditMemory
from tap_stripe_ext.settling import Settling, Stretch
from tap_stripe_ext.whole_list import WholeMemory
from tap_stripe_ext.windows import Window

EVENT_LOG = "event_log"
_FORMAT = 1
# What the SDK writes into a stream's bookmark by itself.
_OF_THE_SDK = frozenset(
    {"progress_markers", "replication_key_signpost", "starting_replication_value"}
)


@dataclass(frozen=True, slots=True)
class StreamState:
    """What is known of one stream.

    Args:
        log: up to where it follows the event log; None before its first back-fill began.
        backfill: by list, the windows that are still to be read; None when the back-fill is done.
        lists: by list, up to where it was read by `created`.
        edits: what objects that are edited silently looked like when they were last listed.
        whole: what was last written of a list that is read whole.
        settling: what settles later, and when it was made.
        last_version: the newest version that a snapshot was given.
    """

    log: LogBookmark | None = None
    backfill: Mapping[str, tuple[Window, ...]] | None = None
    lists: Mapping[str, LogBookmark] = field(default_factory=dict)
    edits: EditMemory = field(default_factory=EditMemory)
    whole: WholeMemory = field(default_factory=WholeMemory)
    settling: Settling = field(default_factory=dict)
    last_version: int = 0

    def with_windows(self, source: str, windows: tuple[Window, ...]) -> StreamState:
        """Return the state with the windows that are left of one list's back-fill."""
        return replace(self, backfill={**(self.backfill or {}), source: windows})

    def with_list(self, source: str, bookmark: LogBookmark) -> StreamState:
        """Return the state with one list read by `created` up to a bookmark."""
        return replace(self, lists={**self.lists, source: bookmark})


@dataclass(frozen=True, slots=True)
class TapState:
    """The whole state.

    Args:
        log: the bookmark that the streams in step share; None before the first run.
        checked: when the log was last read to its end, in seconds since 1970.
        streams: by name.
    """

    log: LogBookmark | None = None
    checked: int = 0
    streams: Mapping[str, StreamState] = field(default_factory=dict)


class _Log(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    position: int
    handled: str = ""
    sealed: str = ""


class _EventLog(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    format: int
    position: int
    handled: str
    checked: int
    sealed: str = ""


_Window = tuple[int, int | None, str | None, int | None]


class _Stream(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    in_step: bool = False
    log: _Log | None = None
    backfill: dict[str, list[_Window]] | None = None
    lists: dict[str, _Log] = {}
    edits_at: int = 0
    edits: str = ""
    unlinked: dict[str, str] = {}
    whole_at: int = 0
    whole: dict[str, str] = {}
    whole_is_too_long: bool = False
    settling: list[tuple[int, int, int, int]] = []
    last_version: int = 0


def parse_state(raw: object, known_streams: Iterable[str]) -> TapState:
    """Return the state that `raw` (the decoded JSON) holds.

    Raises:
        StateError: if it is not a state that this tap wrote.
    """
    if not isinstance(raw, dict):
        raise StateError("it", "is not a JSON object")
    if not raw:
        return TapState()
    bookmarks = raw.get("bookmarks")
    if not isinstance(bookmarks, dict):
        raise StateError("it", 'has no object "bookmarks"')
    shared, checked = _parse_event_log(bookmarks)
    known = set(known_streams)
    streams = {}
    for name, bookmark in bookmarks.items():
        if name == EVENT_LOG:
            continue
        if name not in known:
            raise StateError(f"its bookmark {name!r}", "is of no stream of this tap")
        streams[name] = _parse_stream(name, bookmark, shared)
    return TapState(shared, checked, streams)


def state_to_json(state: TapState) -> dict[str, Any]:
    """Return the state as plain JSON types."""
    bookmarks: dict[str, Any] = {}
    if state.log is not None:
        handled, sealed = state.log.to_write().packed()
        bookmarks[EVENT_LOG] = msgspec.to_builtins(
            _EventLog(_FORMAT, state.log.position, handled, state.checked, sealed)
        )
    for name, stream in state.streams.items():
        bookmarks[name] = msgspec.to_builtins(_stream_to_struct(stream, state.log))
    return {"bookmarks": bookmarks}


def _parse_event_log(bookmarks: Mapping[str, Any]) -> tuple[LogBookmark | None, int]:
    if EVENT_LOG not in bookmarks:
        return None, 0
    where = f"bookmarks.{EVENT_LOG}"
    parsed = _convert(bookmarks[EVENT_LOG], _EventLog, where)
    if parsed.format != _FORMAT:
        raise StateError(where, f"has format {parsed.format}, of which this version knows nothing")
    return _log_from(parsed, where), parsed.checked


def _parse_stream(name: str, bookmark: object, shared: LogBookmark | None) -> StreamState:
    where = f"bookmarks.{name}"
    if isinstance(bookmark, dict):
        bookmark = {key: value for key, value in bookmark.items() if key not in _OF_THE_SDK}
    parsed = _convert(bookmark, _Stream, where)
    log = _log_from(parsed.log, where) if parsed.log else None
    if parsed.in_step:
        if shared is None:
            raise StateError(where, f'is in step with "{EVENT_LOG}", which is missing')
        log = shared
    if log is None and (parsed.backfill is not None or parsed.lists):
        raise StateError(where, "says how far it was read, but not since when")
    backfill = None
    if parsed.backfill is not None:
        backfill = {
            source: tuple(Window(*window) for window in windows)
            for source, windows in parsed.backfill.items()
        }
    try:
        edits = EditMemory.unpacked(parsed.edits_at, parsed.edits, parsed.unlinked)
    except ValueError as error:
        raise StateError(where, f"is damaged ({error})") from None
    return StreamState(
        log=log,
        backfill=backfill,
        lists={source: _log_from(one, where) for source, one in parsed.lists.items()},
        edits=edits,
        whole=WholeMemory(parsed.whole_at, parsed.whole, parsed.whole_is_too_long),
        settling={moment: Stretch(*stretch) for moment, *stretch in parsed.settling},
        last_version=parsed.last_version,
    )


def _stream_to_struct(stream: StreamState, shared: LogBookmark | None) -> _Stream:
    in_step = stream.log is not None and stream.log == shared
    backfill: dict[str, list[_Window]] | None = None
    if stream.backfill is not None:
        backfill = {
            source: [(one.start, one.end, one.cursor, one.reached) for one in windows]
            for source, windows in stream.backfill.items()
        }
    return _Stream(
        in_step=in_step,
        log=None if in_step or stream.log is None else _log_to_struct(stream.log.to_write()),
        backfill=backfill,
        lists={source: _log_to_struct(log) for source, log in stream.lists.items()},
        edits_at=stream.edits.looked_at,
        edits=stream.edits.packed(),
        unlinked=dict(stream.edits.unlinked),
        whole_at=stream.whole.looked_at,
        whole=dict(stream.whole.contents),
        whole_is_too_long=stream.whole.is_too_long,
        settling=[(moment, *stretch) for moment, stretch in sorted(stream.settling.items())],
        last_version=stream.last_version,
    )


def _log_to_struct(log: LogBookmark) -> _Log:
    return _Log(log.position, *log.packed())


def _log_from(log: _Log | _EventLog, where: str) -> LogBookmark:
    try:
        return LogBookmark.unpacked(log.position, log.handled, log.sealed)
    except ValueError as error:
        raise StateError(where, f"is damaged ({error})") from None


def _convert(value: object, kind: type[Any], where: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise StateError(where, f"is not as this tap writes it ({error})") from None
