"""The part of a run that follows the event log, once for all streams."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from dataclasses import replace

from monstock_stripe_core.stripe_counts import requested_for

from tap_stripe_ext.awaited import Awaited
from tap_stripe_ext.backfill_part import EVENTS, SETTLED, BackFillPart, needs_events
from tap_stripe_ext.event_log import LogBookmark
from tap_stripe_ext.event_reader import EventReader, EventSlice
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE
from tap_stripe_ext.told import ToldReader
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.windows import Window


class EventPart:
    """Follows the event log.

    Args:
        parts: the run's tools.
        events: reads the log.
        versions: told of each event, so that no later version is older.
        lists: knows what this run has written already.
        reach: so many seconds before the bookmark are read again; None for the whole overlap.
        behind: streams of which the whole overlap is read in any case.
        was_heard: tells by stream and event id whether what the event tells of the stream was
            read since, so that it is not read once more.
    """

    def __init__(
        self,
        parts: RunParts,
        events: EventReader,
        versions: VersionClock,
        lists: BackFillPart,
        reach: int | None = None,
        behind: Collection[str] = (),
        was_heard: Callable[[str, str], bool] = lambda _stream, _event_id: False,
    ) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._events = events
        self._versions = versions
        self._told = ToldReader(parts, lists.was_just_written)
        self._overlap = parts.settings.overlap
        self._reach = self._overlap if reach is None else min(reach, self._overlap)
        self._behind = behind
        self._was_heard = was_heard
        self._young = 0
        self._moved: list[tuple[LogBookmark, frozenset[str], LogBookmark]] = []

    def follow(self) -> None:
        """Read the log from where the streams are, and what it tells of."""
        following = [
            name for name in self._journal.working if self._journal.state(name).backfill is None
        ]
        needing = [name for name in following if needs_events(name)]
        if not self._bookmarks(needing):
            return
        began = self._parts.careful_now()
        self._young = began - SETTLED
        behind = following if self._open(following) else self._behind
        first = min(
            log.read_from(self._overlap if name in behind else self._reach)
            for name in needing
            if (log := self._journal.state(name).log) is not None
        )
        bookmarks = self._bookmarks(following)
        with closing(
            self._events.batches(
                self._parts.pool,
                Window(first),
                lambda entry: not all(log.has_handled(entry) for log in bookmarks),
                tuple(row for row in STREAM_TABLE if row.name in following),
                payments=PAYMENTS in following,
                raw=EVENTS in following,
            )
        ) as batches:
            for batch in batches:
                for entry in batch.entries:
                    self._versions.saw_event(entry.created)
                self._moved.clear()
                for name in following:
                    if name not in self._journal.failures:
                        with requested_for(name):
                            self._handle(name, batch)
                self._journal.write_state_now_and_then()
        self._share_bookmark(following, began)

    def _bookmarks(self, names: Iterable[str]) -> list[LogBookmark]:
        """Return how far streams are in the log; those in step share one bookmark."""
        logs = (self._journal.state(name).log for name in names)
        return list({id(log): log for log in logs if log is not None}.values())

    def _open(self, following: Collection[str]) -> bool:
        """Open what an earlier run left sealed, by the ids that the log has there now.

        Returns:
            Whether there was anything.
        """
        sealed = [log for log in self._bookmarks(following) if log.sealed]
        if not sealed:
            return False
        seconds = {second for log in sealed for second in log.sealed}
        window = Window(min(seconds), max(seconds) + 1)
        with closing(self._events.entries(self._parts.pool, window)) as entries:
            found = [entry for entry in entries if entry.created in seconds]
        opened = {id(log): log.opened(found) for log in sealed}
        for name in following:
            state = self._journal.state(name)
            if (log := opened.get(id(state.log))) is not None:
                self._journal.keep(name, replace(state, log=log))
        return True

    def _handle(self, name: str, batch: EventSlice) -> None:
        bookmark = self._journal.state(name).log
        if bookmark is None:
            return
        new = [one for one in batch.notices if bookmark.is_new(one.entry, self._overlap)]
        early: frozenset[str] = frozenset()
        if name == EVENTS:
            self._journal.write(name, Chunk(tuple(batch.raw[one.entry.id] for one in new)))
        else:
            unread = [one for one in new if not self._was_heard(name, one.entry.id)]
            awaited = Awaited.of(name, unread, self._young)
            if not self._told.read(name, unread, awaited):
                return
            early = awaited.early()
        advanced = self._advanced(bookmark, batch, early)
        self._journal.keep(name, replace(self._journal.state(name), log=advanced))

    def _advanced(
        self, bookmark: LogBookmark, batch: EventSlice, early: frozenset[str]
    ) -> LogBookmark:
        """Return the bookmark after a batch; streams that share one go on sharing one."""
        for before, late, after in self._moved:
            if before is bookmark and late == early:
                return after
        handled = [one for one in batch.entries if one.id not in early]
        advanced = bookmark.advanced(handled, self._overlap)
        self._moved.append((bookmark, early, advanced))
        return advanced

    def _share_bookmark(self, following: Collection[str], began: int) -> None:
        """Let the streams that are furthest in the log share their bookmark."""
        logs = [
            log
            for name in following
            if name not in self._journal.failures and (log := self._journal.state(name).log)
        ]
        if logs:
            newest = max(logs, key=lambda log: log.position)
            for name in following:
                state = self._journal.state(name)
                if state.log is not newest and state.log == newest:
                    self._journal.keep(name, replace(state, log=newest))
            if self._journal.shared is None or newest.position >= self._journal.shared.position:
                self._journal.share(newest, began)
