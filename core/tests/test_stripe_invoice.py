"""Invoices that were settled without a payment: by credit, by a coupon, outside Stripe."""

from datetime import UTC, datetime
from typing import Any

import pytest
from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_payment import payment_from_stripe
from monstock_stripe_core.testing import NOON_SECONDS, invoice_snapshot, stripe_invoice


@pytest.mark.parametrize(
    ("fields", "amount", "captured", "method"),
    [
        # the customer's credit paid it all, or a part of which a PaymentIntent paid the rest
        ({"starting_balance": -10000, "ending_balance": 0}, 10000, 10000, "credit"),
        ({"starting_balance": -15000, "ending_balance": -5000}, 10000, 10000, "credit"),
        (
            {"starting_balance": -4000, "ending_balance": 0, "amount_due": 6000},
            10000,
            4000,
            "credit",
        ),
        # a coupon left nothing to pay
        ({"total": 0, "amount_due": 0, "amount_paid": 0}, 0, 0, "credit"),
        # paid outside Stripe
        ({"amount_paid_off_stripe": 10000}, 10000, 10000, "external"),
        ({"amount_paid_off_stripe": 2500}, 10000, 2500, "external"),
        ({"amount_paid_off_stripe": 12000}, 10000, 10000, "external"),
        # both
        (
            {"starting_balance": -4000, "ending_balance": 0, "amount_paid_off_stripe": 6000},
            10000,
            10000,
            "external",
        ),
        (
            {"currency": "isk", "total": 150000, "amount_paid_off_stripe": 150000},
            1500,
            1500,
            "external",
        ),
        ({"currency": "jpy", "total": 500, "amount_paid_off_stripe": 500}, 500, 500, "external"),
    ],
)
def test_a_settled_invoice_pays_what_it_says(
    fields: dict[str, Any], amount: int, captured: int, method: str
) -> None:
    payment = payment_from_stripe(invoice_snapshot(stripe_invoice(**fields)))
    assert payment is not None
    assert payment.transaction_reference == "in_1"
    assert payment.status is PaymentStatus.SUCCEEDED
    assert (payment.amount, payment.captured, payment.method) == (amount, captured, method)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"amount_paid_off_stripe": None, "starting_balance": None, "ending_balance": None},
        # what the customer owed from before was added to it
        {"starting_balance": 3000, "ending_balance": 0, "amount_due": 13000},
        # credit grew by it
        {"total": -2000, "starting_balance": 0, "ending_balance": -2000},
        {"total": -2000, "starting_balance": -1000, "ending_balance": -3000},
        # not paid, not yet or never
        {"status": "open", "starting_balance": -4000, "ending_balance": 0},
        {"status": "void", "amount_paid_off_stripe": 10000},
        {"status": "uncollectible", "amount_paid_off_stripe": 100},
        {"status": "draft", "total": 0},
    ],
)
def test_an_invoice_that_a_payment_intent_paid_or_nobody_is_no_payment(
    fields: dict[str, Any],
) -> None:
    assert payment_from_stripe(invoice_snapshot(stripe_invoice(**fields))) is None


def test_a_settled_invoice_says_when_and_for_which_order() -> None:
    invoice = stripe_invoice(
        amount_paid_off_stripe=10000,
        status_transitions={"paid_at": NOON_SECONDS + 60},
        metadata={"monstock_order_number": "SO-1"},
        customer_email="a@x.fr",
    )
    payment = payment_from_stripe(invoice_snapshot(invoice, account_id="acct_1"))
    assert payment is not None
    assert payment.captured_at == datetime(2026, 10, 1, 12, 1, tzinfo=UTC)
    assert payment.transaction_reference == "acct_1/in_1"
    assert [candidate.order_number for candidate in payment.link_candidates] == ["SO-1"]
    assert payment.customer_email == "a@x.fr"


@pytest.mark.parametrize(
    "fields", [{"total": 1.5}, {"starting_balance": True}, {"currency": "xyz"}, {"total": 2**63}]
)
def test_an_invoice_that_cannot_be_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(PaymentError, match="payment in_1: "):
        payment_from_stripe(invoice_snapshot(stripe_invoice(**fields)))
