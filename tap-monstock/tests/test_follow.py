"""Runs that follow the sandbox's Monstock, as processes of their own."""

from __future__ import annotations

import json
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.monstock_webhook import WebhookEndpoint
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_monstock.testing import run_tap

TAP = str(Path(sys.executable).with_name("tap-monstock"))
SOON = 30.0


class FollowingTap:
    """A tap that follows; its lines are taken as they are asked for."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log
        self.state: dict[str, Any] = {}

    def orders_until(self, order_id: str) -> list[str]:
        """Take lines until an order comes; return the ids of all orders taken."""
        found: list[str] = []
        until = time.monotonic() + SOON
        while order_id not in found:
            found += self._line(until)
        return found

    def until_state(self) -> None:
        until = time.monotonic() + SOON
        self.state = {}
        while not self.state:
            self._line(until)

    def _line(self, until: float) -> list[str]:
        pipe = self.process.stdout
        assert pipe is not None
        assert select.select([pipe], [], [], until - time.monotonic())[0], self.log.read_text()
        line = pipe.readline()
        assert line, self.log.read_text()
        message = json.loads(line)
        if message["type"] == "STATE":
            self.state = message["value"]
        is_order = message["type"] == "RECORD" and message["stream"] == "orders"
        return [message["record"]["id"]] if is_order else []


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
    path, log = folder / "config.json", folder / "tap.log"
    path.write_text(json.dumps(settings))
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [TAP, "--config", str(path)], stdout=subprocess.PIPE, stderr=errors, bufsize=0
        )
        try:
            yield FollowingTap(process, log)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()


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
        tap.orders_until(first)
        second = sandbox.monstock.order(2000, "EUR")
        assert tap.orders_until(second) == [second]
        sandbox.monstock_controls.set_faults(Fault("cut_before"))
        third = sandbox.monstock.order(3000, "EUR")
        time.sleep(0.5)
        sandbox.monstock_controls.set_faults()
        tap.orders_until(third)
        tap.until_state()
        tap.process.send_signal(signal.SIGTERM)
        assert tap.process.wait(SOON) == 128 + signal.SIGTERM
        state = tap.state
    base: dict[str, Any] = {
        "base_url": sandbox.monstock_base_url(profile),
        "api_token": MONSTOCK_TOKEN,
    }
    later = run_tap(streams=["orders"], state=state, profile=profile, **base)
    assert later.record_count == 0


def test_a_webhook_has_it_look_at_once(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{free.getsockname()[1]}"
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
        tap.orders_until(first)
        tap.until_state()
        second = sandbox.monstock.order(2000, "EUR")
        tap.orders_until(second)


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
