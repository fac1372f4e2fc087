"""What a run says of itself: lines while it reads, a summary at its end, metrics for machines."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from monstock_stripe_core.stripe_calls import RequestCounts
from monstock_stripe_core.stripe_pacing import RateLimits
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_stripe_ext import progress as progress_module
from tap_stripe_ext.progress import SECONDS_PER_LINE, Progress
from tap_stripe_ext.testing import run_tap
from tap_stripe_ext.windows import Window


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(payments=250) as running:
        running.clock.advance(300)
        yield running


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def lines(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]


def test_line_says_rate_requests_limit_place_and_time_left(caplog):
    caplog.set_level(logging.INFO)
    clock = Clock()
    told = Progress(RequestCounts(Counter({"GET /v1/charges": 12})), RateLimits(100, 25), clock)
    told.wrote("charges", 1_000)
    told.reads("charges", Window(0, None, "ch_1", 1_700_000_000), pages=40)

    told.tell_now_and_then()
    assert lines(caplog) == []
    clock.now += SECONDS_PER_LINE
    told.tell_now_and_then()
    told.tell_now_and_then()

    assert lines(caplog) == [
        "charges: 1,000 records, 200 records/s, 12 requests of at most 100/s (25/s for an "
        "endpoint), at 2023-11-14 22:13, about 20 s left"
    ]


def test_time_left_is_not_said_while_nobody_knows_how_far_back_the_account_goes(caplog):
    caplog.set_level(logging.INFO)
    clock = Clock()
    told = Progress(RequestCounts(), RateLimits(0, 0), clock)
    told.wrote("charges", 10)
    told.reads("charges", Window(0, None, "ch_1", 1_700_000_000), pages=None)
    clock.now += SECONDS_PER_LINE

    told.tell_now_and_then()

    (line,) = lines(caplog)
    assert "left" not in line
    assert "at most any number a second" in line


def test_lines_come_while_a_real_run_reads(sandbox, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(progress_module, "SECONDS_PER_LINE", 0.0)

    run_tap(sandbox.stripe_url, streams=["payment_intents"])

    assert any("records/s" in line and "requests of at most" in line for line in lines(caplog))


def test_summary_says_what_each_stream_and_endpoint_took(sandbox, caplog):
    caplog.set_level(logging.INFO)
    sandbox.stripe_controls.set_faults(
        Fault("status", status=429, times=2, path="/v1/payment_intents")
    )

    run = run_tap(sandbox.stripe_url, streams=["payment_intents"])

    said = lines(caplog)
    written = len(run.records("payment_intents"))
    (summary,) = [line for line in said if "records of 1 streams written" in line]
    stream, *endpoints = summary.splitlines()[1:]
    assert stream.split()[:3] == ["payment_intents", str(written), "records"]
    (endpoint,) = [one for one in endpoints if "GET /v1/payment_intents " in one]
    assert endpoint.split()[3:] == ["requests", "2", "repeated", "2", "throttled"]


def test_metrics_are_the_sdks(sandbox, caplog):
    caplog.set_level(logging.INFO)

    run = run_tap(sandbox.stripe_url, streams=["payment_intents"])

    points = [
        record.args[0]
        for record in caplog.records
        if record.name == "singer_sdk.metrics" and record.args
    ]
    by_name = {point.metric.value: point for point in points}
    assert set(by_name) >= {"record_count", "sync_duration", "http_request_count"}
    assert by_name["record_count"].value == len(run.records("payment_intents"))


def test_idle_run_says_one_line(sandbox, caplog):
    first = run_tap(sandbox.stripe_url, streams=["payment_intents"])
    caplog.clear()
    caplog.set_level(logging.INFO)

    second = run_tap(sandbox.stripe_url, streams=["payment_intents"], state=first.state)

    assert second.records("payment_intents") == []
    ours = [line for line in lines(caplog) if "requests" in line or "records" in line]
    assert len(ours) == 1
    assert ours[0].startswith("Nothing new.")
