"""Exceptions in the ledger, but for those that people dismissed; and what people decided."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from sqlalchemy import Connection, select
from target_common.ledger.dismissals import DISMISS, About, undismissed
from target_common.ledger.exceptions import Amount, ExceptionBook

from target_stripe.ledger.schema import decisions, exceptions, orders

EXCEPTIONS = ExceptionBook(exceptions, orders)


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
    EXCEPTIONS.renew(
        connection, source, undismissed(connection, decisions, found), amounts or {}, now
    )


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
    """Record a person's word: `dismiss` an exception, or `reopen` it, or (no kind) all of them."""
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
    if kind is not None:
        about = About(kind.value, transaction_reference, order_id, customer_id)
        EXCEPTIONS.mark(connection, about, now if action == DISMISS else None)


def subjects_with_exceptions(connection: Connection, source: Source) -> set[str]:
    """The subjects of which something waits."""
    rows = connection.execute(
        select(exceptions.c.subject).where(
            exceptions.c.source == source.value, exceptions.c.resolved_at.is_(None)
        )
    )
    return {row.subject for row in rows}
