"""Orders in the ledger: as last received, the payments that they claim, and their annotations."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.stripe_annotation import LastAnnotation
from monstock_stripe_core.stripe_payment_facts import payment_reference
from sqlalchemy import Connection, bindparam, delete, select, update
from target_common.ledger.queue import WorkQueue
from target_common.ledger.sql import chunks, is_reference, upsert

from target_stripe.ledger.schema import annotations, claims, orders

QUEUE = WorkQueue(orders, "order_id")
"""Orders that are to be worked on."""

_NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger knows of a subject's newest record."""

    digest: str | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True)
class Annotation:
    """What we wrote on a payment, and for which order."""

    order_id: str
    last: LastAnnotation


def without_person(record: OrderRecord) -> OrderRecord:
    """The order without who bought."""
    return replace(record, customer_id=None, customer_email=None, customer_name=None)


def record_digest(record: OrderRecord) -> str:
    """A hash of everything that an order says but its time."""
    encoded = msgspec.json.encode(replace(record, updated_at=_NO_TIME))
    return hashlib.sha256(encoded).hexdigest()


def known_orders(connection: Connection, order_ids: Iterable[str]) -> dict[str, Known]:
    """What is known of these orders."""
    found = {}
    columns = (orders.c.order_id, orders.c.digest, orders.c.updated_at)
    for chunk in chunks(order_ids):
        for row in connection.execute(select(*columns).where(orders.c.order_id.in_(chunk))):
            found[row.order_id] = Known(row.digest, row.updated_at)
    return found


def save_orders(connection: Connection, records: Sequence[OrderRecord]) -> None:
    """Keep the newest records and the payments that they claim; dirty stays as it is."""
    upsert(
        connection,
        orders,
        [
            {
                "order_id": record.order_id,
                "number": record.order_number,
                "customer_id": _reference(record.customer_id),
                "record": msgspec.json.encode(record).decode(),
                "digest": record_digest(record),
                "updated_at": record.updated_at,
                "dirty": False,
                "mark": 0,
            }
            for record in records
        ],
        keep=("dirty", "mark"),
    )
    for chunk in chunks([record.order_id for record in records]):
        connection.execute(delete(claims).where(claims.c.order_id.in_(chunk)))
    rows = {(record.order_id, name) for record in records for name in claimed_by(record)}
    upsert(
        connection,
        claims,
        [{"order_id": order_id, "transaction_reference": name} for order_id, name in sorted(rows)],
    )


def save_order_times(connection: Connection, times: Mapping[str, datetime]) -> None:
    """Keep when orders changed whose records say nothing new."""
    if times:
        connection.execute(
            update(orders)
            .where(orders.c.order_id == bindparam("at_id"))
            .values(updated_at=bindparam("at_time")),
            [{"at_id": order_id, "at_time": time} for order_id, time in times.items()],
        )


def claimed_by(record: OrderRecord) -> set[str]:
    """The Stripe payments that an order has rows of; none where it was deleted."""
    if record.deleted:
        return set()
    return {
        row.transaction_reference
        for row in record.payments
        if row.ours and row.transaction_reference and payment_reference(row.transaction_reference)
    }


def claims_of(connection: Connection, order_ids: Iterable[str]) -> dict[str, set[str]]:
    """The payments that orders claim: order → transaction references."""
    found: dict[str, set[str]] = {}
    for chunk in chunks(order_ids):
        for row in connection.execute(select(claims).where(claims.c.order_id.in_(chunk))):
            found.setdefault(row.order_id, set()).add(row.transaction_reference)
    return found


def claimants(connection: Connection, references: Iterable[str]) -> dict[str, list[str]]:
    """The orders that claim payments, sorted: transaction reference → order ids."""
    found: dict[str, list[str]] = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(claims)
            .where(claims.c.transaction_reference.in_(chunk))
            .order_by(claims.c.order_id)
        )
        for row in rows:
            found.setdefault(row.transaction_reference, []).append(row.order_id)
    return found


def order_records(connection: Connection, order_ids: Iterable[str]) -> dict[str, OrderRecord]:
    """The newest records of orders."""
    found = {}
    for chunk in chunks(order_ids):
        rows = connection.execute(
            select(orders.c.order_id, orders.c.record).where(orders.c.order_id.in_(chunk))
        )
        for row in rows:
            if row.record is not None:
                found[row.order_id] = msgspec.json.decode(row.record, type=OrderRecord)
    return found


def orders_of_customers(connection: Connection, customer_ids: Iterable[str]) -> set[str]:
    """The orders of these customers."""
    found: set[str] = set()
    for chunk in chunks(customer_ids):
        rows = connection.execute(select(orders.c.order_id).where(orders.c.customer_id.in_(chunk)))
        found.update(row.order_id for row in rows)
    return found


def looked_at(connection: Connection, order_ids: Sequence[str], now: datetime) -> None:
    """Note that orders were planned to the end."""
    for chunk in chunks(order_ids):
        connection.execute(update(orders).where(orders.c.order_id.in_(chunk)).values(looked_at=now))


def last_looked_at(connection: Connection, order_ids: Iterable[str]) -> dict[str, datetime]:
    """When orders were last planned to the end."""
    found = {}
    for chunk in chunks(order_ids):
        rows = connection.execute(
            select(orders.c.order_id, orders.c.looked_at).where(orders.c.order_id.in_(chunk))
        )
        found.update({row.order_id: row.looked_at for row in rows if row.looked_at is not None})
    return found


def all_orders(connection: Connection) -> list[str]:
    """Every order."""
    return [row.order_id for row in connection.execute(select(orders.c.order_id))]


# -- annotations --


def annotations_of(connection: Connection, references: Iterable[str]) -> dict[str, Annotation]:
    """What we wrote on payments."""
    found = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(annotations).where(annotations.c.transaction_reference.in_(chunk))
        )
        for row in rows:
            last = LastAnnotation(row.description, row.order_reference)
            found[row.transaction_reference] = Annotation(row.order_id, last)
    return found


def annotated_with(connection: Connection, order_ids: Iterable[str]) -> dict[str, set[str]]:
    """The payments that are annotated with orders: order → transaction references."""
    found: dict[str, set[str]] = {}
    for chunk in chunks(order_ids):
        rows = connection.execute(
            select(annotations.c.order_id, annotations.c.transaction_reference).where(
                annotations.c.order_id.in_(chunk)
            )
        )
        for row in rows:
            found.setdefault(row.order_id, set()).add(row.transaction_reference)
    return found


def save_annotations(
    connection: Connection, found: Mapping[str, Annotation | None], now: datetime
) -> None:
    """Keep what stands on payments, or is about to; None: nothing of ours."""
    upsert(
        connection,
        annotations,
        [
            {
                "transaction_reference": reference,
                "order_id": one.order_id,
                "description": one.last.description,
                "order_reference": one.last.order_reference,
                "updated_at": now,
            }
            for reference, one in found.items()
            if one is not None
        ],
    )
    for chunk in chunks([reference for reference, one in found.items() if one is None]):
        connection.execute(
            delete(annotations).where(annotations.c.transaction_reference.in_(chunk))
        )


def _reference(value: str | None) -> str | None:
    return value if is_reference(value) else None
