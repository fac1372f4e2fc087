"""Stripe's bad days: throttled, failing, cut off, half answered, refusing."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.rate_limits import RateLimits
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_stripe_ext.stream_table import PAYMENTS_PERMISSIONS, STREAM_TABLE
from tap_stripe_ext.testing import looking_run, run_tap

STREAMS = ("payments", "charges", "customers")
READ_ALL = {permission.split("(")[1].rstrip(")") for permission in PAYMENTS_PERMISSIONS} | {
    row.permission.split("(")[1].rstrip(")") for row in STREAM_TABLE if row.by_default
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(payments=150) as running:
        running.stripe.customer("a@example.com")
        yield running


@pytest.fixture(scope="module")
def undisturbed(sandbox: RunningSandbox) -> dict[tuple[str, str], object]:
    return contents(run_tap(sandbox.stripe_url, streams=STREAMS))


@pytest.fixture(autouse=True)
def healthy(sandbox: RunningSandbox) -> Iterator[None]:
    yield
    sandbox.stripe_controls.clear_faults()
    sandbox.stripe_controls.set_rate_limits(RateLimits())


def contents(run) -> dict[tuple[str, str], object]:
    return {
        (stream, one["id"]): {**one, "version": 0}
        for stream in STREAMS
        for one in run.records(stream)
    }


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", status=429, every=5),
        Fault("status", status=429, every=5, retry_after=0),
        Fault("status", status=500, every=4),
        Fault("status", status=502, every=4),
        Fault("status", status=503, every=4),
        Fault("status", status=409, every=4),
        Fault("cut_before", every=4),
        Fault("cut_after", every=4),
        Fault("cut_half", every=4),
        Fault("half_json", every=4),
        Fault("html", every=6),
        Fault("slow_bytes", every=6, seconds=0.1),
        Fault("latency", every=3, seconds=0.05),
    ],
    ids=lambda fault: f"{fault.kind}{fault.status or ''}",
)
def test_fault_now_and_then_changes_nothing_in_what_is_emitted(sandbox, undisturbed, fault):
    sandbox.stripe_controls.set_faults(fault)

    faulty = run_tap(sandbox.stripe_url, streams=STREAMS)

    assert faulty.error is None
    assert contents(faulty) == undisturbed


def test_stripes_rate_limits_only_slow_the_run_down(sandbox, undisturbed):
    sandbox.stripe_controls.set_rate_limits(RateLimits(per_second=40, per_second_per_endpoint=15))

    throttled = run_tap(sandbox.stripe_url, streams=STREAMS, max_wait=2)

    assert throttled.error is None
    assert contents(throttled) == undisturbed


def test_our_own_pace_stays_within_stripes_limits(sandbox):
    sandbox.stripe_controls.reset_counters()
    sandbox.stripe_controls.set_rate_limits(RateLimits(per_second=60, per_second_per_endpoint=20))

    run_tap(
        sandbox.stripe_url,
        streams=["charges", "payment_intents"],
        requests_per_second=50,
        requests_per_second_per_endpoint=15,
    )

    assert sandbox.stripe_controls.rate_limited == 0


def test_run_that_stays_throttled_fails_and_its_bookmark_does_not_move(sandbox):
    first = run_tap(sandbox.stripe_url, streams=["customers"])
    sandbox.stripe.customer("b@example.com")
    sandbox.stripe_controls.set_faults(Fault("status", path="/v1/customers/*", status=429))

    cut = run_tap(sandbox.stripe_url, streams=["customers"], state=first.state, max_attempts=2)
    sandbox.stripe_controls.clear_faults()
    after = run_tap(sandbox.stripe_url, streams=["customers"], state=cut.state)

    assert "throttle" in str(cut.error) or "could not be read" in str(cut.error)
    assert cut.record_count == 0
    assert len(after.ids("customers")) == 1


def test_back_fill_that_is_cut_goes_on_in_the_next_run(sandbox):
    sandbox.stripe_controls.set_faults(Fault("status", path="/v1/charges", status=500, every=2))
    cut = run_tap(sandbox.stripe_url, streams=["charges"], max_attempts=1, concurrency=1)
    sandbox.stripe_controls.clear_faults()

    rest = run_tap(sandbox.stripe_url, streams=["charges"], state=cut.state)
    whole = run_tap(sandbox.stripe_url, streams=["charges"])

    assert cut.error is not None
    assert sorted(cut.ids("charges") + rest.ids("charges")) == sorted(whole.ids("charges"))
    assert 0 < len(cut.ids("charges")) < len(whole.ids("charges"))


def test_missing_permission_names_it_and_the_stream_after_the_others_are_done(sandbox, caplog):
    key = sandbox.stripe.restricted_key(allowed=READ_ALL - {"rak_customer_read"})

    run = run_tap(sandbox.stripe_url, streams=["charges", "customers"], api_key=key)

    assert "customers could not be read" in str(run.error)
    assert len(run.ids("charges")) > 0
    assert "Stream customers" in caplog.text
    assert "Customers: Read (rak_customer_read)" in caplog.text


def test_look_without_a_permission_goes_on_and_counts_the_stream_unless_it_is_optional(sandbox):
    key = sandbox.stripe.restricted_key(allowed=READ_ALL - {"rak_customer_read"})
    for optional, unread in (([], 1), (["customers"], 0)):
        with looking_run(
            sandbox.stripe_url, "charges", "customers", api_key=key, optional_streams=optional
        ) as run:
            for _ in range(2):
                look = run.sync.look()
                assert (look.complete, look.unread) == (True, unread)
            assert len(run.records("charges")) > 0


def test_optional_stream_without_permission_does_not_fail_the_run(sandbox, caplog):
    key = sandbox.stripe.restricted_key(allowed=READ_ALL - {"rak_customer_read"})

    run = run_tap(
        sandbox.stripe_url,
        streams=["charges", "customers"],
        api_key=key,
        optional_streams=["customers"],
    )

    assert run.error is None
    assert "rak_customer_read" in caplog.text


def test_payments_name_the_permission_that_one_of_their_parts_lacks(sandbox, caplog):
    key = sandbox.stripe.restricted_key(allowed=READ_ALL - {"rak_checkout_session_read"})

    run = run_tap(sandbox.stripe_url, streams=["payments"], api_key=key)

    assert "payments could not be read" in str(run.error)
    assert "Checkout Sessions: Read (rak_checkout_session_read)" in caplog.text


def test_event_log_without_permission_is_named(sandbox):
    key = sandbox.stripe.restricted_key(allowed=READ_ALL - {"rak_event_read"})

    run = run_tap(sandbox.stripe_url, streams=["charges"], api_key=key)

    assert "Events: Read (rak_event_read)" in str(run.error)


def test_key_with_the_named_permissions_reads_everything(sandbox):
    key = sandbox.stripe.restricted_key(allowed=READ_ALL)

    assert run_tap(sandbox.stripe_url, api_key=key).error is None


@pytest.mark.parametrize(
    "row", [row for row in STREAM_TABLE if row.by_default], ids=lambda row: row.name
)
def test_each_stream_needs_only_the_permission_that_its_row_names(sandbox, row):
    needed = {row.permission.split("(")[1].rstrip(")"), "rak_event_read"}
    key = sandbox.stripe.restricted_key(allowed=needed)

    assert run_tap(sandbox.stripe_url, streams=[row.name], api_key=key).error is None


def test_wrong_key_is_said_without_showing_it(sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    secret = "sk_test_51Nsecretsecretsecret"

    run = run_tap(sandbox.stripe_url, streams=["charges"], api_key=secret)

    assert "does not accept the API key" in str(run.error)
    assert "api_key" in str(run.error)
    assert secret not in str(run.error) + caplog.text + "".join(run.lines)


def test_key_is_in_no_log_whatever_happens(sandbox, caplog):
    caplog.set_level(logging.DEBUG)
    key = sandbox.stripe.restricted_key(allowed={"rak_event_read"})
    sandbox.stripe_controls.set_faults(Fault("status", status=500, every=3))

    run = run_tap(sandbox.stripe_url, api_key=key)

    assert key not in caplog.text + str(run.error) + "".join(run.lines)


def test_unreachable_host_is_said_with_the_setting_and_soon():
    run = run_tap("http://127.0.0.1:9", streams=["charges"], max_wait=0.1)

    assert "cannot be reached" in str(run.error)
    assert "api_base" in str(run.error)


def test_host_that_is_not_stripe_is_said_with_the_setting(sandbox):
    run = run_tap(sandbox.monstock_url.rsplit("/api", 1)[0], streams=["charges"], max_attempts=2)

    assert "api_base" in str(run.error)


def test_host_that_answers_in_html_is_said_with_the_setting(sandbox):
    sandbox.stripe_controls.set_faults(Fault("html"))

    run = run_tap(sandbox.stripe_url, streams=["charges"], max_attempts=2)

    assert "did not answer in JSON" in str(run.error)
    assert "api_base" in str(run.error)


def test_hostile_metadata_and_huge_amounts_pass_unchanged(sandbox):
    hostile = {"k\u0000": "\u2028\U0001f600'\"; DROP TABLE orders; --<script>" + "x" * 400}
    payment = sandbox.stripe.payment_intent(10**30, "eur", metadata=hostile)

    run = run_tap(sandbox.stripe_url, streams=["payments", "payment_intents"])

    (record,) = {one["id"]: one for one in run.records("payments") if one["id"] == payment}.values()
    assert record["payment_intent"]["metadata"] == hostile
    assert record["payment_intent"]["amount"] == 10**30
