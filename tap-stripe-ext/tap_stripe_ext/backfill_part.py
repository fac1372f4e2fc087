"""The part of a run that reads whole lists: streams that are new, and lists without events."""

from __future__ import annotations

import logging
from dataclasses import replace

from tap_stripe_ext.backfill import Progress, back_fill, restarts
from tap_stripe_ext.event_log import LogBookmark
from tap_stripe_ext.event_reader import EventReader
from tap_stripe_ext.row_rules import is_listed_by_created
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.settling import due, list_name, span_of
from tap_stripe_ext.sources import Chunk, Source
from tap_stripe_ext.state import StreamState
from tap_stripe_ext.stream_table import PAYMENTS, row_named
from tap_stripe_ext.versions import VersionClock
from tap_stripe_ext.windows import Window, replaced

logger = logging.getLogger(__name__)

EVENTS = "events"
# Events last 30 days (Stripe API reference, 'List all events'); a day less, for slow runs.
EVENT_LIFETIME = 29 * 86_400
# An event this old at the start of a back-fill is certainly in what the lists show.
SETTLED = 60
# So many records of this run are remembered, so that an event does not bring them again.
MOST_REMEMBERED = 50_000
MOST_OF_NEW_PARENTS = 5_000


class BackFillPart:
    """Back-fills streams, and looks for new objects of lists without events.

    Args:
        parts: the run's tools.
    """

    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._written: set[int] = set()
        self._fresh: frozenset[tuple[str, str]] = frozenset()
        self._begun: frozenset[str] = frozenset()
        self.filled: set[str] = set()

    def restart_what_is_too_old(self) -> None:
        """Give up bookmarks that Stripe's event log no longer reaches back to."""
        oldest = self._parts.now() - EVENT_LIFETIME
        for name in self._journal.names:
            state = self._journal.state(name)
            if state.log is None or not needs_events(name):
                continue
            in_step = state.log == self._journal.shared
            followed = max(state.log.position, self._journal.checked if in_step else 0)
            if followed < oldest:
                logger.warning(
                    "%s: the bookmark is older than the 30 days for which Stripe keeps events, "
                    "so everything is listed again",
                    name,
                )
                self._journal.keep(name, replace(state, log=None, backfill=None, lists={}))

    def begin_new_streams(self, events: EventReader, versions: VersionClock) -> None:
        """Remember where the event log is before anything of a new stream is read.

        What is read from now on is newer than the newest event, whatever this machine's clock says.
        """
        new = [name for name in self._journal.names if self._journal.state(name).log is None]
        if not new:
            return
        settings = self._parts.settings
        present = events.present(
            settings.overlap,
            SETTLED,
            self._parts.careful_now,
            tuple(row_named(name) for name in new if name != PAYMENTS),
        )
        bookmark = present.bookmark
        self._fresh = present.fresh
        self._begun = frozenset(new)
        versions.saw_event(bookmark.position)
        if self._journal.shared is None:
            self._journal.share(bookmark, present.began)
        for name in new:
            windows = (Window(settings.start),)
            self._journal.keep(
                name,
                replace(
                    self._journal.state(name),
                    log=bookmark,
                    backfill={source.name: windows for source in self._parts.sources(name)},
                ),
            )
        self._journal.write_state()

    def back_fill(self) -> None:
        """Read what is left of all back-fills."""
        for name in self._journal.working:
            windows = self._journal.state(name).backfill
            if windows is not None:
                self.filled.add(name)
                how = "the back-fill goes on" if restarts(windows) else "back-fill"
                logger.info("%s: %s", name, how)
        self._read_windows()
        # What an earlier run began lacks what has come about since then.
        self.filled &= self._begun

    def look_for_new(self) -> None:
        """List by `created` what no event tells of, from the overlap on, and what has settled."""
        settings = self._parts.settings
        for name in self._journal.working:
            state = self._journal.state(name)
            if name in self.filled or name == PAYMENTS or state.backfill is not None:
                continue
            if is_listed_by_created(row_named(name)):
                known = state.lists.get(name)
                start = settings.start if known is None else known.read_from(settings.overlap)
                self._journal.keep(name, state.with_windows(name, (Window(start),)))
            if row_named(name).settles:
                self._look_for_settled(name)
        self._read_windows()

    def was_just_written(self, name: str, record: bytes) -> bool:
        """Tell whether this very record has just been written, so that an event of it is no news.

        Only what an event is likely to tell of is remembered.
        """
        return hash((name, record)) in self._written

    def _read_windows(self) -> None:
        work: list[tuple[Source, tuple[Window, ...]]] = []
        for name in self._journal.working:
            windows = self._journal.state(name).backfill or {}
            by_name = {source.name: source for source in self._sources(name)}
            work += [(by_name[source], some) for source, some in windows.items() if some]
        back_fill(
            self._parts.pool,
            work,
            self._write_progress,
            lambda source, error: self._journal.fail(source.stream, error),
        )
        for name in self._journal.working:
            state = self._journal.state(name)
            if state.backfill is not None and not any(state.backfill.values()):
                self._journal.keep(name, replace(state, backfill=None))

    def _write_progress(self, progress: Progress) -> None:
        name = progress.source.stream
        self._journal.write(name, progress.chunk)
        self._remember(name, progress.chunk)
        state = self._journal.state(name)
        windows = (state.backfill or {}).get(progress.source.name, ())
        left = replaced(windows, progress.window, progress.left)
        state = self._with_entries(name, progress.source.name, state, progress.chunk)
        self._journal.keep(name, state.with_windows(progress.source.name, left))
        self._journal.write_state_now_and_then()

    def _look_for_settled(self, name: str) -> None:
        """List again what was made when what has settled by now was."""
        state = self._journal.state(name)
        past, later = due(state.settling, self._parts.careful_now())
        for moment, stretch in past.items():
            window = Window(stretch.first, stretch.last + 1)
            state = state.with_windows(list_name(stretch.since, moment), (window,))
        self._journal.keep(name, replace(state, settling=later))

    def _remember(self, name: str, chunk: Chunk) -> None:
        """Remember the records that an event of this run is going to tell of."""
        if name == PAYMENTS or len(self._written) >= MOST_REMEMBERED:
            return
        records = chunk.records
        if name in self.filled:
            if not self._fresh:
                return
            # Newest first: of a nested list, what a fresh parent has is among the first.
            if row_named(name).parent is None:
                pairs = zip(chunk.entries, records, strict=False)
                records = tuple(one for entry, one in pairs if (name, entry.id) in self._fresh)
            elif len(self._written) >= MOST_OF_NEW_PARENTS:
                return
        self._written.update(hash((name, record)) for record in records)

    def _sources(self, name: str) -> tuple[Source, ...]:
        """Return the lists of a stream, without what an earlier run has written."""
        if name == PAYMENTS:
            return self._parts.sources(name)
        state = self._journal.state(name)
        known = state.lists.get(name)
        is_new = None if known is None else lambda entry: not known.has_handled(entry)
        spans = [span_of(one) for one in state.backfill or {}]
        return (
            self._parts.source(name, is_new),
            *(self._parts.settled(name, *span) for span in spans if span is not None),
        )

    def _with_entries(
        self, name: str, source: str, state: StreamState, chunk: Chunk
    ) -> StreamState:
        """Count a page's objects as handled, where they would otherwise be read again."""
        overlap = self._parts.settings.overlap
        if name == EVENTS and state.log is not None:
            return replace(state, log=state.log.advanced(chunk.entries, overlap))
        if name != source or name == PAYMENTS or not is_listed_by_created(row_named(name)):
            return state
        known = state.lists.get(name, LogBookmark(0))
        return state.with_list(name, known.advanced(chunk.entries, overlap))


def needs_events(name: str) -> bool:
    """Tell whether a gap in the event log would be one in the stream."""
    return name in (PAYMENTS, EVENTS) or bool(row_named(name).announced_by)
