"""The operations of Stripe's stand-in: what money they move and in what states they leave it."""

from __future__ import annotations

import pytest
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import (
    StripeWorld,
    StripeWorldError,
    UnknownObjectError,
)

NOW = 1_790_000_000


@pytest.fixture
def world() -> StripeWorld:
    return StripeWorld(7, Clock(lambda: float(NOW)))


def held(world: StripeWorld, amount: int = 1000) -> str:
    pi = world.payment_intent(amount, "eur", capture_method="manual")
    world.authorize(pi)
    return pi


def test_a_payment_nobody_tried_differs_from_a_declined_one(world: StripeWorld) -> None:
    untried, declined = world.payment_intent(1000, "eur"), world.payment_intent(1000, "eur")
    world.decline(declined, "insufficient_funds")
    first, second = world.read("payment_intent", untried), world.read("payment_intent", declined)
    assert first["status"] == second["status"] == "requires_payment_method"
    assert first["last_payment_error"] is None
    error = second["last_payment_error"]
    assert (error["code"], error["decline_code"]) == ("card_declined", "insufficient_funds")


def test_a_success_forgets_the_error_of_the_attempt_before(world: StripeWorld) -> None:
    pi = world.payment_intent(1000, "eur")
    world.decline(pi)
    charge = world.succeed(pi)
    paid = world.read("payment_intent", pi)
    assert (paid["status"], paid["last_payment_error"], paid["latest_charge"]) == (
        "succeeded",
        None,
        charge,
    )
    assert paid["amount_received"] == 1000


def test_a_final_capture_in_part_looks_like_a_refund_that_moved_no_money(
    world: StripeWorld,
) -> None:
    pi = held(world)
    world.capture(pi, 700)
    charge = world.read("charge", world.charge_of(pi))
    assert (charge["amount_captured"], charge["amount_refunded"]) == (700, 300)
    assert [(row["amount"], row["balance_transaction"]) for row in world.all("refund")] == [
        (300, None)
    ]
    assert world.read("payment_intent", pi)["amount_received"] == 700


def test_several_captures_add_up_and_cancelling_keeps_what_was_captured(
    world: StripeWorld,
) -> None:
    pi = held(world)
    world.capture(pi, 300, final=False)
    world.capture(pi, 200, final=False)
    half = world.read("payment_intent", pi)
    assert (half["status"], half["amount_received"], half["amount_capturable"]) == (
        "requires_capture",
        500,
        500,
    )
    world.cancel(pi, "abandoned")
    canceled = world.read("payment_intent", pi)
    assert (canceled["status"], canceled["amount_received"], canceled["amount_capturable"]) == (
        "canceled",
        500,
        0,
    )


def test_an_authorisation_names_when_it_runs_out(world: StripeWorld) -> None:
    pi = held(world)
    details = world.read("charge", world.charge_of(pi))["payment_method_details"]
    assert details["card"]["capture_before"] == NOW + 7 * 86400
    world.expire_authorization(pi)
    expired = world.read("payment_intent", pi)
    assert (expired["status"], expired["amount_capturable"]) == ("canceled", 0)
    assert world.all("refund")[0]["reason"] == "expired_uncaptured_charge"


def test_a_debit_makes_a_charge_of_its_own_kind(world: StripeWorld) -> None:
    pi = world.payment_intent(1000, "eur")
    charge = world.process(pi, "sepa_debit")
    assert charge.startswith("py_")
    pending = world.read("charge", charge)
    assert (pending["status"], pending["paid"], pending["captured"]) == ("pending", False, True)
    assert world.read("payment_intent", pi)["amount_received"] == 0
    world.settle(pi)
    booked = world.read("charge", charge)["balance_transaction"]
    assert world.read("balance_transaction", booked)["type"] == "payment"


def test_a_refund_that_fails_gives_back_what_it_took(world: StripeWorld) -> None:
    pi = world.payment_intent(1000, "eur")
    world.succeed(pi)
    refund = world.refund(pi)
    world.fail_refund(refund)
    row = world.read("refund", refund)
    assert (row["status"], row["failure_reason"]) == ("failed", "expired_or_canceled_card")
    assert world.read("charge", world.charge_of(pi))["amount_refunded"] == 0
    moved = [entry["amount"] for entry in world.all("balance_transaction")]
    assert moved == [1000, -1000, 1000]


def test_a_pending_refund_for_want_of_money_has_no_balance_transaction(world: StripeWorld) -> None:
    pi = world.payment_intent(1000, "eur")
    world.succeed(pi)
    refund = world.refund(pi, 400, "pending", pending_reason="insufficient_funds")
    assert world.read("refund", refund)["balance_transaction"] is None
    world.settle_refund(refund)
    settled = world.read("refund", refund)
    assert (settled["status"], settled["balance_transaction"] is None) == ("succeeded", False)


