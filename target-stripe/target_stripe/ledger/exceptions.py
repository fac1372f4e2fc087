"""Exceptions in the ledger, but for those that people dismissed; and what people decided."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from sqlalchemy import Connection, or_, select, update
from target_common.ledger.exceptions import Amount, ExceptionBook
from target_common.ledger.sql import chunks

from target_stripe.ledger.schema import decisions, exceptions, orders

EXCEPTIONS = ExceptionBook(exceptions, orders)

_About = tuple[str, str, str, str]
"""Kind, payment, order and customer."""


class Source(StrEnum):
    """What was read or planned when an exception was found; the next time renews it."""

    RECORD = "record"
    ORDER = "order"
    CUSTOMER = "customer"


def renew_exceptions(
    connection: Connection,
    source: Source,
    found: Mapping[str, Sequence[ExceptionFound]],
    now: datetime,
    amounts: Mapping[str, Amount] | None = None,
) -> None:
    """Store what was found, see `ExceptionBook.renew`, but for what people dismissed."""
    dismissed = _dismissed(connection, [one for several in found.values() for one in several])
    kept = {
        subject: [one for one in several if _about(one) not in dismissed]
        for subject, several in found.items()
    }
    EXCEPTIONS.renew(connection, source, kept, amounts or {}, now)


def decide(
    connection: Connection,
    action: str,
    *,
    kind: ExceptionKind | None = None,
    transaction_reference: str = "",
    order_id: str = "",
    customer_id: str = "",
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Record a person's word: `dismiss` an exception, or `reopen` all that was decided."""
    connection.execute(
        decisions.insert().values(
            decided_at=now,
            decided_by=by,
            why=why,
            action=action,
            kind=kind.value if kind else "",
            transaction_reference=transaction_reference,
            order_id=order_id,
            customer_id=customer_id,
        )
    )
    if action == "dismiss" and kind is not None:
        connection.execute(
            update(exceptions)
            .where(
                exceptions.c.kind == kind.value,
                exceptions.c.transaction_reference == transaction_reference,
                exceptions.c.order_id == order_id,
                exceptions.c.customer_id == customer_id,
                exceptions.c.resolved_at.is_(None),
            )
            .values(resolved_at=now)
        )


def subjects_with_exceptions(connection: Connection, source: Source) -> set[str]:
    """The subjects of which something waits."""
    rows = connection.execute(
        select(exceptions.c.subject).where(
            exceptions.c.source == source.value, exceptions.c.resolved_at.is_(None)
        )
    )
    return {row.subject for row in rows}


def _about(one: ExceptionFound) -> _About:
    return (
        one.kind.value,
        one.transaction_reference or "",
        one.order_id or "",
        one.customer_id or "",
    )


def _dismissed(connection: Connection, found: Sequence[ExceptionFound]) -> set[_About]:
    """What people dismissed and did not reopen."""
    dismissed: set[_About] = set()
    for row in _words(connection, {_about(one)[1:] for one in found}):
        about = (row.transaction_reference, row.order_id, row.customer_id)
        if row.action == "reopen":
            dismissed = {one for one in dismissed if one[2:] != about[1:]}
        else:
            dismissed.add((row.kind, *about))
    return dismissed


def _words(connection: Connection, abouts: Iterable[tuple[str, str, str]]) -> list[Any]:
    rows: dict[int, Any] = {}
    for chunk in chunks(sorted(set(abouts))):
        found = connection.execute(
            select(decisions).where(
                or_(
                    decisions.c.order_id.in_([one[1] for one in chunk if one[1]]),
                    decisions.c.customer_id.in_([one[2] for one in chunk if one[2]]),
                    decisions.c.transaction_reference.in_([one[0] for one in chunk if one[0]]),
                )
            )
        )
        rows.update({row.decision_id: row for row in found})
    return [rows[key] for key in sorted(rows)]
