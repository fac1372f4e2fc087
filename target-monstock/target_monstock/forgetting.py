"""What the ledger holds of a person, and how it is erased with the books still adding up.

Erased is who paid, and what people or other systems wrote about them. Amounts, statuses, links and
the ids of payments and orders stay: without them no sum could be explained.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from monstock_stripe_core.customer_match import CustomerState
from monstock_stripe_core.link import LinkState
from monstock_stripe_core.payment import LinkRule, Payment
from monstock_stripe_core.payment_link import PaymentLinkState
from monstock_stripe_core.payment_record import payment_digest
from monstock_stripe_core.stripe_customer_record import stripe_customer_from_record
from sqlalchemy import Column, Connection, MetaData, Select, delete, func, or_, select, update
from target_common.forgetting import ERASED, Person
from target_common.ledger.forgotten import Subject, remember_forgotten
from target_common.ledger.sql import chunks

from target_monstock.customer_sweep import forget_seen
from target_monstock.ledger import schema
from target_monstock.ledger.decisions import keep_link
from target_monstock.ledger.links import allocations_of
from target_monstock.ledger.payments import (
    CUSTOMER,
    link_basis,
    payment_of,
    payment_text,
    without_person,
)

_PRIVATE_FIELDS = ("note", "payment_url")
"""Fields of what the audit keeps that may say who it was: staff's words, an invoice's address."""


class PaymentLedgerForgetter:
    """See `target_common.forget_cli.Forgetter`."""

    metadata: MetaData = schema.metadata
    free_texts: Sequence[Column[str]] = (
        schema.exceptions.c.message,
        schema.decisions.c.why,
    )

    def customers(self, connection: Connection, person: Person) -> Person:
        """See `Forgetter`."""
        return _as_customer(connection, person)

    def trade(self, connection: Connection, person: Person) -> Person:
        """See `Forgetter`."""
        return _as_payer(connection, person)

    def obstacles(self, connection: Connection, person: Person) -> Sequence[str]:
        """A contact that is just being made for them in Monstock."""
        customers = schema.stripe_customers.c
        rows = connection.execute(
            select(customers.stripe_customer_id).where(
                customers.stripe_customer_id.in_(person.stripe_customers),
                customers.state == CustomerState.CREATE.value,
            )
        )
        return [
            f"{row.stripe_customer_id} is just being made in Monstock: run target-monstock first."
            for row in rows
        ]

    def erase(self, connection: Connection, person: Person, now: datetime) -> Mapping[str, int]:
        """Erase the person, and see to it that a later reading does not bring them back."""
        payments = dict(_payments_of(connection, person))
        linked = allocations_of(connection, payments)
        orders = {a.order_id for several, _ in linked.values() for a in several}
        counts = {
            "payments": _erase_payments(connection, payments),
            "payment_references": _erase_references(connection, person),
            "stripe_customers": _delete(connection, schema.stripe_customers, person),
            "exceptions": _delete(connection, schema.exceptions, person, column="customer_id"),
            "decisions": _erase_decisions(connection, person, payments, orders),
            "audit": _erase_audit(connection, person, payments, orders),
            "payment_links": _erase_addresses(connection, orders),
            "orders": _forget_looks(connection, orders),
        }
        _keep_suggested_links(connection, payments, now)
        forget_seen(connection, person.monstock_customers)
        remember_forgotten(
            connection,
            {
                Subject.PAYMENT: payments,
                Subject.STRIPE_CUSTOMER: person.stripe_customers,
                Subject.MONSTOCK_CUSTOMER: person.monstock_customers,
            },
            now,
        )
        return {name: count for name, count in counts.items() if count}

    def notes(self, counts: Mapping[str, int]) -> list[str]:
        """What comes back with the next reading unless it is corrected at its source."""
        found = []
        if again := counts.get("payments.record"):
            found.append(
                f"{again} payments name the person in a reference or a reason of failure. Correct "
                "it at Stripe: else the next reading of these payments brings it back."
            )
        if again := counts.get("row_references.reference"):
            found.append(
                f"{again} rows in Monstock have the person's data for a transaction reference. "
                "Correct it there: else it comes back when the order is looked at."
            )
        return found


def _as_customer(connection: Connection, person: Person) -> Person:
    """Stripe's customers who are the person, as far as the setting `customers` lets them in."""
    customers = schema.stripe_customers.c
    found = Person()
    for query in _matching(
        (customers.stripe_customer_id, person.stripe_customers),
        (customers.email, person.emails),
        (customers.customer_id, person.monstock_customers),
        (customers.named, person.monstock_customers),
    ):
        for row in connection.execute(query):
            read = stripe_customer_from_record(json.loads(row.record))
            found |= Person(
                frozenset({row.stripe_customer_id}),
                frozenset(filter(None, (row.customer_id,))),
                frozenset(filter(None, (row.email,))),
            ).named((read.name, read.phone, read.address.line1))
    return found


def _matching(*wanted: tuple[Any, Iterable[str]]) -> Iterator[Select[Any]]:
    for column, values in wanted:
        for chunk in chunks(sorted(values)):
            yield select(schema.stripe_customers).where(column.in_(chunk))


def _as_payer(connection: Connection, person: Person) -> Person:
    found = Person()
    for _, payment in _payments_of(connection, person):
        found |= Person(
            frozenset(filter(None, (payment.customer_id,))),
            frozenset(),
            frozenset(filter(None, ((payment.customer_email or "").casefold(),))),
        )
    return found


