"""The part of a run that looks for PaymentIntents that were edited, which makes no event."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from monstock_stripe_core.stripe_errors import StripeApiError

from tap_stripe_ext.backfill import Progress, back_fill
from tap_stripe_ext.changes import PaymentChangeReader
from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.pool import run_all
from tap_stripe_ext.reader import Reader
from tap_stripe_ext.relisting import EditMemory, Seen, seen_of_json
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.side_lists import SideLists
from tap_stripe_ext.sources import Chunk, Rest, Source
from tap_stripe_ext.stream_table import PAYMENTS, STREAM_TABLE, StreamRow, row_named
from tap_stripe_ext.windows import Window

logger = logging.getLogger(__name__)

INTENTS = "payment_intents"


@dataclass(frozen=True, slots=True)
class _RecentSource:
    """Recent PaymentIntents, as records of their own stream and as what was seen of them."""

    row: StreamRow
    reader: Reader
    stream: str = INTENTS
    name: str = INTENTS

    def begin(self, window: Window) -> SideLists | None:  # noqa: ARG002
        return None

    @property
    def is_cut(self) -> bool:
        return True

    def rest(self, rest: Rest) -> Chunk:
        raise NotImplementedError(rest)

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:  # noqa: ARG002
        page = self.reader.page(self.row, window)
        last = page.items[-1] if page.items else None
        return Chunk(
            records=tuple(item.raw for item in page.items),
            seen=tuple(seen_of_json(item.raw) for item in page.items),
            newest=page.items[0].created if page.items else 0,
            last=Entry(last.id, last.created) if last else None,
            has_more=page.has_more and last is not None,
        )


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
        now = parts.now()
        self._recent_since = now - parts.settings.relist_recent
        self._unlinked_since = now - parts.settings.relist_unlinked

    def look(self) -> None:
        """List recent PaymentIntents again and write those that are not as they were."""
        if self._parts.settings.relist_recent == 0:
            return
        due = [name for name in (PAYMENTS, *_silent_streams()) if self._is_due(name)]
        looking = [name for name in due if name not in self._filled]
        if looking:
            self._look(looking)
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

    def _look(self, names: list[str]) -> None:
        memories = {name: self._journal.state(name).edits for name in names}
        start = min(memory.look_from(self._recent_since) for memory in memories.values())
        edited: list[str] = []

        def compare(progress: Progress) -> None:
            for name, memory in memories.items():
                found = [
                    (seen, record)
                    for seen, record in zip(
                        progress.chunk.seen, progress.chunk.records, strict=True
                    )
                    if seen.created >= memory.look_from(self._recent_since)
                    and memory.is_edited(seen)
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

        source: Source = _RecentSource(row_named(INTENTS), self._parts.reader)
        back_fill(self._parts.pool, [(source, (Window(start),))], compare, fail)
        if PAYMENTS in memories and PAYMENTS not in self._journal.failures:
            edited += self._edited_unlinked(memories[PAYMENTS])
            self._write_payments(edited)

    def _edited_unlinked(self, memory: EditMemory) -> Iterator[str]:
        """Yield the older unlinked payments that are not as they were."""
        watched = memory.unlinked_before(memory.look_from(self._recent_since))
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
