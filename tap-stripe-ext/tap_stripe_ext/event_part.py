"""The part of a run that follows the event log, once for all streams."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from monstock_stripe_core.stripe_counts import requested_for
from monstock_stripe_core.stripe_errors import StripeApiError

from tap_stripe_ext.awaited import Awaited
from tap_stripe_ext.backfill_part import EVENTS, SETTLED, BackFillPart, needs_events
from tap_stripe_ext.changes import Change, ChangeReader, PaymentChangeReader
from tap_stripe_ext.event_reader import EventReader, EventSlice
from tap_stripe_ext.nested_changes import NestedChangeReader
from tap_stripe_ext.notices import Notice
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE, row_named
from tap_stripe_ext.versions import VersionClock


class EventPart:
    """Follows the event log.

    Args:
        parts: the run's tools.
        events: reads the log.
        versions: told of each event, so that no later version is older.
        lists: knows what this run has written already.
    """

    def __init__(
        self, parts: RunParts, events: EventReader, versions: VersionClock, lists: BackFillPart
    ) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._events = events
        self._versions = versions
        self._lists = lists
        self._overlap = parts.settings.overlap
        self._young = 0

    def follow(self) -> None:
        """Read the log from where the streams are, and what it tells of."""
        following = [
            name for name in self._journal.working if self._journal.state(name).backfill is None
        ]
        bookmarks = [
            log
            for name in following
            if needs_events(name) and (log := self._journal.state(name).log)
        ]
        if not bookmarks:
            return
        began = self._parts.careful_now()
        self._young = began - SETTLED
        for batch in self._events.batches(
            self._parts.pool,
            min(bookmark.read_from(self._overlap) for bookmark in bookmarks),
            tuple(row for row in STREAM_TABLE if row.name in following),
            payments=PAYMENTS in following,
            raw=EVENTS in following,
        ):
            for entry in batch.entries:
                self._versions.saw_event(entry.created)
            for name in following:
                if name not in self._journal.failures:
                    with requested_for(name):
                        self._handle(name, batch)
            self._journal.write_state_now_and_then()
        self._share_bookmark(following, began)

    def _handle(self, name: str, batch: EventSlice) -> None:
        bookmark = self._journal.state(name).log
        if bookmark is None:
            return
        new = [one for one in batch.notices if bookmark.is_new(one.entry, self._overlap)]
        early: frozenset[str] = frozenset()
        if name == EVENTS:
            self._journal.write(name, Chunk(tuple(batch.raw[one.entry.id] for one in new)))
        else:
            awaited = Awaited.of(name, new, self._young)
            if not self._read_changes(name, new, awaited):
                return
            early = awaited.early()
        handled = [one for one in batch.entries if one.id not in early]
        advanced = bookmark.advanced(handled, self._overlap)
        self._journal.keep(name, replace(self._journal.state(name), log=advanced))

    def _read_changes(self, name: str, new: Iterable[Notice], awaited: Awaited) -> bool:
        """Read and write what the new events tell of; return whether all of it could be read."""
        changes: dict[str, Change] = {}
        for notice in new:
            for target in notice.targets:
                if target.stream == name:
                    change = changes.setdefault(target.source, Change())
                    change.add(target, notice.entry.created)
        if not changes:
            return True

        def write(chunk: Chunk) -> None:
            awaited.cross_out(chunk.records)
            self._journal.write(name, self._without_just_written(name, chunk))

        try:
            if name == PAYMENTS:
                PaymentChangeReader(self._parts).read(changes, write)
            else:
                row = row_named(name)
                reader = ChangeReader if row.parent is None else NestedChangeReader
                reader(self._parts, row).read(changes[name], write, frozenset(awaited.missing))
        except StripeApiError as error:
            self._journal.fail(name, error)
            return False
        return True

    def _without_just_written(self, name: str, chunk: Chunk) -> Chunk:
        if name == PAYMENTS:
            return chunk
        records = tuple(
            record for record in chunk.records if not self._lists.was_just_written(name, record)
        )
        return replace(chunk, records=records)

    def _share_bookmark(self, following: Iterable[str], began: int) -> None:
        """Let the streams that are furthest in the log share their bookmark."""
        logs = [
            log
            for name in following
            if name not in self._journal.failures and (log := self._journal.state(name).log)
        ]
        if logs:
            newest = max(logs, key=lambda log: log.position)
            if self._journal.shared is None or newest.position >= self._journal.shared.position:
                self._journal.share(newest, began)
