"""The part of a run that reads lists whole of which no event tells, and writes what is new."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from tap_stripe_ext.backfill import Progress, back_fill
from tap_stripe_ext.changes import deletion_record
from tap_stripe_ext.row_rules import can_vanish, is_listed_whole
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk
from tap_stripe_ext.stream_table import PAYMENTS, StreamRow, row_named
from tap_stripe_ext.whole_list import MOST_KEPT, WholeMemory
from tap_stripe_ext.windows import Window

logger = logging.getLogger(__name__)


class WholePart:
    """Looks at whole lists, where the interval has passed.

    Args:
        parts: the run's tools.
        filled: streams that were back-filled in this run, and so have just been looked at.
    """

    def __init__(self, parts: RunParts, filled: Iterable[str]) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._filled = frozenset(filled)
        # By stream, all that was found, by key; None once it is too much to be kept.
        self._found: dict[str, dict[str, str] | None] = {}
        self._before: dict[str, WholeMemory] = {}

    def look(self) -> None:
        """List what is due; write what is new, changed or gone."""
        due = [name for name in self._journal.working if self._is_due(name)]
        for name in due:
            memory = self._journal.state(name).whole
            if name in self._filled:
                self._keep(name, replace(memory, looked_at=self._parts.now()))
            else:
                self._found[name] = {}
                self._before[name] = memory
        start = (Window(self._parts.settings.start),)
        back_fill(
            self._parts.pool,
            [(self._parts.source(name), start) for name in self._found],
            self._compare,
            lambda source, error: self._journal.fail(source.stream, error),
        )
        for name in self._found:
            if name not in self._journal.failures:
                self._finish(row_named(name))

    def _is_due(self, name: str) -> bool:
        if name == PAYMENTS or not is_listed_whole(row_named(name)):
            return False
        state = self._journal.state(name)
        since = self._parts.now() - state.whole.looked_at
        return state.backfill is None and since >= self._parts.settings.relist_interval

    def _compare(self, progress: Progress) -> None:
        """Write what is not as it was."""
        name, chunk = progress.source.stream, progress.chunk
        found, before = self._found[name], self._before[name]
        if found is not None:
            found.update(zip(chunk.keys, chunk.contents, strict=True))
            if len(found) > MOST_KEPT:
                self._found[name] = None
        news = [
            one
            for one in zip(chunk.records, chunk.keys, chunk.contents, strict=True)
            if before.is_news(one[1], one[2])
        ]
        if news:
            records, keys, contents = zip(*news, strict=True)
            self._journal.write(name, Chunk(records, keys=keys, contents=contents))
            self._journal.write_state_now_and_then()

    def _finish(self, row: StreamRow) -> None:
        found, before = self._found[row.name], self._before[row.name]
        if found is None:
            logger.warning(
                "%s: more than %d objects of which no event tells: all are written at each look, "
                "and what is deleted cannot be told",
                row.name,
                MOST_KEPT,
            )
        else:
            gone = [key for key in before.contents if key not in found]
            if gone and can_vanish(row):
                now = self._parts.now()
                records = tuple(deletion_record(_named(row, key), now) for key in gone)
                self._journal.write(row.name, Chunk(records))
        memory = self._journal.state(row.name).whole
        self._keep(row.name, memory.after_look(self._parts.now(), found))

    def _keep(self, name: str, memory: WholeMemory) -> None:
        self._journal.keep(name, replace(self._journal.state(name), whole=memory))


def _named(row: StreamRow, key: str) -> dict[str, str]:
    """Return what is known of an object that is there no more."""
    return {**dict(zip(row.keys, key.split(" "), strict=True)), "object": row.object_name}
