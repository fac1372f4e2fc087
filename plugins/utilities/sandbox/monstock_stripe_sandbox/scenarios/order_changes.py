"""Orders that change in Monstock: totals, cancellations, and edits that mean nothing to us."""

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


@scenario("total raised after payment")
def total_raised(stage: Stage) -> Script:
    order = stage.order(5000)
    payment = stage.paid(order, 5000)
    yield Outcome(
        "Paid in whole.",
        (is_now(order, "paid", RowTruth(payment, 5000), due=0),),
    )
    stage.monstock.edit_order(order, total=6500)
    yield Outcome(
        "Staff added an article: 15.00 are due.",
        (is_now(order, "partially_paid", RowTruth(payment, 5000), due=1500),),
    )


@scenario("total lowered after a refund")
def total_lowered(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 10000)
    yield Later(minutes=30)
    stage.stripe.refund(payment, 2000)
    yield Outcome(
        "Something went back and net is less than the total.",
        (is_now(order, "partially_refunded", RowTruth(payment, 10000, refunded=2000), due=2000),),
    )
    stage.monstock.edit_order(order, total=8000)
    yield Outcome(
        "The total follows the refund: net equals it.",
        (is_now(order, "paid", RowTruth(payment, 10000, refunded=2000), due=0),),
    )


@scenario("total lowered before the first run")
def total_lowered_early(stage: Stage) -> Script:
    order = stage.order(7500)
    payment = stage.paid(order, 7500)
    yield Later(minutes=30)
    stage.stripe.refund(payment, 500)
    yield Later(minutes=5)
    stage.monstock.edit_order(order, total=7000)
    yield Outcome(
        "Refunded in part, and the total lowered to match: paid.",
        (is_now(order, "paid", RowTruth(payment, 7500, refunded=500), due=0),),
    )


@scenario("total lowered below what was paid")
def total_lowered_below(stage: Stage) -> Script:
    order = stage.order(9000)
    first = stage.paid(order, 5000)
    second = stage.paid(order, 4000)
    yield Outcome(
        "50.00 and 40.00 make the total.",
        (is_now(order, "paid", RowTruth(first, 5000), RowTruth(second, 4000), due=0),),
    )
    stage.monstock.edit_order(order, total=8000)
    yield Outcome(
        "10.00 are too much now, though neither payment is too large by itself.",
        (is_now(order, "overpaid", RowTruth(first, 5000), RowTruth(second, 4000), due=-1000),),
    )


@scenario("edited by staff, nothing to us")
def edited_by_staff(stage: Stage) -> Script:
    order = stage.order(4050, customer_email="old@example.com")
    payment = stage.paid(order, 4050)
    yield Outcome(
        "Paid.",
        (is_now(order, "paid", RowTruth(payment, 4050), due=0),),
    )
    stage.monstock.edit_order(order, customer_email="new@example.com", channel_reference="W-7")
    yield Outcome(
        "Another e-mail and a shop's number change no payment.",
        (is_now(order, "paid", RowTruth(payment, 4050), due=0),),
    )


@scenario("shipped by staff")
def shipped(stage: Stage) -> Script:
    order = stage.order(8650)
    payment = stage.paid(order, 8650)
    yield Outcome(
        "Paid.",
        (is_now(order, "paid", RowTruth(payment, 8650), due=0),),
    )
    stage.monstock.edit_order(order, status="shipped")
    yield Outcome(
        "The order's own life goes on without us.",
        (is_now(order, "paid", RowTruth(payment, 8650), due=0, state="shipped"),),
    )


@scenario("cancelled order that gets paid")
def cancelled_gets_paid(stage: Stage) -> Script:
    order = stage.order(7150)
    yield Later(minutes=20)
    stage.monstock.edit_order(order, status="cancelled")
    yield Outcome(
        "Cancelled before anyone paid.",
        (is_now(order, "unpaid", due=7150, state="cancelled"),),
    )
    payment = stage.paid(order, 7150)
    yield Outcome(
        "Linked and shown, but an exception and no revival.",
        (is_now(order, "paid", RowTruth(payment, 7150), due=0, state="cancelled"),),
        (ExceptionTruth("cancelled_order_paid", order_id=order),),
    )


@scenario("paid order that gets cancelled")
def paid_gets_cancelled(stage: Stage) -> Script:
    order = stage.order(6250)
    payment = stage.paid(order, 6250)
    yield Outcome(
        "Paid.",
        (is_now(order, "paid", RowTruth(payment, 6250), due=0),),
    )
    stage.monstock.edit_order(order, status="cancelled")
    yield Outcome(
        "We hold the money of a cancelled order.",
        (is_now(order, "paid", RowTruth(payment, 6250), due=0, state="cancelled"),),
        (ExceptionTruth("cancelled_order_paid", order_id=order),),
    )


@scenario("cancelled and refunded")
def cancelled_and_refunded(stage: Stage) -> Script:
    order = stage.order(5850)
    payment = stage.paid(order, 5850)
    yield Later(minutes=20)
    stage.monstock.edit_order(order, status="cancelled")
    yield Outcome(
        "We hold the money of a cancelled order.",
        (is_now(order, "paid", RowTruth(payment, 5850), due=0, state="cancelled"),),
        (ExceptionTruth("cancelled_order_paid", order_id=order),),
    )
    stage.stripe.refund(payment)
    yield Outcome(
        "The money went back: nothing left to settle.",
        (
            is_now(
                order,
                "refunded",
                RowTruth(payment, 5850, refunded=5850),
                due=5850,
                state="cancelled",
            ),
        ),
    )


@scenario("draft that is paid already")
def draft(stage: Stage) -> Script:
    order = stage.order(4150, status="draft")
    payment = stage.paid(order, 4150)
    yield Outcome(
        "Paid, and still a draft: the order's own status is not ours, unless a setting says so.",
        (is_now(order, "paid", RowTruth(payment, 4150), due=0, state="draft"),),
    )


@scenario("shipped on account")
def shipped_on_account(stage: Stage) -> Script:
    order = stage.order(27500, status="shipped")
    yield Outcome(
        "Shipped and not paid yet is no fall back: no exception.",
        (is_now(order, "unpaid", due=27500, state="shipped"),),
    )
    payment = stage.paid(order, 27500)
    yield Outcome(
        "Paid after delivery.",
        (is_now(order, "paid", RowTruth(payment, 27500), due=0, state="shipped"),),
    )


SCENARIOS = (
    total_raised,
    total_lowered,
    total_lowered_early,
    total_lowered_below,
    edited_by_staff,
    shipped,
    cancelled_gets_paid,
    paid_gets_cancelled,
    cancelled_and_refunded,
    draft,
    shipped_on_account,
)
