"""Outages that end by themselves, and keys that expire until they are restored."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import requests
import stripe
from click.testing import CliRunner
from monstock_stripe_sandbox.cli import main
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

TOKEN = {"Authorization": "Bearer monstock-sandbox-token"}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def get(sandbox: RunningSandbox) -> requests.Response:
    return requests.get(f"{sandbox.stripe_url}/v1/charges", auth=(SECRET_KEY, ""), timeout=10)


def orders(sandbox: RunningSandbox, profile: str = "monstock") -> requests.Response:
    url = f"{sandbox.monstock_base_url(profile)}/orders"
    return requests.get(url, headers=TOKEN, timeout=10)


def outage(url: str, seconds: float, *, refused: bool = False) -> None:
    asked = {"seconds": seconds, "refused": refused}
    assert requests.post(f"{url}/_sandbox/outage", json=asked, timeout=10).status_code == 200


def until_answered(call: object, seconds: float = 10) -> float:
    """Return after how many seconds a call is answered by 200 again."""
    assert callable(call)
    began = time.monotonic()
    while True:
        try:
            if call().status_code == 200:
                return time.monotonic() - began
        except requests.ConnectionError:
            pass
        assert time.monotonic() - began < seconds
        time.sleep(0.02)


def test_everything_is_503_for_a_time_and_other_faults_stay(sandbox: RunningSandbox) -> None:
    slow = Fault("latency", seconds=0.01)
    sandbox.stripe_controls.set_faults(slow)
    for url, call in ((sandbox.stripe_url, get), (sandbox.monstock_url, orders)):
        outage(url, 0.6)
        assert call(sandbox).status_code == 503
        assert until_answered(lambda call=call: call(sandbox)) < 5
    assert sandbox.stripe_controls.faults == (slow,)


def test_connections_are_refused_for_a_time_and_kept_ones_are_cut(sandbox: RunningSandbox) -> None:
    for url, path in ((sandbox.stripe_url, "/v1/charges"), (sandbox.monstock_url, "/openapi.json")):
        with requests.Session() as session:
            session.auth = (SECRET_KEY, "")
            assert session.get(url + path, timeout=10).status_code == 200
            outage(url, 1, refused=True)
            time.sleep(0.3)
            with pytest.raises(requests.ConnectionError):
                session.get(url + path, timeout=10)
            with pytest.raises(requests.ConnectionError, match="refused"):
                requests.get(url + path, timeout=10)
            took = until_answered(lambda get=session.get, at=url + path: get(at, timeout=10))
            assert took < 5


def test_a_sandbox_that_refuses_ends_at_once() -> None:
    with running_sandbox() as sandbox:
        outage(sandbox.stripe_url, 600, refused=True)
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 5


def test_a_key_is_expired_until_it_is_restored(sandbox: RunningSandbox) -> None:
    client = stripe.StripeClient(
        SECRET_KEY, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )
    sandbox.stripe_controls.set_faults(Fault("status", status=401))
    sandbox.monstock_controls.set_faults(Fault("status", status=401))
    with pytest.raises(stripe.AuthenticationError, match="Expired API Key provided: sk_test_"):
        client.v1.charges.list()
    assert get(sandbox).json()["error"]["code"] == "api_key_expired"
    assert orders(sandbox).json()["error"]["code"] == "unauthorized"
    assert orders(sandbox, "monstock-fr").status_code == 401
    sandbox.stripe_controls.clear_faults()
    sandbox.monstock_controls.clear_faults()
    assert get(sandbox).status_code == 200
    assert orders(sandbox).status_code == 200


def test_an_outage_is_begun_from_the_command_line(sandbox: RunningSandbox) -> None:
    env = {"SANDBOX_STRIPE_URL": sandbox.stripe_url, "SANDBOX_MONSTOCK_URL": sandbox.monstock_url}
    result = CliRunner().invoke(main, ["outage", "0.5", "--api", "stripe"], env=env)
    assert result.output == f"{sandbox.stripe_url}: out for 0.5 s\n"
    assert get(sandbox).status_code == 503
    until_answered(lambda: get(sandbox))
    refused = requests.post(
        f"{sandbox.stripe_url}/_sandbox/outage", json={"seconds": -1}, timeout=10
    )
    assert refused.status_code == 400
