"""Customers in the ledger: as last received, and which they are at Stripe."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import msgspec
from monstock_stripe_core.customer_record import CustomerRecord
from monstock_stripe_core.stripe_customer_plan import Base
from sqlalchemy import Connection, bindparam, func, select, update
from target_common.ledger.queue import WorkQueue
from target_common.ledger.sql import chunks, upsert

from target_stripe.ledger.orders import Known
from target_stripe.ledger.schema import customers

QUEUE = WorkQueue(customers, "customer_id")
"""Customers that are to be worked on."""

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Of a record that was made up from an order: any real one is newer."""


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """A customer as the ledger has it.

    Attributes:
        stripe_id: Stripe's, once it is known.
        base: Monstock's values as last dealt with.
        needed: whether an order's invoice cannot do without it.
    """

    record: CustomerRecord
    stripe_id: str | None
    base: Base | None
    needed: bool


def record_digest(record: CustomerRecord) -> str:
    """A hash of everything that a customer says but its time."""
    encoded = msgspec.json.encode(replace(record, updated_at=NO_TIME))
    return hashlib.sha256(encoded).hexdigest()


def known_records(connection: Connection, customer_ids: Iterable[str]) -> dict[str, Known]:
    """What is known of these customers' newest records."""
    found = {}
    columns = (customers.c.customer_id, customers.c.digest, customers.c.updated_at)
    for chunk in chunks(customer_ids):
        for row in connection.execute(select(*columns).where(customers.c.customer_id.in_(chunk))):
            found[row.customer_id] = Known(row.digest, row.updated_at)
    return found


def save_customers(connection: Connection, records: Sequence[CustomerRecord]) -> None:
    """Keep the newest records; what else is known stays as it is."""
    upsert(
        connection,
        customers,
        [
            {
                "customer_id": record.customer_id,
                "record": msgspec.json.encode(record).decode(),
                "digest": record_digest(record),
                "email": record.email and record.email.casefold(),
                "updated_at": record.updated_at,
                "dirty": False,
                "mark": 0,
            }
            for record in records
        ],
        keep=("dirty", "mark"),
    )


def save_customer_times(connection: Connection, times: Mapping[str, datetime]) -> None:
    """Keep when customers changed whose records say nothing new."""
    if times:
        connection.execute(
            update(customers)
            .where(customers.c.customer_id == bindparam("at_id"))
            .values(updated_at=bindparam("at_time")),
            [{"at_id": customer_id, "at_time": time} for customer_id, time in times.items()],
        )


def known_customers(
    connection: Connection, customer_ids: Iterable[str]
) -> dict[str, KnownCustomer]:
    """Customers with their records."""
    found = {}
    for chunk in chunks(customer_ids):
        rows = connection.execute(select(customers).where(customers.c.customer_id.in_(chunk)))
        for row in rows:
            if row.record is not None:
                found[row.customer_id] = KnownCustomer(
                    msgspec.json.decode(row.record, type=CustomerRecord),
                    row.stripe_customer_id,
                    None if row.base is None else msgspec.json.decode(row.base, type=Base),
                    bool(row.needed),
                )
    return found


def stripe_ids(connection: Connection, customer_ids: Iterable[str]) -> dict[str, str]:
    """Which customers are at Stripe: Monstock's id → Stripe's."""
    found = {}
    for chunk in chunks(customer_ids):
        rows = connection.execute(
            select(customers.c.customer_id, customers.c.stripe_customer_id).where(
                customers.c.customer_id.in_(chunk), customers.c.stripe_customer_id.is_not(None)
            )
        )
        found.update({row.customer_id: row.stripe_customer_id for row in rows})
    return found


def taken_ids(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Which customers at Stripe are known to be whose: Stripe's id → Monstock's."""
    found = {}
    for chunk in chunks(ids):
        rows = connection.execute(
            select(customers.c.customer_id, customers.c.stripe_customer_id).where(
                customers.c.stripe_customer_id.in_(chunk)
            )
        )
        found.update({row.stripe_customer_id: row.customer_id for row in rows})
    return found


def shared_emails(connection: Connection, emails: Iterable[str]) -> set[str]:
    """Those of the addresses, in small letters, that several customers have."""
    found: set[str] = set()
    for chunk in chunks(set(emails)):
        rows = connection.execute(
            select(customers.c.email)
            .where(customers.c.email.in_(chunk))
            .group_by(customers.c.email)
            .having(func.count() > 1)
        )
        found.update(row.email for row in rows)
    return found


def save_found(connection: Connection, found: Mapping[str, tuple[str | None, Base | None]]) -> None:
    """Keep which customers they are at Stripe, and the values that were dealt with."""
    if found:
        connection.execute(
            update(customers)
            .where(customers.c.customer_id == bindparam("at_id"))
            .values(stripe_customer_id=bindparam("at_stripe"), base=bindparam("at_base")),
            [
                {
                    "at_id": customer_id,
                    "at_stripe": stripe_id,
                    "at_base": None if base is None else msgspec.json.encode(base).decode(),
                }
                for customer_id, (stripe_id, base) in found.items()
            ],
        )


def set_needed(connection: Connection, customer_ids: Iterable[str]) -> None:
    """Note that orders' invoices cannot do without these customers."""
    for chunk in chunks(customer_ids):
        connection.execute(
            update(customers).where(customers.c.customer_id.in_(chunk)).values(needed=True)
        )


def customers_looked_at(connection: Connection, customer_ids: Sequence[str], now: datetime) -> None:
    """Note that customers were planned to the end."""
    for chunk in chunks(customer_ids):
        connection.execute(
            update(customers).where(customers.c.customer_id.in_(chunk)).values(looked_at=now)
        )


def customers_last_looked_at(
    connection: Connection, customer_ids: Iterable[str]
) -> dict[str, datetime]:
    """When customers were last planned to the end."""
    found = {}
    for chunk in chunks(customer_ids):
        rows = connection.execute(
            select(customers.c.customer_id, customers.c.looked_at).where(
                customers.c.customer_id.in_(chunk)
            )
        )
        found.update({row.customer_id: row.looked_at for row in rows if row.looked_at is not None})
    return found


def unlinked_customers(connection: Connection) -> list[str]:
    """Customers of which no one at Stripe is known."""
    rows = connection.execute(
        select(customers.c.customer_id).where(customers.c.stripe_customer_id.is_(None))
    )
    return [row.customer_id for row in rows]
