"""Monstock's webhook: every change of an order or a customer is told, signed, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
from jsonschema import Draft202012Validator
from monstock_stripe_sandbox.delivery_settings import DeliverySettings
from monstock_stripe_sandbox.monstock_openapi import openapi_document
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from monstock_stripe_sandbox.testing_receiver import WebhookReceiver, webhook_receiver

AUTH = {"Authorization": "Bearer monstock-sandbox-token"}


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def sandbox(receiver: WebhookReceiver) -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        put(running, url=receiver.url, secret="s3")
        yield running


def put(sandbox: RunningSandbox, **endpoint: str) -> requests.Response:
    return requests.put(f"{sandbox.monstock_url}/_sandbox/webhook", json=endpoint, timeout=10)


def told(receiver: WebhookReceiver, count: int) -> list[tuple[Any, Any]]:
    return sorted((call.json["type"], call.json["id"]) for call in receiver.wait_for(count))


def test_a_change_is_told_as_the_api_shows_it_and_signed(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    (call,) = receiver.wait_for(1)
    shown = requests.get(
        f"{sandbox.monstock_base_url('monstock')}/orders/{order}", headers=AUTH, timeout=10
    ).json()["data"]
    assert call.json == {
        "type": "order.updated",
        "id": order,
        "updated_at": shown["updated_at"],
    }
    expected = hmac.new(b"s3", call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-monstock-signature"] == f"sha256={expected}"
    assert call.headers["content-type"] == "application/json"


def test_every_kind_of_change_is_told_whoever_makes_it(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    world = sandbox.monstock
    customer = world.customer("Ann")
    world.edit_customer(customer, phone="1")
    order = world.order(1000, "EUR", customer_id=customer)
    world.edit_order(order, status="shipped")
    payment = world.record_payment(order, 1000)
    world.edit_payment(order, payment, amount=900)
    world.delete_payment(order, payment)
    patched = requests.patch(
        f"{sandbox.monstock_base_url('monstock')}/orders/{order}",
        json={"payment_status": "paid"},
        headers=AUTH,
        timeout=10,
    )
    assert patched.status_code == 200
    world.delete_order(order)
    world.delete_customer(customer)
    assert told(receiver, 10) == [
        *[("customer.updated", customer)] * 3,
        *[("order.updated", order)] * 7,
    ]


def test_nobody_is_told_without_an_endpoint(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    requests.delete(f"{sandbox.monstock_url}/_sandbox/webhook", timeout=10)
    sandbox.monstock.order(1000, "EUR")
    assert sandbox.monstock_courier.to_json()["waiting"] == 0
    assert put(sandbox, colour="red").status_code == 400
    put(sandbox, url=receiver.url)
    order = sandbox.monstock.order(1000, "EUR")
    assert told(receiver, 1) == [("order.updated", order)]


def test_what_fails_is_told_again() -> None:
    failing = webhook_receiver(lambda _call, number: 200 if number else 503)
    with failing as receiver, running_sandbox() as sandbox:
        put(sandbox, url=receiver.url)
        sandbox.monstock_courier.settle(DeliverySettings(speed=10_000))
        sandbox.monstock.order(1000, "EUR")
        first, second = receiver.wait_for(2)
        assert first.body == second.body


def test_what_a_receiver_must_refuse_is_sent_by_hand(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    sandbox.monstock.order(1000, "EUR")
    receiver.wait_for(1)
    for kind in ("again", "forged", "unsigned", "stale", "oversized"):
        answer = requests.post(
            f"{sandbox.monstock_url}/_sandbox/deliveries/send",
            json={"kind": kind, "size": 100_000},
            timeout=10,
        )
        assert answer.json()["sent"][0]["status"] == 200
    first, again, forged, unsigned, stale, oversized = receiver.received
    assert (again.body, again.headers["x-monstock-signature"]) == (
        first.body,
        first.headers["x-monstock-signature"],
    )
    assert forged.body == first.body
    assert forged.headers["x-monstock-signature"] != first.headers["x-monstock-signature"]
    assert "x-monstock-signature" not in unsigned.headers
    assert str(stale.json["updated_at"]) < str(first.json["updated_at"])
    assert len(oversized.body) == 100_000


def test_the_endpoint_outlives_a_restart(tmp_path: Path, receiver: WebhookReceiver) -> None:
    state = tmp_path / "state.json"
    with running_sandbox(state_file=state) as sandbox:
        put(sandbox, url=receiver.url, secret="s3")
    with running_sandbox(state_file=state) as sandbox:
        shown = requests.get(f"{sandbox.monstock_url}/_sandbox/webhook", timeout=10).json()
    assert shown == {"url": receiver.url, "secret": "s3"}


def test_the_openapi_document_describes_what_is_told(
    sandbox: RunningSandbox, receiver: WebhookReceiver
) -> None:
    document = openapi_document()
    call = document["webhooks"]["changed"]["post"]
    schema = call["requestBody"]["content"]["application/json"]["schema"]
    sandbox.monstock.order(1000, "EUR")
    (received,) = receiver.wait_for(1)
    whole = {**document, **schema}
    Draft202012Validator(whole).validate(msgspec.json.decode(received.body))
