"""Exceptions in a ledger: a projection that each derivation renews for what it derived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    bindparam,
    func,
    select,
    update,
)

from target_common.ledger.dismissals import About
from target_common.ledger.sql import chunks, storable, upsert

_Key: TypeAlias = tuple[str, ...]
"""Subject, kind, and what the exception is about."""

_ABOUT = ("transaction_reference", "order_id", "customer_id")


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
    customer_id: str | None
    order_number: str | None
    amount: int | None
    currency: str | None
    message: str
    since: datetime
    last_seen: datetime


class ExceptionBook:
    """The exceptions of one ledger.

    Args:
        table: made by `exceptions_table`.
        orders: the ledger's table of orders, with their `order_id` and `number`.
    """

    def __init__(self, table: Table, orders: Table) -> None:
        self._table = table
        self._orders = orders
        self._about = tuple(name for name in _ABOUT if name in table.c)

    def renew(
        self,
        connection: Connection,
        source: str,
        found: Mapping[str, Sequence[ExceptionFound]],
        amounts: Mapping[str, Amount],
        now: datetime,
    ) -> None:
        """Store what a derivation found for each subject, and resolve what it no longer finds.

        Args:
            connection: inside a transaction.
            source: what was derived.
            found: subject (an order id, a transaction reference, …) → its exceptions, none
                included.
            amounts: transaction reference or order id → the money concerned.
            now: UTC.
        """
        fresh: dict[_Key, ExceptionFound] = {}
        for subject, several in found.items():
            for one in several:
                about = (getattr(one, name) or "" for name in self._about)
                fresh.setdefault((subject, one.kind.value, *about), one)
        open_before = self._open_keys(connection, source, found)
        self._resolve(connection, source, sorted(open_before - set(fresh)), now)
        for still_open in (True, False):
            upsert(
                connection,
                self._table,
                [
                    self._row(source, key, one, amounts, now)
                    for key, one in fresh.items()
                    if (key in open_before) is still_open
                ],
                keep=("since",) if still_open else (),
            )

    def open(self, connection: Connection) -> list[OpenException]:
        """All exceptions that wait, oldest first."""
        table, orders = self._table, self._orders
        rows = connection.execute(
            select(table, orders.c.number)
            .outerjoin(orders, and_(orders.c.order_id == table.c.order_id))
            .where(table.c.resolved_at.is_(None))
            .order_by(
                table.c.since, table.c.kind, table.c.order_id, table.c.transaction_reference,
                table.c.subject,
            )
        )  # fmt: skip
        return [
            OpenException(
                kind=ExceptionKind(row.kind),
                transaction_reference=row.transaction_reference or None,
                order_id=row.order_id or None,
                customer_id=getattr(row, "customer_id", None) or None,
                order_number=row.number,
                amount=row.amount,
                currency=row.currency,
                message=row.message,
                since=row.since,
                last_seen=row.last_seen,
            )
            for row in rows
        ]

    def find(self, connection: Connection, about: About) -> bool | None:
        """Whether an exception waits (True), did once (False), or was never heard of (None)."""
        rows = connection.execute(select(self._table.c.resolved_at).where(*self._is(about))).all()
        return any(row.resolved_at is None for row in rows) if rows else None

    def mark(self, connection: Connection, about: About, resolved_at: datetime | None) -> None:
        """Note that a person dismissed an exception, or (None) that it waits again."""
        waits = self._table.c.resolved_at.is_(None)
        connection.execute(
            update(self._table)
            .where(*self._is(about), waits if resolved_at is not None else ~waits)
            .values(resolved_at=resolved_at)
        )

    def _is(self, about: About) -> list[ColumnElement[bool]]:
        named = {name: getattr(about, name) for name in ("kind", *self._about)}
        return [self._table.c[name] == value for name, value in named.items()]

    def counts(self, connection: Connection) -> dict[str, int]:
        """How many exceptions of each kind wait."""
        table = self._table
        rows = connection.execute(
            select(table.c.kind, func.count().label("count"))
            .where(table.c.resolved_at.is_(None))
            .group_by(table.c.kind)
            .order_by(table.c.kind)
        )
        return {row.kind: row._mapping["count"] for row in rows}

    def _open_keys(
        self, connection: Connection, source: str, subjects: Mapping[str, object]
    ) -> set[_Key]:
        columns = [self._table.c[name] for name in ("subject", "kind", *self._about)]
        found: set[_Key] = set()
        for chunk in chunks(subjects):
            rows = connection.execute(
                select(*columns).where(
                    self._table.c.source == source,
                    self._table.c.subject.in_(chunk),
                    self._table.c.resolved_at.is_(None),
                )
            )
            found.update(tuple(row) for row in rows)
        return found

    def _row(
        self,
        source: str,
        key: _Key,
        one: ExceptionFound,
        amounts: Mapping[str, Amount],
        now: datetime,
    ) -> dict[str, object]:
        money = amounts.get(one.transaction_reference or "") or amounts.get(one.order_id or "")
        return {
            **dict(zip(("subject", "kind", *self._about), key, strict=True)),
            "source": source,
            "message": storable(one.message),
            "amount": money and money.amount,
            "currency": money and money.currency,
            "since": now,
            "last_seen": now,
            "resolved_at": None,
        }

    def _resolve(
        self, connection: Connection, source: str, keys: Sequence[_Key], now: datetime
    ) -> None:
        if not keys:
            return
        columns = ("subject", "kind", *self._about)
        connection.execute(
            update(self._table)
            .where(
                self._table.c.source == source,
                *(self._table.c[name] == bindparam(f"at_{name}") for name in columns),
            )
            .values(resolved_at=now),
            [
                {f"at_{name}": value for name, value in zip(columns, key, strict=True)}
                for key in keys
            ],
        )
