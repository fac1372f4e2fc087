"""Orders in the ledger: which are to be derived again, and what we last read and wrote."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monstock_stripe_core.last_write import LastWrite
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.order_status import OrderOutcome
from sqlalchemy import Connection, bindparam, delete, select, update
from target_common.ledger.queue import WorkQueue
from target_common.ledger.sql import chunks, is_reference, storable, upsert

from target_monstock.ledger.schema import orders, row_references, rows_written

QUEUE = WorkQueue(orders, "order_id")
"""Orders that are to be derived again."""


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """What the ledger remembers of an order as last read."""

    number: str | None
    channel_reference: str | None
    kind: str | None
    digest: str | None
    dirty: bool
    updated_at: datetime | None


def known_orders(connection: Connection, order_ids: Iterable[str]) -> dict[str, KnownOrder]:
    """What is remembered of these orders."""
    found = {}
    for chunk in chunks(order_ids):
        for row in connection.execute(select(orders).where(orders.c.order_id.in_(chunk))):
            found[row.order_id] = KnownOrder(
                row.number,
                row.channel_reference,
                row.kind,
                row.seen_digest,
                row.dirty,
                row.seen_updated_at,
            )
    return found


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """What the ledger has of an order, as it was last derived; what was never known is None.

    Attributes:
        decided_by: name of the row of the table of statuses.
        by_hand: the hand-made rows that counted, by their amounts.
        dirty_reason: why it is to be derived again; None where it is not.
    """

    order_id: str
    number: str | None
    kind: str | None
    state: str | None
    currency: str | None
    total: int | None
    payment_status: str | None
    due: int | None
    decided_by: str | None
    by_hand: tuple[OrderPaymentRow, ...]
    derived_at: datetime | None
    dirty_reason: str | None


def stored_orders(connection: Connection, order_ids: Iterable[str]) -> dict[str, StoredOrder]:
    """What the ledger has of these orders."""
    found = {}
    for chunk in chunks(order_ids):
        for row in connection.execute(select(orders).where(orders.c.order_id.in_(chunk))):
            found[row.order_id] = StoredOrder(
                order_id=row.order_id,
                number=row.number,
                kind=row.kind,
                state=row.state,
                currency=row.currency,
                total=row.total,
                payment_status=row.payment_status,
                due=row.due,
                decided_by=row.decided_by,
                by_hand=tuple(map(_recorded, json.loads(row.by_hand or "[]"))),
                derived_at=row.derived_at,
                dirty_reason=(row.dirty_reason or "it changed") if row.dirty else None,
            )
    return found


def _recorded(kept: Mapping[str, Any]) -> OrderPaymentRow:
    at = kept["paid_at"]
    return OrderPaymentRow(
        method=kept["method"],
        transaction_reference=None,
        currency=kept["currency"],
        amount=kept["amount"],
        row_id=kept["row_id"],
        refunded=kept["refunded"],
        dispute_lost=kept["dispute_lost"],
        paid_at=at and datetime.fromisoformat(at),
    )


def orders_named(connection: Connection, name: str) -> list[str]:
    """The id of the order that has this id, or else the ids of those that have this number."""
    for column in (orders.c.order_id, orders.c.number):
        rows = connection.execute(select(orders.c.order_id).where(column == name))
        found = sorted(row.order_id for row in rows)
        if found:
            return found
    return []


def remember_orders(
    connection: Connection,
    seen: Sequence[tuple[Order, OrderOutcome | None]],
    now: datetime,
    *,
    as_read: bool,
) -> None:
    """Keep what orders look like now and what was derived of them; dirty stays as it is.

    Args:
        connection: inside a transaction.
        seen: orders, with what was derived (None for a quote).
        now: UTC.
        as_read: whether the orders are as Monstock has them; after a write they are not.
    """
    upsert(
        connection,
        orders,
        [
            {
                "order_id": order.id,
                "number": storable(order.number),
                "channel_reference": order.channel_reference and storable(order.channel_reference),
                "kind": order.kind,
                "state": order.state.value,
                "currency": order.currency,
                "total": order.total,
                "payment_status": outcome and outcome.status.value,
                "due": outcome and outcome.due,
                "decided_by": outcome and outcome.decided_by.name,
                "by_hand": _by_hand(outcome),
                "seen_updated_at": order.updated_at,
                "seen_digest": order_digest(order) if as_read else None,
                "dirty": False,
                "mark": 0,
                "derived_at": now,
            }
            for order, outcome in seen
        ],
        keep=("dirty", "mark"),
    )


def _by_hand(outcome: OrderOutcome | None) -> str | None:
    if outcome is None or not outcome.by_hand:
        return None
    return json.dumps([counted_record(row) for row in outcome.by_hand], separators=(",", ":"))


def counted_record(row: OrderPaymentRow) -> dict[str, Any]:
    """A row that staff recorded, by its amounts; what they wrote beside them is not kept."""
    return {
        "row_id": row.row_id,
        "method": row.method,
        "currency": row.currency,
        "amount": row.amount,
        "refunded": row.refunded,
        "dispute_lost": row.dispute_lost,
        "paid_at": row.paid_at and row.paid_at.isoformat(),
    }


def forget_looks(connection: Connection) -> None:
    """Forget what orders looked like: the next sweep derives each of them again."""
    connection.execute(update(orders).values(seen_digest=None))


def order_digest(order: Order) -> str:
    """A hash of everything that was read of an order."""
    return hashlib.sha256(repr(replace(order, etag=None)).encode("utf-8", "replace")).hexdigest()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What the ledger remembers of one thing that we write.

    Attributes:
        last: as the core compares by it.
        restores: whether what is intended undoes a hand's change: once it is seen to stand, that
            change has been undone, even if the run died before it could say so.
    """

    last: LastWrite
    restores: bool = False


