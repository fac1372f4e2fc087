"""Stripe's event log: what makes an event, what makes none, and how it is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import SECRET_KEY, StripeWorld
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000
DAY = 86400


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: float(NOW))) as running:
        yield running


def client_of(sandbox: RunningSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(SECRET_KEY, base_addresses={"api": sandbox.stripe_url})


def world_of_now() -> StripeWorld:
    return StripeWorld(7, Clock(lambda: float(NOW)))


def told(world: StripeWorld, act: Callable[[], object]) -> list[str]:
    """The types of the events that an act makes, in their order."""
    before = len(world.all("event"))
    act()
    return [event["type"] for event in world.all("event")[before:]]


def test_a_card_payment_tells_its_success_and_later_its_balance_transaction() -> None:
    world = world_of_now()
    pi = world.payment_intent(1000, "eur")
    charge = []
    assert told(world, lambda: charge.append(world.succeed(pi, fee_later=True))) == [
        "charge.succeeded",
        "payment_intent.succeeded",
    ]
    assert world.read("charge", charge[0])["balance_transaction"] is None
    assert told(world, lambda: world.book(charge[0], fee=55)) == ["charge.updated"]
    event = world.all("event")[-1]
    assert event["data"]["previous_attributes"] == {"balance_transaction": None}
    booked = world.read("balance_transaction", event["data"]["object"]["balance_transaction"])
    assert (booked["amount"], booked["fee"], booked["net"]) == (1000, 55, 945)


def test_an_edited_payment_intent_tells_nothing_and_its_charge_keeps_the_old_copy() -> None:
    world = world_of_now()
    pi = world.payment_intent(1000, "eur", metadata={"monstock_order_id": "ord_1"})
    charge = world.succeed(pi)
    assert (
        told(
            world,
            lambda: world.edit_payment_intent(
                pi, metadata={"monstock_order_id": "ord_2"}, order_reference="X"
            ),
        )
        == []
    )
    assert world.read("payment_intent", pi)["metadata"] == {"monstock_order_id": "ord_2"}
    assert world.read("payment_intent", pi)["payment_details"]["order_reference"] == "X"
    assert world.read("charge", charge)["metadata"] == {"monstock_order_id": "ord_1"}
    assert told(world, lambda: world.edit_charge(charge, metadata={"a": "b"})) == ["charge.updated"]


def test_every_turn_of_a_payment_tells_what_stripe_tells() -> None:
    world = world_of_now()
    debit = world.payment_intent(1000, "eur")
    assert told(world, lambda: world.process(debit)) == [
        "charge.pending",
        "payment_intent.processing",
    ]
    assert told(world, lambda: world.fail_processing(debit)) == [
        "charge.failed",
        "payment_intent.payment_failed",
    ]
    held = world.payment_intent(1000, "eur", capture_method="manual")
    assert told(world, lambda: world.authorize(held)) == [
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]
    assert told(world, lambda: world.expire_authorization(held)) == [
        "charge.expired",
        "payment_intent.canceled",
    ]
    transfer = world.payment_intent(1000, "eur")
    assert told(world, lambda: world.partially_fund(transfer, 400)) == [
        "payment_intent.partially_funded"
    ]
    session = world.checkout_session(1000, "eur")
    opened = told(world, lambda: world.complete_checkout(session, paid=False))
    assert opened[-1] == "checkout.session.completed"
    pi = world.read("checkout.session", session)["payment_intent"]
    settled = told(world, lambda: world.settle(pi))
    assert settled[-1] == "checkout.session.async_payment_succeeded"


def test_refunds_and_disputes_tell_each_step() -> None:
    world = world_of_now()
    pi = world.payment_intent(1000, "eur")
    world.succeed(pi)
    assert told(world, lambda: world.refund(pi, 300)) == ["refund.created", "charge.refunded"]
    refund = world.all("refund")[0]["id"]
    assert told(world, lambda: world.fail_refund(refund)) == [
        "charge.refund.updated",
        "refund.updated",
        "refund.failed",
    ]
    assert told(world, lambda: world.dispute(pi)) == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]
    dispute = world.all("dispute")[0]["id"]
    assert told(world, lambda: world.update_dispute(dispute, "under_review")) == [
        "charge.dispute.updated"
    ]
    assert told(world, lambda: world.close_dispute(dispute, "won")) == [
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]
    assert told(world, lambda: world.dispute(pi, status="warning_needs_response")) == [
        "charge.dispute.created"
    ]


def test_the_payload_is_what_the_object_was_at_that_moment(sandbox: RunningSandbox) -> None:
    world = sandbox.stripe
    pi = world.payment_intent(1000, "eur")
    world.succeed(pi)
    world.refund(pi)
    events = client_of(sandbox).v1.events.list({"types": ["charge.succeeded", "charge.refunded"]})
    refunded, succeeded = events.data
    assert succeeded.data.object["amount_refunded"] == 0
    assert refunded.data.object["amount_refunded"] == 1000
    assert refunded.data.previous_attributes is not None
    assert refunded.data.previous_attributes.to_dict() == {"amount_refunded": 0, "refunded": False}
    assert refunded.api_version == "2026-10-28.endive"


def test_types_narrow_the_log_and_take_twenty_at_most(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    world.succeed(world.payment_intent(1000, "eur"))
    world.customer("a@example.com")
    listed = client.v1.events.list({"types": ["customer.created", "charge.succeeded"]})
    assert [event.type for event in listed.data] == ["customer.created", "charge.succeeded"]
    listed = client.v1.events.list({"type": "charge.*"})
    assert {event.type for event in listed.data} == {"charge.succeeded", "charge.updated"}
    assert client.v1.events.list({"delivery_success": True}).data != []
    assert client.v1.events.list({"delivery_success": False}).data == []
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.list({"types": [f"charge.{index}" for index in range(21)]})
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.events.list({"type": "charge.failed", "types": ["charge.failed"]})


def test_events_of_more_than_30_days_are_gone_and_so_is_their_cursor(
    sandbox: RunningSandbox,
) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    with world.clock.at(NOW - 31 * DAY):
        old = world.payment_intent(1000, "eur")
    aged = world.all("event")[0]["id"]
    with world.clock.at(NOW - 29 * DAY):
        world.succeed(old)
    assert "payment_intent.created" not in {event.type for event in client.v1.events.list().data}
    assert len(client.v1.events.list().data) == 3
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.events.list({"starting_after": aged})
    assert (refused.value.http_status, refused.value.code) == (400, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.events.list({"ending_before": aged})
    assert refused.value.param == "ending_before"
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.events.retrieve(aged)
    assert refused.value.http_status == 404
    assert [pi.id for pi in client.v1.payment_intents.list().data] == [old]


def test_event_ids_are_not_ordered_by_time() -> None:
    world = world_of_now()
    for _ in range(10):
        world.payment_intent(1000, "eur")
    ids = [event["id"] for event in world.all("event")]
    assert ids != sorted(ids)


def test_the_same_seed_makes_the_same_world() -> None:
    first, second = world_of_now(), world_of_now()
    for world in (first, second):
        pi = world.payment_intent(1000, "eur")
        world.succeed(pi)
        world.refund(pi, 100)
    assert first.all("event") == second.all("event")
    other = StripeWorld(8, Clock(lambda: float(NOW)))
    assert other.payment_intent(1000, "eur") != first.all("payment_intent")[0]["id"]
