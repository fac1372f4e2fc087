"""An API that quotes a request in its refusal, or breaks off in a record: no error repeats it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from monstock_stripe_core.customer import Address, Customer
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.profile import load_profile
from monstock_stripe_core.stripe_calls import RetryPolicy
from monstock_stripe_core.stripe_customer_calls import create_customer, customers_with_email
from monstock_stripe_core.stripe_pacing import RateLimits
from monstock_stripe_core.stripe_writer import StripeWriter
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.people import person
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN
from monstock_stripe_sandbox.sensitive import leaks
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, RunningSandbox, running_sandbox

ZOE = person(1)
WANTED = Customer(
    id="",
    updated_at=datetime(2026, 3, 1, tzinfo=UTC),
    name=ZOE.name,
    email=ZOE.email,
    phone=ZOE.phone,
    address=Address(**ZOE.address),
    stripe_customer_id=None,
)
FAULTS = {
    "refused": Fault("status", status=422, echo=True),
    "failing": Fault("status", status=500, echo=True),
    "forbidden": Fault("status", status=403, echo=True),
    "conflict": Fault("status", status=409, echo=True),
    "not there": Fault("status", status=404, echo=True),
    "half a record": Fault("half_json"),
}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.monstock.customer(ZOE.name, email=ZOE.email, phone=ZOE.phone, address=ZOE.address)
        running.stripe.customer(ZOE.email, ZOE.name, phone=ZOE.phone, address=ZOE.address)
        yield running


def assert_discreet(sandbox: RunningSandbox, act: Callable[[], object], says: str) -> None:
    with pytest.raises(MonstockStripeError) as caught:
        act()
    assert says in str(caught.value)
    assert leaks(str(caught.value), sandbox.sensitive()) == []


@pytest.mark.parametrize("profile", MONSTOCK_PATHS)
@pytest.mark.parametrize("fault", FAULTS)
def test_errors_of_monstock_say_nothing_of_a_person(
    sandbox: RunningSandbox, fault: str, profile: str
) -> None:
    client = MonstockClient(
        sandbox.monstock_base_url(profile),
        MONSTOCK_TOKEN,
        load_profile(profile),
        sleep=lambda _: None,
        patience=Patience(attempts=2),
    )
    (known,) = client.find_customers("email", [ZOE.email])[ZOE.email]
    sandbox.monstock_controls.set_faults(FAULTS[fault])
    for act in (
        lambda: client.find_customers("email", [ZOE.email]),
        lambda: client.create_customer(WANTED),
        lambda: client.update_customer(known, replace(known, name=f"{ZOE.name} jr")),
    ):
        assert_discreet(sandbox, act, "Monstock")


@pytest.mark.parametrize("fault", FAULTS)
def test_errors_of_stripe_say_nothing_of_a_person(sandbox: RunningSandbox, fault: str) -> None:
    stripe = StripeWriter(
        "sk_test_sandbox",
        api_base=sandbox.stripe_url,
        limits=RateLimits(0, 0),
        retries=RetryPolicy(attempts=2, wait_initial=0.0, wait_max=0.01, wait_jitter=0.0),
    )
    sandbox.stripe_controls.set_faults(FAULTS[fault])
    given: Any = {"email": ZOE.email, "name": ZOE.name, "address": ZOE.address}
    try:
        for act in (
            lambda: customers_with_email(stripe, ZOE.email),
            lambda: create_customer(stripe, given, "key-1"),
        ):
            assert_discreet(sandbox, act, "")
    finally:
        stripe.close()


def test_what_stripe_says_of_a_wrong_address_is_told_without_the_address(
    sandbox: RunningSandbox,
) -> None:
    stripe = StripeWriter("sk_test_sandbox", api_base=sandbox.stripe_url)
    try:
        with pytest.raises(MonstockStripeError, match=r"Invalid email address: \*\*\*"):
            create_customer(stripe, {"email": "zoe at mail.example"}, "key-1")
    finally:
        stripe.close()