def last_writes(
    connection: Connection, order_ids: Iterable[str]
) -> dict[str, dict[str, Remembered]]:
    """What was last written on each order, by key."""
    found: dict[str, dict[str, Remembered]] = {}
    for chunk in chunks(order_ids):
        rows = connection.execute(select(rows_written).where(rows_written.c.order_id.in_(chunk)))
        for row in rows:
            last = LastWrite(row.written, row.intended, row.restored, row.dismissed)
            found.setdefault(row.order_id, {})[row.key] = Remembered(last, row.restores)
    return found


def save_last_writes(
    connection: Connection,
    changed: Mapping[str, Mapping[str, Remembered | None]],
    now: datetime,
) -> None:
    """Store what was or is about to be written: order → key → record, None for what is gone.

    A dismissal is a person's and may come beside a run: it is never overwritten.
    """
    upsert(
        connection,
        rows_written,
        [
            {
                "order_id": order_id,
                "key": key,
                "written": one.last.written,
                "intended": one.last.intended,
                "restores": one.restores,
                "restored": one.last.restored,
                "dismissed": one.last.dismissed,
                "updated_at": now,
            }
            for order_id, by_key in changed.items()
            for key, one in by_key.items()
            if one is not None
        ],
        keep=("dismissed",),
    )
    gone = [
        {"gone_order": order_id, "gone_key": key}
        for order_id, by_key in changed.items()
        for key, one in by_key.items()
        if one is None
    ]
    if gone:
        connection.execute(
            delete(rows_written).where(
                rows_written.c.order_id == bindparam("gone_order"),
                rows_written.c.key == bindparam("gone_key"),
            ),
            gone,
        )


def save_row_references(connection: Connection, found: Mapping[str, Iterable[str]]) -> None:
    """Replace the foreign references on orders' rows: order → references."""
    for chunk in chunks(found):
        connection.execute(delete(row_references).where(row_references.c.order_id.in_(chunk)))
    upsert(
        connection,
        row_references,
        [
            {"order_id": order_id, "reference": reference}
            for order_id, references in found.items()
            for reference in set(references)
            if is_reference(reference)
        ],
    )


def orders_with_rows(connection: Connection, references: Iterable[str]) -> set[str]:
    """The orders on which one of these references stands without its payment being linked there."""
    found: set[str] = set()
    for chunk in chunks(references):
        rows = connection.execute(
            select(row_references.c.order_id).where(row_references.c.reference.in_(chunk))
        )
        found.update(row.order_id for row in rows)
    return found
