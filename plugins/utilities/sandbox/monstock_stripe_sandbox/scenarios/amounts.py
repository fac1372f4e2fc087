"""Several payments for one order, too much, too little, and totals of nothing."""

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


@scenario("two payments for one order")
def paid_twice(stage: Stage) -> Script:
    order = stage.order(6700)
    first = stage.paid(order, 6700)
    yield Later(minutes=2)
    second = stage.paid(order, 6700)
    yield Outcome(
        "Two successes are two payments, never merged.",
        (is_now(order, "overpaid", RowTruth(first, 6700), RowTruth(second, 6700), due=-6700),),
    )


@scenario("duplicate of which one is refunded")
def duplicate_refunded(stage: Stage) -> Script:
    order = stage.order(8300)
    first = stage.paid(order, 8300)
    yield Later(minutes=2)
    second = stage.paid(order, 8300)
    yield Later(minutes=30)
    stage.stripe.refund(second)
    yield Outcome(
        "One of two went back: net equals the total.",
        (
            is_now(
                order,
                "paid",
                RowTruth(first, 8300),
                RowTruth(second, 8300, refunded=8300),
                due=0,
            ),
        ),
    )


@scenario("instalments")
def instalments(stage: Stage) -> Script:
    order = stage.order(90000)
    first = stage.paid(order, 30000)
    yield Later(minutes=30)
    second = stage.paid(order, 30000)
    yield Outcome(
        "Two of three thirds.",
        (
            is_now(
                order,
                "partially_paid",
                RowTruth(first, 30000),
                RowTruth(second, 30000),
                due=30000,
            ),
        ),
    )
    third = stage.paid(order, 30000)
    yield Outcome(
        "Three thirds add up.",
        (
            is_now(
                order,
                "paid",
                RowTruth(first, 30000),
                RowTruth(second, 30000),
                RowTruth(third, 30000),
                due=0,
            ),
        ),
    )


@scenario("paid too much")
def overpaid(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 12000)
    yield Outcome(
        "Net is more than the total, by one payment that is itself too large for the order.",
        (is_now(order, "overpaid", RowTruth(payment, 12000), due=-2000),),
        (ExceptionTruth("amount_mismatch", payment),),
    )


@scenario("excess given back")
def excess_given_back(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 11000)
    yield Later(minutes=30)
    stage.stripe.refund(payment, 1000)
    yield Outcome(
        "What was too much went back: net equals the total.",
        (is_now(order, "paid", RowTruth(payment, 11000, refunded=1000), due=0),),
    )


@scenario("paid too little")
def underpaid(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 7000)
    yield Outcome(
        "A deposit: 30.00 are still due.",
        (is_now(order, "partially_paid", RowTruth(payment, 7000), due=3000),),
    )


@scenario("total of nothing")
def zero_total(stage: Stage) -> Script:
    order = stage.order(0)
    yield Outcome(
        "A total of 0 without money is paid only by a setting, which is off.",
        (is_now(order, "unpaid", due=0),),
    )


@scenario("order that nobody paid")
def nobody_paid(stage: Stage) -> Script:
    order = stage.order(3600)
    yield Outcome("No payment at all.", (is_now(order, "unpaid", due=3600),))


SCENARIOS = (
    paid_twice,
    duplicate_refunded,
    instalments,
    overpaid,
    excess_given_back,
    underpaid,
    zero_total,
    nobody_paid,
)
