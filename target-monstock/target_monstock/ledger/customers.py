"""Stripe's customers in the ledger: what was last known of each, and who they are in Monstock."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.customer import Address, Customer
from monstock_stripe_core.customer_match import CustomerState, Known
from monstock_stripe_core.stripe_customer import StripeCustomer
from monstock_stripe_core.stripe_customer_record import (
    stripe_customer_from_record,
    stripe_customer_to_record,
)
from sqlalchemy import Connection, bindparam, delete, select, update
from target_common.ledger.queue import WorkQueue
from target_common.ledger.sql import chunks, upsert

from target_monstock.ledger.payments import CUSTOMER
from target_monstock.ledger.schema import payment_references, stripe_customers

QUEUE = WorkQueue(stripe_customers, "stripe_customer_id")
"""Stripe's customers who are to be looked for in Monstock."""

_LONGEST_EMAIL = 320
"""RFC 3696, erratum 1690."""


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A Stripe customer as the ledger knows them.

    Attributes:
        digest: of the reading without its version.
        state: None while nobody has looked for them.
        linked_to: Monstock's id of the customer that carries theirs.
        intended: who was to carry it when a run ended too soon; an empty text: a new one.
    """

    customer: StripeCustomer
    digest: str
    state: CustomerState | None = None
    linked_to: str | None = None
    intended: str | None = None


def customer_digest(customer: StripeCustomer) -> str:
    """A hash of everything that was read of a customer, but when."""
    text = repr(replace(customer, version=0))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def known_customers(connection: Connection, ids: Iterable[str]) -> dict[str, StoredCustomer]:
    """Those of these that the ledger knows, by Stripe's id."""
    found = {}
    for chunk in chunks(ids):
        rows = connection.execute(
            select(stripe_customers).where(stripe_customers.c.stripe_customer_id.in_(chunk))
        )
        found.update({row.stripe_customer_id: _stored(row) for row in rows})
    return found


def save_readings(connection: Connection, stored: Sequence[StoredCustomer], now: datetime) -> None:
    """Insert or replace what was read of customers; who they are in Monstock stays."""
    upsert(
        connection,
        stripe_customers,
        [
            {
                "stripe_customer_id": one.customer.stripe_customer_id,
                "version": one.customer.version,
                "digest": one.digest,
                "record": _record(one.customer),
                "email": email_key(one.customer.email),
                "named": one.customer.monstock_customer_id,
                "created_at": one.customer.created_at,
                "deleted": one.customer.deleted,
                "dirty": False,
                "mark": 0,
                "first_seen_at": now,
                "updated_at": now,
            }
            for one in stored
        ],
        keep=("dirty", "mark", "first_seen_at"),
    )


def save_versions(connection: Connection, customers: Sequence[StripeCustomer]) -> None:
    """Note that customers were read again and said the same."""
    if customers:
        connection.execute(
            update(stripe_customers)
            .where(stripe_customers.c.stripe_customer_id == bindparam("who"))
            .values(version=bindparam("newest")),
            [{"who": one.stripe_customer_id, "newest": one.version} for one in customers],
        )


def save_states(connection: Connection, stored: Sequence[StoredCustomer], now: datetime) -> None:
    """Store who customers are in Monstock, or are about to be.

    Of those who are linked or deleted only ids and the e-mail address are kept: the rest was for a
    new contact.
    """
    if not stored:
        return
    settled = (CustomerState.LINKED, CustomerState.DELETED)
    connection.execute(
        update(stripe_customers)
        .where(stripe_customers.c.stripe_customer_id == bindparam("who"))
        .values(
            state=bindparam("is_now"),
            customer_id=bindparam("linked_to"),
            intended=bindparam("about_to"),
            record=bindparam("kept"),
            updated_at=now,
        ),
        [
            {
                "who": one.customer.stripe_customer_id,
                "is_now": one.state and one.state.value,
                "linked_to": one.linked_to,
                "about_to": one.intended,
                "kept": _record(one.customer, bare=one.state in settled),
            }
            for one in stored
        ],
    )


def forget_customers(connection: Connection, ids: Iterable[str]) -> None:
    """Drop customers who turned out to be none of ours."""
    for chunk in chunks(ids):
        connection.execute(
            delete(stripe_customers).where(stripe_customers.c.stripe_customer_id.in_(chunk))
        )


