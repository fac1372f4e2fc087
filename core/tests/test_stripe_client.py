"""The Stripe client over HTTP: pace, retries, errors."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import msgspec
import pytest
from monstock_stripe_core.stripe_calls import API_VERSION, RetryPolicy
from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeForbiddenError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
    StripeThrottledError,
    StripeUnauthorizedError,
    StripeUnreachableError,
    mask_keys,
)
from monstock_stripe_core.stripe_pacing import Pacing, RateLimits
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

QUICK = RetryPolicy(attempts=3, wait_initial=0.0, wait_max=0.01, wait_jitter=0.0)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        running.stripe.customer("a@example.com")
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[StripeClient]:
    made = StripeClient(
        "sk_test_sandbox", api_base=sandbox.stripe_url, limits=RateLimits(0, 0), retries=QUICK
    )
    yield made
    made.close()
    sandbox.stripe_controls.clear_faults()


def customers(client: StripeClient):
    return client.get("/v1/customers", {"limit": 1}, msgspec.json.decode)["data"]


def test_body_is_decoded_as_the_caller_likes(client):
    assert client.get("/v1/customers", {}, len) > 100


def test_version_is_the_packages_own():
    assert API_VERSION == "2026-10-28.endive"


@pytest.mark.parametrize("status", [409, 429, 500, 502, 503])
def test_failure_that_passes_is_repeated(client, sandbox, status):
    sandbox.stripe_controls.set_faults(Fault("status", status=status, times=2))

    assert len(customers(client)) == 1
    assert client.counts.retries == 2


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "cut_half", "half_json", "html"])
def test_answer_that_does_not_come_whole_is_asked_for_again(client, sandbox, kind):
    sandbox.stripe_controls.set_faults(Fault(kind, times=2))

    assert len(customers(client)) == 1


def test_attempts_are_limited(client, sandbox):
    sandbox.stripe_controls.set_faults(Fault("status", status=500))

    with pytest.raises(StripeUnreachableError, match="500"):
        customers(client)
    assert client.counts.made == 3


def test_throttling_is_told_apart(client, sandbox):
    sandbox.stripe_controls.set_faults(Fault("status", status=429))

    with pytest.raises(StripeThrottledError, match="requests_per_second"):
        customers(client)
    assert client.counts.throttled == 3


def test_retry_after_is_obeyed_up_to_the_longest_wait(sandbox):
    client = StripeClient(
        "sk_test_sandbox",
        api_base=sandbox.stripe_url,
        retries=RetryPolicy(attempts=2, wait_initial=0.0, wait_max=0.3, wait_jitter=0.0),
    )
    sandbox.stripe_controls.set_faults(Fault("status", status=429, times=1, retry_after=60))
    began = time.monotonic()

    customers(client)

    assert 0.3 <= time.monotonic() - began < 5
    client.close()


def test_refused_request_is_not_repeated_and_names_the_parameter(client):
    with pytest.raises(StripeRejectedError) as refused:
        client.get("/v1/customers", {"limitt": 1}, msgspec.json.decode)

    assert refused.value.parameter == "limitt"
    assert client.counts.made == 1


def test_missing_object_is_told_apart(client):
    with pytest.raises(StripeNotFoundError):
        client.get("/v1/customers/cus_none", {}, msgspec.json.decode)


def test_missing_permission_is_named(sandbox):
    client = StripeClient(sandbox.stripe.restricted_key(allowed=set()), api_base=sandbox.stripe_url)

    with pytest.raises(StripeForbiddenError) as refused:
        customers(client)
    assert refused.value.permission == "rak_customer_read"
    client.close()


def test_wrong_key_is_not_repeated_and_not_shown(sandbox):
    client = StripeClient("sk_test_wrongwrongwrong", api_base=sandbox.stripe_url)

    with pytest.raises(StripeUnauthorizedError) as refused:
        customers(client)
    assert "wrongwrong" not in str(refused.value)
    assert client.counts.made == 1
    client.close()


def test_what_shows_that_stripe_works_is_counted(client, sandbox):
    for fault in (Fault("status", status=503), Fault("status", status=429), Fault("html")):
        sandbox.stripe_controls.set_faults(fault)
        with pytest.raises((StripeUnreachableError, StripeThrottledError, StripeProtocolError)):
            customers(client)
    sandbox.stripe_controls.clear_faults()
    forbidden = StripeClient(
        sandbox.stripe.restricted_key(allowed=set()), api_base=sandbox.stripe_url
    )
    with pytest.raises(StripeForbiddenError):
        customers(forbidden)
    forbidden.close()
    assert (client.counts.answers, forbidden.counts.answers) == (0, 0)

    customers(client)
    with pytest.raises(StripeRejectedError):
        client.get("/v1/customers", {"limitt": 1}, msgspec.json.decode)

    assert client.counts.answers == 2


def test_unreachable_host_is_given_up_soon():
    client = StripeClient(
        "sk_test_x",
        api_base="http://127.0.0.1:9",
        retries=RetryPolicy(attempts=50, wait_initial=0.0, wait_max=0.01, wait_jitter=0.0),
    )

    with pytest.raises(StripeUnreachableError, match="api_base"):
        customers(client)
    assert client.counts.made == 3
    client.close()


def test_host_that_is_not_stripe_is_told_apart(client, sandbox):
    sandbox.stripe_controls.set_faults(Fault("html"))

    with pytest.raises(StripeProtocolError, match="does not seem to be Stripe"):
        customers(client)


def test_pace_holds_each_endpoint_back_by_itself():
    pacing = Pacing(RateLimits(total=0, endpoint=5))
    began = time.monotonic()
    for _ in range(5):
        pacing.wait("GET /v1/charges")
        pacing.wait("GET /v1/refunds")
    at_once = time.monotonic() - began
    pacing.wait("GET /v1/charges")

    assert at_once < 0.5
    assert time.monotonic() - began >= 0.9
    pacing.close()


def test_pace_holds_all_endpoints_together_back():
    pacing = Pacing(RateLimits(total=4, endpoint=0))
    began = time.monotonic()
    for number in range(5):
        pacing.wait(f"GET /v1/{number}")

    assert time.monotonic() - began >= 0.9
    pacing.close()


def test_endpoint_with_one_reader_gets_its_share_of_the_total_beside_one_with_many():
    pacing = Pacing(RateLimits(total=20, endpoint=0))
    for _ in range(20):
        pacing.wait("GET /v1/charges")
    order: list[str] = []

    def read(endpoint: str, times: int) -> None:
        for _ in range(times):
            pacing.wait(endpoint)
            order.append(endpoint)

    readers = [threading.Thread(target=read, args=("GET /v1/charges", 4)) for _ in range(8)]
    readers.append(threading.Thread(target=read, args=("GET /v1/refunds", 5)))
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()

    assert order[:20].count("GET /v1/refunds") == 5
    pacing.close()


def test_limits_follow_the_keys_mode():
    assert RateLimits.for_key("rk_live_1") == RateLimits(total=100, endpoint=25)
    assert RateLimits.for_key("sk_test_1") == RateLimits(total=25, endpoint=25)


def test_keys_in_a_text_are_masked():
    assert mask_keys("key 'sk_live_51abcDEF' and rk_test_9") == "key 'sk_live_***' and rk_test_***"


def test_client_for_another_account_shares_counts_and_clock(client, sandbox):
    own = client.for_account(sandbox.stripe.account["id"])

    assert customers(own) == customers(client)
    assert client.counts.by_endpoint.requests["GET /v1/customers"] == 2
    assert own.counts is client.counts
    assert own.get_date() == client.get_date()


def test_client_for_another_account_shares_the_pace(sandbox):
    client = StripeClient(
        "sk_test_sandbox", api_base=sandbox.stripe_url, limits=RateLimits(0, 4), retries=QUICK
    )
    other = client.for_account(sandbox.stripe.account["id"])
    start = time.monotonic()

    for _ in range(3):
        customers(client)
        customers(other)

    assert time.monotonic() - start > 0.9
    client.close()


def test_account_that_the_key_may_not_act_for_is_told_apart(client):
    stranger = client.for_account("acct_of_somebody_else")

    with pytest.raises(StripeAccountError, match="does not have access to account"):
        customers(stranger)
    assert len(customers(client)) == 1
