"""The part of a run that looks for objects that were edited, which makes no event."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial

from monstock_stripe_core.stripe_counts import requested_for
from monstock_stripe_core.stripe_errors import StripeApiError

from tap_stripe_ext.backfill import Progress, back_fill
from tap_stripe_ext.changes import PaymentChangeReader
from tap_stripe_ext.cutting import Cutting
from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.pool import run_all
from tap_stripe_ext.relisting import EditMemory, Seen, seen_of_json
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk, Source, TableSource
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE, StreamRow, row_named
from tap_stripe_ext.windows import Window

logger = logging.getLogger(__name__)

INTENTS = "payment_intents"
# An edit can wait some seconds longer; pages that are on their way take memory, and other reads
# their turn.
MOST_READERS = 4


class EditPart:
    """Looks for edits, where the interval has passed.

    Args:
        parts: the run's tools.
        filled: streams that were back-filled in this run, and so have just been looked at.
    """

    def __init__(self, parts: RunParts, filled: Iterable[str]) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._filled = frozenset(filled)
        self._events_read_at = parts.journal.checked
        now = parts.now()
        self._recent_since = now - parts.settings.relist_recent
        self._unlinked_since = now - parts.settings.relist_unlinked

    def look(self) -> None:
        """List recent objects again and write those that are not as they were."""
        if self._parts.settings.relist_recent == 0:
            return
        due = [name for name in (PAYMENTS, *_silent_streams()) if self._is_due(name)]
        looking: dict[str, list[str]] = {}
        for name in due:
            if name not in self._filled:
                looking.setdefault(INTENTS if name == PAYMENTS else name, []).append(name)
        for listed, names in looking.items():
            self._look(row_named(listed), names)
        for name in due:
            if name not in self._journal.failures:
                state = self._journal.state(name)
                edits = state.edits.after_look(
                    self._parts.now(), self._recent_since, self._unlinked_since
                )
                self._journal.keep(name, replace(state, edits=edits))

    def _is_due(self, name: str) -> bool:
        if name not in self._journal.working or self._journal.state(name).backfill is not None:
            return False
        since = self._parts.now() - self._journal.state(name).edits.looked_at
        return since >= self._parts.settings.relist_interval

    def _look(self, row: StreamRow, names: list[str]) -> None:
        """List the row's recent objects once for all streams that remember them."""
        memories = {name: self._journal.state(name).edits for name in names}
        since = {name: memory.look_from(self._recent_since) for name, memory in memories.items()}
        edited: list[str] = []

        def compare(progress: Progress) -> None:
            for name, memory in memories.items():
                found = [
                    (seen, record)
                    for seen, record in zip(
                        progress.chunk.seen, progress.chunk.records, strict=True
                    )
                    if seen.created >= since[name]
                    and memory.is_edited(seen)
                    and not self._will_be_announced(row, memory, seen)
                ]
                if name == PAYMENTS:
                    edited.extend(seen.id for seen, _ in found)
                else:
                    self._journal.write(
                        name,
                        Chunk(
                            tuple(record for _, record in found),
                            seen=tuple(seen for seen, _ in found),
                        ),
                    )

        def fail(_: Source, error: Exception) -> None:
            for name in names:
                self._journal.fail(name, error)

        # All of the window is told of, so that each record has what was seen of it.
        source: Source = TableSource(row, self._parts.reader, seen_since=0)
        left_of = Cutting(self._parts.pool.progress, MOST_READERS).left_of
        window = Window(min(since.values()))
        back_fill(self._parts.pool, [(source, (window,))], compare, fail, left_of)
        if PAYMENTS in memories and PAYMENTS not in self._journal.failures:
            with requested_for(PAYMENTS):
                edited += self._edited_unlinked(memories[PAYMENTS], since[PAYMENTS])
                self._write_payments(edited)

    def _will_be_announced(self, row: StreamRow, memory: EditMemory, seen: Seen) -> bool:
        """Tell whether the object was made during this run, so that the next one finds it."""
        if memory.knows(seen):
            return False
        listed = self._journal.state(row.name).lists.get(row.name)
        if listed is not None:
            return seen.created >= listed.position and not listed.has_handled(
                Entry(seen.id, seen.created)
            )
        return bool(row.announced_by) and 0 < self._events_read_at <= seen.created

    def _edited_unlinked(self, memory: EditMemory, created: int) -> Iterator[str]:
        """Yield the unlinked payments made before a moment that are not as they were."""
        watched = memory.unlinked_before(created)
        row = row_named(INTENTS)
        for done in run_all(
            self._parts.pool,
            ((one, partial(self._parts.reader.retrieve, row, one)) for one in watched),
        ):
            if done.error is not None:
                self._journal.fail(PAYMENTS, done.error)
                return
            if done.result is None:
                continue
            seen: Seen = seen_of_json(done.result.raw)
            if seen.content != watched[done.key]:
                yield done.key

    def _write_payments(self, ids: Iterable[str]) -> None:
        edited = list(ids)
        if edited:
            logger.info("payments: %d were edited without an event", len(edited))

        def write(chunk: Chunk) -> None:
            self._journal.write(PAYMENTS, chunk)
            self._journal.write_state_now_and_then()

        try:
            PaymentChangeReader(self._parts).read_intents(edited, write)
        except StripeApiError as error:
            self._journal.fail(PAYMENTS, error)


def _silent_streams() -> tuple[str, ...]:
    return tuple(row.name for row in STREAM_TABLE if row.edited_silently)
