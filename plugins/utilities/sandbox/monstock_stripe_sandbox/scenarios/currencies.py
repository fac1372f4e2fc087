"""Currencies that count otherwise, and payments in another currency than their order's."""

from __future__ import annotations

from monstock_stripe_sandbox.scenarios.stage import (
    Later,
    Outcome,
    Script,
    Stage,
    is_now,
    scenario,
)
from monstock_stripe_sandbox.truth import ExceptionTruth, RowTruth


@scenario("yen")
def yen(stage: Stage) -> Script:
    order = stage.order(12800, "JPY")
    payment = stage.paid(order, 12800, "jpy")
    yield Outcome(
        "JPY has no decimals, at Stripe as in ISO 4217: ¥12,800.",
        (is_now(order, "paid", RowTruth(payment, 12800), due=0),),
    )
    stage.stripe.refund(payment, 800)
    yield Outcome(
        "¥800 went back.",
        (is_now(order, "partially_refunded", RowTruth(payment, 12800, refunded=800), due=800),),
    )


@scenario("Kuwaiti dinar")
def dinar(stage: Stage) -> Script:
    order = stage.order(12340, "KWD")
    payment = stage.paid(order, 12340, "kwd")
    yield Outcome(
        "KWD has three decimals, at Stripe as in ISO 4217: 12.340 KWD.",
        (is_now(order, "paid", RowTruth(payment, 12340), due=0),),
    )


@scenario("Icelandic króna")
def krona(stage: Stage) -> Script:
    order = stage.order(4500, "ISK")
    payment = stage.paid(order, 450000, "isk")
    yield Later(minutes=20)
    stage.stripe.refund(payment, 100000)
    yield Outcome(
        "ISK has no decimals in ISO 4217 and two at Stripe, always 00: 4,500 kr less 1,000 kr.",
        (is_now(order, "partially_refunded", RowTruth(payment, 4500, refunded=1000), due=1000),),
    )


@scenario("Ugandan shilling")
def shilling(stage: Stage) -> Script:
    order = stage.order(250000, "UGX")
    payment = stage.paid(order, 25000000, "ugx")
    yield Outcome(
        "UGX counts like ISK: none in ISO 4217, two at Stripe.",
        (is_now(order, "paid", RowTruth(payment, 250000), due=0),),
    )


@scenario("paid in another currency")
def other_currency(stage: Stage) -> Script:
    order = stage.order(10000, "EUR")
    payment = stage.paid(order, 10800, "usd")
    yield Outcome(
        "Dollars never add up with euros: linked, kept as a row, and nothing paid in EUR.",
        (is_now(order, "unpaid", RowTruth(payment, 10800, currency="USD"), due=10000),),
        (ExceptionTruth("currency_mismatch", payment),),
    )


@scenario("paid, and once more in another currency")
def both_currencies(stage: Stage) -> Script:
    order = stage.order(7500, "EUR")
    right = stage.paid(order, 7500, "eur")
    yield Later(minutes=15)
    other = stage.paid(order, 8100, "usd")
    yield Outcome(
        "The right currency says paid; the other is an exception beside it.",
        (
            is_now(
                order,
                "paid",
                RowTruth(right, 7500),
                RowTruth(other, 8100, currency="USD"),
                due=0,
            ),
        ),
        (ExceptionTruth("currency_mismatch", other),),
    )
    stage.stripe.dispute(other)
    yield Outcome(
        "An open dispute holds the order, in whatever currency.",
        (
            is_now(
                order,
                "disputed",
                RowTruth(right, 7500),
                RowTruth(other, 8100, disputed=8100, currency="USD"),
                due=0,
            ),
        ),
        (ExceptionTruth("currency_mismatch", other),),
    )


SCENARIOS = (yen, dinar, krona, shilling, other_currency, both_currencies)
