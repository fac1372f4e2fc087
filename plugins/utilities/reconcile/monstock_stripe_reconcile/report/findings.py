"""The findings as the page shows them: a sentence, what to do, lines to copy, what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monstock_stripe_reconcile.decidable import WAYS
from monstock_stripe_reconcile.report.commands import commands
from monstock_stripe_reconcile.report.reader import Reader
from monstock_stripe_reconcile.report.reading import Evidence, Record
from monstock_stripe_reconcile.report.sentences import Subject, sentence
from monstock_stripe_reconcile.report.tables import (
    LONE_PAYMENT,
    ORDER_FIGURES,
    PAYMENTS,
    PAYOUTS,
    TRANSACTIONS,
    Column,
    Rows,
    Values,
)
from monstock_stripe_reconcile.report.translating import N_

MOST_ROWS = 500
"""Of one table behind one finding; an order can have 10,000 payments, a payout more."""

KEYS = (
    "id", "reason", "tolerated", "order", "order_id", "payment", "payout", "amount", "currency",
    "since", "age_days", "position", "sentence", "commands", "evidence",
)  # fmt: skip


EVIDENCE: dict[str, tuple[str, bool, tuple[Column, ...]]] = {
    "order": (N_("The order"), True, ORDER_FIGURES),
    "payments": (N_("Payments on it, and Monstock's rows of them"), False, PAYMENTS),
    "payment": (N_("The payment"), False, LONE_PAYMENT),
    "payout": (N_("The payout"), True, PAYOUTS[1:]),
    "transactions": (N_("Balance transactions at Stripe"), False, TRANSACTIONS),
}
"""Tables behind a finding: caption, whether its one row stands upright, columns."""


def finding_rows(
    reader: Reader, values: Values, findings: list[Record], evidence: Evidence
) -> tuple[Rows, Any]:
    """Return the findings as rows, and the tables behind them.

    Returns:
        Rows by `KEYS`, and a list of evidence: for each subject a list of (name in `EVIDENCE`,
        rows, rows left out). `evidence` in a row is the index in that list.
    """
    found = Rows(KEYS)
    places: dict[tuple[Any, ...], int] = {}
    behind: list[list[list[Any]]] = []
    for one in findings:
        about = (one["order_id"], one["transaction_reference"], one["payout_id"])
        if about not in places:
            places[about] = len(behind)
            behind.append(
                [[name, *_cut(values, name, rows)] for name, rows in _behind(one, evidence)]
            )
        found.rows.append(_row(reader, values, one, places[about]))
    return found, behind


def _row(reader: Reader, values: Values, one: Record, place: int) -> list[Any]:
    subject = Subject(one["reason"], one["amount"], one["currency"], one["transaction_reference"])
    lines = commands(
        one["reason"],
        one["order_id"],
        one["transaction_reference"],
        one["payout_id"],
        one["facts"],
        None if one["way"] is None else WAYS[one["way"]],
    )
    given = (
        one["finding_id"],
        one["reason"],
        one["tolerated"],
        one["order_number"] or one["order_id"],
        one["order_id"],
        one["transaction_reference"],
        one["payout_id"],
        one["amount"] if one["currency"] else None,
        one["currency"],
        one["since"],
        one["age_days"],
        one["position"],
        sentence(reader, subject, one["facts"]),
        [[line.purpose, line.line] for line in lines],
        place,
    )
    return [values(part) for part in given]


def _behind(one: Record, evidence: Evidence) -> Iterator[tuple[str, list[Record]]]:
    order, payment, payout = one["order_id"], one["transaction_reference"], one["payout_id"]
    if order in evidence.orders:
        yield "order", [evidence.orders[order]]
    on_order = evidence.on_order.get(order, [])
    if on_order:
        yield "payments", on_order
    references = [link["transaction_reference"] for link in on_order]
    if payment and payment not in references:
        references.append(payment)
        if payment in evidence.payments:
            yield "payment", [evidence.payments[payment]]
    if payout in evidence.payouts:
        yield "payout", [evidence.payouts[payout]]
        yield "transactions", evidence.in_payout.get(payout, [])
    moved = [row for reference in references for row in evidence.transactions.get(reference, [])]
    if moved:
        yield "transactions", moved


def _cut(values: Values, name: str, records: list[Record]) -> tuple[list[list[Any]], int]:
    keys = evidence_keys(name)
    rows = [[values(one.get(key)) for key in keys] for one in records[:MOST_ROWS]]
    return rows, max(0, len(records) - MOST_ROWS)


def evidence_keys(name: str) -> tuple[str, ...]:
    """Return what the rows of one table behind a finding consist of."""
    return (*(column.key for column in EVIDENCE[name][2]), "currency")
