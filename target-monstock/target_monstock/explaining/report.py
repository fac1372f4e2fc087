"""An explanation as a person reads it."""

from collections.abc import Iterator, Mapping
from typing import Any

from monstock_stripe_core.link import RULE_TEXT, LinkState
from monstock_stripe_core.money import Money, to_decimal_text
from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.order_status_table import STATUS_TABLE
from monstock_stripe_core.payment import LinkRule, Payment
from monstock_stripe_core.scope import ScopeVerdict
from target_common.exceptions_show import decided_text, moment_text

from target_monstock.explaining.explanation import (
    ExplainedOrder,
    ExplainedPayment,
    Explanation,
    Part,
)
from target_monstock.ledger.history import Written

_WITHOUT_ORDER = {
    LinkState.WAITING: "It names an order that Monstock does not have (yet).",
    LinkState.AMBIGUOUS: "What it names leads to several orders.",
    LinkState.UNLINKED: "It names no order.",
    LinkState.NOT_OURS: "It is none of ours.",
    None: "Nobody has looked for its order yet.",
}


def explanation_lines(one: Explanation) -> Iterator[str]:
    """The explanation, line by line."""
    if one.note:
        yield f"{one.note.rstrip('.')}. What follows is what the ledger knows."
    numbers = {order.order_id: order.number or order.order_id for order in one.orders}
    currencies = {order.order_id: order.currency for order in one.orders}
    for payment in one.payments:
        yield from _payment(payment, numbers)
    for order in one.orders:
        yield from _order(order)
    if one.exceptions:
        yield "Waits for a person:"
    for waiting in one.exceptions:
        about = waiting.transaction_reference or waiting.order_number or waiting.order_id or ""
        since = waiting.since.strftime("%Y-%m-%d")
        yield f"  {waiting.kind.value} {about}, since {since}: {waiting.message}"
    if one.decisions:
        yield "Decided by people:"
    yield from (f"  {decided_text(decided)}" for decided in one.decisions)
    yield "Written to Monstock:" if one.written else "Nothing was written to Monstock."
    yield from (f"  {_written(written, numbers, currencies)}" for written in one.written)


def _payment(one: ExplainedPayment, numbers: Mapping[str, str]) -> Iterator[str]:
    payment = one.payment
    yield f"Payment {payment.transaction_reference}: {_facts(payment)}"
    if one.verdict is not ScopeVerdict.OURS:
        yield f"  It is out of scope ({one.verdict.value}) and on no order."
    elif one.allocations:
        orders = ", ".join(
            numbers.get(a.order_id, a.order_id)
            + ("" if a.amount is None else f" ({Money(a.amount, payment.currency)})")
            for a in one.allocations
        )
        yield f"  pays order {orders}: {_linked(one, one.rule)}"
    else:
        yield f"  is on no order. {_WITHOUT_ORDER[one.state]}"
    for candidate in payment.link_candidates:
        field, value = candidate.reference
        yield f"  says by {candidate.rule.value}: {field} {value}"
    if one.looks_again:
        yield "  Its order is looked for again in the next run."


def _linked(one: ExplainedPayment, rule: LinkRule | None) -> str:
    since = f" Since {moment_text(one.since)}." if one.since else ""
    return f"linked by {rule.value}. {RULE_TEXT[rule]}{since}" if rule else f"linked.{since}"


def _order(one: ExplainedOrder) -> Iterator[str]:
    name = f"{one.number} ({one.order_id})" if one.number else one.order_id
    if one.currency is None or one.total is None:
        yield f"Order {name}: nothing is known of it yet."
        return
    if one.kind != "order":
        yield f"Order {name}: a quote. Its payments wait until it is an order."
        return
    yield f"Order {name}: {one.status or 'not derived yet'}"
    yield f"  total {Money(one.total, one.currency)}, {one.state}; {_source(one)}"
    yield from _decided_by(one)
    for part in one.parts:
        yield from _part(part, one.currency)
    for row in one.by_hand:
        yield f"  recorded by hand: {_by_hand(row)}"
    if not one.parts and not one.by_hand:
        yield "  no payment is on it."
    yield from _to_come(one)


def _decided_by(one: ExplainedOrder) -> Iterator[str]:
    if one.row:
        position = STATUS_TABLE.index(one.row) + 1
        yield f"  decided by row {position} of the table, {one.row.name}: {one.row.because}"
    elif one.source == "ledger":
        yield "  which row of the table decided was not kept: an earlier version derived it."
    yield f"  {_sum(one)}"
    if one.totals.authorized:
        yield f"  reserved, to be captured: {_text(one.totals.authorized, one.currency or '')}"


