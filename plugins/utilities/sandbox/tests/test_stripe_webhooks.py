"""Stripe's webhooks: what is sent, how it is signed, and what is sent again."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
import requests
import stripe
from monstock_stripe_sandbox.delivery_settings import DeliverySettings
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from monstock_stripe_sandbox.testing_receiver import Received, WebhookReceiver, webhook_receiver

FAST = DeliverySettings(speed=30_000)
"""The first retry comes after 10 ms, the second after 60 ms, the third after 240 ms."""


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.stripe_courier.settle(FAST)
        yield running


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


def pending(sandbox: RunningSandbox) -> list[int]:
    return [event["pending_webhooks"] for event in sandbox.stripe.all("event")]


def events(sandbox: RunningSandbox, **asked: str) -> list[str]:
    answer = requests.get(
        f"{sandbox.stripe_url}/v1/events", params=asked, auth=(SECRET_KEY, ""), timeout=10
    )
    return [event["type"] for event in answer.json()["data"]]


def test_an_event_is_sent_as_it_is_answered_and_the_stripe_package_accepts_its_signature(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    endpoint = sandbox.stripe.webhook_endpoint(receiver.url)
    customer = sandbox.stripe.customer("a@example.com")
    (call,) = receiver.wait_for(1)
    secret = sandbox.stripe.webhook_secret(endpoint)
    event = stripe.Webhook.construct_event(call.body, call.headers["stripe-signature"], secret)
    assert (event.type, event.data.object["id"]) == ("customer.created", customer)
    assert call.headers["content-type"] == "application/json; charset=utf-8"
    assert call.headers["user-agent"].startswith("Stripe/1.0")
    assert re.fullmatch(r"t=\d+,v1=[0-9a-f]{64},v0=[0-9a-f]{64}", call.headers["stripe-signature"])
    assert call.json["pending_webhooks"] == 1
    receiver.wait_until(lambda: pending(sandbox) == [0])
    answered = requests.get(
        f"{sandbox.stripe_url}/v1/events/{event.id}", auth=(SECRET_KEY, ""), timeout=10
    ).json()
    assert answered == call.json | {"pending_webhooks": 0}
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(call.body, call.headers["stripe-signature"], "whsec_other")


def test_an_endpoint_gets_the_types_that_it_wants_and_none_while_it_is_disabled(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    world = sandbox.stripe
    endpoint = world.webhook_endpoint(receiver.url, ["charge.succeeded", "charge.refunded"])
    pi = world.payment_intent(1000, "eur")
    world.succeed(pi)
    receiver.wait_for(1)
    world.change("webhook_endpoint", endpoint, status="disabled")
    world.refund(pi)
    world.change("webhook_endpoint", endpoint, status="enabled")
    world.succeed(world.payment_intent(1000, "eur"))
    types = [call.json["type"] for call in receiver.wait_for(2)]
    assert types == ["charge.succeeded", "charge.succeeded"]


def test_a_star_leaves_out_what_must_be_named(sandbox: RunningSandbox) -> None:
    world = sandbox.stripe
    world.webhook_endpoint("http://127.0.0.1:9/hook")
    assert len(world.endpoints_wanting("charge.succeeded")) == 1
    assert world.endpoints_wanting("reporting.report_type.updated") == ()


def test_what_fails_is_tried_again_with_a_fresh_signature_until_it_is_acknowledged(
    sandbox: RunningSandbox,
) -> None:
    def answer(_call: Received, number: int) -> int:
        return (500, 302, 200)[number]

    with webhook_receiver(answer) as receiver:
        endpoint = sandbox.stripe.webhook_endpoint(receiver.url)
        sandbox.stripe.customer("a@example.com")
        calls = receiver.wait_for(3)
        receiver.wait_until(lambda: pending(sandbox) == [0])
    gaps = [later.at - earlier.at for earlier, later in pairwise(calls)]
    assert gaps[1] > gaps[0]
    assert {call.body for call in calls} == {calls[0].body}
    counts = sandbox.stripe_courier.counts[endpoint]
    assert (counts.sent, counts.failed, counts.retried, counts.acknowledged) == (3, 2, 2, 1)


def test_in_test_mode_stripe_gives_up_after_three_retries(sandbox: RunningSandbox) -> None:
    with webhook_receiver(lambda _call, _number: 500) as receiver:
        sandbox.stripe.webhook_endpoint(receiver.url)
        sandbox.stripe.customer("a@example.com")
        receiver.wait_until(lambda: sandbox.stripe_courier.to_json()["given_up"] == 1)
        assert len(receiver.received) == 4
    assert pending(sandbox) == [1]


def test_pending_webhooks_counts_the_endpoints_that_have_not_acknowledged(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    with webhook_receiver(lambda _call, _number: 500) as broken:
        sandbox.stripe.customer("before@example.com")
        sandbox.stripe.webhook_endpoint(receiver.url)
        sandbox.stripe.webhook_endpoint(broken.url, ["customer.created"])
        sandbox.stripe.customer("a@example.com")
        sandbox.stripe.create("product")
        assert {call.json["type"] for call in receiver.wait_for(2)} == {
            "customer.created",
            "product.created",
        }
        receiver.wait_until(lambda: pending(sandbox) == [0, 1, 0])
    assert events(sandbox, delivery_success="false") == ["customer.created"]
    assert events(sandbox, delivery_success="true") == ["product.created", "customer.created"]
    assert len(events(sandbox)) == 3


def test_a_retry_is_not_made_to_an_endpoint_that_was_deleted_since(
    sandbox: RunningSandbox,
) -> None:
    sandbox.stripe_courier.settle(DeliverySettings(speed=1000))  # a retry after 300 ms
    with webhook_receiver(lambda _call, _number: 500) as receiver:
        endpoint = sandbox.stripe.webhook_endpoint(receiver.url)
        sandbox.stripe.customer("a@example.com")
        receiver.wait_for(1)
        sandbox.stripe.delete("webhook_endpoint", endpoint)
        receiver.wait_until(lambda: sandbox.stripe_courier.to_json()["waiting"] == 0)
        assert len(receiver.received) == 1


def test_an_answer_that_does_not_come_in_time_is_a_failure(sandbox: RunningSandbox) -> None:
    sandbox.stripe_courier.settle(DeliverySettings(timeout=0.1, speed=30_000))

    def answer(_call: Received, number: int) -> int:
        if number == 0:
            time.sleep(0.4)
        return 200

    with webhook_receiver(answer) as receiver:
        endpoint = sandbox.stripe.webhook_endpoint(receiver.url)
        sandbox.stripe.customer("a@example.com")
        receiver.wait_until(lambda: pending(sandbox) == [0])
    assert sandbox.stripe_courier.counts[endpoint].failed == 1


def test_the_api_does_not_wait_for_a_slow_endpoint(sandbox: RunningSandbox) -> None:
    def answer(_call: Received, _number: int) -> int:
        time.sleep(3)
        return 200

    with webhook_receiver(answer) as receiver:
        sandbox.stripe.webhook_endpoint(receiver.url)
        began = time.monotonic()
        for _ in range(5):
            answered = requests.post(
                f"{sandbox.stripe_url}/v1/customers", auth=(SECRET_KEY, ""), timeout=10
            )
            assert answered.status_code == 200
        receiver.wait_for(5, seconds=2.5)  # all at a time
        assert time.monotonic() - began < 2.5


def test_an_event_is_sent_at_once_though_no_list_shows_it_yet(receiver: WebhookReceiver) -> None:
    with running_sandbox(visibility_delay=60) as sandbox:
        sandbox.stripe.webhook_endpoint(receiver.url)
        sandbox.stripe.customer("a@example.com")
        receiver.wait_for(1)
        assert events(sandbox) == []


def test_events_of_connected_accounts_go_to_connect_endpoints_and_say_their_account(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    world = sandbox.stripe
    account, theirs = world.connected_account()
    connect = world.webhook_endpoint(receiver.url, connect=True)
    world.customer("a@example.com")
    theirs.customer("b@example.com")
    (call,) = receiver.wait_for(1)
    event = stripe.Webhook.construct_event(
        call.body, call.headers["stripe-signature"], world.webhook_secret(connect)
    )
    assert (event.account, event.data.object["email"]) == (account, "b@example.com")


def test_nothing_is_sent_without_an_endpoint_and_what_waits_ends_with_the_server() -> None:
    with running_sandbox() as sandbox:
        sandbox.stripe.customer("a@example.com")
        assert sandbox.stripe_courier.to_json()["waiting"] == 0
        sandbox.stripe.webhook_endpoint("http://127.0.0.1:9/hook")
        sandbox.stripe.customer("b@example.com")
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert pending(sandbox) == [0, 1]
