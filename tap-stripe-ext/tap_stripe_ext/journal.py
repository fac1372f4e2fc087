"""The one place where records and states are written, in an order in which no state runs ahead."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from monstock_stripe_core.stripe_errors import (
    StripeApiError,
    StripeProtocolError,
    StripeThrottledError,
    StripeUnauthorizedError,
    StripeUnreachableError,
)
from singer_sdk.streams import Stream

from tap_stripe_ext.event_log import LogBookmark
from tap_stripe_ext.failures import describe
from tap_stripe_ext.output import Output
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.reader import CursorLostError
from tap_stripe_ext.settings import Settings
from tap_stripe_ext.settling import with_pending
from tap_stripe_ext.sources import Chunk
from tap_stripe_ext.state import EVENT_LOG, StreamState, TapState, state_to_json
from tap_stripe_ext.stream_table import PAYMENTS
from tap_stripe_ext.versions import VersionClock, WrittenVersions

logger = logging.getLogger(__name__)

# A state message is written after so many records, or so many seconds.
RECORDS_PER_STATE = 500
SECONDS_PER_STATE = 5.0
SECONDS_PER_IDLE_STATE = 3600.0

PASSING = (StripeUnreachableError, StripeThrottledError, StripeProtocolError, CursorLostError)
"""Failures that may pass by themselves."""


class Journal:
    """What this run has written, and the state that follows from it. For one thread.

    Args:
        settings: the tap's settings.
        pool: looked at for a request to stop before each write.
        streams: the selected streams, by name.
        state: what earlier runs left.
        output: where records and states go.
        versions: the versions that snapshots were given.
        clock: returns the present in seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        streams: Mapping[str, Stream],
        state: TapState,
        output: Output,
        versions: VersionClock,
        clock: Callable[[], float],
    ) -> None:
        self.names = tuple(streams)
        self.shared = state.log
        self.checked = state.checked
        self.errors: dict[str, Exception] = {}
        self._settings = settings
        self._pool = pool
        self._streams = streams
        self._states = dict(state.streams)
        self._output = output
        self._versions = versions
        self._written_versions = WrittenVersions()
        self._clock = clock
        self._records_since_state = 0
        self._state_written_at = clock()
        self._state_written: dict[str, Any] | None = None
        self._said: dict[str, str] = {}

    @property
    def failures(self) -> Collection[str]:
        """The selected streams that have failed."""
        return self.errors.keys()

    @property
    def working(self) -> tuple[str, ...]:
        """The selected streams that have not failed."""
        return tuple(name for name in self.names if name not in self.failures)

    def state(self, name: str) -> StreamState:
        """Return what is known of a stream."""
        return self._states.get(name, StreamState())

    def keep(self, name: str, state: StreamState) -> None:
        """Remember a stream's new state; all that it says has been written."""
        self._states[name] = state

    def share(self, bookmark: LogBookmark, checked: int) -> None:
        """Remember the event log's bookmark, and when the log was read to its end."""
        self.shared, self.checked = bookmark, checked

    def write_schemas(self) -> None:
        """Write the SCHEMA messages of all selected streams."""
        for stream in self._streams.values():
            self._output.write_schema(stream)

    def write(self, name: str, chunk: Chunk) -> None:
        """Write a chunk's records, and remember of them what will be needed.

        Raises:
            StopRequestedError: instead of writing, if the process was asked to end.
        """
        self._pool.check_stop()
        chunk = self.without_outdated(chunk)
        self._records_since_state += self._output.write_records(self._streams[name], chunk.records)
        state = self.state(name)
        if chunk.seen:
            now = int(self._clock())
            edits = state.edits.with_seen(
                chunk.seen,
                now - self._settings.relist_recent,
                now - self._settings.relist_unlinked,
            )
            state = replace(state, edits=edits)
        if chunk.contents or chunk.gone:
            written = zip(chunk.keys, chunk.contents, strict=True) if chunk.contents else ()
            whole = state.whole.with_written(written).without(chunk.gone)
            state = replace(state, whole=whole)
        if chunk.settling:
            settling = with_pending(state.settling, chunk.settling, int(self._clock()))
            state = replace(state, settling=settling)
        self.keep(name, state)

    def without_outdated(self, chunk: Chunk) -> Chunk:
        """Leave out what was read earlier than what was written: readings overlap.

        A target that overwrites without a look at the version would end with the older one. What
        is left is taken for written.
        """
        outdated = {one for one in chunk.versions if not self._written_versions.wrote(*one)}
        if not outdated:
            return chunk
        told = zip(chunk.records, chunk.versions, strict=True)
        return replace(
            chunk,
            records=tuple(record for record, version in told if version not in outdated),
            versions=tuple(one for one in chunk.versions if one not in outdated),
            seen=tuple(one for one in chunk.seen if (one.id, one.version) not in outdated),
        )

    def write_state_now_and_then(self) -> None:
        """Write the state if the last one is some records or seconds ago."""
        if (
            self._records_since_state >= RECORDS_PER_STATE
            or self._clock() - self._state_written_at >= SECONDS_PER_STATE
        ):
            self.write_state()

    def write_state(self) -> None:
        """Write the state."""
        self._state_written = self.as_json()
        self._output.write_state(self._state_written)
        self._records_since_state = 0
        self._state_written_at = self._clock()

    def write_state_if_new(self) -> None:
        """Write the state, unless it says no more than the one that was written last.

        That the log was read to its end once more is worth a message now and then only.
        """
        before, now = self._state_written or {}, self.as_json()
        is_old = self._clock() - self._state_written_at >= SECONDS_PER_IDLE_STATE
        if is_old or _without_checked(now) != _without_checked(before):
            self.write_state()

    def try_again(self) -> None:
        """Have the streams that failed read again; what was said of one is not said again."""
        self._said = {name: self._said[name] for name in self.errors}
        self.errors.clear()

    def as_json(self) -> dict[str, Any]:
        """Return the state as it may be written now."""
        if PAYMENTS in self._states:
            self._states[PAYMENTS] = replace(
                self._states[PAYMENTS], last_version=self._versions.last
            )
        return state_to_json(TapState(self.shared, self.checked, self._states))

    def fail(self, name: str, error: Exception) -> None:
        """Take note that a stream could not be read; the others go on.

        Raises:
            Exception: the error itself, if it is not of this stream alone.
        """
        if isinstance(error, StripeUnauthorizedError) or not isinstance(error, StripeApiError):
            raise error
        message = describe(name, error)
        self.errors[name] = error
        before = self._said.get(name)
        self._said[name] = message
        if before == message or (before is not None and isinstance(error, PASSING)):
            return
        if name in self._settings.optional_streams:
            logger.warning("%s (The stream is optional, so the run goes on.)", message)
        else:
            logger.error("%s", message)

    def fatal(self) -> list[str]:
        """Return the failed streams that are not optional."""
        return sorted(set(self.failures) - self._settings.optional_streams)


def _without_checked(state: Mapping[str, Any]) -> dict[str, Any]:
    bookmarks = dict(state.get("bookmarks", {}))
    bookmarks[EVENT_LOG] = {**bookmarks.get(EVENT_LOG, {}), "checked": 0}
    return bookmarks