def test_a_dispute_takes_money_and_a_won_one_brings_it_back(world: StripeWorld) -> None:
    pi = world.payment_intent(10000, "eur")
    world.succeed(pi)
    dispute = world.dispute(pi)
    world.close_dispute(dispute, "won")
    moves = world.read("dispute", dispute)["balance_transactions"]
    assert [(entry["amount"], entry["fee"]) for entry in moves] == [(-10000, 2000), (10000, 0)]
    assert world.read("charge", world.charge_of(pi))["disputed"] is True


def test_an_inquiry_moves_no_money(world: StripeWorld) -> None:
    pi = world.payment_intent(10000, "eur")
    world.succeed(pi)
    dispute = world.dispute(pi, status="warning_needs_response")
    world.close_dispute(dispute, "warning_closed")
    assert world.read("dispute", dispute)["balance_transactions"] == []


@pytest.mark.parametrize(
    ("currency", "amount", "euro_cents", "rate"),
    [("usd", 1000, 920, 0.92), ("jpy", 1000, 610, 0.61), ("kwd", 10000, 2990, 0.299)],
)
def test_other_currencies_are_settled_in_euros(
    world: StripeWorld, currency: str, amount: int, euro_cents: int, rate: float
) -> None:
    world.succeed(world.payment_intent(amount, currency))
    booked = world.all("balance_transaction")[0]
    assert (booked["amount"], booked["currency"]) == (euro_cents, "eur")
    assert booked["exchange_rate"] == rate


def test_a_bank_transfer_in_part_says_what_is_missing(world: StripeWorld) -> None:
    pi = world.payment_intent(1000, "eur", payment_method_types=("customer_balance",))
    world.partially_fund(pi, 400)
    asked = world.read("payment_intent", pi)
    instructions = asked["next_action"]["display_bank_transfer_instructions"]
    assert (asked["status"], instructions["amount_remaining"]) == ("requires_action", 600)
    world.partially_fund(pi, 600)
    assert world.read("payment_intent", pi)["status"] == "succeeded"


def test_an_invoice_settled_by_credit_says_so_in_its_balances(world: StripeWorld) -> None:
    invoice = world.invoice(1000, "eur")
    assert world.pay_invoice_by_credit(invoice, 1500) == invoice
    paid = world.read("invoice", invoice)
    assert (paid["status"], paid["amount_due"], paid["amount_paid"]) == ("paid", 0, 0)
    assert (paid["starting_balance"], paid["ending_balance"]) == (-1500, -500)


def test_credit_that_does_not_cover_an_invoice_leaves_the_rest_to_a_card(
    world: StripeWorld,
) -> None:
    invoice = world.invoice(1000, "eur")
    pi = world.pay_invoice_by_credit(invoice, 300)
    assert world.read("payment_intent", pi)["amount_received"] == 700
    paid = world.read("invoice", invoice)
    assert (paid["status"], paid["amount_due"], paid["amount_paid"]) == ("paid", 700, 700)


def test_an_invoice_that_a_coupon_pays_is_paid_at_once(world: StripeWorld) -> None:
    paid = world.read("invoice", world.invoice(1000, "eur", discount=1000))
    assert (paid["status"], paid["total"], paid["amount_paid"]) == ("paid", 0, 0)


def test_a_payment_link_counts_its_completions_and_closes(world: StripeWorld) -> None:
    link = world.payment_link({"a": "1"}, completed_sessions_limit=1)
    world.complete_checkout(world.checkout_session(1000, "eur", payment_link=link))
    closed = world.read("payment_link", link)
    assert closed["active"] is False
    assert closed["restrictions"]["completed_sessions"] == {"count": 1, "limit": 1}


def test_what_stripe_would_refuse_is_refused(world: StripeWorld) -> None:
    pi = world.payment_intent(1000, "eur")
    with pytest.raises(StripeWorldError, match="requires_capture"):
        world.capture(pi)
    world.succeed(pi)
    with pytest.raises(StripeWorldError, match="is succeeded"):
        world.succeed(pi)
    with pytest.raises(StripeWorldError, match="1000 is left"):
        world.refund(pi, 1001)
    with pytest.raises(UnknownObjectError, match="No such payment_intent: 'pi_1'"):
        world.succeed("pi_1")


def test_a_finalized_invoice_has_a_payment_intent_that_nobody_tried(world: StripeWorld) -> None:
    invoice = world.invoice(1000, "eur")
    intent, payment = world.all("payment_intent")[0], world.all("invoice_payment")[0]
    assert (intent["status"], intent["latest_charge"]) == ("requires_payment_method", None)
    assert (payment["status"], payment["payment"]["payment_intent"]) == ("open", intent["id"])
    assert world.pay_invoice(invoice) == intent["id"]
    assert world.all("invoice_payment")[0]["status"] == "paid"


@pytest.mark.parametrize(
    "way", ["pay_invoice_out_of_band", "pay_invoice_by_credit", "void_invoice"]
)
def test_what_needs_no_payment_cancels_the_invoices_payment_intent(
    world: StripeWorld, way: str
) -> None:
    getattr(world, way)(world.invoice(1000, "eur"))
    assert world.all("payment_intent")[0]["status"] == "canceled"
    assert world.all("invoice_payment")[0]["status"] == "canceled"
