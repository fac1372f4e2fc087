"""One run of the tap: back-fill what is new, follow the event log once for all streams, look for
what no event tells of, and keep a state that never says more than what was written.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import StripeApiError, StripeUnauthorizedError
from singer_sdk.streams import Stream

from tap_stripe_ext.backfill import (
    Chunk,
    PaymentSource,
    Progress,
    Source,
    TableSource,
    back_fill,
    restarts,
)
from tap_stripe_ext.changes import Change, ChangeReader, PaymentChangeReader
from tap_stripe_ext.errors import StreamsFailedError
from tap_stripe_ext.event_log import Entry, LogBookmark
from tap_stripe_ext.event_reader import EventReader, EventSlice
from tap_stripe_ext.failures import describe
from tap_stripe_ext.output import Output
from tap_stripe_ext.payments_reader import PAYMENT_SOURCES, PaymentsReader
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.reader import Reader
from tap_stripe_ext.settings import Settings
from tap_stripe_ext.state import StreamState, TapState, state_to_json
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE, StreamRow, row_named
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.windows import Window, replaced

logger = logging.getLogger(__name__)

EVENTS = "events"
# Events last 30 days (Stripe docs, 'Event retention'); a day less, for slow runs.
EVENT_LIFETIME = 29 * 86_400
# An event this old at the start of a back-fill is certainly in what the lists show.
SETTLED = 60
# A state message is written after so many records, or so many seconds.
RECORDS_PER_STATE = 1_000
SECONDS_PER_STATE = 5.0


class Sync:
    """One run over the selected streams.

    Args:
        settings: the tap's settings.
        client: how Stripe is reached.
        pool: where requests run side by side.
        streams: the selected streams, by name.
        state: what earlier runs left.
        output: where records and states go.
        clock: returns the present in seconds since 1970.
    """

    def __init__(
        self,
        settings: Settings,
        client: StripeClient,
        pool: Pool,
        streams: Mapping[str, Stream],
        state: TapState,
        output: Output,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._client = client
        self._pool = pool
        self._streams = dict(streams)
        self._shared = state.log
        self._checked = state.checked
        self._states: dict[str, StreamState] = dict(state.streams)
        self._output = output
        self._clock = clock
        self._reader = Reader(client)
        payments = state.streams.get(PAYMENTS, StreamState())
        self._versions = VersionClock(clock, payments.last_version)
        self._payments = PaymentsReader(self._reader, self._versions, settings.account_id)
        self._events = EventReader(self._reader)
        self.failures: dict[str, str] = {}
        self._since_state = 0
        self._state_written_at = clock()

    def run(self) -> None:
        """Do it all.

        Raises:
            StreamsFailedError: after the other streams are done, if some could not be read.
            StripeApiError: if nothing can be read at all.
            OutputClosedError: if the target has ended.
            StopRequestedError: if the process was asked to end; the state has been written.
        """
        if not self._streams:
            logger.warning("No stream is selected, so there is nothing to do.")
            return
        for stream in self._streams.values():
            self._output.write_schema(stream)
        try:
            self._restart_what_is_too_old()
            self._begin_new_streams()
            self._back_fill()
            self._follow_events()
        finally:
            self._write_state()
        self._report_failures()

    @property
    def state(self) -> dict[str, Any]:
        """The state as it may be written now."""
        return state_to_json(TapState(self._shared, self._checked, self._states))

    # -- beginning ---------------------------------------------------------------------------

    def _restart_what_is_too_old(self) -> None:
        """Give up bookmarks that Stripe's event log no longer reaches back to."""
        oldest = int(self._clock()) - EVENT_LIFETIME
        for name in self._streams:
            state = self._states.get(name)
            if state is None or state.log is None:
                continue
            followed = max(state.log.position, self._checked if state.log == self._shared else 0)
            if followed < oldest:
                logger.warning(
                    "%s: the bookmark is older than the 30 days that Stripe keeps events for, "
                    "so everything is listed again",
                    name,
                )
                self._states[name] = replace(state, log=None, backfill=None, lists={})

    def _begin_new_streams(self) -> None:
        """Remember where the event log is before anything of a new stream is read."""
        new = [name for name in self._streams if self._state(name).log is None]
        if not new:
            return
        began = int(min(self._clock(), self._client.get_date()))
        bookmark = self._events.present(self._settings.overlap, began - SETTLED, began)
        if self._shared is None:
            self._shared, self._checked = bookmark, began
        for name in new:
            windows = (Window(self._settings.start),)
            backfill = {source.name: windows for source in self._sources(name)}
            self._states[name] = replace(self._state(name), log=bookmark, backfill=backfill)
        self._write_state()

    def _sources(self, name: str) -> tuple[Source, ...]:
        if name == PAYMENTS:
            return tuple(
                PaymentSource(PAYMENTS, source, self._payments, self._settings.link_keys)
                for source in PAYMENT_SOURCES
            )
        table_source: Source = TableSource(row_named(name), self._reader)
        return (table_source,)

    # -- back-fill ---------------------------------------------------------------------------

    def _back_fill(self) -> None:
        work = []
        for name in self._streams:
            windows = self._state(name).backfill
            if windows is None:
                continue
            logger.info(
                "%s: %s", name, "the back-fill goes on" if restarts(windows) else "back-fill"
            )
            by_name = {source.name: source for source in self._sources(name)}
            work += [(by_name[source], some) for source, some in windows.items() if some]
        back_fill(self._pool, work, int(self._clock()), self._write_progress, self._source_failed)
        for name in self._streams:
            state = self._state(name)
            if state.backfill is not None and not any(state.backfill.values()):
                self._states[name] = replace(state, backfill=None)

    def _write_progress(self, progress: Progress) -> None:
        name = progress.source.stream
        self._write_chunk(name, progress.chunk)
        state = self._state(name)
        windows = (state.backfill or {}).get(progress.source.name, ())
        left = replaced(windows, progress.window, progress.left)
        state = state.with_windows(progress.source.name, left)
        if name == EVENTS and state.log is not None:
            state = replace(
                state, log=state.log.advanced(progress.chunk.entries, self._settings.overlap)
            )
        elif name != PAYMENTS and row_named(name).listed_by_created:
            known = state.lists.get(name, LogBookmark(0))
            state = state.with_list(
                name, known.advanced(progress.chunk.entries, self._settings.overlap)
            )
        self._states[name] = state
        self._write_state_now_and_then()

    def _source_failed(self, source: Source, error: Exception) -> None:
        self._fail(source.stream, error)

    # -- events ------------------------------------------------------------------------------

    def _follow_events(self) -> None:
        following = [
            name
            for name in self._streams
            if name not in self.failures and self._state(name).backfill is None
        ]
        bookmarks = {name: self._state(name).log for name in following}
        starts = [
            bookmark.read_from(self._settings.overlap)
            for bookmark in bookmarks.values()
            if bookmark is not None
        ]
        if not starts:
            return
        rows = tuple(row for row in STREAM_TABLE if row.name in following)
        began = int(min(self._clock(), self._client.get_date()))
        for batch in self._events.batches(
            self._pool,
            min(starts),
            int(self._clock()),
            rows,
            payments=PAYMENTS in following,
            raw=EVENTS in following,
        ):
            self._handle_batch(batch, [name for name in following if name not in self.failures])
        self._share_bookmark(following, began)

    def _handle_batch(self, batch: EventSlice, following: Iterable[str]) -> None:
        for entry in batch.entries:
            self._versions.saw_event(entry.created)
        overlap = self._settings.overlap
        for name in following:
            bookmark = self._state(name).log
            if bookmark is None:
                continue
            new = {e.id: e for e in batch.entries if bookmark.is_new(e, overlap)}
            if name == EVENTS:
                self._write_chunk(name, Chunk(tuple(batch.raw[one] for one in new)))
            elif new and not self._read_changes(name, batch, new):
                continue
            advanced = bookmark.advanced(batch.entries, overlap)
            self._states[name] = replace(self._state(name), log=advanced)
        self._write_state_now_and_then()

    def _read_changes(self, name: str, batch: EventSlice, new: Mapping[str, Entry]) -> bool:
        changes: dict[str, Change] = {}
        for notice in batch.notices:
            if notice.entry.id not in new:
                continue
            for target in notice.targets:
                if target.stream == name:
                    change = changes.setdefault(target.source, Change())
                    change.add(target, notice.entry.created)
        if not changes:
            return True
        for done in self._changed(name, changes):
            if done.error is not None or done.result is None:
                self._fail(name, done.error or RuntimeError("a read without result"))
                return False
            self._write_chunk(name, done.result)
        return True

    def _changed(self, name: str, changes: Mapping[str, Change]) -> Iterator[Any]:
        if name == PAYMENTS:
            reader = PaymentChangeReader(self._payments, self._settings.link_keys)
            return reader.read(self._pool, changes)
        row: StreamRow = row_named(name)
        return ChangeReader(row, self._reader, int(self._clock())).read(self._pool, changes[name])

    def _share_bookmark(self, following: Iterable[str], began: int) -> None:
        """Let the streams that are furthest in the log share their bookmark."""
        logs = [
            log
            for name in following
            if name not in self.failures and (log := self._state(name).log) is not None
        ]
        if logs:
            newest = max(logs, key=lambda log: log.position)
            if self._shared is None or newest.position >= self._shared.position:
                self._shared, self._checked = newest, began

    # -- writing -----------------------------------------------------------------------------

    def _write_chunk(self, name: str, chunk: Chunk) -> None:
        self._pool.check_stop()
        written = self._output.write_records(self._streams[name], chunk.records)
        self._since_state += written

    def _write_state_now_and_then(self) -> None:
        if (
            self._since_state >= RECORDS_PER_STATE
            or self._clock() - self._state_written_at >= SECONDS_PER_STATE
        ):
            self._write_state()

    def _write_state(self) -> None:
        if PAYMENTS in self._streams and PAYMENTS in self._states:
            self._states[PAYMENTS] = replace(
                self._states[PAYMENTS], last_version=self._versions.last
            )
        self._output.write_state(self.state)
        self._since_state = 0
        self._state_written_at = self._clock()

    def _state(self, name: str) -> StreamState:
        return self._states.get(name, StreamState())

    # -- failures ----------------------------------------------------------------------------

    def _fail(self, name: str, error: Exception) -> None:
        if isinstance(error, StripeUnauthorizedError) or not isinstance(error, StripeApiError):
            raise error
        message = describe(name, error)
        self.failures[name] = message
        if name in self._settings.optional_streams:
            logger.warning("%s (the stream is optional, so the run goes on)", message)
        else:
            logger.error("%s", message)

    def _report_failures(self) -> None:
        fatal = sorted(set(self.failures) - self._settings.optional_streams)
        if fatal:
            raise StreamsFailedError(
                f"The run is not complete: {', '.join(fatal)} could not be read (see above). "
                "What was read is written, and the next run goes on from there."
            )
