"""Exceptions in the ledger: a projection that each derivation renews for what it derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from sqlalchemy import Connection, and_, bindparam, func, select, update

from target_monstock.ledger.decisions import dismissed_of_payments
from target_monstock.ledger.schema import exceptions, orders
from target_monstock.ledger.sql import chunks, storable, upsert


class Source(StrEnum):
    """What was derived when an exception was found; the next derivation of it renews it."""

    RECORD = "record"
    LINK = "link"
    ORDER = "order"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Amount:
    """The money that an exception is about."""

    amount: int
    currency: str


@dataclass(frozen=True, slots=True)
class OpenException:
    """An exception that waits, as the report shows it.

    Attributes:
        order_number: where the order is known.
        amount: minor units of `currency`; None where no one amount is concerned.
    """

    kind: ExceptionKind
    transaction_reference: str | None
    order_id: str | None
    order_number: str | None
    amount: int | None
    currency: str | None
    message: str
    since: datetime
    last_seen: datetime


def renew_exceptions(
    connection: Connection,
    source: Source,
    found: Mapping[str, Sequence[ExceptionFound]],
    amounts: Mapping[str, Amount],
    now: datetime,
) -> None:
    """Store what a derivation found for each subject, and resolve what it no longer finds.

    Args:
        connection: inside a transaction.
        source: what was derived.
        found: subject (an order id or a transaction reference) → its exceptions, none included.
        amounts: transaction reference or order id → the money concerned.
        now: UTC.
    """
    fresh: dict[tuple[str, str, str, str], ExceptionFound] = {}
    for subject, several in found.items():
        for one in several:
            fresh.setdefault(
                (subject, one.kind.value, one.transaction_reference or "", one.order_id or ""), one
            )
    of_payments = {reference for _, _, reference, order_id in fresh if reference and not order_id}
    dismissed = dismissed_of_payments(connection, of_payments)
    fresh = {key: one for key, one in fresh.items() if key[3] or key[1:3] not in dismissed}
    open_before: set[tuple[str, str, str, str]] = set()
    for chunk in chunks(found):
        rows = connection.execute(
            select(exceptions).where(
                exceptions.c.source == source.value,
                exceptions.c.subject.in_(chunk),
                exceptions.c.resolved_at.is_(None),
            )
        )
        open_before.update(
            (row.subject, row.kind, row.transaction_reference, row.order_id) for row in rows
        )
    _resolve(connection, source, sorted(open_before - set(fresh)), now)
    for still_open in (True, False):
        upsert(
            connection,
            exceptions,
            [
                _row(source, key, one, amounts, now)
                for key, one in fresh.items()
                if (key in open_before) is still_open
            ],
            keep=("since",) if still_open else (),
        )


def open_exceptions(connection: Connection) -> list[OpenException]:
    """All exceptions that wait, oldest first."""
    rows = connection.execute(
        select(exceptions, orders.c.number)
        .outerjoin(orders, and_(orders.c.order_id == exceptions.c.order_id))
        .where(exceptions.c.resolved_at.is_(None))
        .order_by(
            exceptions.c.since,
            exceptions.c.kind,
            exceptions.c.order_id,
            exceptions.c.transaction_reference,
        )
    )
    return [
        OpenException(
            kind=ExceptionKind(row.kind),
            transaction_reference=row.transaction_reference or None,
            order_id=row.order_id or None,
            order_number=row.number,
            amount=row.amount,
            currency=row.currency,
            message=row.message,
            since=row.since,
            last_seen=row.last_seen,
        )
        for row in rows
    ]


def exception_counts(connection: Connection) -> dict[str, int]:
    """How many exceptions of each kind wait."""
    rows = connection.execute(
        select(exceptions.c.kind, func.count().label("count"))
        .where(exceptions.c.resolved_at.is_(None))
        .group_by(exceptions.c.kind)
        .order_by(exceptions.c.kind)
    )
    return {row.kind: row._mapping["count"] for row in rows}


def _row(
    source: Source,
    key: tuple[str, str, str, str],
    one: ExceptionFound,
    amounts: Mapping[str, Amount],
    now: datetime,
) -> dict[str, object]:
    subject, kind, reference, order_id = key
    money = amounts.get(reference) or amounts.get(order_id)
    return {
        "source": source.value,
        "subject": subject,
        "kind": kind,
        "transaction_reference": reference,
        "order_id": order_id,
        "message": storable(one.message),
        "amount": money and money.amount,
        "currency": money and money.currency,
        "since": now,
        "last_seen": now,
        "resolved_at": None,
    }


def _resolve(
    connection: Connection,
    source: Source,
    keys: Sequence[tuple[str, str, str, str]],
    now: datetime,
) -> None:
    if not keys:
        return
    columns = ("subject", "kind", "transaction_reference", "order_id")
    connection.execute(
        update(exceptions)
        .where(
            exceptions.c.source == source.value,
            *(exceptions.c[name] == bindparam(f"at_{name}") for name in columns),
        )
        .values(resolved_at=now),
        [{f"at_{name}": value for name, value in zip(columns, key, strict=True)} for key in keys],
    )
