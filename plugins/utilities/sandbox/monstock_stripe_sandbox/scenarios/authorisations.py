"""Manual capture: authorised, captured whole, in part or several times, released, run out."""

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
from monstock_stripe_sandbox.truth import ExceptionTruth, RowTruth


def _authorized(stage: Stage, order: str, amount: int, *, multicapture: bool = False) -> str:
    payment = stage.intent(order, amount, capture_method="manual")
    stage.stripe.authorize(payment, multicapture=multicapture)
    return payment


@scenario("manual capture")
def manual_capture(stage: Stage) -> Script:
    order = stage.order(31000)
    payment = _authorized(stage, order, 31000)
    yield Outcome(
        "Authorised money covers the total; nothing was taken yet.",
        (
            is_now(
                order,
                "authorized",
                RowTruth(payment, 0, status="authorized", authorized=31000),
                due=31000,
            ),
        ),
    )
    stage.stripe.capture(payment)
    yield Outcome(
        "The goods left, the money was taken.",
        (is_now(order, "paid", RowTruth(payment, 31000), due=0),),
    )


@scenario("manual capture in part, the rest later")
def captured_in_parts(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = _authorized(stage, order, 10000, multicapture=True)
    yield Later(minutes=30)
    stage.stripe.capture(payment, 3000, final=False)
    yield Outcome(
        "30.00 of 100.00 are taken and 70.00 can still be captured: partly paid by now.",
        (
            is_now(
                order,
                "partially_paid",
                RowTruth(payment, 3000, status="authorized", authorized=7000),
                due=7000,
            ),
        ),
    )
    stage.stripe.capture(payment, 7000)
    yield Outcome(
        "The second capture took the rest.",
        (is_now(order, "paid", RowTruth(payment, 10000), due=0),),
    )


@scenario("captured in part, the rest released")
def rest_released(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = _authorized(stage, order, 10000)
    yield Later(minutes=40)
    stage.stripe.capture(payment, 8000)
    yield Outcome(
        "The released 20.00 stand in amount_refunded, yet no money went back.",
        (is_now(order, "partially_paid", RowTruth(payment, 8000), due=2000),),
    )
    stage.monstock.edit_order(order, total=8000)
    yield Outcome(
        "Staff took the missing article off the order.",
        (is_now(order, "paid", RowTruth(payment, 8000), due=0),),
    )


@scenario("released rest, then a real refund")
def rest_released_then_refund(stage: Stage) -> Script:
    order = stage.order(9000)
    payment = _authorized(stage, order, 12000)
    yield Later(minutes=10)
    stage.stripe.capture(payment, 9000)
    yield Later(minutes=10)
    stage.stripe.refund(payment, 2500)
    yield Outcome(
        "Of 90.00 captured 25.00 went back; the 30.00 released before are no refund.",
        (is_now(order, "partially_refunded", RowTruth(payment, 9000, refunded=2500), due=2500),),
    )


@scenario("captured in part, then cancelled")
def cancelled_after_part(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = _authorized(stage, order, 10000, multicapture=True)
    yield Later(minutes=15)
    stage.stripe.capture(payment, 4000, final=False)
    yield Later(minutes=15)
    stage.stripe.cancel(payment, "requested_by_customer")
    yield Outcome(
        "What was captured before the PaymentIntent was cancelled stays captured.",
        (is_now(order, "partially_paid", RowTruth(payment, 4000), due=6000),),
    )


@scenario("more captured than authorised")
def over_captured(stage: Stage) -> Script:
    order = stage.order(11500)
    payment = _authorized(stage, order, 10000)
    yield Later(minutes=25)
    stage.stripe.capture(payment, 11500)
    yield Outcome(
        "Captured is amount_received, also where it is more than was asked at first.",
        (is_now(order, "paid", RowTruth(payment, 11500), due=0),),
    )


@scenario("authorisation that ran out", begins=timedelta(days=8))
def ran_out(stage: Stage) -> Script:
    order = stage.order(18000)
    payment = _authorized(stage, order, 18000)
    yield Later(days=7)
    stage.stripe.expire_authorization(payment)
    yield Outcome(
        "An authorisation that ran out is not an authorisation; its charge keeps the row.",
        (is_now(order, "unpaid", RowTruth(payment, 0, status="canceled"), due=18000),),
    )


@scenario("authorisation past its time", begins=timedelta(days=8))
def past_its_time(stage: Stage) -> Script:
    order = stage.order(3350)
    payment = _authorized(stage, order, 3350)
    yield Outcome(
        "Stripe still says requires_capture, but nothing can be captured after seven days.",
        (is_now(order, "unpaid", RowTruth(payment, 0, status="canceled"), due=3350),),
    )


@scenario("authorisation given back")
def authorisation_cancelled(stage: Stage) -> Script:
    order = stage.order(5200)
    payment = _authorized(stage, order, 5200)
    yield Outcome(
        "Authorised money covers the total.",
        (
            is_now(
                order,
                "authorized",
                RowTruth(payment, 0, status="authorized", authorized=5200),
                due=5200,
            ),
        ),
    )
    stage.stripe.cancel(payment, "requested_by_customer")
    yield Outcome(
        "The hold was lifted: nothing is left of it but the row.",
        (is_now(order, "unpaid", RowTruth(payment, 0, status="canceled"), due=5200),),
    )


@scenario("authorised for less than the total")
def partly_authorized(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = _authorized(stage, order, 6000)
    yield Outcome(
        "60.00 of 100.00 is no authorised order but a flag.",
        (
            is_now(
                order,
                "unpaid",
                RowTruth(payment, 0, status="authorized", authorized=6000),
                due=10000,
            ),
        ),
        (ExceptionTruth("partly_authorized", order_id=order),),
    )
    second = _authorized(stage, order, 4000)
    yield Outcome(
        "Two authorisations cover the total together.",
        (
            is_now(
                order,
                "authorized",
                RowTruth(payment, 0, status="authorized", authorized=6000),
                RowTruth(second, 0, status="authorized", authorized=4000),
                due=10000,
            ),
        ),
    )


SCENARIOS = (
    manual_capture,
    captured_in_parts,
    rest_released,
    rest_released_then_refund,
    cancelled_after_part,
    over_captured,
    ran_out,
    past_its_time,
    authorisation_cancelled,
    partly_authorized,
)
