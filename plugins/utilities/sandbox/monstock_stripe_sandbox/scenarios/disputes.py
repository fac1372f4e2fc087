"""Disputes: opened, won, lost, prevented, inquiries, and beside refunds."""

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


@scenario("dispute opened, then won")
def opened_then_won(stage: Stage) -> Script:
    order = stage.order(10500)
    payment = stage.paid(order, 10500)
    yield Later(minutes=30)
    dispute = stage.stripe.dispute(payment)
    yield Outcome(
        "An open dispute holds the order, whatever else is true; nothing is lost yet.",
        (is_now(order, "disputed", RowTruth(payment, 10500, disputed=10500), due=0),),
    )
    stage.stripe.close_dispute(dispute, "won")
    yield Outcome(
        "A dispute that was won counts for nothing.",
        (is_now(order, "paid", RowTruth(payment, 10500), due=0),),
    )


@scenario("dispute opened in the evening")
def opened_in_the_evening(stage: Stage) -> Script:
    order = stage.order(13300)
    payment = stage.paid(order, 13300)
    yield Outcome("Paid.", (is_now(order, "paid", RowTruth(payment, 13300), due=0),))
    stage.stripe.dispute(payment)
    yield Outcome(
        "The bank took it back for now.",
        (is_now(order, "disputed", RowTruth(payment, 13300, disputed=13300), due=0),),
    )


@scenario("dispute under review")
def under_review(stage: Stage) -> Script:
    order = stage.order(9900)
    payment = stage.paid(order, 9900)
    yield Later(minutes=30)
    stage.stripe.dispute(payment, status="under_review")
    yield Outcome(
        "under_review is open as well.",
        (is_now(order, "disputed", RowTruth(payment, 9900, disputed=9900), due=0),),
    )


@scenario("dispute won")
def won(stage: Stage) -> Script:
    order = stage.order(7200)
    payment = stage.paid(order, 7200)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment)
    yield Later(minutes=10)
    stage.stripe.close_dispute(dispute, "won")
    yield Outcome(
        "Won before the first run: paid as if nothing had been.",
        (is_now(order, "paid", RowTruth(payment, 7200), due=0),),
    )


@scenario("dispute lost")
def lost(stage: Stage) -> Script:
    order = stage.order(8800)
    payment = stage.paid(order, 8800)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment)
    yield Later(minutes=10)
    stage.stripe.close_dispute(dispute, "lost")
    yield Outcome(
        "Money lost is money gone: captured, and nothing of it left.",
        (is_now(order, "refunded", RowTruth(payment, 8800, dispute_lost=8800), due=8800),),
    )


@scenario("dispute of a part, lost")
def part_lost(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 10000)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment, 4000)
    yield Outcome(
        "40.00 of it are disputed.",
        (is_now(order, "disputed", RowTruth(payment, 10000, disputed=4000), due=0),),
    )
    stage.stripe.close_dispute(dispute, "lost")
    yield Outcome(
        "40.00 went, 60.00 stayed.",
        (
            is_now(
                order, "partially_refunded", RowTruth(payment, 10000, dispute_lost=4000), due=4000
            ),
        ),
    )


@scenario("dispute lost on goods that have shipped")
def lost_after_shipping(stage: Stage) -> Script:
    order = stage.order(21000)
    payment = stage.paid(order, 21000)
    yield Later(minutes=10)
    stage.monstock.edit_order(order, status="shipped")
    yield Outcome(
        "Paid, then shipped.",
        (is_now(order, "paid", RowTruth(payment, 21000), due=0, state="shipped"),),
    )
    dispute = stage.stripe.dispute(payment)
    yield Later(minutes=1)
    stage.stripe.close_dispute(dispute, "lost")
    yield Outcome(
        "Goods and money are gone.",
        (
            is_now(
                order,
                "refunded",
                RowTruth(payment, 21000, dispute_lost=21000),
                due=21000,
                state="shipped",
            ),
        ),
        (ExceptionTruth("shipped_not_paid", order_id=order),),
    )


@scenario("dispute prevented")
def prevented(stage: Stage) -> Script:
    order = stage.order(3900)
    payment = stage.paid(order, 3900)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment)
    yield Later(minutes=10)
    stage.stripe.close_dispute(dispute, "prevented")
    yield Outcome(
        "A prevented dispute counts for nothing.",
        (is_now(order, "paid", RowTruth(payment, 3900), due=0),),
    )


