"""Payments in the ledger: the newest snapshot of each, its link, and what is still to be done."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from monstock_stripe_core.link import LinkState
from monstock_stripe_core.payment import LinkRule, Payment
from monstock_stripe_core.payment_record import payment_from_record, payment_to_record
from monstock_stripe_core.scope import ScopeVerdict
from sqlalchemy import Connection, bindparam, case, delete, func, or_, select, update
from target_common.ledger.queue import Backlog
from target_common.ledger.sql import chunks, upsert

from target_monstock.ledger.schema import payment_references, payments

OWN_IDS = "payment"
"""Field of `payment_references` under which a payment's own ids stand."""

CUSTOMER = "customer"
"""Field under which Stripe's customer stands, if the payment is ours and holds or held money."""


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


def known_payments(connection: Connection, references: Iterable[str]) -> dict[str, StoredPayment]:
    """The stored payments among those named, by transaction reference."""
    found = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(payments).where(payments.c.transaction_reference.in_(chunk))
        )
        found.update({row.transaction_reference: _stored(row) for row in rows})
    return found


def link_basis(payment: Payment) -> str:
    """A digest of all that decides a payment's link and what is said about it."""
    basis = (
        payment.link_candidates,
        payment.references,
        payment.currency,
        payment.amount,
        payment.customer_email,
        payment.created_at,
        payment.holds_money,
    )
    return hashlib.sha256(repr(basis).encode("utf-8", "replace")).hexdigest()


def without_person(payment: Payment) -> Payment:
    """The payment without who paid."""
    return replace(payment, customer_id=None, customer_email=None)


def payments_named(connection: Connection, name: str) -> list[str]:
    """Transaction references of the payments that have this id."""
    rows = connection.execute(
        select(payment_references.c.transaction_reference).where(
            payment_references.c.field == OWN_IDS, payment_references.c.value == name
        )
    )
    return sorted(row.transaction_reference for row in rows)


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
                "record": payment_text(one.payment),
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


def payments_to_link(
    connection: Connection, limit: int, first: Sequence[str] = ()
) -> list[StoredPayment]:
    """Payments whose link is to be resolved.

    Args:
        connection: inside a transaction.
        limit: how many at most.
        first: those that go before all others, where they ask for it.
    """
    query = select(payments).where(payments.c.to_link)
    name = payments.c.transaction_reference
    found: dict[str, Any] = {}
    for chunk in chunks(first[:limit]):
        rows = connection.execute(query.where(name.in_(chunk)))
        found |= {row.transaction_reference: row for row in rows}
    if len(found) < limit:
        rows = connection.execute(query.order_by(name).limit(limit))
        for row in rows:
            if len(found) < limit:
                found.setdefault(row.transaction_reference, row)
    return [_stored(row) for row in found.values()]


def backlog_to_link(connection: Connection) -> Backlog:
    """The payments whose link is to be resolved; the age is that of those who never had one.

    Since when others are to be resolved again is not known: it follows from something else, such as
    a changed setting, and may concern payments of any age.
    """
    columns = payments.c
    never_resolved = case((columns.link_state.is_(None), columns.first_seen_at))
    query = select(func.count(), func.min(never_resolved)).where(columns.to_link)
    return Backlog(*connection.execute(query).one())


def those_unchanged(connection: Connection, batch: Iterable[StoredPayment]) -> set[str]:
    """Those of these payments, by transaction reference, of which nothing else was read since."""
    read = {(one.payment.transaction_reference, one.digest, one.verdict.value) for one in batch}
    columns = payments.c
    found: set[tuple[str, str, str]] = set()
    for chunk in chunks(name for name, _, _ in read):
        rows = connection.execute(
            select(columns.transaction_reference, columns.digest, columns.verdict).where(
                columns.transaction_reference.in_(chunk)
            )
        )
        found |= {tuple(row) for row in rows}
    return {name for name, _, _ in read & found}


def unknown_ids(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those of these ids by which the ledger knows no payment."""
    unknown: set[str] = set()
    for chunk in chunks(ids):
        rows = connection.execute(
            select(payment_references.c.value).where(
                payment_references.c.field == OWN_IDS, payment_references.c.value.in_(chunk)
            )
        )
        unknown |= set(chunk) - {row.value for row in rows}
    return unknown


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
    payment = payment_of(row.record)
    if payment.version != row.version:
        # It was read again and said the same: the record has still the version of the first time.
        payment = replace(payment, version=row.version)
    return StoredPayment(
        payment=payment,
        digest=row.digest,
        conflict=row.conflict,
        verdict=ScopeVerdict(row.verdict),
        link_basis=row.link_basis,
        link_state=row.link_state and LinkState(row.link_state),
        link_rule=row.link_rule and LinkRule(row.link_rule),
        to_link=row.to_link,
    )


def payment_text(payment: Payment) -> str:
    """A payment as it is kept in the ledger."""
    return json.dumps(payment_to_record(payment), separators=(",", ":"))


@lru_cache(maxsize=2048)
def payment_of(record: str) -> Payment:
    """A payment that was kept in the ledger: read to be linked, it is soon read again."""
    return payment_from_record(json.loads(record))
