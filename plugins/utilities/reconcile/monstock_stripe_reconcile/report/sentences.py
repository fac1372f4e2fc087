"""One sentence on what exactly is so with a finding, made of its facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_reconcile.report.reader import Reader
from monstock_stripe_reconcile.report.translating import N_
from monstock_stripe_reconcile.report.words import word

AMOUNTS = frozenset({"shown", "right", "shown_due", "right_due", "captured", "refunded"})
STATUSES = frozenset({"shown_status", "right_status"})

_SHOWN = N_("Monstock shows {shown}; it is {right}.")
_DUE = N_("Monstock shows {shown_due} as due; it is {right_due}.")
_STATUS = N_("Monstock shows it as “{shown_status}”; its payments make it “{right_status}”.")
_NO_ROW = N_("Stripe took {captured}; Monstock has no row for it.")
_NO_ROW_GIVEN_BACK = N_(
    "Stripe took {captured} and gave {refunded} back; Monstock has no row for it."
)
_BY_PAYMENT: Mapping[str, str] = {
    "elsewhere": N_("Monstock shows {amount} by {payment_id}, which pays order {elsewhere}."),
    "not_linked": N_("Monstock shows {amount} by {payment_id}, which belongs to no order."),
    "unknown": N_("Monstock shows {amount} by {payment_id}, which Stripe does not have."),
    "not_attempted": N_("Monstock shows {amount} by {payment_id}, which nobody has tried to pay."),
}


@dataclass(frozen=True, slots=True)
class _Case:
    """A sentence, and the facts that call for it."""

    needs: frozenset[str]
    text: str


def _case(needs: str, text: str) -> _Case:
    return _Case(frozenset(needs.split()), text)


_ANY_REASON = (
    _case("shown_status right_status", _STATUS),
    _case("right_status", N_("Monstock shows no payment status; its payments make it "
                             "“{right_status}”.")),
    _case("shown_due right_due", _DUE),
    _case("shown right", _SHOWN),
    _case("captured refunded", _NO_ROW_GIVEN_BACK),
    _case("captured", _NO_ROW),
    _case("message", N_("The reason: {message}")),
)  # fmt: skip
_CASES: Mapping[str, tuple[_Case, ...]] = {
    "dispute_open": (
        _case("inquiry", N_("The bank only asks so far; no money has moved.")),
        _case("", N_("{amount} are held back until the dispute is decided.")),
    ),
    "shipped_not_paid": (_case("", N_("{amount} of an order that has left are missing.")),),
    "no_order": (
        _case("part", N_("{amount} of the payment are given to no order.")),
        _case("candidates", N_("It may pay {candidates}: same customer, currency and amount.")),
        _case("named", N_("It names {named}, and Monstock has no such order.")),
        _case("", N_("It names no order.")),
    ),
    "several_orders": (_case("candidates", N_("It leads to {candidates}.")),),
    "cancelled_order": (_case("", N_("{amount} of a cancelled order are still here.")),),
    "customer_owed": (
        _case("cash_balance", N_("Money is left in the customer's cash balance at Stripe.")),
        _case("", N_("A refund of {amount} failed.")),
    ),
    "duplicate_payment": (
        _case("first", N_("The first payment is {first}.")),
        _case("", N_("{amount} came a second time.")),
    ),
    "overpaid": (_case("", N_("{amount} more than the order costs.")),),
    "currency_differs": (
        _case("order_currency", N_("{amount} were paid; the order is in {order_currency}.")),
        _case("row_currency", N_("{amount} were paid; Monstock's row is in {row_currency}.")),
    ),
    "dispute_lost": (
        _case("shown right", N_("Monstock shows {shown} as lost; it is {right}.")),
        _case("", N_("{amount} are gone.")),
    ),
    "refund_missing": (
        _case("shown right", N_("Monstock shows {shown} as gone back; it is {right}.")),
    ),
    "recorded_twice": (_case("", N_("{amount} stand twice on the order.")),),
    "payout_differs": (
        _case("shown right", N_("Stripe pays out {shown}; the transactions come to {right}.")),
    ),
    "test_payment": (_case("", N_("It holds {amount}.")),),
    "unpaid_too_long": (_case("", N_("{amount} are awaited.")),),
}
"""By reason; the first case whose facts are all there speaks, then those for any reason."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a sentence needs of a finding beside its facts."""

    reason: str
    amount: int
    currency: str | None
    payment: str | None


def sentence(reader: Reader, subject: Subject, facts: Mapping[str, Any]) -> str:
    """Say what exactly is so.

    Args:
        reader: whom to say it to.
        subject: reason, amount and payment.
        facts: of the finding, as `results_model.FINDINGS` lists them.

    Returns:
        A sentence, or nothing where the reason says it all.
    """
    # An amount of 0 is a fact; what is empty or not so is none.
    given = {
        name: value
        for name, value in facts.items()
        if value or (isinstance(value, int) and not isinstance(value, bool))
    }
    if not given.get("refunded"):
        given.pop("refunded", None)
    values = {name: _told(reader, subject, name)(value) for name, value in given.items()}
    values["amount"] = (
        "" if subject.currency is None else reader.amount(subject.amount, subject.currency)
    )
    values["payment_id"] = subject.payment or "?"
    by_payment = _BY_PAYMENT.get(str(given.get("payment", "")))
    if by_payment and (by_payment is not _BY_PAYMENT["elsewhere"] or "elsewhere" in values):
        return reader.text(by_payment, **values)
    cases = (*_CASES.get(subject.reason, ()), *_ANY_REASON)
    said = next((case.text for case in cases if case.needs <= values.keys()), "")
    return reader.text(said, **values) if said else ""


def _told(reader: Reader, subject: Subject, name: str) -> Callable[[Any], str]:
    """How a fact is written."""
    if name in AMOUNTS and subject.currency is not None:
        return lambda value: reader.amount(int(value), subject.currency or "")
    if name in STATUSES:
        return lambda value: word(reader, "status", str(value))
    return lambda value: ", ".join(map(str, value)) if isinstance(value, list) else str(value)
