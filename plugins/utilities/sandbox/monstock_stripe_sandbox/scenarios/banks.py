"""Bank debits and transfers: money that takes days, comes in parts, or is sent back."""

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


def _debit(stage: Stage, order: str, amount: int) -> str:
    payment = stage.intent(order, amount, payment_method_types=("sepa_debit",))
    stage.stripe.process(payment)
    return payment


@scenario("SEPA debit that fails after days", begins=timedelta(days=5))
def sepa_fails(stage: Stage) -> Script:
    order = stage.order(22000)
    payment = _debit(stage, order, 22000)
    yield Outcome(
        "processing is neither paid nor failed, for days.",
        (is_now(order, "pending", RowTruth(payment, 0, status="pending"), due=22000),),
    )
    stage.stripe.fail_processing(payment)
    yield Outcome(
        "The bank refused, and nothing does better.",
        (is_now(order, "failed", RowTruth(payment, 0, status="failed"), due=22000),),
    )


@scenario("SEPA debit that failed", begins=timedelta(days=6))
def sepa_failed(stage: Stage) -> Script:
    order = stage.order(19500)
    payment = _debit(stage, order, 19500)
    yield Later(days=5)
    stage.stripe.fail_processing(payment)
    yield Outcome(
        "It processed for days and then failed, all before the first run.",
        (is_now(order, "failed", RowTruth(payment, 0, status="failed"), due=19500),),
    )


@scenario("SEPA debit that arrives", begins=timedelta(days=4))
def sepa_arrives(stage: Stage) -> Script:
    order = stage.order(17800)
    payment = _debit(stage, order, 17800)
    yield Outcome(
        "Still on its way.",
        (is_now(order, "pending", RowTruth(payment, 0, status="pending"), due=17800),),
    )
    stage.stripe.settle(payment)
    yield Outcome(
        "The money came.",
        (is_now(order, "paid", RowTruth(payment, 17800), due=0),),
    )


@scenario("SEPA debit returned later", begins=timedelta(days=12))
def sepa_returned(stage: Stage) -> Script:
    order = stage.order(26400)
    payment = _debit(stage, order, 26400)
    yield Later(days=5)
    stage.stripe.settle(payment)
    yield Outcome(
        "The money came.",
        (is_now(order, "paid", RowTruth(payment, 26400), due=0),),
    )
    dispute = stage.stripe.dispute(payment, reason="debit_not_authorized")
    stage.stripe.close_dispute(dispute, "lost")
    yield Outcome(
        "A debit that is returned comes as a dispute, and it is final.",
        (is_now(order, "refunded", RowTruth(payment, 26400, dispute_lost=26400), due=26400),),
    )


@scenario("bank transfer that came in part", begins=timedelta(days=3))
def partially_funded(stage: Stage) -> Script:
    order = stage.order(50000)
    payment = stage.intent(order, 50000, payment_method_types=("customer_balance",))
    yield Later(days=1)
    stage.stripe.partially_fund(payment, 20000)
    yield Outcome(
        "Funded in part is pending, also after a day: money is waiting there.",
        (is_now(order, "pending", RowTruth(payment, 0, status="pending"), due=50000),),
    )
    stage.stripe.partially_fund(payment, 30000)
    yield Outcome(
        "The rest arrived.",
        (is_now(order, "paid", RowTruth(payment, 50000), due=0),),
    )


@scenario("debit on its way, then a card as well", begins=timedelta(days=3))
def debit_and_card(stage: Stage) -> Script:
    order = stage.order(12600)
    debit = _debit(stage, order, 12600)
    yield Later(days=1)
    card = stage.paid(order, 12600)
    yield Outcome(
        "Paid by card; the debit is neither paid nor failed.",
        (
            is_now(
                order,
                "paid",
                RowTruth(debit, 0, status="pending"),
                RowTruth(card, 12600),
                due=0,
            ),
        ),
    )
    stage.stripe.settle(debit)
    yield Outcome(
        "The debit came as well: the customer paid twice.",
        (is_now(order, "overpaid", RowTruth(debit, 12600), RowTruth(card, 12600), due=-12600),),
    )


SCENARIOS = (
    sepa_fails,
    sepa_failed,
    sepa_arrives,
    sepa_returned,
    partially_funded,
    debit_and_card,
)
