"""Rows of staff's: other money, copies of Stripe payments, and rows of ours changed by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from monstock_stripe_sandbox.scenarios.stage import (
    Later,
    Outcome,
    Script,
    Stage,
    is_now,
    scenario,
)
from monstock_stripe_sandbox.truth import ExceptionTruth, HandMadeTruth, RowTruth


def _moment(stage: Stage, *, days_ago: int = 0) -> datetime:
    return datetime.fromtimestamp(stage.clock.now(), UTC) - timedelta(days=days_ago)


def _our_row(stage: Stage, order: str, reference: str) -> str | None:
    """The id of the row that the connector wrote, if it has run: else nothing can be changed."""
    shown = stage.monstock.get(order)
    rows = shown.payments if shown is not None and shown.payments else ()
    return next(
        (
            row.id
            for row in rows
            if row.method == "stripe" and row.transaction_reference == reference
        ),
        None,
    )


@scenario("paid in cash")
def cash(stage: Stage) -> Script:
    order = stage.order(4200)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 4200)
    yield Outcome(
        "Cash that staff recorded counts like any other money, and is never touched.",
        (is_now(order, "paid", due=0, hand_made=[HandMadeTruth(row, 4200)]),),
    )


@scenario("part in cash, part by card")
def cash_and_card(stage: Stage) -> Script:
    order = stage.order(10000)
    row = stage.monstock.record_payment(order, 4000)
    yield Later(minutes=20)
    payment = stage.paid(order, 6000)
    yield Outcome(
        "40.00 in cash and 60.00 by card make the total.",
        (
            is_now(
                order,
                "paid",
                RowTruth(payment, 6000),
                due=0,
                hand_made=[HandMadeTruth(row, 4000)],
            ),
        ),
    )


@scenario("cash recorded in the evening")
def cash_in_the_evening(stage: Stage) -> Script:
    order = stage.order(9000)
    payment = stage.paid(order, 5000)
    yield Outcome(
        "40.00 are missing.",
        (is_now(order, "partially_paid", RowTruth(payment, 5000), due=4000),),
    )
    row = stage.monstock.record_payment(order, 4000)
    yield Outcome(
        "Staff took the rest in cash; nothing happened at Stripe.",
        (
            is_now(
                order,
                "paid",
                RowTruth(payment, 5000),
                due=0,
                hand_made=[HandMadeTruth(row, 4000)],
            ),
        ),
    )


@scenario("cash given back by hand")
def cash_back(stage: Stage) -> Script:
    order = stage.order(10000)
    payment = stage.paid(order, 10000)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, -2000)
    yield Outcome(
        "A negative row of staff's is money that went back.",
        (
            is_now(
                order,
                "partially_refunded",
                RowTruth(payment, 10000),
                due=2000,
                hand_made=[HandMadeTruth(row, -2000)],
            ),
        ),
    )


@scenario("copied by hand with its id")
def copied_with_id(stage: Stage) -> Script:
    order = stage.order(7300)
    payment = stage.paid(order, 7300)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 7300, "card", payment)
    yield Outcome(
        "The hand-made row carries the PaymentIntent's id: it is that payment, and is adopted.",
        (is_now(order, "paid", RowTruth(payment, 7300, row_id=row), due=0),),
    )


@scenario("copied by hand with the charge's id")
def copied_with_charge_id(stage: Stage) -> Script:
    order = stage.order(8400)
    payment = stage.intent(order, 8400)
    charge = stage.stripe.succeed(payment)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 8400, "bank_card", charge)
    yield Outcome(
        "The Charge's id names the same payment.",
        (is_now(order, "paid", RowTruth(payment, 8400, row_id=row), due=0),),
    )
    stage.stripe.refund(payment, 1400)
    yield Outcome(
        "The adopted row follows the payment from now on.",
        (
            is_now(
                order,
                "partially_refunded",
                RowTruth(payment, 8400, refunded=1400, row_id=row),
                due=1400,
            ),
        ),
    )


@scenario("copied by hand, out of date")
def copied_out_of_date(stage: Stage) -> Script:
    order = stage.order(6100)
    payment = stage.paid(order, 6100)
    yield Later(minutes=5)
    row = stage.monstock.record_payment(order, 6100, "card", payment)
    yield Later(minutes=30)
    stage.stripe.refund(payment, 2100)
    yield Outcome(
        "The copy knew nothing of the refund: adopted, it tells the truth.",
        (
            is_now(
                order,
                "partially_refunded",
                RowTruth(payment, 6100, refunded=2100, row_id=row),
                due=2100,
            ),
        ),
    )


@scenario("perhaps copied by hand")
def possible_duplicate(stage: Stage) -> Script:
    order = stage.order(5900)
    payment = stage.paid(order, 5900)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 5900, "card", "Terminal 3")
    yield Outcome(
        "Same amount, near date, a card, no id: counts once until a person says.",
        (is_now(order, "paid", due=0, hand_made=[HandMadeTruth(row, 5900, "card", "Terminal 3")]),),
        (ExceptionTruth("possible_duplicate", payment),),
    )
    stage.stripe.refund(payment, 900)
    yield Outcome(
        "What Stripe says of it counts, and the clerk's row is still not ours to touch.",
        (
            is_now(
                order,
                "partially_refunded",
                due=900,
                hand_made=[HandMadeTruth(row, 5900, "card", "Terminal 3")],
            ),
        ),
        (ExceptionTruth("possible_duplicate", payment),),
    )


@scenario("copy deleted by staff")
def possible_duplicate_deleted(stage: Stage) -> Script:
    order = stage.order(3150)
    payment = stage.paid(order, 3150)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 3150, "card")
    yield Outcome(
        "Same amount, near date, a card: counts once until a person says.",
        (is_now(order, "paid", due=0, hand_made=[HandMadeTruth(row, 3150, "card")]),),
        (ExceptionTruth("possible_duplicate", payment),),
    )
    stage.monstock.delete_payment(order, row)
    yield Outcome(
        "Staff removed their copy: our row takes its place.",
        (is_now(order, "paid", RowTruth(payment, 3150), due=0),),
    )


@scenario("card row of an earlier week")
def card_row_long_ago(stage: Stage) -> Script:
    order = stage.order(4600)
    row = stage.monstock.record_payment(
        order, 4600, "card", "Terminal 1", _moment(stage, days_ago=10)
    )
    yield Later(minutes=20)
    payment = stage.paid(order, 4600)
    yield Outcome(
        "Ten days apart is no near date: the customer paid twice.",
        (
            is_now(
                order,
                "overpaid",
                RowTruth(payment, 4600),
                due=-4600,
                hand_made=[HandMadeTruth(row, 4600, "card", "Terminal 1")],
            ),
        ),
    )


@scenario("one copy, two payments")
def one_copy_two_payments(stage: Stage) -> Script:
    order = stage.order(6000)
    first = stage.paid(order, 3000)
    yield Later(minutes=10)
    row = stage.monstock.record_payment(order, 3000, "card", first)
    yield Later(minutes=10)
    second = stage.paid(order, 3000)
    yield Outcome(
        "The copy carries the first one's id, so the second gets a row of its own.",
        (
            is_now(
                order,
                "paid",
                RowTruth(first, 3000, row_id=row),
                RowTruth(second, 3000),
                due=0,
            ),
        ),
    )


@scenario("our row edited by hand")
def our_row_edited(stage: Stage) -> Script:
    order = stage.order(5350)
    payment = stage.paid(order, 5350)
    yield Outcome(
        "Paid.",
        (is_now(order, "paid", RowTruth(payment, 5350), due=0),),
    )
    row = _our_row(stage, order, payment)
    if row is not None:
        stage.monstock.edit_payment(order, row, amount=5000)
    yield Outcome(
        "The truth is restored once, and the change is reported.",
        (is_now(order, "paid", RowTruth(payment, 5350), due=0),),
        (ExceptionTruth("changed_by_hand", payment),) if row else (),
    )


@scenario("our row deleted by hand")
def our_row_deleted(stage: Stage) -> Script:
    order = stage.order(2480)
    payment = stage.paid(order, 2480)
    yield Outcome(
        "Paid.",
        (is_now(order, "paid", RowTruth(payment, 2480), due=0),),
    )
    row = _our_row(stage, order, payment)
    if row is not None:
        stage.monstock.delete_payment(order, row)
    yield Outcome(
        "The truth is restored once, and the change is reported.",
        (is_now(order, "paid", RowTruth(payment, 2480), due=0),),
        (ExceptionTruth("changed_by_hand", payment),) if row else (),
    )


@scenario("copied by hand under our own method")
def copied_as_ours(stage: Stage) -> Script:
    order = stage.order(7050)
    payment = stage.paid(order, 7050)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 7005, "stripe", payment)
    yield Outcome(
        "The clerk mistyped the amount: the row is that payment, and is put right.",
        (is_now(order, "paid", RowTruth(payment, 7050, row_id=row), due=0),),
    )


@scenario("copied by hand under our own method, with the charge's id")
def copied_as_ours_with_charge_id(stage: Stage) -> Script:
    order = stage.order(3850)
    payment = stage.intent(order, 3850)
    charge = stage.stripe.succeed(payment)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 3850, "stripe", charge)
    yield Outcome(
        "The Charge's id names the same payment, whatever the method.",
        (is_now(order, "paid", RowTruth(payment, 3850, row_id=row), due=0),),
    )


@scenario("perhaps copied by hand under our own method")
def possible_duplicate_as_ours(stage: Stage) -> Script:
    order = stage.order(2650)
    payment = stage.paid(order, 2650)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 2650, "stripe")
    yield Outcome(
        "Without an id it is no more than a possible duplicate: counts once.",
        (is_now(order, "paid", due=0, hand_made=[HandMadeTruth(row, 2650, "stripe")]),),
        (ExceptionTruth("possible_duplicate", payment),),
    )


@scenario("payment status changed by hand")
def status_edited(stage: Stage) -> Script:
    order = stage.order(3250)
    payment = stage.paid(order, 3250)
    yield Outcome(
        "Paid.",
        (is_now(order, "paid", RowTruth(payment, 3250), due=0),),
    )
    written = _our_row(stage, order, payment)
    stage.monstock.edit_order(order, payment_status="unpaid")
    yield Outcome(
        "The status is ours: restored once, and the change is reported.",
        (is_now(order, "paid", RowTruth(payment, 3250), due=0),),
        (ExceptionTruth("changed_by_hand", order_id=order),) if written else (),
    )


@scenario("copied by hand, and the payment names no order")
def copied_unlinked(stage: Stage) -> Script:
    order = stage.order(5650)
    payment = stage.stripe.payment_intent(5650, "eur")
    stage.stripe.succeed(payment)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(order, 5650, "card", payment)
    yield Outcome(
        "No rule links the payment, so the row counts as staff recorded it, once.",
        (is_now(order, "paid", due=0, hand_made=[HandMadeTruth(row, 5650, "card", payment)]),),
        (ExceptionTruth("unlinked", payment),),
    )


@scenario("copied by hand onto the wrong order")
def copied_onto_wrong_order(stage: Stage) -> Script:
    right = stage.order(4750)
    wrong = stage.order(4750)
    payment = stage.paid(right, 4750)
    yield Later(minutes=20)
    row = stage.monstock.record_payment(wrong, 4750, "card", payment)
    yield Outcome(
        "The payment is its own order's and counts once; the clerk's row is left for a person.",
        (
            is_now(right, "paid", RowTruth(payment, 4750), due=0),
            is_now(
                wrong,
                "unpaid",
                due=4750,
                hand_made=[HandMadeTruth(row, 4750, "card", payment)],
            ),
        ),
        (ExceptionTruth("possible_duplicate", payment, wrong),),
    )


SCENARIOS = (
    cash,
    cash_and_card,
    cash_in_the_evening,
    cash_back,
    copied_with_id,
    copied_with_charge_id,
    copied_out_of_date,
    possible_duplicate,
    possible_duplicate_deleted,
    card_row_long_ago,
    one_copy_two_payments,
    our_row_edited,
    our_row_deleted,
    copied_as_ours,
    copied_as_ours_with_charge_id,
    possible_duplicate_as_ours,
    status_edited,
    copied_unlinked,
    copied_onto_wrong_order,
)
