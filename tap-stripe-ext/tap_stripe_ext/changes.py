"""Reads changed objects as they are now: one by one, or by listing where many lie close together.

A single object costs a request (a payment three), a page of a list brings a hundred. So objects
whose `created` is known and that lie densely are listed, and only what changed is passed on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from tap_stripe_ext.backfill import Chunk
from tap_stripe_ext.notices import Target
from tap_stripe_ext.payment_snapshot import StripeObject
from tap_stripe_ext.payments_reader import CHARGES, INTENTS, INVOICES, PaymentsReader
from tap_stripe_ext.pool import Done, Pool, run_all
from tap_stripe_ext.reader import Reader, decode, encode
from tap_stripe_ext.relisting import seen_of
from tap_stripe_ext.stream_table import StreamRow

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Change:
    """The changed objects of one list.

    Args:
        created: by id, when each was made, where it is known.
        deleted: by id, the objects that are gone, as they last were.
        deleted_at: by id, when, in seconds since 1970.
    """

    created: dict[str, int | None] = field(default_factory=dict)
    deleted: dict[str, StripeObject] = field(default_factory=dict)
    deleted_at: dict[str, int] = field(default_factory=dict)

    def add(self, target: Target, at: int) -> None:
        """Take note of what an event of the second `at` says."""
        if self.created.get(target.id) is None:
            self.created[target.id] = target.created
        if target.deleted is not None:
            self.deleted[target.id] = target.deleted
            self.deleted_at[target.id] = at


class ChangeReader:
    """Reads the changed objects of one stream of the table.

    Args:
        row: the stream.
        reader: what to read with.
        now: the present, in seconds since 1970, for deletions that no event tells of.
    """

    def __init__(self, row: StreamRow, reader: Reader, now: int) -> None:
        self._row = row
        self._reader = reader
        self._now = now

    def read(self, pool: Pool, change: Change) -> Iterator[Done[str, Chunk]]:
        """Yield the records of what changed, as they come."""
        return run_all(
            pool, ((one, partial(self._read_one, one, change)) for one in change.created)
        )

    def _read_one(self, object_id: str, change: Change) -> Chunk:
        item = self._reader.retrieve(self._row, object_id)
        if item is not None and not item.deleted:
            return Chunk((item.raw,))
        if not self._row.deletable:
            logger.warning(
                "%s: an event tells of %s, but Stripe has no such object",
                self._row.name,
                object_id,
            )
            return Chunk(())
        last = change.deleted.get(object_id)
        if last is None:
            last = decode(item.raw) if item is not None else {"id": object_id}
        return Chunk((deletion_record(last, change.deleted_at.get(object_id, self._now)),))


def deletion_record(last: StripeObject, deleted_at: int) -> bytes:
    """Return the record that says that an object is gone: as it last was, and since when."""
    moment = datetime.fromtimestamp(deleted_at, UTC).isoformat()
    return encode({**last, "deleted": True, "_sdc_deleted_at": moment})


class PaymentChangeReader:
    """Reads the changed payments.

    Args:
        payments: what to read with.
        link_keys: see `relisting.seen_of`.
    """

    def __init__(self, payments: PaymentsReader, link_keys: tuple[str, ...]) -> None:
        self._payments = payments
        self._link_keys = link_keys

    def read(self, pool: Pool, changes: Mapping[str, Change]) -> Iterator[Done[str, Chunk]]:
        """Yield the snapshots of what changed, as they come.

        Args:
            pool: where the requests run.
            changes: the changed PaymentIntents, Charges and Invoices.
        """
        intents = set(changes[INTENTS].created) if INTENTS in changes else set()
        charges = set(changes[CHARGES].created) if CHARGES in changes else set()
        invoices = list(changes[INVOICES].created) if INVOICES in changes else []
        for lookup in run_all(
            pool, ((one, partial(self._payments.payments_of_invoice, one)) for one in invoices)
        ):
            if lookup.error is not None or lookup.result is None:
                yield Done(lookup.key, error=lookup.error)
                return
            intents |= lookup.result[0]
            charges |= lookup.result[1]
        tasks: list[tuple[str, Callable[[], Chunk]]] = []
        tasks += [(one, partial(self._chunk, self._payments.invoice, one)) for one in invoices]
        tasks += [
            (one, partial(self._chunk, self._payments.charge, one)) for one in sorted(charges)
        ]
        tasks += [
            (one, partial(self._chunk, self._payments.intent, one)) for one in sorted(intents)
        ]
        yield from run_all(pool, tasks)

    def _chunk(self, read: Callable[[str], StripeObject | None], object_id: str) -> Chunk:
        snapshot = read(object_id)
        if snapshot is None:
            return Chunk(())
        seen = seen_of(snapshot, self._link_keys)
        return Chunk((encode(snapshot),), seen=() if seen is None else (seen,))
