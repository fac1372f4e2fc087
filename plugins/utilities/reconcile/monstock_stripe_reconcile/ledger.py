"""What target-monstock's ledger alone knows: people's decisions, and what we wrote last."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb
from monstock_stripe_core.discrepancy import Reason, reasons_of
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.last_write import (
    ABSENT,
    ORDER_PAYMENT_URL,
    ORDER_STATE,
    ORDER_STATUS,
    row_digest,
)
from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.record_fields import time_of
from sqlalchemy import Connection, select
from target_monstock.ledger import visit_ledger
from target_monstock.ledger.decisions import (
    dismissed_exceptions,
    link_decisions,
)
from target_monstock.ledger.orders import Remembered, last_writes
from target_monstock.ledger.schema import decisions

_ORDERS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Decided:
    """What people decided.

    Attributes:
        known: whether there is a ledger to know it from.
        links: payment → JSON list of [order id, amount or null]; empty: none of ours.
        dismissed: (reason, order id or "", payment or "") that need nothing more.
        cleared: (order id, payment) that are not the hand-made row which they seem to be.
    """

    known: bool = False
    links: Sequence[tuple[str, str]] = ()
    dismissed: Sequence[tuple[str, str, str]] = ()
    cleared: Sequence[tuple[str, str]] = ()


def read_decided(ledger_url: str | None) -> Decided:
    """Read people's decisions.

    Args:
        ledger_url: SQLAlchemy URL; None where there is no ledger to read.

    Raises:
        TargetError: there is no ledger at the URL, or it cannot be read.
    """
    if not ledger_url:
        return Decided()
    with _reading(ledger_url) as connection:
        subjects = connection.execute(
            select(decisions.c.transaction_reference, decisions.c.order_id).distinct()
        ).all()
        references = sorted({row.transaction_reference for row in subjects} - {""})
        # Those of payments that are on no order stand under an empty order.
        order_ids = sorted({row.order_id for row in subjects})
        links = link_decisions(connection, references)
        dismissed = {
            (kind, order_id, reference)
            for order_id, pairs in dismissed_exceptions(connection, order_ids).items()
            for kind, reference in pairs
        }
    return Decided(
        known=True,
        links=[
            (reference, json.dumps([[a.order_id, a.amount] for a in decision.allocations]))
            for reference, decision in links.items()
        ],
        dismissed=sorted(
            (reason.value, order_id, reference)
            for kind, order_id, reference in dismissed
            for reason in reasons_of(kind)
        ),
        cleared=sorted(
            (order_id, reference)
            for kind, order_id, reference in dismissed
            if kind is ExceptionKind.POSSIBLE_DUPLICATE
        ),
    )


def note_changes_by_hand(connection: duckdb.DuckDBPyConnection, ledger_url: str | None) -> None:
    """Fill `staging.by_hand`: what differs because a person changed what we wrote.

    Args:
        connection: with `staging.found` filled.
        ledger_url: as for `read_decided`.
    """
    connection.execute(
        "CREATE TABLE staging.by_hand (order_id VARCHAR, transaction_reference VARCHAR, "
        "reason VARCHAR, dismissed BOOLEAN)"
    )
    if not ledger_url:
        return
    differing = connection.execute(
        "SELECT DISTINCT orders.id, orders.payment_status, source.payments "
        "FROM staging.found JOIN staging.orders USING (o) "
        "JOIN source.orders AS source ON source.id = orders.id "
        "WHERE reason IN (SELECT reason FROM staging.changeable)"
    )
    with _reading(ledger_url) as ledger:
        while some := differing.fetchmany(_ORDERS_AT_ONCE):
            written = last_writes(ledger, [order_id for order_id, _, _ in some])
            found = [
                (order_id, key, Reason.CHANGED_BY_HAND.value, dismissed)
                for order_id, status, rows in some
                for key, dismissed in _by_hand(written.get(order_id, {}), status, rows)
            ]
            if found:
                connection.cursor().executemany(
                    "INSERT INTO staging.by_hand VALUES (?, ?, ?, ?)", found
                )


def _by_hand(
    written: Mapping[str, Remembered], status: str | None, rows: str
) -> Iterator[tuple[str, bool]]:
    """What stands otherwise than we wrote it, by payment ("" for the status), and if dismissed."""
    standing = {
        row["transaction_reference"]: row_digest(_row(row))
        for row in json.loads(rows)
        if row.get("ours") and row.get("transaction_reference")
    }
    if status is not None:
        standing[ORDER_STATUS] = status
    for key, one in written.items():
        last, now = one.last, standing.get(key, ABSENT)
        is_subject = key not in (ORDER_STATE, ORDER_PAYMENT_URL)
        if is_subject and last.written not in (None, now) and now != last.intended:
            yield "" if key == ORDER_STATUS else key, last.dismissed


def _row(row: Mapping[str, Any]) -> OrderPaymentRow:
    given: dict[str, Any] = {
        name: row[name] for name in OrderPaymentRow.__dataclass_fields__ if name in row
    }
    given["status"] = PaymentStatus(row["status"])
    paid_at = row.get("paid_at")
    given["paid_at"] = None if paid_at is None else time_of(paid_at, "paid_at")
    return OrderPaymentRow(**given)


@contextmanager
def _reading(ledger_url: str) -> Iterator[Connection]:
    ledger = visit_ledger(ledger_url)
    try:
        with ledger.transaction() as connection:
            yield connection
    finally:
        ledger.close()
