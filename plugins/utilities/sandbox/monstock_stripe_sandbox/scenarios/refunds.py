"""Money that goes back: in part, in whole, twice, pending, failed, and paid anew."""

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


@scenario("refund in part")
def refund_in_part(stage: Stage) -> Script:
    order = stage.order(8000)
    payment = stage.paid(order, 8000)
    yield Later(minutes=45)
    stage.stripe.refund(payment, 2000)
    yield Outcome(
        "Something went back and net is less than the total.",
        (is_now(order, "partially_refunded", RowTruth(payment, 8000, refunded=2000), due=2000),),
    )


@scenario("refund in whole")
def refund_in_whole(stage: Stage) -> Script:
    order = stage.order(6900)
    payment = stage.paid(order, 6900)
    yield Later(minutes=50)
    stage.stripe.refund(payment)
    yield Outcome(
        "Captured, and nothing of it left.",
        (is_now(order, "refunded", RowTruth(payment, 6900, refunded=6900), due=6900),),
    )


@scenario("refund in the evening")
def refund_in_the_evening(stage: Stage) -> Script:
    order = stage.order(15900)
    payment = stage.paid(order, 15900)
    yield Outcome(
        "Paid in whole.",
        (is_now(order, "paid", RowTruth(payment, 15900), due=0),),
    )
    stage.stripe.refund(payment)
    yield Outcome(
        "All of it went back after the first run.",
        (is_now(order, "refunded", RowTruth(payment, 15900, refunded=15900), due=15900),),
    )


@scenario("two refunds on one payment")
def two_refunds(stage: Stage) -> Script:
    order = stage.order(12000)
    payment = stage.paid(order, 12000)
    yield Later(minutes=10)
    stage.stripe.refund(payment, 1500)
    yield Later(minutes=10)
    stage.stripe.refund(payment, 2500)
    yield Outcome(
        "Refunded is the sum of the refunds: 15.00 and 25.00.",
        (is_now(order, "partially_refunded", RowTruth(payment, 12000, refunded=4000), due=4000),),
    )
    stage.stripe.refund(payment, 8000)
    yield Outcome(
        "A third refund took the rest.",
        (is_now(order, "refunded", RowTruth(payment, 12000, refunded=12000), due=12000),),
    )


@scenario("refund that failed")
def refund_failed(stage: Stage) -> Script:
    order = stage.order(4400)
    payment = stage.paid(order, 4400)
    yield Later(minutes=30)
    refund = stage.stripe.refund(payment)
    yield Later(minutes=30)
    stage.stripe.fail_refund(refund)
    yield Outcome(
        "A failed refund moved nothing: the order stays paid, the customer is owed.",
        (is_now(order, "paid", RowTruth(payment, 4400), due=0),),
        (ExceptionTruth("customer_owed", payment),),
    )


@scenario("refund that fails later")
def refund_fails_later(stage: Stage) -> Script:
    order = stage.order(7700)
    payment = stage.paid(order, 7700)
    yield Later(minutes=30)
    refund = stage.stripe.refund(payment, 3000, status="pending")
    yield Outcome(
        "A pending refund counts as gone.",
        (is_now(order, "partially_refunded", RowTruth(payment, 7700, refunded=3000), due=3000),),
    )
    stage.stripe.fail_refund(refund)
    yield Outcome(
        "The bank sent it back: the money is ours again, and owed to the customer.",
        (is_now(order, "paid", RowTruth(payment, 7700), due=0),),
        (ExceptionTruth("customer_owed", payment),),
    )


@scenario("refund that takes its time")
def refund_settles(stage: Stage) -> Script:
    order = stage.order(9100)
    payment = stage.paid(order, 9100)
    yield Later(minutes=30)
    refund = stage.stripe.refund(payment, status="pending")
    yield Outcome(
        "A pending refund counts as gone.",
        (is_now(order, "refunded", RowTruth(payment, 9100, refunded=9100), due=9100),),
    )
    stage.stripe.settle_refund(refund)
    yield Outcome(
        "It arrived: the amounts are the same.",
        (is_now(order, "refunded", RowTruth(payment, 9100, refunded=9100), due=9100),),
    )


@scenario("refund, then a new payment")
def refund_then_new_payment(stage: Stage) -> Script:
    order = stage.order(5600)
    first = stage.paid(order, 5600)
    yield Later(minutes=20)
    stage.stripe.refund(first)
    yield Later(minutes=20)
    second = stage.paid(order, 5600)
    yield Outcome(
        "Net equals the total again; both payments keep their rows.",
        (
            is_now(
                order,
                "paid",
                RowTruth(first, 5600, refunded=5600),
                RowTruth(second, 5600),
                due=0,
            ),
        ),
    )


@scenario("refund of goods that have shipped")
def refund_after_shipping(stage: Stage) -> Script:
    order = stage.order(14000)
    payment = stage.paid(order, 14000)
    yield Later(minutes=30)
    stage.monstock.edit_order(order, status="shipped")
    yield Outcome(
        "Paid, then shipped.",
        (is_now(order, "paid", RowTruth(payment, 14000), due=0, state="shipped"),),
    )
    stage.stripe.refund(payment, 4000)
    yield Outcome(
        "The paid status of a shipped order fell back.",
        (
            is_now(
                order,
                "partially_refunded",
                RowTruth(payment, 14000, refunded=4000),
                due=4000,
                state="shipped",
            ),
        ),
        (ExceptionTruth("shipped_not_paid", order_id=order),),
    )


@scenario("refund that waits for the customer")
def refund_requires_action(stage: Stage) -> Script:
    order = stage.order(6550)
    payment = stage.paid(order, 6550)
    yield Later(minutes=30)
    refund = stage.stripe.refund(payment, 1550, status="requires_action")
    yield Outcome(
        "A refund that requires an action counts as gone.",
        (is_now(order, "partially_refunded", RowTruth(payment, 6550, refunded=1550), due=1550),),
    )
    stage.stripe.cancel_refund(refund)
    yield Outcome(
        "Cancelled: the money is ours again, and owed to the customer.",
        (is_now(order, "paid", RowTruth(payment, 6550), due=0),),
        (ExceptionTruth("customer_owed", payment),),
    )


@scenario("failed refund made good")
def refund_made_good(stage: Stage) -> Script:
    order = stage.order(4850)
    payment = stage.paid(order, 4850)
    yield Later(minutes=30)
    refund = stage.stripe.refund(payment)
    yield Later(minutes=30)
    stage.stripe.fail_refund(refund)
    yield Outcome(
        "A failed refund moved nothing: the customer is owed.",
        (is_now(order, "paid", RowTruth(payment, 4850), due=0),),
        (ExceptionTruth("customer_owed", payment),),
    )
    stage.stripe.refund(payment)
    yield Outcome(
        "A second refund went through: nobody is owed anything.",
        (is_now(order, "refunded", RowTruth(payment, 4850, refunded=4850), due=4850),),
    )


SCENARIOS = (
    refund_in_part,
    refund_in_whole,
    refund_in_the_evening,
    two_refunds,
    refund_failed,
    refund_fails_later,
    refund_settles,
    refund_then_new_payment,
    refund_after_shipping,
    refund_requires_action,
    refund_made_good,
)
