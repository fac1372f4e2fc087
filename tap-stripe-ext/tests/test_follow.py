"""Runs that follow the sandbox's Stripe, as processes of their own."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.live import free_address
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from stripe import WebhookSignature
from tap_common.testing import SOON, FollowingTap, following_tap
from tap_stripe_ext.state import parse_state
from tap_stripe_ext.testing import catalog_of, looking_run, run_tap

TAP = str(Path(sys.executable).with_name("tap-stripe-ext"))


def has(tap: FollowingTap, payment: str) -> bool:
    """Whether a payment was written as succeeded."""
    intents = (one["payment_intent"] for one in tap.records)
    return any((one["id"], one["status"]) == (payment, "succeeded") for one in intents)


def caught_up(tap: FollowingTap) -> bool:
    """Whether the back-fill is done."""
    found = (one["bookmarks"].get("payments", "backfill") for one in tap.states)
    return any("backfill" not in one for one in found)


@contextmanager
def following(
    sandbox: RunningSandbox, folder: Path, state: Mapping[str, Any] | None = None, **config: Any
) -> Iterator[FollowingTap]:
    settings = {
        "api_key": "sk_test_sandbox",
        "api_base": sandbox.stripe_url,
        "requests_per_second": 0,
        "requests_per_second_per_endpoint": 0,
        "follow": True,
        "poll_interval": 1,
        "poll_interval_idle": 1,
        **config,
    }
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "catalog.json").write_text(json.dumps(catalog_of("payments")))
    (folder / "state.json").write_text(json.dumps(state or {}))
    command = [TAP]
    for name in ("config", "catalog", "state"):
        command += [f"--{name}", str(folder / f"{name}.json")]
    with following_tap(command, folder / "tap.log") as tap:
        yield tap


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def paid(sandbox: RunningSandbox, amount: int = 1000) -> str:
    payment = sandbox.stripe.payment_intent(amount, "eur")
    sandbox.stripe.succeed(payment)
    return payment


def rung(sandbox: RunningSandbox) -> dict[str, Any]:
    """Register an endpoint at a free port, and return the settings that listen there."""
    listen = free_address()
    endpoint = sandbox.stripe.webhook_endpoint(f"http://{listen}/webhooks/stripe", ["*"])
    return {
        "webhook_listen": listen,
        "webhook_secrets": [sandbox.stripe.webhook_secret(endpoint)],
        "poll_interval": 3600,
        "poll_interval_idle": 3600,
    }


def test_it_goes_on_and_its_state_serves_a_run_that_ends(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    first = paid(sandbox)
    with following(sandbox, tmp_path) as tap:
        tap.wait_for(lambda: has(tap, first))
        second = paid(sandbox)
        tap.wait_for(lambda: has(tap, second))
        tap.wait_for(lambda: len(tap.states) > 2)
        assert tap.stop() == 128 + signal.SIGTERM
    assert "Stopped by signal 15" in tap.log.read_text()

    later = run_tap(sandbox.stripe_url, streams=["payments"], state=tap.states[-1])
    assert later.record_count == 0
    third = paid(sandbox)
    state = run_tap(sandbox.stripe_url, streams=["payments"], state=later.state)
    assert [one["payment_intent"]["id"] for one in state.records("payments")] == [third]
    with following(sandbox, tmp_path, state.state) as tap:
        fourth = paid(sandbox)
        tap.wait_for(lambda: has(tap, fourth))
        assert not has(tap, third)


def test_an_idle_run_writes_nothing(sandbox: RunningSandbox, tmp_path: Path) -> None:
    paid(sandbox)
    with following(sandbox, tmp_path) as tap:
        tap.wait_for(lambda: caught_up(tap))
        time.sleep(2)
        written = len(tap.records), len(tap.states)
        before = sandbox.stripe_controls.requests
        time.sleep(2.5)
        assert (len(tap.records), len(tap.states)) == written
        assert 0 < sandbox.stripe_controls.requests - before < 20


def test_a_webhook_has_it_read_at_once_and_the_log_does_not_repeat_it(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = rung(sandbox)
    with following(sandbox, tmp_path, **settings) as tap:
        tap.wait_for(lambda: caught_up(tap))
        payment = paid(sandbox)
        tap.wait_for(lambda: has(tap, payment))
        tap.stop()
    told = len(tap.records)
    # The bookmark moves by the log alone: a run that ends reads it, and knows nothing of rings.
    later = run_tap(sandbox.stripe_url, streams=["payments"], state=tap.states[-1])
    assert later.ids("payments") == [tap.records[-1]["id"]]
    assert told >= 1


def test_what_was_rung_for_is_not_read_again_when_the_log_shows_it(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    settings = {**rung(sandbox), "poll_interval": 1, "poll_interval_idle": 1}
    with following(sandbox, tmp_path, **settings) as tap:
        tap.wait_for(lambda: caught_up(tap))
        payment = paid(sandbox)
        tap.wait_for(lambda: has(tap, payment))
        time.sleep(2)
        count, reads = len(tap.records), sandbox.stripe_controls.requests
        time.sleep(1.5)
        assert len(tap.records) == count <= 3
        tap.stop()
    assert run_tap(sandbox.stripe_url, streams=["payments"], state=tap.states[-1]).record_count == 0
    assert reads


def test_calls_of_the_other_mode_are_left_alone(sandbox: RunningSandbox, tmp_path: Path) -> None:
    settings = rung(sandbox)
    body = json.dumps(
        {
            "id": "evt_live",
            "type": "payment_intent.succeeded",
            "created": int(time.time()),
            "livemode": True,
            "data": {"object": {"id": "pi_live", "object": "payment_intent", "created": 1}},
        }
    )
    moment = int(time.time())
    digest = WebhookSignature._compute_signature(f"{moment}.{body}", settings["webhook_secrets"][0])
    with following(sandbox, tmp_path, **settings) as tap:
        tap.wait_for(lambda: caught_up(tap))
        call = urllib.request.Request(
            f"http://{settings['webhook_listen']}/webhooks/stripe",
            body.encode(),
            {"Stripe-Signature": f"t={moment},v1={digest}"},
        )
        with urllib.request.urlopen(call) as answer:
            assert answer.status == 200
        tap.wait_for(lambda: "Webhooks come of live mode" in tap.log.read_text())
        assert tap.records == []


def test_an_outage_is_waited_out(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with following(sandbox, tmp_path, max_attempts=1) as tap:
        tap.wait_for(lambda: caught_up(tap))
        sandbox.stripe_controls.set_faults(Fault("status", status=503))
        payment = paid(sandbox)
        tap.wait_for(lambda: "It is tried again until it works" in tap.log.read_text())
        sandbox.stripe_controls.set_faults()
        tap.wait_for(lambda: has(tap, payment))
        tap.wait_for(lambda: "It works again" in tap.log.read_text())


def test_a_key_that_is_refused_ends_the_run_with_one_message(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with following(sandbox, tmp_path) as tap:
        tap.wait_for(lambda: caught_up(tap))
        sandbox.stripe_controls.set_faults(Fault("status", status=401))
        assert tap.process.wait(SOON) == 1
    text = tap.log.read_text()
    assert "Traceback" not in text
    assert "sk_test_sandbox" not in text
    assert "key" in text


def test_it_ends_soon_although_stripe_hangs(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with following(sandbox, tmp_path) as tap:
        tap.wait_for(lambda: caught_up(tap))
        sandbox.stripe_controls.set_faults(Fault("latency", seconds=2 * SOON, path="/v1/events"))
        asked = sandbox.stripe_controls.requests
        tap.wait_for(lambda: sandbox.stripe_controls.requests > asked)
        assert tap.stop() == 128 + signal.SIGTERM


def test_it_ends_when_nobody_reads_it_any_more(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with following(sandbox, tmp_path) as tap:
        tap.wait_for(lambda: caught_up(tap))
        tap.close_pipe()
        assert tap.process.wait(SOON) == 74


def test_metrics_are_served(sandbox: RunningSandbox, tmp_path: Path) -> None:
    listen = free_address()
    paid(sandbox)
    with following(sandbox, tmp_path, metrics_listen=listen) as tap:
        tap.wait_for(lambda: caught_up(tap))
        with urllib.request.urlopen(f"http://{listen}/metrics") as answer:
            text = answer.read().decode()
    assert 'tap_records_total{stream="payments"}' in text
    assert "tap_failing_seconds 0.0" in text
    assert "tap_unread 0.0" in text
    assert 'stripe_requests_total{endpoint="GET /v1/events"}' in text


def test_a_metrics_address_that_is_taken_is_said(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        with following(sandbox, tmp_path, metrics_listen=listen) as tap:
            assert tap.process.wait(SOON) == 1
    assert "Setting metrics_listen" in tap.log.read_text()


@pytest.mark.parametrize("listen", ["127.0.0.1:99999", "9101", "nowhere"])
def test_a_metrics_address_that_is_none_is_said(
    sandbox: RunningSandbox, tmp_path: Path, listen: str
) -> None:
    with following(sandbox, tmp_path, metrics_listen=listen) as tap:
        assert tap.process.wait(SOON) == 1
    text = tap.log.read_text()
    assert "Setting metrics_listen" in text
    assert "Traceback" not in text


def test_a_clock_that_is_set_forward_has_nothing_listed_again(sandbox: RunningSandbox) -> None:
    payment = paid(sandbox)
    ahead = 0.0
    with looking_run(sandbox.stripe_url, "payments", clock=lambda: time.time() + ahead) as run:
        run.sync.look()
        ahead = 400 * 86_400.0
        sandbox.stripe_controls.reset_counters()
        run.sync.look()
        listed = [name for name in sandbox.stripe_controls.endpoints if "events" not in name]
    assert payment in run.text
    assert "GET /v1/charges" not in listed


def test_a_late_event_of_a_sealed_second_outlives_a_first_look_that_fails(
    sandbox: RunningSandbox,
) -> None:
    """Once the position has moved on, that second is out of the overlap."""
    began = int(sandbox.clock.now()) - 5_000
    for number in range(1_200):
        with sandbox.clock.at(began + number // 4):
            sandbox.stripe.customer(f"{number}@example.com")
    with looking_run(sandbox.stripe_url, "payments") as run:
        run.sync.look()
        before = run.sync.journal.as_json()
    assert before["bookmarks"]["event_log"]["sealed"]
    with sandbox.clock.at(began + 100):
        late = paid(sandbox)
    paid(sandbox)

    state = parse_state(before, ["payments"])
    with looking_run(sandbox.stripe_url, "payments", state=state, max_attempts=1) as run:
        sandbox.stripe_controls.set_faults(Fault("status", status=503, path="/v1/payment_intents*"))
        assert not run.sync.look().complete
        sandbox.stripe_controls.set_faults()
        assert run.sync.look().complete

    assert late in run.text


def test_a_call_that_comes_again_once_the_log_has_shown_its_event_reads_nothing(
    sandbox: RunningSandbox,
) -> None:
    with looking_run(sandbox.stripe_url, "payments") as run:
        run.sync.look()
        payment = paid(sandbox)
        events = sandbox.stripe.all("event")
        assert run.sync.hear(events)
        assert payment in run.text
        run.sync.look()
        sandbox.stripe_controls.reset_counters()
        assert run.sync.hear(events)
        assert sandbox.stripe_controls.requests == 0