@scenario("inquiry before a dispute")
def inquiry(stage: Stage) -> Script:
    order = stage.order(4700)
    payment = stage.paid(order, 4700)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment, status="warning_needs_response")
    yield Outcome(
        "A warning is a flag: no money moved.",
        (is_now(order, "paid", RowTruth(payment, 4700), due=0),),
        (ExceptionTruth("dispute_inquiry", payment),),
    )
    stage.stripe.close_dispute(dispute, "warning_closed")
    yield Outcome(
        "The inquiry was closed: nothing.",
        (is_now(order, "paid", RowTruth(payment, 4700), due=0),),
    )


@scenario("dispute won after a refund")
def won_after_refund(stage: Stage) -> Script:
    order = stage.order(6600)
    payment = stage.paid(order, 6600)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment)
    yield Later(minutes=10)
    stage.stripe.refund(payment)
    yield Later(minutes=10)
    stage.stripe.close_dispute(dispute, "won")
    yield Outcome(
        "The refund took all of it; winning brings nothing back.",
        (is_now(order, "refunded", RowTruth(payment, 6600, refunded=6600), due=6600),),
    )


@scenario("dispute of what was refunded already")
def after_whole_refund(stage: Stage) -> Script:
    order = stage.order(5250)
    payment = stage.paid(order, 5250)
    yield Later(minutes=10)
    stage.stripe.refund(payment)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment)
    yield Outcome(
        "Any open dispute holds the order, though captured less refunded leaves none of it.",
        (is_now(order, "disputed", RowTruth(payment, 5250, refunded=5250), due=5250),),
    )
    stage.stripe.close_dispute(dispute, "won")
    yield Outcome(
        "Won after the refund: it counts for nothing, and the refund stands.",
        (is_now(order, "refunded", RowTruth(payment, 5250, refunded=5250), due=5250),),
    )


@scenario("dispute beside a refund")
def beside_a_refund(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 10000)
    yield Later(minutes=10)
    stage.stripe.refund(payment, 3000)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment, 10000)
    yield Outcome(
        "Of a dispute of 100.00 at most captured less refunded counts: 70.00.",
        (
            is_now(
                order,
                "disputed",
                RowTruth(payment, 10000, refunded=3000, disputed=7000),
                due=3000,
            ),
        ),
    )
    stage.stripe.close_dispute(dispute, "lost")
    yield Outcome(
        "30.00 went back, 70.00 were lost.",
        (
            is_now(
                order,
                "refunded",
                RowTruth(payment, 10000, refunded=3000, dispute_lost=7000),
                due=10000,
            ),
        ),
    )


@scenario("dispute of more than was paid")
def exchange_rate(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 10000)
    yield Later(minutes=10)
    dispute = stage.stripe.dispute(payment, 10370)
    yield Outcome(
        "Exchange rates made it 103.70: at most what was captured counts.",
        (is_now(order, "disputed", RowTruth(payment, 10000, disputed=10000), due=0),),
    )
    stage.stripe.close_dispute(dispute, "lost")
    yield Outcome(
        "Lost: no more than was captured.",
        (is_now(order, "refunded", RowTruth(payment, 10000, dispute_lost=10000), due=10000),),
    )


@scenario("dispute opened on goods that have shipped")
def opened_after_shipping(stage: Stage) -> Script:
    order = stage.order(16200)
    payment = stage.paid(order, 16200)
    yield Later(minutes=10)
    stage.monstock.edit_order(order, status="shipped")
    yield Outcome(
        "Paid, then shipped.",
        (is_now(order, "paid", RowTruth(payment, 16200), due=0, state="shipped"),),
    )
    stage.stripe.dispute(payment)
    yield Outcome(
        "The paid status of a shipped order fell back.",
        (
            is_now(
                order,
                "disputed",
                RowTruth(payment, 16200, disputed=16200),
                due=0,
                state="shipped",
            ),
        ),
        (ExceptionTruth("shipped_not_paid", order_id=order),),
    )


SCENARIOS = (
    opened_then_won,
    opened_in_the_evening,
    under_review,
    won,
    lost,
    part_lost,
    lost_after_shipping,
    prevented,
    inquiry,
    won_after_refund,
    after_whole_refund,
    beside_a_refund,
    exchange_rate,
    opened_after_shipping,
)
