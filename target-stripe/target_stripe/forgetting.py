"""What the ledger holds of a person, and how it is erased with the books still adding up.

Erased is who bought, and what people or Stripe wrote about them. Orders with their amounts and
lines, what was made for them, and which payment carries which order stay.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from monstock_stripe_core.customer_record import CustomerRecord
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.stripe_intention import SETTLED
from sqlalchemy import Column, Connection, MetaData, delete, func, or_, select, update
from target_common.forgetting import ERASED, Person
from target_common.ledger.forgotten import Subject, remember_forgotten
from target_common.ledger.sql import chunks

from target_stripe.ledger import schema
from target_stripe.ledger.orders import record_digest, without_person


class OrderLedgerForgetter:
    """See `target_common.forget_cli.Forgetter`."""

    metadata: MetaData = schema.metadata
    free_texts: Sequence[Column[str]] = (
        schema.exceptions.c.message,
        schema.decisions.c.why,
        schema.refusals.c.message,
        schema.intentions.c.refusal,
    )

    def customers(self, connection: Connection, person: Person) -> Person:
        """See `Forgetter`."""
        return _as_customer(connection, person)

    def trade(self, connection: Connection, person: Person) -> Person:
        """See `Forgetter`."""
        return _as_buyer(connection, person)

    def obstacles(self, connection: Connection, person: Person) -> Sequence[str]:
        """What is just being made at Stripe, or still collects money of them."""
        orders = {name for name, _ in _orders_of(connection, person)}
        found = []
        for of_customer, subjects in ((True, person.monstock_customers), (False, orders)):
            table = schema.intentions.c
            settled = [state.value for state in SETTLED] + (["open"] if of_customer else [])
            for chunk in chunks(sorted(subjects)):
                rows = connection.execute(
                    select(table.subject, table.kind, table.object_id).where(
                        table.subject.in_(chunk),
                        table.of_customer.is_(of_customer),
                        table.state.not_in(settled),
                    )
                )
                found += [
                    f"{row.kind} {row.object_id or ''} of {row.subject} is not finished: have it "
                    "paid or closed, or cancel the order, and run target-stripe first."
                    for row in rows
                ]
        return found

    def erase(self, connection: Connection, person: Person, now: datetime) -> Mapping[str, int]:
        """Erase the person, and see to it that a later record does not bring them back."""
        orders = dict(_orders_of(connection, person))
        who = person.monstock_customers
        customers = {"subject": who}
        counts = {
            "orders": _erase_orders(connection, orders),
            "customers": _delete(connection, schema.customers, {"customer_id": who}),
            "intentions": _delete(connection, schema.intentions, customers, of_customer=True),
            "refusals": _delete(connection, schema.refusals, customers, of_customer=True),
            "exceptions": _delete(connection, schema.exceptions, {"customer_id": who}),
            "decisions": _erase_decisions(connection, person, orders),
            "audit": _erase_audit(connection, person),
        }
        remember_forgotten(connection, {Subject.ORDER: orders, Subject.MONSTOCK_CUSTOMER: who}, now)
        return {name: count for name, count in counts.items() if count}

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        """What comes back with the next record unless it is corrected in Monstock."""
        if not counts.get("orders.record"):
            return []
        return [
            f"{counts['orders.record']} orders name the person in their lines. Correct it in "
            "Monstock: else the next record of these orders brings it back."
        ]


def _as_customer(connection: Connection, person: Person) -> Person:
    table = schema.customers
    found = Person()
    for column, values in (
        (table.c.customer_id, person.monstock_customers),
        (table.c.email, person.emails),
        (table.c.stripe_customer_id, person.stripe_customers),
    ):
        for chunk in chunks(sorted(values)):
            for row in connection.execute(select(table).where(column.in_(chunk))):
                found |= Person(
                    frozenset(filter(None, (row.stripe_customer_id,))),
                    frozenset({row.customer_id}),
                    frozenset(filter(None, (row.email,))),
                ).named(_words(row.record))
    return found


def _words(record: str | None) -> Iterator[str | None]:
    if record is not None:
        customer = msgspec.json.decode(record, type=CustomerRecord)
        yield from (customer.name, customer.phone)
        if customer.address is not None:
            yield customer.address.line1


def _as_buyer(connection: Connection, person: Person) -> Person:
    found = Person()
    for _, order in _orders_of(connection, person):
        found |= Person(
            frozenset(),
            frozenset(filter(None, (order.customer_id,))),
            frozenset(filter(None, ((order.customer_email or "").casefold(),))),
        ).named((order.customer_name,))
    return found


def _orders_of(connection: Connection, person: Person) -> Iterator[tuple[str, OrderRecord]]:
    """The orders of the person, by id; for e-mail addresses the whole table is looked through."""
    table = schema.orders
    spelt = {one for value in person.emails for one in (value, json.dumps(value)[1:-1])}
    likely = [func.lower(table.c.record).contains(one, autoescape=True) for one in sorted(spelt)]
    likely += [
        table.c.customer_id.in_(chunk) for chunk in chunks(sorted(person.monstock_customers))
    ]
    for conditions in chunks(likely, 200):  # SQLite takes expressions up to a depth of 1000
        rows = connection.execute(
            select(table.c.order_id, table.c.record).where(
                or_(*conditions), table.c.record.is_not(None)
            )
        ).all()
        for row in rows:
            order = msgspec.json.decode(row.record, type=OrderRecord)
            email = (order.customer_email or "").casefold()
            if order.customer_id in person.monstock_customers or email in person.emails:
                yield row.order_id, order


def _erase_orders(connection: Connection, orders: Mapping[str, OrderRecord]) -> int:
    for name, order in orders.items():
        bare = without_person(order)
        connection.execute(
            update(schema.orders)
            .where(schema.orders.c.order_id == name)
            .values(
                record=msgspec.json.encode(bare).decode(),
                digest=record_digest(bare),
                customer_id=None,
            )
        )
    return len(orders)


def _delete(
    connection: Connection,
    table: Any,
    named: Mapping[str, Iterable[str]],
    *,
    of_customer: bool | None = None,
) -> int:
    also = () if of_customer is None else (table.c.of_customer.is_(of_customer),)
    return sum(
        connection.execute(delete(table).where(table.c[column].in_(chunk), *also)).rowcount
        for column, values in named.items()
        for chunk in chunks(sorted(values))
    )


def _erase_decisions(connection: Connection, person: Person, orders: Iterable[str]) -> int:
    """Why staff decided: nobody but they knows whether the reason names the person."""
    table = schema.decisions
    count = 0
    for name, values in (("order_id", orders), ("customer_id", person.monstock_customers)):
        for chunk in chunks(sorted(values)):
            about = table.c[name].in_(chunk)
            changed = update(table).where(about, table.c.why != ERASED).values(why=ERASED)
            count += connection.execute(changed).rowcount
    for chunk in chunks(sorted(person.monstock_customers)):
        connection.execute(
            update(table).where(table.c.customer_id.in_(chunk)).values(customer_id=ERASED)
        )
    return count


def _erase_audit(connection: Connection, person: Person) -> int:
    table = schema.audit
    return sum(
        connection.execute(
            update(table)
            .where(table.c.customer_id.in_(chunk))
            .values(customer_id=ERASED, object_id=ERASED, content=None)
        ).rowcount
        for chunk in chunks(sorted(person.monstock_customers))
    )
