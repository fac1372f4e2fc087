"""Records into the ledger: read, judged by their time, kept. Nothing here asks Stripe."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from monstock_stripe_core.customer_record import CustomerRecord, customer_from_record
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order_record import OrderRecord, order_from_record
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.forgotten import Subject, forgotten_among
from target_common.ledger.sql import is_reference, storable
from target_common.sinks import REFUSED

from target_stripe.ledger import customers, orders
from target_stripe.ledger.exceptions import Source, renew_exceptions

ORDERS = "orders"
CUSTOMERS = "customers"

Record = TypeVar("Record", OrderRecord, CustomerRecord)


@dataclass(slots=True)
class Ingested:
    """What became of a batch of records.

    Attributes:
        changed: subjects that are new or say something new.
        rejected: ids (or a hint where there is none) and why they were refused.
    """

    records: int = 0
    changed: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)
    orders: tuple[str, ...] = ()


def ingest(
    ledger: Ledger, stream: str, records: Sequence[Mapping[str, Any]], now: datetime
) -> Ingested:
    """Keep the newest record of each subject, durably, and note what has to be done about it.

    One bad record never stops the others: it is kept as an exception with its reason, without its
    content.

    Raises:
        LedgerError: nothing of the batch is kept.
    """
    done = Ingested(records=len(records))
    if stream == ORDERS:
        orders_read = _read(records, order_from_record, "order_id", done)
        with ledger.transaction() as connection:
            orders_read = _without_forgotten(connection, orders_read)
            done.orders = _keep_orders(connection, orders_read, now)
            done.changed = len(done.orders)
            _keep_refused(connection, stream, list(orders_read), done, now)
    else:
        customers_read = _read(records, customer_from_record, "customer_id", done)
        with ledger.transaction() as connection:
            gone = forgotten_among(connection, Subject.MONSTOCK_CUSTOMER, customers_read)
            customers_read = {one: it for one, it in customers_read.items() if one not in gone}
            done.changed = _keep_customers(connection, customers_read, now)
            _keep_refused(connection, stream, list(customers_read), done, now)
    return done


def _read(
    records: Sequence[Mapping[str, Any]],
    parse: Callable[[Mapping[str, Any]], Record],
    key: str,
    done: Ingested,
) -> dict[str, Record]:
    """The newest record of each subject in the batch; of equally old ones the last."""
    found: dict[str, Record] = {}
    for record in records:
        try:
            if REFUSED in record:
                raise RecordError(str(record[REFUSED]))
            new = parse(record)
        except RecordError as error:
            done.rejected.append((_named(record, key), storable(str(error))[:1000]))
            continue
        subject = str(record[key])
        old = found.get(subject)
        if old is None or new.updated_at >= old.updated_at:
            found[subject] = new
    return found


def _without_forgotten(
    connection: Connection, read: Mapping[str, OrderRecord]
) -> dict[str, OrderRecord]:
    """The orders, without the customer where that was erased before."""
    who = {one.customer_id for one in read.values()} - {None}
    persons = forgotten_among(connection, Subject.MONSTOCK_CUSTOMER, filter(None, who))
    erased = forgotten_among(connection, Subject.ORDER, read)
    return {
        name: orders.without_person(one) if name in erased or one.customer_id in persons else one
        for name, one in read.items()
    }


def _keep_orders(
    connection: Connection, read: Mapping[str, OrderRecord], now: datetime
) -> tuple[str, ...]:
    known = orders.known_orders(connection, read)
    newer = {one: record for one, record in read.items() if _is_newer(record, known.get(one))}
    changed = {
        one: record
        for one, record in newer.items()
        if one not in known or known[one].digest != orders.record_digest(record)
    }
    before = orders.claims_of(connection, changed)
    orders.save_orders(connection, list(changed.values()))
    orders.save_order_times(
        connection,
        {one: record.updated_at for one, record in newer.items() if one not in changed},
    )
    moved: set[str] = set()
    for one, record in changed.items():
        moved |= before.get(one, set()) ^ orders.claimed_by(record)
    # Whoever shares a payment with them may have to annotate it now, or no longer.
    others = {one for several in orders.claimants(connection, moved).values() for one in several}
    orders.QUEUE.mark(connection, changed, "the order changed", now)
    orders.QUEUE.mark(connection, others - set(changed), "a payment moved", now)
    return tuple(changed)


def _keep_customers(
    connection: Connection, read: Mapping[str, CustomerRecord], now: datetime
) -> int:
    known = customers.known_records(connection, read)
    newer = {one: record for one, record in read.items() if _is_newer(record, known.get(one))}
    changed = {
        one: record
        for one, record in newer.items()
        if one not in known or known[one].digest != customers.record_digest(record)
    }
    customers.save_customers(connection, list(changed.values()))
    customers.save_customer_times(
        connection,
        {one: record.updated_at for one, record in newer.items() if one not in changed},
    )
    customers.QUEUE.mark(connection, changed, "the customer changed", now)
    return len(changed)


def _is_newer(record: OrderRecord | CustomerRecord, known: orders.Known | None) -> bool:
    """Whether a record counts; of equally old ones the last that came does."""
    return known is None or known.updated_at is None or record.updated_at >= known.updated_at


def _keep_refused(
    connection: Connection, stream: str, good: Sequence[str], done: Ingested, now: datetime
) -> None:
    """Keep refused records as exceptions; a good record of a subject resolves its own."""
    found: dict[str, list[ExceptionFound]] = {f"{stream} {one}"[:255]: [] for one in good}
    for subject, reason in done.rejected:
        order_id, customer_id = (subject, None) if stream == ORDERS else (None, subject)
        found.setdefault(f"{stream} {subject}"[:255], []).append(
            ExceptionFound(
                ExceptionKind.REJECTED_RECORD,
                f"The record was refused: {reason}",
                order_id=order_id,
                customer_id=customer_id,
            )
        )
    renew_exceptions(connection, Source.RECORD, found, now)


def _named(record: Mapping[str, Any], key: str) -> str:
    """How a refused record is remembered: its id, or a hash where it has none."""
    subject = record.get(key)
    if is_reference(subject):
        return str(subject)
    digest = hashlib.sha256(repr(sorted(record.items(), key=str)).encode("utf-8", "replace"))
    return f"(no {key}) {digest.hexdigest()[:12]}"
