"""The back-fill: everything, once, side by side, and on from where it was cut."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_stripe_ext.testing import SANDBOX_CONFIG, catalog_of, run_tap

DAY = 86_400
PAYMENTS = 1_200
TAP = Path(sys.executable).parent / "tap-stripe-ext"


@pytest.fixture(scope="module")
def big() -> Iterator[RunningSandbox]:
    """A sandbox with many payments, which no test here changes."""
    with running_sandbox(payments=PAYMENTS) as running:
        yield running


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def all_ids(running: RunningSandbox, kind: str) -> set[str]:
    return {str(entry.value["id"]) for entry in running.stripe.shelves[kind].entries.values()}


def test_everything_is_emitted_once(big):
    run = run_tap(big.stripe_url, streams=["payments", "payment_intents", "charges", "events"])

    assert run.error is None
    for stream, kind in (
        ("payments", "payment_intent"),
        ("payment_intents", "payment_intent"),
        ("charges", "charge"),
        ("events", "event"),
    ):
        assert len(run.ids(stream)) == len(set(run.ids(stream)))
        assert set(run.ids(stream)) == all_ids(big, kind), stream


def test_payments_cost_no_request_each(big):
    big.stripe_controls.reset_counters()
    run_tap(big.stripe_url, streams=["payments"])

    endpoints = big.stripe_controls.counters()["endpoints"]
    counted = {name: one["requests"] for name, one in endpoints.items()}
    # One in fourteen of the bulk is disputed, and only those are asked for.
    assert counted.pop("GET /v1/disputes") < PAYMENTS / 10
    assert sum(counted.values()) < PAYMENTS / 10


def test_windows_are_read_side_by_side(big):
    big.stripe_controls.reset_counters()
    big.stripe_controls.set_faults(Fault("latency", seconds=0.1))
    run_tap(big.stripe_url, streams=["payment_intents"], concurrency=8)
    big.stripe_controls.clear_faults()

    assert big.stripe_controls.counters()["most_concurrent"] >= 4


def test_one_reader_gives_the_same_as_many(big):
    few = run_tap(big.stripe_url, streams=["payments"], concurrency=1)
    many = run_tap(big.stripe_url, streams=["payments"], concurrency=16)

    def contents(run):
        return {one["id"]: {**one, "version": 0} for one in run.records("payments")}

    assert contents(few) == contents(many)


def test_state_in_the_middle_resumes_without_gap_or_needless_repeat(big):
    whole = run_tap(big.stripe_url, streams=["payment_intents"])
    messages = whole.messages
    middle = [n for n, one in enumerate(messages) if one["type"] == "STATE"][1]
    before = [one["record"]["id"] for one in messages[:middle] if one["type"] == "RECORD"]

    rest = run_tap(
        big.stripe_url, streams=["payment_intents"], state=messages[middle]["value"]
    ).ids("payment_intents")

    assert 0 < len(before) < PAYMENTS
    assert sorted(before + rest) == sorted(whole.ids("payment_intents"))


def test_cursor_that_stripe_no_longer_knows_starts_its_window_again(big):
    run = run_tap(big.stripe_url, streams=["payment_intents"])
    reached = max(one["created"] for one in run.records("payment_intents"))
    state = run.state
    state["bookmarks"]["payment_intents"]["backfill"] = {
        "payment_intents": [[0, None, "pi_gone", reached]]
    }

    again = run_tap(big.stripe_url, streams=["payment_intents"], state=state)

    assert again.error is None
    assert set(again.ids("payment_intents")) == set(run.ids("payment_intents"))
    assert "backfill" not in again.state["bookmarks"]["payment_intents"], "it is done for good"


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 10))]
)
def test_killed_back_fill_resumes_to_the_same_end(big, tmp_path: Path, seed: int):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**SANDBOX_CONFIG, "api_base": big.stripe_url}))
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(catalog_of("payments")))
    state = tmp_path / "state.json"
    state.write_text("{}")
    chance = random.Random(seed)
    seen: list[str] = []
    kills = 0
    for _ in range(20):
        process = subprocess.Popen(
            [TAP, "--config", config, "--catalog", catalog, "--state", state],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert process.stdout is not None
        records, stop_after = 0, chance.randint(200, 1_000)
        for line in process.stdout:
            message = json.loads(line)
            if message["type"] == "RECORD":
                seen.append(message["record"]["id"])
                records += 1
            if message["type"] == "STATE":
                state.write_text(json.dumps(message["value"]))
            if records >= stop_after:
                process.kill()
                kills += 1
                break
        process.wait()
        process.stdout.close()
        if process.returncode == 0:
            break
    assert kills > 0
    assert process.returncode == 0
    assert set(seen) == all_ids(big, "payment_intent")


def test_term_signal_ends_with_the_state_written_and_no_success(big, tmp_path: Path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({**SANDBOX_CONFIG, "api_base": big.stripe_url}))
    log = tmp_path / "log"
    with log.open("wb") as errors:
        process = subprocess.Popen([TAP, "--config", config], stdout=subprocess.PIPE, stderr=errors)
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(300)]
        process.send_signal(signal.SIGTERM)
        lines += process.stdout.readlines()
        process.stdout.close()
        process.wait()

    assert process.returncode == 128 + signal.SIGTERM
    assert json.loads(lines[-1])["type"] == "STATE"
    assert "Traceback" not in log.read_text()


def test_snapshot_holds_the_whole_payment(sandbox):
    stripe = sandbox.stripe
    payment = stripe.payment_intent(1000, "eur", metadata={"monstock_order_number": "SO-1"})
    charge = stripe.succeed(payment)
    refund = stripe.refund(payment, 300)
    dispute = stripe.dispute(payment, 700)

    snapshot = run_tap(sandbox.stripe_url, streams=["payments"]).records("payments")[0]

    assert (snapshot["id"], snapshot["object"]) == (payment, "payment_intent")
    assert snapshot["payment_intent"]["latest_charge"] == snapshot["charge"]["id"] == charge
    assert snapshot["charge"]["balance_transaction"]["fee"] > 0
    assert "refunds" not in snapshot["charge"]
    assert [one["id"] for one in snapshot["refunds"]] == [refund]
    assert isinstance(snapshot["refunds"][0]["balance_transaction"], str)
    assert [one["id"] for one in snapshot["disputes"]] == [dispute]


def test_disputes_are_asked_for_only_where_the_charge_says_so(sandbox):
    for _ in range(5):
        sandbox.stripe.succeed(sandbox.stripe.payment_intent(1000, "eur"))
    sandbox.clock.advance(120)
    run_tap(sandbox.stripe_url, streams=["payments"])

    assert "GET /v1/disputes" not in sandbox.stripe_controls.counters()["endpoints"]


def test_payment_is_found_by_its_checkout_session_up_to_a_day_older(sandbox):
    now = sandbox.clock.now()
    with sandbox.clock.at(now - 3 * DAY):
        session = sandbox.stripe.checkout_session(1000, "eur", client_reference_id="SO-9")
    with sandbox.clock.at(now - 3 * DAY + 86_000):
        payment = sandbox.stripe.complete_checkout(session)
    for number in range(150):
        with sandbox.clock.at(now - 2 * DAY + number * 600):
            sandbox.stripe.payment_intent(100, "eur")

    records = run_tap(sandbox.stripe_url, streams=["payments"]).records("payments")

    (found,) = [one for one in records if one["id"] == payment]
    (part,) = found["checkout_sessions"]
    assert (part["id"], part["client_reference_id"]) == (session, "SO-9")


def test_session_of_a_payment_link_brings_the_link_with_its_metadata(sandbox):
    link = sandbox.stripe.payment_link({"monstock_order_id": "ord_1"})
    payment = sandbox.stripe.complete_checkout(
        sandbox.stripe.checkout_session(1000, "eur", payment_link=link)
    )

    records = run_tap(sandbox.stripe_url, streams=["payments"]).records("payments")

    assert {one["id"] for one in records} == {payment}
    assert records[0]["checkout_sessions"][0]["payment_link"] == {
        "id": link,
        "metadata": {"monstock_order_id": "ord_1"},
    }


def test_payment_brings_the_invoice_that_it_pays(sandbox):
    invoice = sandbox.stripe.invoice(1000, "eur", metadata={"monstock_order_number": "SO-3"})
    payment = sandbox.stripe.pay_invoice(invoice)

    back_filled, read_again = _twice(sandbox)

    for record in (back_filled, read_again):
        assert record["id"] == payment
        (part,) = record["invoices"]
        assert (part["id"], part["amount_paid"], part["amount_paid_off_stripe"]) == (
            invoice,
            1000,
            0,
        )


def test_payment_names_the_products_of_its_session_and_of_its_invoice(sandbox):
    session = sandbox.stripe.checkout_session(1000, "eur")
    bought = sandbox.stripe.complete_checkout(session)
    product = sandbox.stripe.product("Lamp")
    price = sandbox.stripe.price(2000, "eur", product)
    invoiced = sandbox.stripe.pay_invoice(sandbox.stripe.invoice(2000, "eur", price=price))

    records = run_tap(sandbox.stripe_url, streams=["payments"]).records("payments")

    latest = {one["id"]: one for one in records}
    (of_session,) = latest[bought]["checkout_sessions"][0]["products"]
    assert of_session.startswith("prod_")
    assert latest[invoiced]["invoices"][0]["products"] == [product]


def test_invoice_paid_outside_of_stripe_is_a_payment_of_its_own(sandbox):
    invoice = sandbox.stripe.invoice(1000, "eur")
    sandbox.stripe.pay_invoice_out_of_band(invoice)

    for record in _twice(sandbox, of="invoice"):
        assert (record["id"], record["object"]) == (invoice, "invoice")
        assert record["payment_intent"] is None
        assert record["invoices"][0]["amount_paid_off_stripe"] == 1000


def test_charge_without_payment_intent_is_a_payment_of_its_own(sandbox):
    charge = sandbox.stripe.direct_charge(1000, "eur", metadata={"monstock_order_number": "SO-4"})
    sandbox.stripe.refund(charge, 100)

    for record in _twice(sandbox):
        assert (record["id"], record["object"]) == (charge, "charge")
        assert record["payment_intent"] is None
        assert [one["amount"] for one in record["refunds"]] == [100]


def test_refunds_are_followed_to_their_end(sandbox):
    payment = sandbox.stripe.payment_intent(10_000, "eur")
    sandbox.stripe.succeed(payment)
    made = {sandbox.stripe.refund(payment, 100) for _ in range(25)}

    run = run_tap(sandbox.stripe_url, streams=["payments", "charges"])

    (snapshot, *_) = run.records("payments")
    (charge, *_) = run.records("charges")
    assert {one["id"] for one in snapshot["refunds"]} == made
    assert {one["id"] for one in charge["refunds"]["data"]} == made
    assert charge["refunds"]["has_more"] is False


def _twice(sandbox: RunningSandbox, of: str | None = None):
    """Return the one payment (of a kind) as the back-fill reads it, and as a change is read."""
    run = run_tap(sandbox.stripe_url, streams=["payments"])
    records = [one for one in run.records("payments") if of in (None, one["object"])]
    assert len(records) == 2, "once by the back-fill, once by its fresh event"
    return records
