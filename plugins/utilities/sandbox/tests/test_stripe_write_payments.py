"""Writing customers, payment intents and charges: what is taken, what is refused, what is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
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


def types_of_events(sandbox: RunningSandbox) -> list[str]:
    return [event["type"] for event in sandbox.stripe.all("event")]


def error_of(call: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(stripe.StripeError) as refused:
        call()
    assert isinstance(refused.value.json_body, dict)
    error: dict[str, Any] = refused.value.json_body["error"]
    return error


def test_a_new_customer_is_told_whole(sandbox: RunningSandbox, client: stripe.StripeClient) -> None:
    made = client.v1.customers.create(
        {
            "name": "Ada",
            "email": "ada@example.com",
            "phone": "+33123456789",
            "description": "Contact 7",
            "address": {"line1": "1 rue de la Paix", "city": "Paris", "country": "FR"},
            "metadata": {"monstock_customer_id": "7"},
        }
    )
    told = sandbox.stripe.all("event")[-1]
    assert told["type"] == "customer.created"
    assert told["data"]["object"] == made.to_dict()
    assert told["data"]["object"]["address"] == {
        "line1": "1 rue de la Paix",
        "line2": None,
        "postal_code": None,
        "city": "Paris",
        "state": None,
        "country": "FR",
    }
    assert len(sandbox.stripe.all("event")) == 1


def test_a_part_of_an_address_is_changed_alone_and_an_empty_one_takes_all_of_it(
    client: stripe.StripeClient,
) -> None:
    made = client.v1.customers.create({"address": {"line1": "1 rue", "city": "Paris"}})
    moved = client.v1.customers.update(made.id, {"address": {"city": "Lyon", "line1": ""}})
    assert moved.address is not None
    assert (moved.address.line1, moved.address.city) == (None, "Lyon")
    assert client.v1.customers.update(made.id, {"address": ""}).address is None


def test_a_deleted_customer_says_so_and_takes_no_more_writes(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    made = client.v1.customers.create({"name": "Ada"})
    assert client.v1.customers.delete(made.id).to_dict() == {
        "id": made.id,
        "object": "customer",
        "deleted": True,
    }
    assert client.v1.customers.retrieve(made.id).to_dict()["deleted"] is True
    for call in (
        lambda: client.v1.customers.update(made.id, {"name": "B"}),
        lambda: client.v1.customers.delete(made.id),
    ):
        error = error_of(call)
        assert (error["code"], error["param"]) == ("resource_missing", "id")
        assert error["message"] == f"No such customer: '{made.id}'"
    refused = error_of(
        lambda: client.v1.payment_intents.create(
            {"amount": 1000, "currency": "eur", "customer": made.id}
        )
    )
    assert (refused["code"], refused["param"]) == ("resource_missing", "customer")
    assert types_of_events(sandbox) == ["customer.created", "customer.deleted"]


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        ({"email": "nobody"}, "email_invalid", "Invalid email address: nobody"),
        ({"name": "n" * 257}, None, "must be at most 256 characters"),
        ({"phone": "0" * 21}, None, "must be at most 20 characters"),
        ({"email": "e" * 505 + "@a.example"}, None, "must be at most 512 characters"),
        ({"colour": "red"}, "parameter_unknown", "Received unknown parameter: colour"),
        ({"address": {"town": "x"}}, "parameter_unknown", "unknown parameter: address[town]"),
        ({"balance": "100"}, None, "The sandbox does not imitate the parameter balance"),
    ],
)
def test_what_stripe_refuses_of_a_customer_is_refused(
    sandbox: RunningSandbox,
    client: stripe.StripeClient,
    given: dict[str, Any],
    code: str | None,
    message: str,
) -> None:
    error = error_of(lambda: client.raw_request("post", "/v1/customers", **given))
    assert error.get("code") == code
    assert message in error["message"]
    assert sandbox.stripe.all("customer") == []


def test_a_payment_intent_is_created_with_what_it_is_for(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create({"name": "Ada"}).id
    made = client.v1.payment_intents.create(
        {
            "amount": 1999,
            "currency": "EUR",
            "customer": customer,
            "description": "Order SO-7",
            "metadata": {"monstock_order_id": "7"},
            "payment_details": {"order_reference": "SO-7"},
            "receipt_email": "ada@example.com",
            "statement_descriptor_suffix": "SO-7",
            "allowed_payment_method_types": ["card", "sepa_debit"],
        }
    )
    assert made.status == "requires_payment_method"
    assert made.to_dict() == sandbox.stripe.read("payment_intent", made.id)
    shown = made.to_dict()
    assert shown["payment_details"] == {"customer_reference": None, "order_reference": "SO-7"}
    assert shown["automatic_payment_methods"] == {"allow_redirects": "always", "enabled": True}
    assert shown["payment_method_types"] == ["card", "sepa_debit"]
    assert (shown["amount"], shown["currency"]) == (1999, "eur")
    told = sandbox.stripe.all("event")[-1]
    assert (told["type"], told["data"]["object"]) == ("payment_intent.created", shown)
    listed = client.v1.payment_intents.list({"customer": customer}).data
    assert [each.id for each in listed] == [made.id]
    sandbox.stripe.succeed(made.id)
    charge = sandbox.stripe.all("charge")[0]
    assert charge["metadata"] == {"monstock_order_id": "7"}


AMOUNTS: dict[str, tuple[int, str, str | None, str]] = {
    "least euros": (50, "eur", None, ""),
    "too few euros": (49, "eur", "amount_too_small", "Amount must be at least €0.50 eur"),
    "least yen": (50, "jpy", None, ""),
    "too few yen": (49, "jpy", "amount_too_small", "Amount must be at least ¥50 jpy"),
    "too few koruny": (1499, "czk", "amount_too_small", "Amount must be at least CZK 15.00 czk"),
    "dinars worth enough": (200, "kwd", None, ""),
    "dinars worth too little": (
        160,
        "kwd",
        "amount_too_small",
        "Amount must convert to at least 50 cents. KWD 0.160 converts to approximately €0.48.",
    ),
    "dinars to the last digit": (201, "kwd", None, "must be divisible by 10"),
    "part of a króna": (10050, "isk", None, "must be divisible by 100"),
    "most euros": (99_999_999, "eur", None, ""),
    "too many euros": (
        100_000_000,
        "eur",
        "amount_too_large",
        "Amount must be no more than €999,999.99",
    ),
    "many rupiahs": (999_999_999_999, "idr", None, ""),
    "too many rupiahs": (1_000_000_000_000, "idr", "amount_too_large", "IDR 9,999,999,999.99"),
    "nothing": (0, "eur", "parameter_invalid_integer", "greater than or equal to 1"),
    "no currency": (1000, "xyz", None, "Invalid currency: xyz."),
}


@pytest.mark.parametrize("name", AMOUNTS)
def test_amounts_are_held_to_stripes_limits(client: stripe.StripeClient, name: str) -> None:
    amount, currency, code, message = AMOUNTS[name]

    def create() -> stripe.PaymentIntent:
        return client.v1.payment_intents.create({"amount": amount, "currency": currency})

    if not message:
        assert create().amount == amount
        return
    error = error_of(create)
    assert error.get("code") == code
    assert message in error["message"]
    assert error["param"] == ("currency" if currency == "xyz" else "amount")


def test_an_amount_is_changed_only_while_nobody_paid(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    pi = client.v1.payment_intents.create({"amount": 1000, "currency": "eur"}).id
    update = client.v1.payment_intents.update
    assert update(pi, {"amount": 1200, "metadata": {"a": "1"}}).amount == 1200
    assert error_of(lambda: update(pi, {"amount": 20}))["code"] == "amount_too_small"
    sandbox.stripe.succeed(pi)
    before = types_of_events(sandbox)
    error = error_of(lambda: update(pi, {"amount": 1300}))
    assert (error["code"], error["param"]) == ("payment_intent_unexpected_state", "amount")
    assert error["message"] == (
        "This PaymentIntent's amount could not be updated because it has a status of succeeded. "
        "You may only update the amount of a PaymentIntent with one of the following statuses: "
        "requires_payment_method, requires_confirmation, requires_action."
    )
    assert error["payment_intent"]["id"] == pi
    edited = update(pi, {"description": "Order 7", "payment_details": {"order_reference": "SO-7"}})
    assert (edited.description, edited.amount) == ("Order 7", 1200)
    assert types_of_events(sandbox) == before


def test_a_payment_intent_is_cancelled_once_and_not_after_it_was_paid(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    intents = client.v1.payment_intents
    pi = intents.create({"amount": 1000, "currency": "eur"}).id
    canceled = intents.cancel(pi, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert types_of_events(sandbox)[-1] == "payment_intent.canceled"
    paid = intents.create({"amount": 1000, "currency": "eur"}).id
    sandbox.stripe.succeed(paid)
    for each, status in ((pi, "canceled"), (paid, "succeeded")):
        error = error_of(partial(intents.cancel, each))
        assert error["code"] == "payment_intent_unexpected_state"
        assert error["message"].startswith(
            f"You cannot cancel this PaymentIntent because it has a status of {status}."
        )
    assert error_of(lambda: intents.cancel("pi_1"))["param"] == "intent"


def test_what_refused_a_request_is_repeated_with_its_key(client: stripe.StripeClient) -> None:
    options: Any = {"idempotency_key": "k-1"}
    create = client.v1.payment_intents.create
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError, match="Amount must be at least") as refused:
            create({"amount": 10, "currency": "eur"}, options=options)
        first = refused.value
    assert first.headers is not None
    assert first.headers["Idempotent-Replayed"] == "true"
    with pytest.raises(stripe.IdempotencyError):
        create({"amount": 1000, "currency": "eur"}, options=options)


def test_a_restricted_key_writes_what_it_may(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    pi = client.v1.payment_intents.create({"amount": 1000, "currency": "eur"}).id
    key = sandbox.stripe.restricted_key({"payment_intent_write"})
    restricted = stripe.StripeClient(key, base_addresses={"api": sandbox.stripe_url})
    assert restricted.v1.payment_intents.update(pi, {"description": "x"}).description == "x"
    with pytest.raises(stripe.PermissionError, match="rak_customer_write"):
        restricted.v1.customers.create({"name": "Ada"})
    with pytest.raises(stripe.PermissionError, match="rak_customer_read"):
        restricted.v1.payment_intents.update(pi, {"expand": ["customer"]})
