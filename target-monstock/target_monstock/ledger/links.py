"""Links in the ledger: payments on their orders, and which links are to be resolved again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.link import Allocation, LinkState
from monstock_stripe_core.payment import LinkRule, Payment
from monstock_stripe_core.scope import ScopeVerdict
from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select, update
from target_common.ledger.sql import chunks, upsert

from target_monstock.ledger.payments import OWN_IDS, payment_of
from target_monstock.ledger.schema import allocations, payment_references, payments


@dataclass(frozen=True, slots=True)
class LinkedPayment:
    """A payment on an order, with all of the orders that it is allocated to."""

    payment: Payment
    rule: LinkRule
    allocations: tuple[Allocation, ...]


@dataclass(frozen=True, slots=True)
class LinkFound:
    """What the resolution of one link gave, ready to be stored."""

    transaction_reference: str
    state: LinkState
    rule: LinkRule | None
    allocations: tuple[Allocation, ...]
    customer_email: str | None


@dataclass(frozen=True, slots=True)
class LinksChanged:
    """Payments whose orders changed, and the orders that they left or joined."""

    payments: frozenset[str]
    orders: frozenset[str]


def save_links(connection: Connection, found: Sequence[LinkFound], now: datetime) -> LinksChanged:
    """Store resolved links; say what they changed."""
    names = [one.transaction_reference for one in found]
    before = allocations_of(connection, names)
    moved: set[str] = set()
    touched: set[str] = set()
    gone: list[str] = []
    new: list[dict[str, Any]] = []
    for one in found:
        old = before.get(one.transaction_reference)
        if (old or ((), None)) == (one.allocations, one.rule if one.allocations else None):
            continue
        moved.add(one.transaction_reference)
        touched.update(a.order_id for a in (old[0] if old else ()))
        touched.update(a.order_id for a in one.allocations)
        if old:
            gone.append(one.transaction_reference)
        new += [
            {
                "transaction_reference": one.transaction_reference,
                "order_id": allocation.order_id,
                "position": position,
                "amount": allocation.amount,
                "link_rule": one.rule.value if one.rule else "",
                "linked_at": now,
            }
            for position, allocation in enumerate(one.allocations)
        ]
    for chunk in chunks(gone):
        connection.execute(
            delete(allocations).where(allocations.c.transaction_reference.in_(chunk))
        )
    upsert(connection, allocations, new)
    if found:
        connection.execute(
            update(payments)
            .where(payments.c.transaction_reference == bindparam("name"))
            .values(
                link_state=bindparam("state"),
                link_rule=bindparam("rule"),
                customer_email=bindparam("email"),
                to_link=False,
            ),
            [
                {
                    "name": one.transaction_reference,
                    "state": one.state.value,
                    "rule": one.rule and one.rule.value,
                    "email": one.customer_email,
                }
                for one in found
            ],
        )
    return LinksChanged(frozenset(moved), frozenset(touched))


def allocations_of(
    connection: Connection, references: Iterable[str]
) -> dict[str, tuple[tuple[Allocation, ...], LinkRule | None]]:
    """The orders of each payment that has any, in the order of the decision, and the rule."""
    found: dict[str, tuple[tuple[Allocation, ...], LinkRule | None]] = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(allocations)
            .where(allocations.c.transaction_reference.in_(chunk))
            .order_by(allocations.c.transaction_reference, allocations.c.position)
        )
        for row in rows:
            present = found.get(row.transaction_reference, ((), None))[0]
            found[row.transaction_reference] = (
                (*present, Allocation(row.order_id, row.amount)),
                LinkRule(row.link_rule),
            )
    return found


def linked_payments(
    connection: Connection, order_ids: Sequence[str]
) -> dict[str, list[LinkedPayment]]:
    """All payments of each of the orders, each with all of its allocations."""
    found: dict[str, list[LinkedPayment]] = {order_id: [] for order_id in order_ids}
    split: list[tuple[str, Payment, LinkRule]] = []
    for chunk in chunks(order_ids):
        every = allocations.alias()
        count = (
            select(func.count())
            .where(every.c.transaction_reference == payments.c.transaction_reference)
            .scalar_subquery()
        )
        rows = connection.execute(
            select(
                payments.c.record,
                allocations.c.order_id,
                allocations.c.amount,
                allocations.c.link_rule,
                count.label("orders"),
            )
            .join(
                allocations, allocations.c.transaction_reference == payments.c.transaction_reference
            )
            .where(allocations.c.order_id.in_(chunk))
        )
        for row in rows:
            payment = payment_of(row.record)
            rule = LinkRule(row.link_rule)
            if row.orders == 1:
                alone = (Allocation(row.order_id, row.amount),)
                found[row.order_id].append(LinkedPayment(payment, rule, alone))
            else:
                split.append((row.order_id, payment, rule))
    several = allocations_of(connection, {p.transaction_reference for _, p, _ in split})
    for order_id, payment, rule in split:
        all_of_it = several[payment.transaction_reference][0]
        found[order_id].append(LinkedPayment(payment, rule, all_of_it))
    return found


def linked_since(connection: Connection, references: Iterable[str]) -> dict[str, datetime]:
    """When each of these payments got the orders that it has."""
    found: dict[str, datetime] = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(allocations.c.transaction_reference, allocations.c.linked_at).where(
                allocations.c.transaction_reference.in_(chunk)
            )
        )
        found.update({row.transaction_reference: row.linked_at for row in rows})
    return found


def linked_elsewhere(connection: Connection, references: Iterable[str]) -> dict[str, list[str]]:
    """Ids of payments, as they stand on rows → the orders that those payments are linked to."""
    found: dict[str, list[str]] = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(payment_references.c.value, allocations.c.order_id)
            .join(
                allocations,
                allocations.c.transaction_reference == payment_references.c.transaction_reference,
            )
            .where(payment_references.c.field == OWN_IDS, payment_references.c.value.in_(chunk))
            .order_by(allocations.c.order_id)
        )
        for row in rows:
            found.setdefault(row.value, []).append(row.order_id)
    return found


def retry_links(
    connection: Connection,
    references: Iterable[tuple[str, str]],
    *,
    even_linked: bool,
) -> int:
    """Ask for payments that name one of these (field, value) to be resolved again.

    Args:
        connection: inside a transaction.
        references: what a new or changed order answers to.
        even_linked: also those that have an order (the order's own number changed).

    Returns:
        How many payments were asked for.
    """
    asked = 0
    for naming in _naming(references):
        named = select(payment_references.c.transaction_reference).where(naming)
        condition = and_(payments.c.transaction_reference.in_(named), ~payments.c.to_link)
        if not even_linked:
            condition = and_(condition, payments.c.link_state != LinkState.LINKED.value)
        asked += connection.execute(update(payments).where(condition).values(to_link=True)).rowcount
    return asked


def waiting_payments(
    connection: Connection, references: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[str]]:
    """Payments of ours whose link is to be resolved, by the (field, value) that they name."""
    found: dict[tuple[str, str], list[str]] = {}
    named = payment_references.c
    waits = and_(payments.c.to_link, payments.c.verdict == ScopeVerdict.OURS.value)
    query = select(named.field, named.value, payments.c.transaction_reference).join(
        payments, payments.c.transaction_reference == named.transaction_reference
    )
    for naming in _naming(references):
        for row in connection.execute(query.where(naming, waits)):
            found.setdefault((row.field, row.value), []).append(row.transaction_reference)
    return found


def retry_emails(connection: Connection, emails: Iterable[str]) -> int:
    """Ask for payments without an order, of these customers, to be resolved again."""
    asked = 0
    for chunk in chunks(emails):
        asked += connection.execute(
            update(payments)
            .where(payments.c.customer_email.in_(chunk), ~payments.c.to_link)
            .values(to_link=True)
        ).rowcount
    return asked


def relink_payments_of(connection: Connection, order_ids: Iterable[str]) -> None:
    """Ask for all payments of orders (that are gone or renamed) to be resolved again."""
    for chunk in chunks(order_ids):
        theirs = select(allocations.c.transaction_reference).where(
            allocations.c.order_id.in_(chunk)
        )
        connection.execute(
            update(payments)
            .where(payments.c.transaction_reference.in_(theirs))
            .values(to_link=True)
        )


def relink_all(connection: Connection) -> None:
    """Ask for every payment to be resolved again: the rules of linking changed."""
    connection.execute(update(payments).values(to_link=True))


def _naming(references: Iterable[tuple[str, str]]) -> Iterator[ColumnElement[bool]]:
    """Conditions that a payment names one of these (field, value), a part of them each."""
    by_field: dict[str, list[str]] = {}
    for field, value in references:
        by_field.setdefault(field, []).append(value)
    for field, values in by_field.items():
        for chunk in chunks(values):
            yield and_(payment_references.c.field == field, payment_references.c.value.in_(chunk))
