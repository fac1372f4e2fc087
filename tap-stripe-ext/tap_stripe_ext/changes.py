"""Reads changed objects as they are now: one by one, or by listing where many lie close together.

A single object costs a request (a payment three), a page of a list brings a hundred (see `dense`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from tap_stripe_ext.backfill import Progress, back_fill
from tap_stripe_ext.dense import DenseStretches
from tap_stripe_ext.notices import Target
from tap_stripe_ext.payment_snapshot import StripeObject
from tap_stripe_ext.payments_reader import CHARGES, INTENTS, INVOICES
from tap_stripe_ext.pool import run_all
from tap_stripe_ext.reader import decode, encode
from tap_stripe_ext.run_parts import RunParts
from tap_stripe_ext.sources import Chunk, Source, TableSource, Wants, chunk_of, chunk_of_payments
from tap_stripe_ext.stream_table import StreamRow

Write = Callable[[Chunk], None]
Awaited = Collection[str]
NOTHING: Awaited = frozenset()

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """The changed objects of one list.

    Args:
        created: by id, when each was made, where it is known.
        deleted: by id, the objects that are gone, as they last were.
        deleted_at: by id, when, in seconds since 1970.
        children: in a nested list, by the parent's id and their own, the objects that events
            named, and when they did.
    """

    created: dict[str, int | None] = field(default_factory=dict)
    deleted: dict[str, StripeObject] = field(default_factory=dict)
    deleted_at: dict[str, int] = field(default_factory=dict)
    children: dict[tuple[str, str], tuple[StripeObject, int]] = field(default_factory=dict)

    def add(self, target: Target, at: int) -> None:
        """Take note of what an event of the second `at` says."""
        if self.created.get(target.id) is None:
            self.created[target.id] = target.created
        if target.deleted is not None:
            self.deleted[target.id] = target.deleted
            self.deleted_at[target.id] = at
        for child in target.children:
            self.children[target.id, child["id"]] = (child, at)


class ChangeReader:
    """Reads the changed objects of one stream of the table.

    Args:
        parts: the run's tools.
        row: the stream.
    """

    def __init__(self, parts: RunParts, row: StreamRow) -> None:
        self._parts = parts
        self._row = row

    def read(self, change: Change, write: Write, awaited: Awaited = NOTHING) -> None:
        """Read what changed and hand it on, chunk by chunk.

        Args:
            change: what changed, by id.
            write: takes each chunk.
            awaited: ids of what is not gone, should it be missing, but not shown yet.

        Raises:
            StripeApiError: if some of it cannot be read.
        """
        left = {one: made for one, made in change.created.items() if one not in change.deleted}
        if self._row.created_filter:
            source = TableSource(self._row, self._parts.reader, wants=is_in(frozenset(left)))
            list_dense_stretches(self._parts, source, left, write)
        left.update(dict.fromkeys(change.deleted))
        _read_each(
            self._parts,
            ((one, partial(self._read_one, one, change, awaited)) for one in left),
            write,
        )

    def _read_one(self, object_id: str, change: Change, awaited: Awaited) -> Chunk:
        item = self._parts.reader.retrieve(self._row, object_id)
        if item is not None and not item.deleted:
            return chunk_of(self._row, [item])
        if item is None and object_id in awaited and object_id not in change.deleted:
            return Chunk(())
        if not self._row.deletable:
            logger.warning(
                "%s: an event tells of %s, but Stripe has no such object",
                self._row.name,
                object_id,
            )
            return Chunk(())
        last = change.deleted.get(object_id)
        if last is None:
            bare = {"id": object_id, "object": self._row.object_name}
            last = decode(item.raw) if item is not None else bare
        deleted_at = change.deleted_at.get(object_id, self._parts.now())
        return Chunk((deletion_record(last, deleted_at),), gone=(object_id,))


def deletion_record(last: StripeObject, deleted_at: int) -> bytes:
    """Return the record that says that an object is gone: as it last was, and since when."""
    moment = datetime.fromtimestamp(deleted_at, UTC).isoformat()
    return encode({**last, "deleted": True, "_sdc_deleted_at": moment})


class PaymentChangeReader:
    """Reads the changed payments.

    Args:
        parts: the run's tools.
    """

    def __init__(self, parts: RunParts) -> None:
        self._parts = parts
        self._payments = parts.payments

    def read(self, changes: Mapping[str, Change], write: Write) -> None:
        """Read the snapshots of what changed and hand them on, chunk by chunk.

        Args:
            changes: the changed PaymentIntents, Charges and Invoices.
            write: takes each chunk.

        Raises:
            StripeApiError: if some of it cannot be read.
        """
        intents = dict(changes[INTENTS].created) if INTENTS in changes else {}
        charges = set(changes[CHARGES].created) if CHARGES in changes else set()
        invoices = list(changes[INVOICES].created) if INVOICES in changes else []
        for lookup in run_all(
            self._parts.pool,
            ((one, partial(self._payments.payments_of_invoice, one)) for one in invoices),
        ):
            paid_by = lookup.result_or_raise()
            for intent_id in paid_by[0]:
                intents.setdefault(intent_id, None)
            charges |= paid_by[1]
        source = self._parts.payment_source(INTENTS, frozenset(intents))
        list_dense_stretches(self._parts, source, intents, write)
        tasks: list[tuple[str, Callable[[], Chunk]]] = []
        tasks += [(one, partial(self._chunk, self._payments.invoice, one)) for one in invoices]
        tasks += [(one, partial(self._chunk, self._payments.charge, one)) for one in charges]
        tasks += [(one, partial(self._chunk, self._payments.intent, one)) for one in intents]
        _read_each(self._parts, tasks, write)

    def read_intents(self, ids: Iterable[str], write: Write) -> None:
        """Read the snapshots of these PaymentIntents and hand them on."""
        tasks = ((one, partial(self._chunk, self._payments.intent, one)) for one in ids)
        _read_each(self._parts, tasks, write)

    def _chunk(self, read: Callable[[str], StripeObject | None], object_id: str) -> Chunk:
        snapshot = read(object_id)
        if snapshot is None:
            return Chunk(())
        return chunk_of_payments([snapshot], self._parts.settings.link_keys)


def is_in(wanted: frozenset[str]) -> Wants:
    """Return what tells whether an entry is one of those that are wanted."""
    return lambda entry: entry.id in wanted


def list_dense_stretches(
    parts: RunParts, source: Source, left: dict[str, int | None], write: Write
) -> None:
    """List where changed objects lie densely, and take what was found off `left`.

    Args:
        parts: the run's tools.
        source: the list, of which only the changed objects are wanted.
        left: by id, when each was made, where that is known.
        write: takes each chunk.

    Raises:
        StripeApiError: if it cannot be read.
    """
    stretches = DenseStretches(made for made in left.values() if made is not None)
    windows = stretches.windows(parts.pool.size)

    def on_progress(progress: Progress) -> None:
        for entry in progress.chunk.entries:
            left.pop(entry.id, None)
        write(progress.chunk)

    def on_failure(_: Source, error: Exception) -> None:
        raise error

    if windows:
        back_fill(parts.pool, [(source, windows)], on_progress, on_failure, stretches.left_of)


def _read_each(
    parts: RunParts, tasks: Iterable[tuple[str, Callable[[], Chunk]]], write: Write
) -> None:
    for done in run_all(parts.pool, tasks):
        write(done.result_or_raise())
