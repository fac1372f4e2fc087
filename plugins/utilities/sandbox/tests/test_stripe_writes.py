"""Writing to Stripe's stand-in: what is merged, what is told, and what is safe to repeat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: float(NOW))) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        SECRET_KEY, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


def plain(value: Any) -> Any:
    return value.to_dict()


def test_metadata_is_merged_and_an_empty_value_takes_its_key_away(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    pi = sandbox.stripe.payment_intent(1000, "eur", metadata={"a": "1", "b": "2"})
    update = client.v1.payment_intents.update
    assert plain(update(pi, {"metadata": {"b": "", "c": "3"}}).metadata) == {"a": "1", "c": "3"}
    assert plain(update(pi, {"metadata": ""}).metadata) == {}


def test_an_update_of_a_payment_intent_makes_no_event_and_one_of_its_charge_does(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    pi = sandbox.stripe.payment_intent(1000, "eur")
    charge = sandbox.stripe.succeed(pi)
    before = len(sandbox.stripe.all("event"))
    edited = client.v1.payment_intents.update(
        pi,
        {
            "metadata": {"a": "1"},
            "description": "Order 7",
            "payment_details": {"order_reference": "SO-7"},
        },
    )
    assert edited.payment_details is not None
    assert (edited.description, edited.payment_details.order_reference) == ("Order 7", "SO-7")
    assert len(sandbox.stripe.all("event")) == before
    client.v1.charges.update(
        charge, {"metadata": {"a": "1"}}, options={"idempotency_key": "the key"}
    )
    event = sandbox.stripe.all("event")[-1]
    assert event["type"] == "charge.updated"
    assert event["data"]["previous_attributes"] == {"metadata": {}}
    assert event["request"]["idempotency_key"] == "the key"
    client.v1.charges.update(charge, {"metadata": {"a": "1"}})
    assert len(sandbox.stripe.all("event")) == before + 1


def test_a_customer_is_created_and_changed(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    made = client.v1.customers.create(
        {"email": "a@example.com", "name": "A", "metadata": {"monstock_customer_id": "7"}}
    )
    client.v1.customers.update(made.id, {"name": "B", "description": ""})
    found = client.v1.customers.list({"email": "a@example.com"}).data
    assert [(entry.id, entry.name, entry.description) for entry in found] == [(made.id, "B", None)]
    assert [event["type"] for event in sandbox.stripe.all("event")] == [
        "customer.created",
        "customer.updated",
    ]


def test_a_repeat_with_the_same_key_gets_the_first_answer(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    options: Any = {"idempotency_key": "k-1"}
    first = client.v1.customers.create({"email": "a@example.com"}, options=options)
    client.v1.customers.update(first.id, {"name": "later"})
    again = client.v1.customers.create({"email": "a@example.com"}, options=options)
    assert (again.id, again.name) == (first.id, None)
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(sandbox.stripe.all("customer")) == 1


def test_the_same_key_with_other_parameters_or_elsewhere_is_an_error(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    options: Any = {"idempotency_key": "k-1"}
    first = client.v1.customers.create({"email": "a@example.com"}, options=options)
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.customers.create({"email": "b@example.com"}, options=options)
    assert refused.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.update(first.id, {"email": "a@example.com"}, options=options)


def test_a_key_is_forgotten_after_24_hours() -> None:
    moment = [float(NOW)]
    with running_sandbox(clock=Clock(lambda: moment[0])) as sandbox:
        client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": sandbox.stripe_url})
        options: Any = {"idempotency_key": "k-1"}
        first = client.v1.customers.create({"email": "a@example.com"}, options=options)
        moment[0] += 24 * 3600 + 1
        assert (
            client.v1.customers.create({"email": "a@example.com"}, options=options).id != first.id
        )


def test_a_key_outlives_a_restart(tmp_path: Path) -> None:
    ids = set()
    for _ in range(2):
        with running_sandbox(state_file=tmp_path / "state.json") as sandbox:
            client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": sandbox.stripe_url})
            options: Any = {"idempotency_key": "k-1"}
            made = client.v1.customers.create(
                {"email": "é@example.com", "metadata": {"a": "1"}}, options=options
            )
            ids.add(made.id)
            assert len(sandbox.stripe.all("customer")) == 1
    assert len(ids) == 1


def test_a_refused_request_does_not_use_its_key_up(client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "k-1"}
    with pytest.raises(stripe.InvalidRequestError):
        client.raw_request("post", "/v1/customers", colour="red", idempotency_key="k-1")
    assert client.v1.customers.create({"email": "a@example.com"}, options=options).id


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"k" * 41: "v"}, "Metadata keys can have up to 40 characters"),
        ({"k": "v" * 501}, "Metadata values can have up to 500 characters"),
        ({f"k{index}": "v" for index in range(51)}, "Metadata"),
    ],
)
def test_metadata_beyond_stripes_limits_is_refused(
    sandbox: RunningSandbox, client: stripe.StripeClient, metadata: dict[str, str], message: str
) -> None:
    pi = sandbox.stripe.payment_intent(1000, "eur")
    with pytest.raises(stripe.InvalidRequestError, match=message):
        client.v1.payment_intents.update(pi, {"metadata": metadata})
    assert sandbox.stripe.read("payment_intent", pi)["metadata"] == {}


def test_an_update_of_nothing_is_a_404(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.payment_intents.update("pi_1", {"description": "x"})
    assert (refused.value.http_status, refused.value.code) == (404, "resource_missing")


def test_a_stored_500_is_repeated_and_a_503_is_not(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    for status, repeated in ((500, True), (503, False)):
        sandbox.stripe_controls.set_faults(Fault("status", status=status, times=1))
        options: Any = {"idempotency_key": f"k-{status}"}
        with pytest.raises(stripe.APIError):
            client.v1.customers.create({"email": "a@example.com"}, options=options)
        if repeated:
            with pytest.raises(stripe.APIError):
                client.v1.customers.create({"email": "a@example.com"}, options=options)
        else:
            assert client.v1.customers.create({"email": "a@example.com"}, options=options).id
