"""Typed calls over HTTP: once where once is meant, repeated where that is harmless."""

from collections.abc import Iterator

import pytest
from monstock_stripe_core.stripe_calls import RetryPolicy
from monstock_stripe_core.stripe_customer_calls import (
    all_customers,
    create_customer,
    customers_with_email,
    retrieve_customer,
    update_customer,
)
from monstock_stripe_core.stripe_errors import (
    StripeKeyReusedError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
    StripeReplayedError,
)
from monstock_stripe_core.stripe_pacing import RateLimits
from monstock_stripe_core.stripe_payment_calls import (
    retrieve_payment_intent,
    update_charge,
    update_payment_intent,
)
from monstock_stripe_core.stripe_writer import StripeWriter
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

QUICK = RetryPolicy(attempts=4, wait_initial=0.0, wait_max=0.01, wait_jitter=0.0)


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def stripe(sandbox: RunningSandbox) -> Iterator[StripeWriter]:
    made = StripeWriter(
        "sk_test_sandbox", api_base=sandbox.stripe_url, limits=RateLimits(0, 0), retries=QUICK
    )
    yield made
    made.close()


def names(stripe: StripeWriter) -> list[str]:
    return sorted(one["name"] for one in all_customers(stripe))


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut_before", method="POST", times=2),
        Fault("cut_after", method="POST", times=2),
        Fault("cut_half", method="POST", times=2),
        Fault("half_json", method="POST", times=2),
        Fault("html", method="POST", times=2),
        Fault("status", method="POST", status=429, retry_after=0, times=2),
        Fault("status", method="POST", status=409, times=2),
        Fault("status", method="POST", status=503, times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_a_customer_is_made_once_whatever_happens_to_the_answers(
    stripe: StripeWriter, sandbox: RunningSandbox, fault: Fault
) -> None:
    sandbox.stripe_controls.set_faults(fault)

    made = create_customer(stripe, {"name": "Ann"}, "key-1")

    assert made["name"] == "Ann"
    assert names(stripe) == ["Ann"]
    assert stripe.counts.retries == 2


def test_the_same_key_gives_the_same_customer(stripe: StripeWriter) -> None:
    first = create_customer(stripe, {"name": "Ann"}, "key-1")

    assert create_customer(stripe, {"name": "Ann"}, "key-1")["id"] == first["id"]
    assert names(stripe) == ["Ann"]


def test_a_key_with_other_parameters_is_told_apart(stripe: StripeWriter) -> None:
    create_customer(stripe, {"name": "Ann"}, "key-1")

    with pytest.raises(StripeKeyReusedError):
        create_customer(stripe, {"name": "Bob"}, "key-1")


def test_a_failure_that_stripe_keeps_for_the_key_is_told_apart_at_once(
    stripe: StripeWriter, sandbox: RunningSandbox
) -> None:
    sandbox.stripe_controls.set_faults(Fault("status", method="POST", status=500, times=1))

    with pytest.raises(StripeReplayedError):
        create_customer(stripe, {"name": "Ann"}, "key-1")
    assert stripe.counts.by_endpoint.requests["POST /v1/customers"] == 2
    create_customer(stripe, {"name": "Ann"}, "key-2")
    assert names(stripe) == ["Ann"]


def test_a_change_whose_failure_stripe_keeps_is_made_under_another_key(
    stripe: StripeWriter, sandbox: RunningSandbox
) -> None:
    customer = sandbox.stripe.customer("ann@example.com", "Ann")
    sandbox.stripe_controls.set_faults(Fault("status", method="POST", status=500, times=2))

    assert update_customer(stripe, customer, {"name": "Anna"})["name"] == "Anna"


def test_an_answer_that_is_never_whole_is_no_success(
    stripe: StripeWriter, sandbox: RunningSandbox
) -> None:
    sandbox.stripe_controls.set_faults(Fault("half_json", method="POST"))

    with pytest.raises(StripeProtocolError, match="cut off"):
        create_customer(stripe, {"name": "Ann"}, "key-1")


def test_refusals_and_missing_objects_are_told_apart(stripe: StripeWriter) -> None:
    with pytest.raises(StripeNotFoundError) as missing:
        retrieve_customer(stripe, "cus_none")
    assert missing.value.code == "resource_missing"

    customer = create_customer(stripe, {}, "key-1")["id"]
    with pytest.raises(StripeRejectedError) as refused:
        update_customer(stripe, customer, {"metadata": {"k" * 41: "v"}})
    assert str(refused.value.parameter).startswith("metadata")


def test_customers_are_found_by_email_and_listed_page_by_page(stripe: StripeWriter) -> None:
    for number in range(205):
        create_customer(stripe, {"email": f"{number % 2}@example.com"}, f"key-{number}")

    assert len(list(all_customers(stripe))) == 205
    assert stripe.counts.by_endpoint.requests["GET /v1/customers"] == 3
    assert len(customers_with_email(stripe, "0@example.com")) == 100


def test_a_payment_and_its_charge_are_read_at_once_and_changed_one_by_one(
    stripe: StripeWriter, sandbox: RunningSandbox
) -> None:
    payment = sandbox.stripe.payment_intent(1200, "eur")
    sandbox.stripe.succeed(payment)

    charge = retrieve_payment_intent(stripe, payment)["latest_charge"]["id"]
    update_payment_intent(
        stripe, payment, {"metadata": {"a": "1"}, "payment_details": {"order_reference": "SO-1"}}
    )
    update_charge(stripe, charge, {"metadata": {"a": "2"}, "description": "Order SO-1"})

    found = retrieve_payment_intent(stripe, payment)
    assert found["metadata"] == {"a": "1"}
    assert found["payment_details"]["order_reference"] == "SO-1"
    assert found["latest_charge"]["metadata"] == {"a": "2"}
    assert found["latest_charge"]["description"] == "Order SO-1"


def test_a_connected_account_is_acted_for_by_the_same_connections(
    stripe: StripeWriter, sandbox: RunningSandbox
) -> None:
    account, world = sandbox.stripe.connected_account()
    customer = world.customer("ann@example.com", "Ann")

    connected = stripe.for_account(account)

    assert retrieve_customer(connected, customer)["name"] == "Ann"
    assert connected is stripe.for_account(account)
    assert connected.counts is stripe.counts
    with pytest.raises(StripeNotFoundError):
        retrieve_customer(stripe, customer)