def _payments_of(connection: Connection, person: Person) -> Iterator[tuple[str, Payment]]:
    """The payments of the person, by reference; the whole table is looked through."""
    likely = [
        func.lower(schema.payments.c.record).contains(spelt.lower(), autoescape=True)
        for value in sorted(person.stripe_customers | person.emails)
        for spelt in {value, json.dumps(value)[1:-1]}
    ]
    for chunk in chunks(likely, 200):  # SQLite takes expressions up to a depth of 1000
        columns = (schema.payments.c.transaction_reference, schema.payments.c.record)
        for row in connection.execute(select(*columns).where(or_(*chunk))).all():
            payment = payment_of(row.record)
            email = (payment.customer_email or "").casefold()
            if payment.customer_id in person.stripe_customers or email in person.emails:
                yield row.transaction_reference, payment


def _keep_suggested_links(
    connection: Connection, payments: Mapping[str, Payment], now: datetime
) -> None:
    """A link by suggestion rests on the e-mail address: it stays as if a person had made it."""
    for chunk in chunks(payments):
        rows = connection.execute(
            select(schema.payments.c.transaction_reference, schema.allocations.c.order_id)
            .join(
                schema.allocations,
                schema.allocations.c.transaction_reference
                == schema.payments.c.transaction_reference,
            )
            .where(
                schema.payments.c.transaction_reference.in_(chunk),
                schema.payments.c.link_state == LinkState.LINKED.value,
                schema.payments.c.link_rule == LinkRule.SUGGESTION.value,
            )
        ).all()
        for row in rows:
            keep_link(connection, row.transaction_reference, row.order_id, now)


def _erase_payments(connection: Connection, payments: Mapping[str, Payment]) -> int:
    for name, payment in payments.items():
        bare = without_person(payment)
        connection.execute(
            update(schema.payments)
            .where(schema.payments.c.transaction_reference == name)
            .values(
                record=payment_text(bare),
                digest=payment_digest(bare),
                link_basis=link_basis(bare),
                customer_email=None,
            )
        )
    return len(payments)


def _erase_references(connection: Connection, person: Person) -> int:
    references = schema.payment_references.c
    return sum(
        connection.execute(
            delete(schema.payment_references).where(
                references.field == CUSTOMER, references.value.in_(chunk)
            )
        ).rowcount
        for chunk in chunks(sorted(person.stripe_customers))
    )


def _delete(
    connection: Connection, table: Any, person: Person, column: str = "stripe_customer_id"
) -> int:
    return sum(
        connection.execute(delete(table).where(table.c[column].in_(chunk))).rowcount
        for chunk in chunks(sorted(person.stripe_customers))
    )


def _about(
    table: Any, person: Person, payments: Iterable[str], orders: Iterable[str]
) -> Iterator[Any]:
    """Conditions for rows about the person, their payments and their orders."""
    for name, values in (
        ("transaction_reference", payments),
        ("order_id", orders),
        ("customer_id", person.stripe_customers),
    ):
        for chunk in chunks(sorted(values)):
            yield table.c[name].in_(chunk)


def _erase_decisions(
    connection: Connection, person: Person, payments: Iterable[str], orders: Iterable[str]
) -> int:
    """Why staff decided: nobody but they knows whether the reason names the person."""
    table = schema.decisions
    count = 0
    for about in _about(table, person, payments, orders):
        changed = update(table).where(about, table.c.why != ERASED).values(why=ERASED)
        count += connection.execute(changed).rowcount
    _erase_customer(connection, table, person)
    return count


def _erase_audit(
    connection: Connection, person: Person, payments: Iterable[str], orders: Iterable[str]
) -> int:
    """Notes and addresses in what was written; of customers, all of it: it is ids alone."""
    table = schema.audit
    count = 0
    for about in _about(table, person, payments, orders):
        for row in connection.execute(select(table).where(about)).all():
            of_person = row.customer_id in person.stripe_customers
            kept = [None, None] if of_person else list(map(_bare, (row.before, row.after)))
            if kept != [row.before, row.after]:
                count += 1
                changed = update(table).where(table.c.audit_id == row.audit_id)
                connection.execute(changed.values(before=kept[0], after=kept[1]))
    _erase_customer(connection, table, person)
    return count


def _bare(text: str | None) -> str | None:
    content = json.loads(text or "null")
    if not content or not any(content.get(name) for name in _PRIVATE_FIELDS):
        return text
    return json.dumps(
        {k: ERASED if k in _PRIVATE_FIELDS and value else value for k, value in content.items()}
    )


def _erase_customer(connection: Connection, table: Any, person: Person) -> None:
    for chunk in chunks(sorted(person.stripe_customers)):
        connection.execute(
            update(table).where(table.c.customer_id.in_(chunk)).values(customer_id=ERASED)
        )


def _erase_addresses(connection: Connection, orders: Iterable[str]) -> int:
    """Addresses of invoices that nobody can pay any more; an open one still stands on its order."""
    links = schema.payment_links
    return sum(
        connection.execute(
            update(links)
            .where(
                links.c.on_order.in_(chunk),
                links.c.state != PaymentLinkState.OPEN.value,
                links.c.url.is_not(None),
            )
            .values(url=None)
        ).rowcount
        for chunk in chunks(sorted(orders))
    )


def _forget_looks(connection: Connection, orders: Iterable[str]) -> int:
    """Digests of orders, which were made of their customers' names too; the next look makes new."""
    table = schema.orders
    return sum(
        connection.execute(
            update(table)
            .where(table.c.order_id.in_(chunk), table.c.seen_digest.is_not(None))
            .values(seen_digest=None)
        ).rowcount
        for chunk in chunks(sorted(orders))
    )
