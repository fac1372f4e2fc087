"""Reads what notices tell of, stream by stream, and writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from monstock_stripe_core.stripe_errors import StripeApiError

from tap_stripe_ext.awaited import Awaited
from tap_stripe_ext.changes import Change, ChangeReader, PaymentChangeReader
from tap_stripe_ext.nested_changes import NestedChangeReader
from tap_stripe_ext.notices import Notice
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk
from tap_stripe_ext.stream_table import PAYMENTS, row_named


class ToldReader:
    """Reads changed objects as they are now.

    Args:
        parts: the run's tools.
        was_just_written: tells whether this very record of a stream has just been written.
    """

    def __init__(self, parts: RunParts, was_just_written: Callable[[str, bytes], bool]) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._was_just_written = was_just_written

    def read(self, name: str, notices: Iterable[Notice], awaited: Awaited) -> bool:
        """Read and write what notices tell of one stream.

        Args:
            name: the stream.
            notices: of events.
            awaited: is told what was read.

        Returns:
            Whether all of it could be read; if not, the journal knows why.
        """
        changes: dict[str, Change] = {}
        for notice in notices:
            for target in notice.targets:
                if target.stream == name:
                    change = changes.setdefault(target.source, Change())
                    change.add(target, notice.entry.created)
        if not changes:
            return True

        def write(chunk: Chunk) -> None:
            # What is left out does not count as shown: what stands may not show it.
            chunk = self._journal.without_outdated(chunk)
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
            record for record in chunk.records if not self._was_just_written(name, record)
        )
        return replace(chunk, records=records)
