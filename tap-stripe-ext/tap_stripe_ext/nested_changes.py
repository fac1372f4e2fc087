"""Reads nested lists again of which an event says that they have changed."""

from __future__ import annotations

from collections.abc import Mapping

from tap_stripe_ext.backfill import follow
from tap_stripe_ext.changes import (
    NOTHING,
    Awaited,
    Change,
    Write,
    deletion_record,
    is_in,
    list_dense_stretches,
)
from tap_stripe_ext.nested import NestedSource, parent_of, with_parent_id
from tap_stripe_ext.payment_snapshot import StripeObject
from tap_stripe_ext.reader import decode, encode
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk, Rest, key_of
from tap_stripe_ext.stream_table import StreamRow

# So many deletions are written at once.
_PER_CHUNK = 500


class NestedChangeReader:
    """Reads the lists of one nested stream whose parents, or what hangs on them, have changed.

    What an event names and the list no longer has is gone, and written as deleted.

    Args:
        parts: the run's tools.
        row: the stream.
    """

    def __init__(self, parts: RunParts, row: StreamRow) -> None:
        self._parts = parts
        self._row = row

    def read(self, change: Change, write: Write, awaited: Awaited = NOTHING) -> None:
        """Read the whole lists again and hand them on, chunk by chunk.

        Args:
            change: what changed, by the ids of the parents.
            write: takes each chunk.
            awaited: ids of what is not gone, should it be missing, but not shown yet.

        Raises:
            StripeApiError: if some of it cannot be read.
        """
        gone = self._by_key(change, awaited)

        def write_and_cross_out(chunk: Chunk) -> None:
            for key in chunk.keys:
                gone.pop(key, None)
            write(chunk)

        left = dict(change.created)
        source = NestedSource(self._row, self._parts.reader, is_in(frozenset(left)))
        if source.parent.embedded is not None and source.is_cut:
            list_dense_stretches(self._parts, source, left, write_and_cross_out)
        follow(self._parts.pool, source, (Rest(one) for one in left), write_and_cross_out)
        for chunk in _deletions(gone):
            write(chunk)

    def _by_key(self, change: Change, awaited: Awaited) -> dict[str, tuple[StripeObject, int]]:
        """Return the objects that may be gone, each with its parent's id, by key."""
        field = parent_of(self._row).id_field
        found = {}
        for (parent_id, child_id), (child, at) in change.children.items():
            if child_id in awaited:
                continue
            raw = with_parent_id(encode(child), field, parent_id)
            found[key_of(self._row, decode(raw)["id"], raw)] = (decode(raw), at)
        return found


def _deletions(gone: Mapping[str, tuple[StripeObject, int]]) -> list[Chunk]:
    pairs = list(gone.items())
    return [
        Chunk(
            tuple(deletion_record(last, at) for _, (last, at) in some),
            gone=tuple(key for key, _ in some),
        )
        for some in (pairs[n : n + _PER_CHUNK] for n in range(0, len(pairs), _PER_CHUNK))
    ]