def facts_of(
    connection: Connection,
    stored: Iterable[StoredCustomer],
    candidates: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> dict[str, Known]:
    """What the rules must know of each of these, by Stripe's id.

    Args:
        connection: inside a transaction.
        stored: the customers.
        candidates: of each, the ids of those in Monstock who may be the same.
    """
    wanted = list(stored)
    emails = {key for one in wanted if (key := email_key(one.customer.email))}
    alike: dict[str, list[Any]] = {}
    for chunk in chunks(sorted(emails)):
        columns = stripe_customers.c
        rows = connection.execute(
            select(columns.stripe_customer_id, columns.email, columns.created_at)
            .where(columns.email.in_(chunk), ~columns.deleted)
            .order_by(columns.created_at, columns.stripe_customer_id)
        )
        for row in rows:
            alike.setdefault(row.email, []).append(row)
    everybody = {one.customer.stripe_customer_id for one in wanted}
    everybody |= {row.stripe_customer_id for rows in alike.values() for row in rows}
    paid = _who_paid(connection, everybody)
    claims = _claims(connection, {one for several in candidates.values() for one in several})
    known = {}
    for one in wanted:
        own = one.customer.stripe_customer_id
        same = [
            row.stripe_customer_id for row in alike.get(email_key(one.customer.email) or "", ())
        ]
        first = next((name for name in same if name in paid), own)
        others = {who for who in candidates.get(own, ()) if claims.get(who, set()) - {own}}
        known[own] = Known(
            linked_to=one.linked_to,
            same_email=max(1, len(same)),
            has_paid=own in paid,
            older=None if first == own else first,
            claimed=frozenset(others),
        )
    return known


def _claims(connection: Connection, ids: Iterable[str]) -> dict[str, set[str]]:
    """Monstock's id → Stripe's customers, not deleted, whose metadata name them."""
    found: dict[str, set[str]] = {}
    columns = stripe_customers.c
    for chunk in chunks(sorted(ids)):
        rows = connection.execute(
            select(columns.stripe_customer_id, columns.named).where(
                columns.named.in_(chunk), ~columns.deleted
            )
        )
        for row in rows:
            found.setdefault(row.named, set()).add(row.stripe_customer_id)
    return found


def _who_paid(connection: Connection, ids: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in chunks(sorted(ids)):
        rows = connection.execute(
            select(payment_references.c.value)
            .where(payment_references.c.field == CUSTOMER, payment_references.c.value.in_(chunk))
            .distinct()
        )
        found |= {row.value for row in rows}
    return found


def those_with_emails(connection: Connection, emails: Iterable[str | None]) -> set[str]:
    """Everybody who has one of these e-mail addresses."""
    keys = {key for email in emails if (key := email_key(email))}
    return _where(connection, stripe_customers.c.email, keys)


def those_naming(connection: Connection, ids: Iterable[str | None]) -> set[str]:
    """Everybody whose metadata name one of these of Monstock's customers."""
    return _where(connection, stripe_customers.c.named, {one for one in ids if one})


def those_unknown(connection: Connection, ids: Iterable[str]) -> set[str]:
    """Those among these whom nobody knows in Monstock: a payment may have made them ours."""
    found: set[str] = set()
    for chunk in chunks(sorted(ids)):
        rows = connection.execute(
            select(stripe_customers.c.stripe_customer_id).where(
                stripe_customers.c.stripe_customer_id.in_(chunk),
                stripe_customers.c.state == CustomerState.UNKNOWN.value,
            )
        )
        found |= {row.stripe_customer_id for row in rows}
    return found


def those_concerned(connection: Connection, changed: Sequence[Customer]) -> set[str]:
    """Stripe's customers to whom a change of these in Monstock may matter."""
    ids = {customer.id for customer in changed}
    carried = {one.stripe_customer_id for one in changed if one.stripe_customer_id}
    columns = stripe_customers.c
    found = _where(connection, columns.customer_id, ids) | _where(connection, columns.named, ids)
    found |= _where(connection, columns.stripe_customer_id, carried)
    return found | those_with_emails(connection, [customer.email for customer in changed])


def everybody(connection: Connection) -> set[str]:
    """All customers that the ledger knows."""
    rows = connection.execute(select(stripe_customers.c.stripe_customer_id))
    return {row.stripe_customer_id for row in rows}


def _where(connection: Connection, column: Any, values: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for chunk in chunks(sorted(values)):
        rows = connection.execute(
            select(stripe_customers.c.stripe_customer_id).where(column.in_(chunk))
        )
        found |= {row.stripe_customer_id for row in rows}
    return found


def email_key(email: str | None) -> str | None:
    """By which an e-mail address is compared; None for what can be none."""
    key = (email or "").strip().casefold()
    return key if 0 < len(key) <= _LONGEST_EMAIL else None


def _record(customer: StripeCustomer, *, bare: bool = False) -> str:
    kept = replace(customer, name=None, phone=None, address=Address()) if bare else customer
    return json.dumps(stripe_customer_to_record(kept), separators=(",", ":"))


def _stored(row: Any) -> StoredCustomer:
    # Where they were read again and said the same, the record has still the first time's version.
    return StoredCustomer(
        replace(stripe_customer_from_record(json.loads(row.record)), version=row.version),
        row.digest,
        row.state and CustomerState(row.state),
        row.customer_id,
        row.intended,
    )
