"""Stripe's refusals: their status, code, parameter and words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import stripe
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

Call = Callable[[stripe.StripeClient], Any]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.stripe.succeed(running.stripe.payment_intent(1000, "eur"))
        yield running


def client_of(sandbox: RunningSandbox, key: str = SECRET_KEY) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


def error_of(raised: stripe.StripeError) -> dict[str, Any]:
    assert isinstance(raised.json_body, dict)
    error: dict[str, Any] = raised.json_body["error"]
    return error


def raw(path: str, **parameters: Any) -> Call:
    return lambda client: client.raw_request("get", path, **parameters)


REFUSED: dict[str, tuple[Call, int, str | None, str | None, str]] = {
    "unknown parameter": (
        raw("/v1/charges", colour="red"),
        400,
        "parameter_unknown",
        "colour",
        "Received unknown parameter: colour",
    ),
    "unknown parameters": (
        raw("/v1/charges", colour="red", size=1),
        400,
        "parameter_unknown",
        "colour",
        "Received unknown parameters: colour, size",
    ),
    "unknown nested parameter": (
        raw("/v1/charges", created={"after": 1}),
        400,
        "parameter_unknown",
        "created[after]",
        "Received unknown parameter: created[after]",
    ),
    "filter of another list": (
        raw("/v1/payment_intents", payment_intent="pi_1"),
        400,
        "parameter_unknown",
        "payment_intent",
        "Received unknown parameter: payment_intent",
    ),
    "no integer": (
        raw("/v1/charges", limit="ten"),
        400,
        "parameter_invalid_integer",
        "limit",
        "Invalid integer: ten",
    ),
    "nested no integer": (
        raw("/v1/charges", created={"gte": "today"}),
        400,
        "parameter_invalid_integer",
        "created[gte]",
        "Invalid integer: today",
    ),
    "too many": (
        raw("/v1/charges", limit=101),
        400,
        "parameter_invalid_integer",
        "limit",
        "This value must be less than or equal to 100.",
    ),
    "none": (
        raw("/v1/charges", limit=0),
        400,
        "parameter_invalid_integer",
        "limit",
        "This value must be greater than or equal to 1.",
    ),
    "empty": (
        raw("/v1/charges", customer=""),
        400,
        "parameter_invalid_empty",
        "customer",
        "You passed an empty string for 'customer'.",
    ),
    "no array": (raw("/v1/charges", expand="data.customer"), 400, None, "expand", "Invalid array"),
    "no such word": (
        raw("/v1/invoices", status="done"),
        400,
        None,
        "status",
        "Invalid status: must be one of draft, open, paid, uncollectible, or void",
    ),
    "unknown cursor": (
        raw("/v1/charges", starting_after="ch_1"),
        400,
        "resource_missing",
        "starting_after",
        "No such charge: 'ch_1'",
    ),
    "both cursors": (
        raw("/v1/charges", starting_after="ch_1", ending_before="ch_2"),
        400,
        None,
        "starting_after",
        "You may only specify one of these parameters: starting_after, ending_before.",
    ),
    "filter by nobody": (
        raw("/v1/charges", customer="cus_1"),
        400,
        "resource_missing",
        "customer",
        "No such customer: 'cus_1'",
    ),
    "no such object": (
        raw("/v1/payment_intents/pi_1"),
        404,
        "resource_missing",
        "intent",
        "No such payment_intent: 'pi_1'",
    ),
    "no such balance transaction": (
        raw("/v1/balance_transactions/txn_1"),
        404,
        "resource_missing",
        "id",
        "No such balance transaction: 'txn_1'",
    ),
    "closed property": (
        raw("/v1/payment_intents", expand=["data.metadata"]),
        400,
        None,
        None,
        "This property cannot be expanded (metadata).",
    ),
    "list without data": (
        raw("/v1/payment_intents", expand=["latest_charge"]),
        400,
        None,
        None,
        "This property cannot be expanded (latest_charge). You may want to try expanding "
        "'data.latest_charge' instead.",
    ),
    "embedded list without data": (
        raw("/v1/charges", expand=["data.refunds.charge"]),
        400,
        None,
        None,
        "This property cannot be expanded (charge).",
    ),
    "too deep": (
        raw("/v1/invoices", expand=["data.payments.data.payment.payment_intent"]),
        400,
        None,
        None,
        "You cannot expand more than 4 levels of a property.",
    ),
    "not served": (
        raw("/v1/ephemeral_keys"),
        404,
        None,
        None,
        "Unrecognized request URL (GET: /v1/ephemeral_keys).",
    ),
    "not served by this method": (
        lambda client: client.raw_request("post", "/v1/refunds", charge="ch_1"),
        404,
        None,
        None,
        "Unrecognized request URL (POST: /v1/refunds).",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stripe_refuses_is_refused_in_its_words(sandbox: RunningSandbox, name: str) -> None:
    call, status, code, param, message = REFUSED[name]
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(client_of(sandbox))
    error = refused.value
    assert (error.http_status, error.code, error.param) == (status, code, param)
    assert (error.user_message or "").startswith(message)
    body = error_of(error)
    assert body["type"] == "invalid_request_error"
    assert body["request_log_url"].startswith("https://dashboard.stripe.com/test/logs/req_")
    if code is not None:
        assert body["doc_url"] == f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"
    assert str(error.request_id).startswith("req_")


def test_without_a_key_nothing_is_answered(sandbox: RunningSandbox) -> None:
    answer = requests.get(f"{sandbox.stripe_url}/v1/charges", timeout=10)
    assert answer.status_code == 401
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="Stripe"'


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "sk_test_********************p7dc"),
        ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "sk_live_********************p7dc"),
        ("hello", "*****"),
    ],
)
def test_a_wrong_key_is_refused_and_masked(sandbox: RunningSandbox, key: str, shown: str) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        client_of(sandbox, key).v1.charges.list()
    assert refused.value.http_status == 401
    assert refused.value.user_message == f"Invalid API Key provided: {shown}"


def test_a_publishable_key_reads_nothing(sandbox: RunningSandbox) -> None:
    with pytest.raises(stripe.PermissionError) as refused:
        client_of(sandbox, "pk_test_1234567890").v1.charges.list()
    assert error_of(refused.value)["code"] == "secret_key_required"


def test_a_restricted_key_is_told_which_permission_it_lacks(sandbox: RunningSandbox) -> None:
    key = sandbox.stripe.restricted_key({"charge_read", "rak_payment_intent_read"})
    client = client_of(sandbox, key)
    assert len(client.v1.charges.list().data) == 1
    with pytest.raises(stripe.PermissionError) as refused:
        client.v1.events.list()
    assert refused.value.http_status == 403
    assert (refused.value.user_message or "").endswith(
        "does not have the required permissions for this endpoint on account "
        f"'{sandbox.stripe.account['id']}'. Having the 'rak_event_read' permission would allow "
        "this request to continue."
    )
    assert key not in str(refused.value)


def test_a_restricted_key_opens_only_what_it_may_read(sandbox: RunningSandbox) -> None:
    client = client_of(sandbox, sandbox.stripe.restricted_key({"payment_intent_read"}))
    assert len(client.v1.payment_intents.list().data) == 1
    with pytest.raises(stripe.PermissionError, match="rak_charge_read"):
        client.v1.payment_intents.list({"expand": ["data.latest_charge"]})


def test_to_write_includes_to_read_and_not_the_reverse(sandbox: RunningSandbox) -> None:
    writer = client_of(sandbox, sandbox.stripe.restricted_key({"customer_write"}))
    made = writer.v1.customers.create({"email": "a@example.com"})
    assert writer.v1.customers.retrieve(made.id).email == "a@example.com"
    reader = client_of(sandbox, sandbox.stripe.restricted_key({"customer_read"}))
    with pytest.raises(stripe.PermissionError, match="rak_customer_write"):
        reader.v1.customers.create({"email": "b@example.com"})


def test_another_account_and_another_version_are_refused(sandbox: RunningSandbox) -> None:
    client = client_of(sandbox)
    with pytest.raises(stripe.PermissionError) as refused:
        client.v1.charges.list(options={"stripe_account": "acct_other"})
    assert error_of(refused.value)["code"] == "account_invalid"
    own = str(sandbox.stripe.account["id"])
    assert client.v1.charges.list(options={"stripe_account": own}).data != []
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version"):
        client.v1.charges.list(options={"stripe_version": "2020-08-27"})
