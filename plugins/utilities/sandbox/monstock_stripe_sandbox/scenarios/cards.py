"""Card payments: captured at once, attempted more than once, or not at all."""

from __future__ import annotations

from datetime import timedelta

from monstock_stripe_sandbox.scenarios.stage import (
    Later,
    Outcome,
    Script,
    Stage,
    is_now,
    scenario,
)
from monstock_stripe_sandbox.truth import RowTruth


@scenario("card payment")
def card_payment(stage: Stage) -> Script:
    order = stage.order(4990)
    yield Later(minutes=3)
    payment = stage.paid(order, 4990)
    yield Outcome(
        "What was captured equals the total.",
        (is_now(order, "paid", RowTruth(payment, 4990), due=0),),
    )


@scenario("card payment in the evening")
def card_payment_in_the_evening(stage: Stage) -> Script:
    order = stage.order(8150)
    yield Outcome("Nobody has paid yet.", (is_now(order, "unpaid", due=8150),))
    payment = stage.paid(order, 8150)
    yield Outcome(
        "The customer paid after the first run.",
        (is_now(order, "paid", RowTruth(payment, 8150), due=0),),
    )


@scenario("declined")
def declined(stage: Stage) -> Script:
    order = stage.order(7600)
    payment = stage.intent(order, 7600)
    yield Later(minutes=1)
    stage.stripe.decline(payment, "insufficient_funds")
    yield Outcome(
        "requires_payment_method with a last_payment_error is a failure, and none does better.",
        (is_now(order, "failed", RowTruth(payment, 0, status="failed"), due=7600),),
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "The same PaymentIntent went through at last.",
        (is_now(order, "paid", RowTruth(payment, 7600), due=0),),
    )


@scenario("declined then paid")
def declined_then_paid(stage: Stage) -> Script:
    order = stage.order(12900)
    payment = stage.intent(order, 12900)
    yield Later(minutes=1)
    stage.stripe.decline(payment, "card_declined")
    yield Later(minutes=2)
    stage.stripe.succeed(payment)
    yield Outcome(
        "A failed attempt followed by a success is a success: one row.",
        (is_now(order, "paid", RowTruth(payment, 12900), due=0),),
    )


@scenario("failed payment, then another")
def failed_then_another(stage: Stage) -> Script:
    order = stage.order(5400)
    failed = stage.intent(order, 5400)
    stage.stripe.decline(failed, "expired_card")
    yield Later(minutes=5)
    payment = stage.paid(order, 5400)
    yield Outcome(
        "Two payments are two rows; the order is paid by the one that went through.",
        (
            is_now(
                order,
                "paid",
                RowTruth(failed, 0, status="failed"),
                RowTruth(payment, 5400),
                due=0,
            ),
        ),
    )


@scenario("payment that nobody tried")
def nobody_tried(stage: Stage) -> Script:
    order = stage.order(3300)
    stage.intent(order, 3300)
    yield Outcome(
        "requires_payment_method without a last_payment_error counts for nothing: no row.",
        (is_now(order, "unpaid", due=3300),),
    )


@scenario("cancelled before anyone paid")
def cancelled_untried(stage: Stage) -> Script:
    order = stage.order(4100)
    payment = stage.intent(order, 4100)
    yield Later(minutes=20)
    stage.stripe.cancel(payment, "abandoned")
    yield Outcome(
        "A PaymentIntent that was cancelled without a charge never was a payment: no row.",
        (is_now(order, "unpaid", due=4100),),
    )


@scenario("3-D Secure under way")
def requires_action(stage: Stage) -> Script:
    order = stage.order(25900)
    payment = stage.intent(order, 25900)
    stage.stripe.require_action(payment)
    yield Outcome(
        "requires_action is pending for a day.",
        (is_now(order, "pending", RowTruth(payment, 0, status="pending"), due=25900),),
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "The customer passed the check.",
        (is_now(order, "paid", RowTruth(payment, 25900), due=0),),
    )


@scenario("3-D Secure never finished", begins=timedelta(hours=30))
def requires_action_too_old(stage: Stage) -> Script:
    order = stage.order(6450)
    payment = stage.intent(order, 6450)
    stage.stripe.require_action(payment)
    yield Outcome(
        "requires_action older than a day counts for nothing any more: no row.",
        (is_now(order, "unpaid", due=6450),),
    )


@scenario("charge without PaymentIntent")
def direct_charge(stage: Stage) -> Script:
    order = stage.order(2750)
    charge = stage.stripe.direct_charge(2750, "eur", {"monstock_order_id": order})
    yield Outcome(
        "A Charge that has no PaymentIntent is a payment under its own id.",
        (is_now(order, "paid", RowTruth(charge, 2750), due=0),),
    )
    stage.stripe.refund(charge, 750)
    yield Outcome(
        "Its refund is found by the Charge alone.",
        (is_now(order, "partially_refunded", RowTruth(charge, 2750, refunded=750), due=750),),
    )


@scenario("declined, then cancelled")
def declined_then_cancelled(stage: Stage) -> Script:
    order = stage.order(2150)
    payment = stage.intent(order, 2150)
    stage.stripe.decline(payment, "card_declined")
    yield Later(minutes=20)
    stage.stripe.cancel(payment, "abandoned")
    yield Outcome(
        "Cancelled is not failed: its declined charge keeps a row, the order is just unpaid.",
        (is_now(order, "unpaid", RowTruth(payment, 0, status="canceled"), due=2150),),
    )


@scenario("order and payment of the evening")
def all_in_the_evening(stage: Stage) -> Script:
    yield Outcome("Nothing yet.", ())
    order = stage.order(11200)
    payment = stage.paid(order, 11200)
    yield Outcome(
        "Ordered and paid after the first run.",
        (is_now(order, "paid", RowTruth(payment, 11200), due=0),),
    )


@scenario("fee that comes later")
def fee_later(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.intent(order, 10000)
    charge = stage.stripe.succeed(payment, fee_later=True)
    yield Outcome(
        "Paid; what Stripe keeps of it is not known yet.",
        (is_now(order, "paid", RowTruth(payment, 10000), due=0),),
    )
    stage.stripe.book(charge, 175)
    yield Outcome(
        "charge.updated brought the fee.",
        (is_now(order, "paid", RowTruth(payment, 10000, fee=175), due=0),),
    )


SCENARIOS = (
    card_payment,
    card_payment_in_the_evening,
    declined,
    declined_then_paid,
    failed_then_another,
    nobody_tried,
    cancelled_untried,
    requires_action,
    requires_action_too_old,
    direct_charge,
    declined_then_cancelled,
    all_in_the_evening,
    fee_later,
)
