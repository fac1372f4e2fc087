"""Runs that follow the sandbox's Monstock, as processes of their own."""

from __future__ import annotations

import json
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.live import free_address
from monstock_stripe_sandbox.monstock_webhook import WebhookEndpoint
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import SOON, FollowingTap, following_tap
from tap_monstock.testing import run_tap

TAP = str(Path(sys.executable).with_name("tap-monstock"))


def orders(tap: FollowingTap) -> list[str]:
    """The ids of the orders that were written, in order."""
    return [
        one["record"]["id"]
        for one in tap.messages
        if (one["type"], one.get("stream")) == ("RECORD", "orders")
    ]


@contextmanager
def following(
    sandbox: RunningSandbox, folder: Path, profile: str, **config: Any
) -> Iterator[FollowingTap]:
    settings = {
        "base_url": sandbox.monstock_base_url(profile),
        "api_token": MONSTOCK_TOKEN,
        "profile": profile,
        "follow": True,
        "poll_interval": 1,
        "poll_interval_idle": 1,
        **config,
    }
    path = folder / "config.json"
    path.write_text(json.dumps(settings))
    with following_tap([TAP, "--config", str(path)], folder / "tap.log") as tap:
        yield tap


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.mark.parametrize("profile", ["monstock", "monstock-fr"])
def test_it_goes_on_through_an_outage_and_its_state_serves_a_run_that_ends(
    sandbox: RunningSandbox, tmp_path: Path, profile: str
) -> None:
    first = sandbox.monstock.order(1000, "EUR")
    with following(sandbox, tmp_path, profile) as tap:
        tap.wait_for(lambda: first in orders(tap))
        second = sandbox.monstock.order(2000, "EUR")
        tap.wait_for(lambda: second in orders(tap))
        assert orders(tap) == [first, second]
        sandbox.monstock_controls.set_faults(Fault("cut_before"))
        third = sandbox.monstock.order(3000, "EUR")
        time.sleep(0.5)
        sandbox.monstock_controls.set_faults()
        tap.wait_for(lambda: third in orders(tap))
        assert tap.stop() == 128 + signal.SIGTERM
        state = tap.states[-1]
    base: dict[str, Any] = {
        "base_url": sandbox.monstock_base_url(profile),
        "api_token": MONSTOCK_TOKEN,
    }
    later = run_tap(streams=["orders"], state=state, profile=profile, **base)
    assert later.record_count == 0


def test_a_webhook_has_it_look_at_once(sandbox: RunningSandbox, tmp_path: Path) -> None:
    listen = free_address()
    settings = {
        "webhook_listen": listen,
        "webhook_secrets": ["a secret"],
        "poll_interval": 3600,
        "poll_interval_idle": 3600,
    }
    sandbox.monstock_webhook.endpoint = WebhookEndpoint(
        f"http://{listen}/webhooks/monstock", "a secret"
    )
    first = sandbox.monstock.order(1000, "EUR")
    with following(sandbox, tmp_path, "monstock", **settings) as tap:
        tap.wait_for(lambda: first in orders(tap) and tap.states)
        second = sandbox.monstock.order(2000, "EUR")
        tap.wait_for(lambda: second in orders(tap))


@pytest.mark.parametrize(
    ("profile", "config", "said"),
    [
        (
            "monstock-fr",
            {"webhook_listen": "127.0.0.1:0", "webhook_secrets": ["x"]},
            "describes no webhooks",
        ),
        ("monstock", {"webhook_listen": "127.0.0.1:0"}, "Setting webhook_secrets is empty"),
    ],
)
def test_what_cannot_be_is_said(
    sandbox: RunningSandbox, tmp_path: Path, profile: str, config: dict[str, Any], said: str
) -> None:
    with following(sandbox, tmp_path, profile, **config) as tap:
        assert tap.process.wait(SOON) == 1
    text = tap.log.read_text()
    assert said in text
    assert "Traceback" not in text
