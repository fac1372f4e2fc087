"""Payments in the ledger: the newest snapshot of each, its link, and what is still to be done."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.link import Allocation, LinkState
from monstock_stripe_core.payment import LinkRule, Payment
from monstock_stripe_core.payment_record import payment_from_record, payment_to_record
from monstock_stripe_core.scope import ScopeVerdict
from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from target_monstock.ledger.schema import allocations, payment_references, payments
from target_monstock.ledger.sql import chunks, upsert

OWN_IDS = "payment"
"""Field of `payment_references` under which a payment's own ids stand."""


@dataclass(frozen=True, slots=True)
class StoredPayment:
    """A payment as the ledger knows it.

    Attributes:
        digest: of the snapshot without its version.
        conflict: an equal version with other content was seen.
        link_basis: digest of all that its link rests on.
        link_state: None while it was never resolved.
        to_link: its link is to be resolved (again).
    """

    payment: Payment
    digest: str
    conflict: bool
    verdict: ScopeVerdict
    link_basis: str
    link_state: LinkState | None
    link_rule: LinkRule | None
    to_link: bool


@dataclass(frozen=True, slots=True)
class LinkedPayment:
    """A payment on an order, with all of the orders that it is allocated to."""

    payment: Payment
    rule: LinkRule
    allocations: tuple[Allocation, ...]


def known_payments(connection: Connection, references: Iterable[str]) -> dict[str, StoredPayment]:
    """The stored payments among those named, by transaction reference."""
    found = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(payments).where(payments.c.transaction_reference.in_(chunk))
        )
        found.update({row.transaction_reference: _stored(row) for row in rows})
    return found


def save_payments(
    connection: Connection,
    stored: Sequence[StoredPayment],
    changes_at: Mapping[str, datetime | None],
    now: datetime,
) -> None:
    """Insert or replace snapshots; first sight and present link stay as they are."""
    upsert(
        connection,
        payments,
        [
            {
                "transaction_reference": one.payment.transaction_reference,
                "version": one.payment.version,
                "digest": one.digest,
                "record": json.dumps(payment_to_record(one.payment), separators=(",", ":")),
                "conflict": one.conflict,
                "verdict": one.verdict.value,
                "link_state": one.link_state and one.link_state.value,
                "link_rule": one.link_rule and one.link_rule.value,
                "link_basis": one.link_basis,
                "to_link": one.to_link,
                "changes_at": changes_at.get(one.payment.transaction_reference),
                "first_seen_at": now,
                "updated_at": now,
            }
            for one in stored
        ],
        keep=("first_seen_at", "link_state", "link_rule"),
    )


def save_versions(connection: Connection, stored: Sequence[StoredPayment]) -> None:
    """Note that snapshots were read again and said the same."""
    if stored:
        connection.execute(
            update(payments)
            .where(payments.c.transaction_reference == bindparam("name"))
            .values(version=bindparam("newest"), conflict=bindparam("conflicting")),
            [
                {
                    "name": one.payment.transaction_reference,
                    "newest": one.payment.version,
                    "conflicting": one.conflict,
                }
                for one in stored
            ],
        )


def save_references(
    connection: Connection, references: Mapping[str, Iterable[tuple[str, str]]]
) -> None:
    """Replace what payments name: transaction reference → pairs (field, value)."""
    for chunk in chunks(references):
        connection.execute(
            delete(payment_references).where(payment_references.c.transaction_reference.in_(chunk))
        )
    upsert(
        connection,
        payment_references,
        [
            {"transaction_reference": name, "field": field, "value": value}
            for name, pairs in references.items()
            for field, value in pairs
        ],
    )


def payments_to_link(connection: Connection, limit: int) -> list[StoredPayment]:
    """Payments whose link is to be resolved, at most `limit`."""
    rows = connection.execute(
        select(payments)
        .where(payments.c.to_link)
        .order_by(payments.c.transaction_reference)
        .limit(limit)
    )
    return [_stored(row) for row in rows]


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
            payment = _payment(row.record)
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
    by_field: dict[str, list[str]] = {}
    for field, value in references:
        by_field.setdefault(field, []).append(value)
    for field, values in by_field.items():
        for chunk in chunks(values):
            named = select(payment_references.c.transaction_reference).where(
                payment_references.c.field == field, payment_references.c.value.in_(chunk)
            )
            condition = and_(payments.c.transaction_reference.in_(named), ~payments.c.to_link)
            if not even_linked:
                condition = and_(condition, payments.c.link_state != LinkState.LINKED.value)
            asked += connection.execute(
                update(payments).where(condition).values(to_link=True)
            ).rowcount
    return asked


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


def orders_due(connection: Connection, now: datetime) -> set[str]:
    """Orders with a payment that counts differently since `now`; each is named once."""
    due = and_(payments.c.changes_at.is_not(None), payments.c.changes_at <= now)
    rows = connection.execute(
        select(allocations.c.order_id)
        .join(payments, payments.c.transaction_reference == allocations.c.transaction_reference)
        .where(due)
        .distinct()
    )
    found = {row.order_id for row in rows}
    connection.execute(update(payments).where(due).values(changes_at=None))
    return found


def waiting_count(connection: Connection) -> int:
    """How many payments have no order yet and wait for one."""
    waiting = or_(
        payments.c.link_state == LinkState.WAITING.value,
        payments.c.link_state == LinkState.AMBIGUOUS.value,
        payments.c.link_state == LinkState.UNLINKED.value,
    )
    return connection.execute(
        select(func.count()).select_from(payments).where(waiting)
    ).scalar_one()


def _stored(row: Any) -> StoredPayment:
    return StoredPayment(
        payment=_payment(row.record),
        digest=row.digest,
        conflict=row.conflict,
        verdict=ScopeVerdict(row.verdict),
        link_basis=row.link_basis,
        link_state=row.link_state and LinkState(row.link_state),
        link_rule=row.link_rule and LinkRule(row.link_rule),
        to_link=row.to_link,
    )


def _payment(record: str) -> Payment:
    return payment_from_record(json.loads(record))
