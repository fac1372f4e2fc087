"""Invoices: paid by card, from the credit balance, partly so, or outside Stripe."""

from __future__ import annotations

from monstock_stripe_sandbox.scenarios.stage import (
    Later,
    Outcome,
    Script,
    Stage,
    is_now,
    scenario,
)
from monstock_stripe_sandbox.truth import RowTruth


@scenario("invoice paid by card")
def paid_by_card(stage: Stage) -> Script:
    order = stage.order(23500)
    invoice = stage.stripe.invoice(23500, "eur", metadata={"monstock_order_id": order})
    yield Later(minutes=30)
    payment = stage.stripe.pay_invoice(invoice)
    yield Outcome(
        "The invoice names the order; its PaymentIntent is the payment.",
        (is_now(order, "paid", RowTruth(payment, 23500), due=0),),
    )


@scenario("invoice settled from the credit balance")
def settled_by_credit(stage: Stage) -> Script:
    order = stage.order(6000)
    invoice = stage.stripe.invoice(6000, "eur", metadata={"monstock_order_id": order})
    yield Later(minutes=30)
    stage.stripe.pay_invoice_by_credit(invoice)
    yield Outcome(
        "No PaymentIntent: the invoice itself is the payment, of what its credit covered.",
        (is_now(order, "paid", RowTruth(invoice, 6000), due=0),),
    )


@scenario("invoice partly from the credit balance")
def partly_by_credit(stage: Stage) -> Script:
    order = stage.order(10000)
    invoice = stage.stripe.invoice(10000, "eur", metadata={"monstock_order_id": order})
    yield Later(minutes=30)
    payment = stage.stripe.pay_invoice_by_credit(invoice, 2500)
    yield Outcome(
        "25.00 from the credit balance and 75.00 by card: two payments.",
        (is_now(order, "paid", RowTruth(invoice, 2500), RowTruth(payment, 7500), due=0),),
    )


@scenario("invoice paid outside Stripe")
def paid_out_of_band(stage: Stage) -> Script:
    order = stage.order(48000)
    invoice = stage.stripe.invoice(48000, "eur", metadata={"monstock_order_id": order})
    yield Outcome(
        "An open invoice is no payment.",
        (is_now(order, "unpaid", due=48000),),
    )
    stage.stripe.pay_invoice_out_of_band(invoice)
    yield Outcome(
        "Marked as paid outside Stripe: it pays its order with what the invoice says.",
        (is_now(order, "paid", RowTruth(invoice, 48000), due=0),),
    )


@scenario("invoice that a coupon covers")
def covered_by_coupon(stage: Stage) -> Script:
    order = stage.order(0)
    invoice = stage.stripe.invoice(
        5500, "eur", metadata={"monstock_order_id": order}, discount=5500
    )
    yield Outcome(
        "Paid with what the invoice says, which is 0; an order of 0 is paid only by a setting.",
        (is_now(order, "unpaid", RowTruth(invoice, 0), due=0),),
    )


SCENARIOS = (paid_by_card, settled_by_credit, partly_by_credit, paid_out_of_band, covered_by_coupon)