def _to_come(one: ExplainedOrder) -> Iterator[str]:
    if one.shown and one.shown != one.status:
        yield f"  Monstock shows {one.shown}."
    for write in one.to_write:
        yield f"  the next run writes: {write}"
    if one.again:
        yield f"  The next run derives it again ({one.again})."


def _source(one: ExplainedOrder) -> str:
    if one.source == "monstock":
        return "as Monstock has it now"
    return (
        f"as last derived, {moment_text(one.derived_at)}" if one.derived_at else "from the ledger"
    )


def _sum(one: ExplainedOrder) -> str:
    totals, currency = one.totals, one.currency or ""
    parts = [f"captured {_text(totals.captured, currency)}"]
    if totals.refunded:
        parts.append(f"refunded {_text(totals.refunded, currency)}")
    if totals.dispute_lost:
        parts.append(f"lost by disputes {_text(totals.dispute_lost, currency)}")
    due = "" if one.due is None else f"; due {Money(one.due, currency)}"
    return f"{' - '.join(parts)} = kept {Money(totals.net, currency)}{due}"


def _part(part: Part, currency: str) -> Iterator[str]:
    share = part.share
    yield f"  payment {share.transaction_reference}: {_facts(share)}"
    split = len(part.whole.allocations) > 1
    yield f"    {'a part of it ' if split else ''}{_linked(part.whole, part.rule)}"
    if not part.counts:
        yield f"    It is in {share.currency} and adds nothing up in {currency}."
    if part.adopted:
        yield f"    The hand-made row {part.adopted} is this payment; it is ours now."
    if part.held:
        yield "    A hand-made row seems to be the same: it counts once, and no row is written."


def _facts(payment: Payment) -> str:
    currency = payment.currency
    amounts = (
        ("captured", payment.captured),
        ("refunded", payment.refunded),
        ("of it still on its way back", payment.refund_pending),
        ("refund failed", payment.refund_failed),
        ("disputed", payment.disputed),
        ("lost by disputes", payment.dispute_lost),
        ("reserved", payment.authorized),
        ("has come", payment.funded),
    )
    said = [f"{label} {_text(amount, currency)}" for label, amount in amounts if amount]
    if payment.dispute_open and not payment.disputed:
        said.append("a dispute is open")
    how = f" by {payment.method}" if payment.method else ""
    asked = Money(payment.amount, currency)
    return f"{payment.status.value}{how}, {asked}" + (f" ({', '.join(said)})" if said else "")


def _by_hand(row: OrderPaymentRow) -> str:
    back = row.refunded + row.dispute_lost
    also = f", given back {Money(back, row.currency)}" if back else ""
    return f"{Money(row.amount, row.currency)} by {row.method} (row {row.row_id}){also}"


def _written(one: Written, numbers: Mapping[str, str], currencies: Mapping[str, str | None]) -> str:
    entry = one.entry
    what = entry.transaction_reference or "the order"
    where = numbers.get(entry.order_id, entry.order_id)
    currency = (entry.after or {}).get("currency") or currencies.get(entry.order_id)
    return (
        f"{moment_text(one.at)} run {one.run_id}: {entry.action} {what} on {where}"
        f"{_changes(entry.before, entry.after, currency)}. {entry.why}"
    )


def _changes(
    before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, currency: str | None
) -> str:
    """The fields that a write changed, by name and value."""
    old, new = before or {}, after or {}
    changed = [
        (name.replace("_", " "), new[name])
        for name in (*_WORDS, *_MONEY)
        if name in new and new[name] not in (None, False, old.get(name, 0))
    ]
    said = [
        f"{name} {Money(value, currency) if isinstance(value, int) and currency else value}"
        for name, value in changed
    ]
    if "payment_url" in new:
        said.append(f"to be paid at {new['payment_url'] or 'nowhere'}")
    return ": " + ", ".join(said) if said else ""


_WORDS = ("status", "payment_status", "state")
_MONEY = ("amount", "refunded", "disputed", "dispute_lost", "authorized", "amount_due")
"""What of a write is shown: the words, and the amounts."""


def _text(amount: int, currency: str) -> str:
    return to_decimal_text(amount, currency)
