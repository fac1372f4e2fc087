"""Deliveries that go wrong on purpose, what is sent by hand, and the counts of both."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe
from click.testing import CliRunner
from monstock_stripe_sandbox.cli import main
from monstock_stripe_sandbox.delivery_settings import DeliverySettings
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from monstock_stripe_sandbox.testing_receiver import Received, WebhookReceiver, webhook_receiver


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


def names(calls: list[Received]) -> list[str]:
    events: list[Any] = [call.json for call in calls]
    return [event["data"]["object"]["name"] for event in events]


def customers(sandbox: RunningSandbox, count: int) -> None:
    for number in range(count):
        sandbox.stripe.customer(name=str(number))


def settle(sandbox: RunningSandbox, **settings: Any) -> requests.Response:
    url = f"{sandbox.stripe_url}/_sandbox/deliveries"
    return requests.put(url, json=settings, timeout=10)


def test_a_share_is_lost_and_never_sent_again(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    sandbox.stripe.webhook_endpoint(receiver.url)

    def all_done() -> bool:
        counts = sandbox.stripe_courier.to_json()
        return bool(counts["acknowledged"] + counts["lost"] == 40)

    def arrived() -> list[str]:
        receiver.received.clear()
        sandbox.stripe_courier.reset_counts()
        settle(sandbox, lost=0.5, seed=3)
        customers(sandbox, 40)
        receiver.wait_until(all_done)
        return sorted(names(receiver.received), key=int)

    first = arrived()
    assert 5 < len(first) < 35
    assert arrived() == first
    assert sandbox.stripe_courier.to_json()["lost"] == 40 - len(first)


def test_a_doubled_one_comes_twice_and_is_acknowledged_once(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    sandbox.stripe.webhook_endpoint(receiver.url)
    sandbox.stripe.webhook_endpoint("http://127.0.0.1:9/hook", ["customer.created"])
    settle(sandbox, doubled=1)
    customers(sandbox, 1)
    assert names(receiver.wait_for(2)) == ["0", "0"]
    receiver.wait_until(lambda: sandbox.stripe.all("event")[0]["pending_webhooks"] == 1)


def test_a_delayed_one_comes_late(sandbox: RunningSandbox, receiver: WebhookReceiver) -> None:
    sandbox.stripe.webhook_endpoint(receiver.url)
    settle(sandbox, delayed=1, delay=0.4)
    began = time.time()
    customers(sandbox, 1)
    (call,) = receiver.wait_for(1)
    assert call.at - began >= 0.35


def test_a_reordered_one_comes_after_the_next_or_after_the_delay(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    sandbox.stripe.webhook_endpoint(receiver.url)
    settle(sandbox, reordered=1, delay=0.5)
    sandbox.stripe.customer(name="0")
    receiver.wait_until(lambda: sandbox.stripe_courier.to_json()["reordered"] == 1)
    settle(sandbox, delay=0.5)
    sandbox.stripe.customer(name="1")
    assert names(receiver.wait_for(2)) == ["1", "0"]
    settle(sandbox, reordered=1, delay=0.2)
    sandbox.stripe.customer(name="2")
    assert names(receiver.wait_for(3)) == ["1", "0", "2"]


def test_what_a_receiver_must_refuse_is_sent_by_hand(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    endpoint = sandbox.stripe.webhook_endpoint(receiver.url)
    secret = sandbox.stripe.webhook_secret(endpoint)
    customers(sandbox, 1)
    receiver.wait_for(1)
    for kind in ("again", "forged", "unsigned", "stale", "oversized"):
        answer = requests.post(
            f"{sandbox.stripe_url}/_sandbox/deliveries/send", json={"kind": kind}, timeout=10
        ).json()
        assert answer == {"sent": [{"endpoint": endpoint, "url": receiver.url, "status": 200}]}
    first, again, forged, unsigned, stale, oversized = receiver.received
    verify = stripe.WebhookSignature.verify_header

    def signature(call: Received) -> str:
        return call.headers["stripe-signature"]

    assert verify(again.body, signature(again), secret, 300)
    assert again.json["id"] == first.json["id"]
    with pytest.raises(stripe.SignatureVerificationError, match="No signatures found matching"):
        verify(forged.body, signature(forged), secret, 300)
    assert "stripe-signature" not in unsigned.headers
    with pytest.raises(stripe.SignatureVerificationError, match="Timestamp outside"):
        verify(stale.body, signature(stale), secret, 300)
    assert verify(stale.body, signature(stale), secret, None)
    assert len(oversized.body) == 5_000_000
    assert verify(oversized.body, signature(oversized), secret, 300)
    assert oversized.json["id"] == first.json["id"]


def test_what_cannot_be_is_refused(sandbox: RunningSandbox) -> None:
    assert settle(sandbox, lost=2).status_code == 400
    assert settle(sandbox, colour="red").status_code == 400
    send = f"{sandbox.stripe_url}/_sandbox/deliveries/send"
    assert requests.post(send, json={"kind": "flood"}, timeout=10).status_code == 400
    nothing = requests.post(send, json={"kind": "again"}, timeout=10)
    assert nothing.status_code == 404
    assert "there is no event yet" in nothing.json()["error"]["message"]


def test_deliveries_are_counted_settled_and_cleared_from_the_command_line(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    env = {"SANDBOX_STRIPE_URL": sandbox.stripe_url, "SANDBOX_MONSTOCK_URL": sandbox.monstock_url}

    def call(*arguments: str) -> str:
        result = CliRunner().invoke(main, arguments, env=env)
        assert result.exit_code == 0, result.output
        return result.output

    sandbox.stripe.webhook_endpoint(receiver.url)
    assert '"lost": 0.25' in call("deliveries", "set", "--lost", "0.25", "--api", "stripe")
    assert sandbox.stripe_courier.settings == DeliverySettings(lost=0.25)
    assert "as they should" in call("deliveries", "clear")
    assert sandbox.stripe_courier.settings == DeliverySettings()
    customers(sandbox, 1)
    receiver.wait_for(1)
    assert call("deliveries", "send", "forged") == f"{receiver.url}: 200\n"
    assert '"acknowledged": 2' in call("deliveries", "show", "--api", "stripe", "--reset")
    assert sandbox.stripe_courier.to_json()["sent"] == 0
    assert call("webhook", receiver.url) == f"{receiver.url} is told\n"
    assert call("webhook", "--off") == "nobody is told\n"
