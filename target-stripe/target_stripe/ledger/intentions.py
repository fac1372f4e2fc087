"""Intentions and refusals in the ledger."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from monstock_stripe_core.stripe_intention import Intention, IntentionState
from sqlalchemy import Connection, delete, select, update
from target_common.ledger.sql import chunks, storable, upsert

from target_stripe.ledger.schema import intentions, refusals

CUSTOMER = "customer"
"""The kind of an intention that makes a customer; all others are of orders."""


def last_intentions(
    connection: Connection, subjects: Iterable[str], *, of_customers: bool
) -> dict[str, Intention]:
    """The newest intention of each subject that has one."""
    found: dict[str, Intention] = {}
    for chunk in chunks(subjects):
        rows = connection.execute(
            select(intentions)
            .where(intentions.c.subject.in_(chunk), intentions.c.of_customer.is_(of_customers))
            .order_by(intentions.c.revision)
        )
        found.update({row.subject: _intention(row) for row in rows})
    return found


def save_intentions(connection: Connection, found: Sequence[Intention], now: datetime) -> None:
    """Keep intentions, new ones or as they are now; parameters and time never change."""
    upsert(
        connection,
        intentions,
        [
            {
                "subject": one.subject,
                "of_customer": one.kind == CUSTOMER,
                "revision": one.revision,
                "kind": one.kind,
                "state": one.state.value,
                "key": one.key,
                "parameters": json.dumps(dict(one.parameters)),
                "made_at": one.made_at or now,
                "object_id": one.object_id,
                "sent": one.sent,
                "refusal": one.refusal and storable(one.refusal),
                "updated_at": now,
            }
            for one in found
        ],
        keep=("parameters", "made_at", "key", "kind"),
    )


def reopen(connection: Connection, subject: str, *, of_customer: bool, now: datetime) -> None:
    """Have a subject planned as if nothing had been refused or closed by hand."""
    connection.execute(
        delete(refusals).where(
            refusals.c.subject == subject, refusals.c.of_customer.is_(of_customer)
        )
    )
    connection.execute(
        update(intentions)
        .where(
            intentions.c.subject == subject,
            intentions.c.of_customer.is_(of_customer),
            intentions.c.state == IntentionState.BY_HAND.value,
        )
        .values(state=IntentionState.CLOSED.value, updated_at=now)
    )


def refused_writes(
    connection: Connection, subjects: Iterable[str], *, of_customers: bool
) -> dict[str, dict[str, tuple[str, str]]]:
    """What Stripe refused: subject → target → digest of the write, and Stripe's words."""
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for chunk in chunks(subjects):
        rows = connection.execute(
            select(refusals).where(
                refusals.c.subject.in_(chunk), refusals.c.of_customer.is_(of_customers)
            )
        )
        for row in rows:
            found.setdefault(row.subject, {})[row.target] = (row.digest, row.message)
    return found


def save_refusal(
    connection: Connection,
    subject: str,
    target: str,
    digest: str,
    message: str,
    *,
    of_customer: bool,
) -> None:
    """Keep that Stripe refused a write."""
    row = {
        "subject": subject,
        "of_customer": of_customer,
        "target": target,
        "digest": digest,
        "message": storable(message),
    }
    upsert(connection, refusals, [row])


def forget_refusals(
    connection: Connection, taken: Mapping[str, Iterable[str]], *, of_customers: bool
) -> None:
    """Forget what Stripe takes now: subject → targets."""
    for subject, targets in taken.items():
        for chunk in chunks(targets):
            connection.execute(
                delete(refusals).where(
                    refusals.c.subject == subject,
                    refusals.c.of_customer.is_(of_customers),
                    refusals.c.target.in_(chunk),
                )
            )


def _intention(row: Any) -> Intention:
    return Intention(
        kind=row.kind,
        subject=row.subject,
        revision=row.revision,
        key=row.key,
        parameters=json.loads(row.parameters),
        made_at=row.made_at,
        state=IntentionState(row.state),
        object_id=row.object_id,
        sent=row.sent,
        refusal=row.refusal,
    )
