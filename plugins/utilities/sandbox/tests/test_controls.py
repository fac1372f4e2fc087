"""Counters, faults and rate limits, which both stand-ins share."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import stripe
from monstock_stripe_sandbox.faults import Fault, FaultError
from monstock_stripe_sandbox.rate_limits import RateLimits
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

AUTH = (SECRET_KEY, "")


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def get(sandbox: RunningSandbox, path: str = "/v1/charges", **kwargs: Any) -> requests.Response:
    return requests.get(sandbox.stripe_url + path, auth=AUTH, timeout=10, **kwargs)


def create(sandbox: RunningSandbox, **kwargs: Any) -> requests.Response:
    return requests.post(
        f"{sandbox.stripe_url}/v1/customers",
        data={"email": "a@example.com"},
        auth=AUTH,
        timeout=10,
        **kwargs,
    )


def test_requests_and_writes_are_counted_for_each_endpoint(sandbox: RunningSandbox) -> None:
    get(sandbox)
    get(sandbox, "/v1/charges/ch_1")
    get(sandbox, "/v1/charges/ch_2")
    create(sandbox)
    requests.post(f"{sandbox.stripe_url}/v1/customers", auth=("wrong", ""), timeout=10)
    counted = requests.get(f"{sandbox.stripe_url}/_sandbox/counters", timeout=10).json()
    assert (counted["requests"], counted["writes"]) == (5, 1)
    assert counted["endpoints"] == {
        "GET /v1/charges": {"requests": 1, "writes": 0, "statuses": {"200": 1}},
        "GET /v1/charges/{id}": {"requests": 2, "writes": 0, "statuses": {"404": 2}},
        "POST /v1/customers": {"requests": 2, "writes": 1, "statuses": {"200": 1, "401": 1}},
    }
    requests.post(f"{sandbox.stripe_url}/_sandbox/counters/reset", timeout=10)
    assert sandbox.stripe_controls.requests == 0
    assert sandbox.monstock_controls.requests == 0


def test_a_fault_answers_in_stripes_shape_and_ends_after_its_times(
    sandbox: RunningSandbox,
) -> None:
    sandbox.stripe_controls.set_faults(Fault("status", status=503, times=2, path="/v1/charges"))
    assert get(sandbox).json()["error"]["type"] == "api_error"
    assert get(sandbox, "/v1/events").status_code == 200
    assert get(sandbox).status_code == 503
    assert get(sandbox).status_code == 200


def test_faults_that_are_added_count_what_each_of_them_hit(sandbox: RunningSandbox) -> None:
    controls = sandbox.stripe_controls
    (first,) = controls.arm(Fault("status", status=503, times=1))
    (second,) = controls.arm(Fault("status", status=500, path="/v1/events"))
    assert [get(sandbox).status_code, get(sandbox).status_code] == [503, 200]
    assert get(sandbox, "/v1/events").status_code == 500
    assert (first.hits, first.over, second.hits) == (1, True, 1)


@pytest.mark.parametrize(("retry_after", "header"), [(3, "3"), (None, None)])
def test_429_with_and_without_retry_after(
    sandbox: RunningSandbox, retry_after: int | None, header: str | None
) -> None:
    sandbox.stripe_controls.set_faults(Fault("status", status=429, retry_after=retry_after))
    answer = get(sandbox)
    assert answer.status_code == 429
    assert answer.json()["error"]["code"] == "rate_limit"
    assert answer.headers.get("Retry-After") == header
    client = stripe.StripeClient(
        SECRET_KEY, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )
    with pytest.raises(stripe.RateLimitError):
        client.v1.charges.list()


@pytest.mark.parametrize("status", [400, 422, 503])
def test_a_fault_that_echoes_repeats_what_was_asked(sandbox: RunningSandbox, status: int) -> None:
    sandbox.stripe_controls.set_faults(Fault("status", status=status, echo=True))
    answer = requests.post(
        f"{sandbox.stripe_url}/v1/customers",
        data={"email": "zoe@personal.example"},
        auth=(SECRET_KEY, ""),
        timeout=10,
    )
    assert answer.status_code == status
    assert answer.json()["error"]["message"].endswith("You sent:  email=zoe@personal.example")


def test_a_connection_cut_before_the_effect_leaves_nothing(sandbox: RunningSandbox) -> None:
    sandbox.stripe_controls.set_faults(Fault("cut_before", method="POST"))
    with pytest.raises(requests.ConnectionError):
        create(sandbox)
    assert sandbox.stripe.all("customer") == []
    assert sandbox.stripe_controls.writes == 0


def test_a_connection_cut_after_the_effect_is_found_again_by_the_idempotency_key(
    sandbox: RunningSandbox,
) -> None:
    sandbox.stripe_controls.set_faults(Fault("cut_after", method="POST", times=1))
    key = {"Idempotency-Key": "k-1"}
    with pytest.raises(requests.ConnectionError):
        create(sandbox, headers=key)
    assert sandbox.stripe_controls.writes == 1
    assert create(sandbox, headers=key).json()["email"] == "a@example.com"
    assert len(sandbox.stripe.all("customer")) == 1


def test_a_body_can_be_cut_slow_half_or_html(sandbox: RunningSandbox) -> None:
    sandbox.stripe_controls.set_faults(Fault("cut_half"))
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        get(sandbox)
    sandbox.stripe_controls.set_faults(Fault("half_json"))
    with pytest.raises(requests.exceptions.JSONDecodeError):
        get(sandbox).json()
    sandbox.stripe_controls.set_faults(Fault("html"))
    assert get(sandbox).headers["Content-Type"].startswith("text/html")
    for kind in ("slow_bytes", "latency"):
        sandbox.stripe_controls.set_faults(Fault(kind, seconds=0.2))
        began = time.monotonic()
        assert get(sandbox).json()["data"] == []
        assert time.monotonic() - began >= 0.15


def test_a_caller_who_does_not_wait_for_a_slow_answer_is_no_error(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.stripe_controls.set_faults(Fault("slow_bytes", seconds=0.6))
    with requests.get(
        f"{sandbox.stripe_url}/v1/charges", auth=(SECRET_KEY, ""), stream=True, timeout=10
    ) as answer:
        assert answer.raw.read(1)
    until = time.monotonic() + 10
    while sandbox.stripe_controls.running and time.monotonic() < until:
        time.sleep(0.02)
    assert sandbox.stripe_controls.running == 0
    assert caplog.text == ""


def test_a_caller_who_dies_amid_its_request_is_no_error(
    sandbox: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    order = sandbox.monstock.order(1000, "EUR")
    where = urlsplit(sandbox.monstock_url)
    with socket.create_connection((where.hostname, where.port), timeout=10) as caller:
        caller.sendall(
            f"PATCH /api/v1/orders/{order} HTTP/1.1\r\nHost: {where.netloc}\r\n"
            "Authorization: Bearer monstock-sandbox-token\r\nContent-Type: application/json\r\n"
            "Content-Length: 100\r\n\r\n{".encode()
        )
        until = time.monotonic() + 10
        while not sandbox.monstock_controls.running and time.monotonic() < until:
            time.sleep(0.02)
        assert sandbox.monstock_controls.running == 1
    while sandbox.monstock_controls.running and time.monotonic() < until:
        time.sleep(0.02)
    assert sandbox.monstock_controls.running == 0
    assert sandbox.monstock_controls.writes == 0
    assert caplog.text == ""


def test_probability_is_drawn_from_the_seed_and_every_counts(sandbox: RunningSandbox) -> None:
    def statuses(fault: Fault) -> list[int]:
        sandbox.stripe_controls.set_faults(fault)
        return [get(sandbox).status_code for _ in range(12)]

    chance = Fault("status", status=500, probability=0.5, seed=3)
    first = statuses(chance)
    assert set(first) == {200, 500}
    assert statuses(chance) == first
    assert statuses(Fault("status", status=500, every=4)) == [200, 200, 200, 500] * 3


def test_faults_are_armed_and_taken_away_over_http(sandbox: RunningSandbox) -> None:
    for url in (sandbox.stripe_url, sandbox.monstock_url):
        faults = f"{url}/_sandbox/faults"
        armed = requests.put(faults, json=[{"kind": "status", "status": 500}], timeout=10).json()
        assert [(fault["kind"], fault["status"]) for fault in armed] == [("status", 500)]
        assert requests.get(f"{url}/anything", timeout=10).status_code == 500
        assert requests.delete(faults, timeout=10).json() == []
        refused = requests.put(faults, json=[{"kind": "flood"}], timeout=10)
        assert refused.status_code == 400
        assert "kind must be one of" in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status"},
        {"kind": "latency", "probability": 2},
        {"kind": "latency", "times": 1.5},
        {"kind": "latency", "colour": "red"},
        {"kind": "latency", "path": 7},
        "latency",
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault: object) -> None:
    with pytest.raises(FaultError):
        Fault.from_json(fault)


def test_more_than_the_endpoints_rate_is_refused_with_the_reason() -> None:
    limits = RateLimits(per_second=100, per_second_per_endpoint=5)
    with running_sandbox(stripe_rate_limits=limits) as sandbox:
        answers = [get(sandbox) for _ in range(9)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert answers[4].status_code == 200
        assert refused[0].headers["Stripe-Rate-Limited-Reason"] == "endpoint-rate"
        assert "Retry-After" not in refused[0].headers
        assert get(sandbox, "/v1/events").status_code == 200
        assert sandbox.stripe_controls.rate_limited == len(refused)


def test_limits_in_all_and_at_a_time() -> None:
    with running_sandbox(stripe_rate_limits=RateLimits(per_second=1)) as sandbox:
        paths = ("/v1/charges", "/v1/events", "/v1/refunds", "/v1/disputes", "/v1/customers")
        assert get(sandbox, paths[0]).status_code == 200
        answers = (get(sandbox, path) for path in paths * 10)  # on a busy machine one may take 1 s
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
        sandbox.stripe_controls.set_rate_limits(RateLimits(concurrent=0))
        assert get(sandbox).headers["Stripe-Rate-Limited-Reason"] == "global-concurrency"
