"""Compares what stands in Monstock with the truth that the world's maker wrote down."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monstock_stripe_sandbox.truth import ExceptionTruth, HandMadeTruth, OrderTruth, RowTruth

OUR_METHOD = "stripe"
"""The method under which the default profile writes payments by Stripe."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it must be.

    Attributes:
        label: the scenario.
        where: order and payment, as a person looks for them.
        what: the field, or what is wrong altogether.
        expected: as text; "" where there is nothing to compare.
        found: as text.
    """

    label: str
    where: str
    what: str
    expected: str = ""
    found: str = ""

    def __str__(self) -> str:
        compared = f": expected {self.expected}, found {self.found}" if self.expected else ""
        return f"{self.label}: {self.where}: {self.what}{compared}"


Shown = Mapping[str, Any]
"""An order, a row or an exception as JSON."""


def order_differences(shown: Iterable[Shown], truths: Iterable[OrderTruth]) -> list[Difference]:
    """Compare orders with what must be true of them.

    Args:
        shown: all orders, as Monstock's API shows them with their payments.
        truths: what must be true of each of them.
    """
    left = {order["id"]: order for order in shown}
    found: list[Difference] = []
    for truth in truths:
        order = left.pop(truth.order_id, None)
        if order is None:
            found.append(Difference(truth.label, f"order {truth.order_id}", "is gone"))
        else:
            found += _in_order(order, truth)
    found += [
        Difference("(no scenario)", f"order {order['number']}", "nobody made this order")
        for order in left.values()
    ]
    return found


def exception_differences(
    shown: Sequence[Shown], truths: Sequence[ExceptionTruth]
) -> list[Difference]:
    """Compare the exceptions that the target shows with those that must be there, and no other.

    Args:
        shown: with `kind`, `payment` (its transaction reference) and `order_id` each.
        truths: a truth that names no payment, or no order, fits any.
    """
    found = [
        Difference(truth.label, _about(truth.transaction_reference, truth.order_id), what)
        for truth in truths
        if not any(_fits(truth, each) for each in shown)
        for what in [f"exception {truth.kind} is not shown"]
    ]
    labels = {t.transaction_reference: t.label for t in truths if t.transaction_reference}
    found += [
        Difference(
            labels.get(each.get("payment") or "", "(no scenario)"),
            _about(each.get("payment"), each.get("order_id")),
            f"exception {each['kind']} should not be there",
        )
        for each in shown
        if not any(_fits(truth, each) for truth in truths)
    ]
    return found


def _fits(truth: ExceptionTruth, shown: Shown) -> bool:
    return truth.kind == shown["kind"] and all(
        wanted is None or wanted == shown.get(name)
        for name, wanted in (
            ("payment", truth.transaction_reference),
            ("order_id", truth.order_id),
        )
    )


def _about(reference: str | None, order_id: str | None) -> str:
    parts = ((f"payment {reference}", reference), (f"order {order_id}", order_id))
    return ", ".join(text for text, present in parts if present) or "nothing named"


def _in_order(order: Shown, truth: OrderTruth) -> Iterator[Difference]:
    where = f"order {order['number']}"
    compared = (
        ("payment status", truth.payment_status, order["payment_status"]),
        ("amount due", truth.amount_due, order["amount_due"]),
        ("own status", truth.state, order["status"]),
    )
    for what, expected, found in compared:
        if expected is not None and expected != found:
            yield Difference(truth.label, where, what, str(expected), str(found))
    rows = order["payments"]
    recorded = {wanted.row_id for wanted in truth.hand_made}
    ours = [row for row in rows if row["method"] == OUR_METHOD and row["id"] not in recorded]
    theirs = [row for row in rows if row not in ours]
    yield from _in_our_rows(ours, order, truth)
    yield from _in_their_rows(theirs, order, truth)


def _in_our_rows(rows: Sequence[Shown], order: Shown, truth: OrderTruth) -> Iterator[Difference]:
    left = list(rows)
    for wanted in truth.rows:
        where = f"order {order['number']}, payment {wanted.transaction_reference}"
        row = next(
            (r for r in left if r["transaction_reference"] == wanted.transaction_reference), None
        )
        if row is None:
            yield Difference(truth.label, where, "is missing")
            continue
        left.remove(row)
        for what, expected, found in _row_fields(wanted, row, order["currency"]):
            if expected != found:
                yield Difference(truth.label, where, what, str(expected), str(found))
    for row in left:
        where = f"order {order['number']}, payment {row['transaction_reference']}"
        yield Difference(truth.label, where, f"should not be there (row {row['id']})")


def _row_fields(wanted: RowTruth, row: Shown, currency: str) -> Iterator[tuple[str, Any, Any]]:
    yield "amount", wanted.amount, row["amount"]
    yield "currency", wanted.currency or currency, row["currency"]
    yield "refunded", wanted.refunded, row["refunded_amount"]
    yield "disputed", wanted.disputed, row["disputed_amount"]
    yield "lost by disputes", wanted.dispute_lost, row["dispute_lost_amount"]
    yield "authorised", wanted.authorized, row["authorized_amount"]
    yield "status", wanted.status, row["status"]
    if wanted.row_id is not None:
        yield "row that was adopted", wanted.row_id, row["id"]
    if wanted.fee is not None:
        yield "fee", wanted.fee, row["fee_amount"]


def _in_their_rows(rows: Sequence[Shown], order: Shown, truth: OrderTruth) -> Iterator[Difference]:
    left = {row["id"]: row for row in rows}
    for wanted in truth.hand_made:
        where = f"order {order['number']}, hand-made row {wanted.row_id}"
        row = left.pop(wanted.row_id, None)
        if row is None:
            yield Difference(truth.label, where, "is gone")
            continue
        for what, expected, found in _hand_made_fields(wanted, row, order["currency"]):
            if expected != found:
                yield Difference(truth.label, where, what, str(expected), str(found))
    for row in left.values():
        where = f"order {order['number']}, row {row['id']}"
        yield Difference(truth.label, where, f"should not be there (method {row['method']!r})")


def _hand_made_fields(
    wanted: HandMadeTruth, row: Shown, currency: str
) -> Iterator[tuple[str, Any, Any]]:
    yield "amount", wanted.amount, row["amount"]
    yield "currency", currency, row["currency"]
    yield "method", wanted.method, row["method"]
    yield "transaction reference", wanted.transaction_reference, row["transaction_reference"]
    for name in ("refunded_amount", "disputed_amount", "dispute_lost_amount", "authorized_amount"):
        yield name, 0, row[name]
    yield "status", "succeeded", row["status"]
