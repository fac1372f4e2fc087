"""Checkout Sessions and Payment Links: where their references stand, and sessions left alone."""

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


@scenario("checkout, order in the session's metadata")
def session_metadata(stage: Stage) -> Script:
    order = stage.order(5790)
    session = stage.stripe.checkout_session(5790, "eur", metadata={"monstock_order_id": order})
    yield Later(minutes=4)
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "The session's metadata ranks with the PaymentIntent's.",
        (is_now(order, "paid", RowTruth(payment, 5790), due=0),),
    )


@scenario("checkout, order in client_reference_id")
def client_reference(stage: Stage) -> Script:
    order = stage.order(6840)
    session = stage.stripe.checkout_session(6840, "eur", client_reference_id=order)
    yield Later(minutes=4)
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "client_reference_id is the second rank, and the only one present.",
        (is_now(order, "paid", RowTruth(payment, 6840), due=0),),
    )


@scenario("cheap cart for a dear order")
def cheap_cart(stage: Stage) -> Script:
    order = stage.order(199000)
    session = stage.stripe.checkout_session(500, "eur", client_reference_id=order)
    yield Later(minutes=4)
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "The buyer can choose a client_reference_id: linked, and flagged.",
        (is_now(order, "partially_paid", RowTruth(payment, 500), due=198500),),
        (ExceptionTruth("amount_mismatch", payment),),
    )


@scenario("payment link")
def payment_link(stage: Stage) -> Script:
    order = stage.order(12100)
    link = stage.stripe.payment_link({"monstock_order_id": order})
    yield Later(minutes=30)
    session = stage.stripe.checkout_session(12100, "eur", payment_link=link)
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "The metadata of the Payment Link names the order.",
        (is_now(order, "paid", RowTruth(payment, 12100), due=0),),
    )


@scenario("checkout that nobody completed", begins=timedelta(hours=7))
def left_open(stage: Stage) -> Script:
    order = stage.order(8990)
    stage.stripe.checkout_session(8990, "eur", metadata={"monstock_order_id": order})
    yield Outcome(
        "An open session has no PaymentIntent: nothing to count.",
        (is_now(order, "unpaid", due=8990),),
    )


@scenario("checkout that expired", begins=timedelta(hours=26))
def expired(stage: Stage) -> Script:
    order = stage.order(7490)
    session = stage.stripe.checkout_session(7490, "eur", metadata={"monstock_order_id": order})
    yield Later(days=1)
    stage.stripe.expire_checkout(session)
    yield Outcome(
        "An expired session is no payment.",
        (is_now(order, "unpaid", due=7490),),
    )
    again = stage.stripe.checkout_session(7490, "eur", metadata={"monstock_order_id": order})
    payment = stage.stripe.complete_checkout(again)
    yield Outcome(
        "The customer came back by a new session.",
        (is_now(order, "paid", RowTruth(payment, 7490), due=0),),
    )


@scenario("checkout by debit")
def by_debit(stage: Stage) -> Script:
    order = stage.order(15400)
    session = stage.stripe.checkout_session(15400, "eur", metadata={"monstock_order_id": order})
    yield Later(minutes=6)
    payment = stage.stripe.complete_checkout(session, method="sepa_debit", paid=False)
    yield Outcome(
        "The session is complete, the money is not there.",
        (is_now(order, "pending", RowTruth(payment, 0, status="pending"), due=15400),),
    )
    stage.stripe.settle(payment)
    yield Outcome(
        "The debit came through.",
        (is_now(order, "paid", RowTruth(payment, 15400), due=0),),
    )


SCENARIOS = (
    session_metadata,
    client_reference,
    cheap_cart,
    payment_link,
    left_open,
    expired,
    by_debit,
)
