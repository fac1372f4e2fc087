"""What a run says of itself: lines while it reads, a summary at its end, metrics for machines."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import subprocess
import sys
import termios
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from monstock_stripe_core.stripe_counts import RequestCounts, Tally
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
    told = Progress(
        RequestCounts(Tally(Counter({"GET /v1/charges": 12}))), RateLimits(100, 25), clock
    )
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

    run = run_tap(sandbox.stripe_url, streams=["payment_intents", "customers"])

    (summary,) = [line for line in lines(caplog) if "records of" in line and "written" in line]
    _, customers, intents, everyone, *endpoints = summary.splitlines()
    listed = sandbox.stripe_controls.counters()["endpoints"]["GET /v1/payment_intents"]["requests"]
    written = len(run.records("payment_intents"))
    assert intents.split()[:9] == (
        f"payment_intents {written} records {listed} requests 2 repeated 2 throttled".split()
    )
    assert intents.split()[9:] and intents.endswith("records/s")
    assert customers.split()[5:9] == ["0", "repeated", "0", "throttled"]
    assert everyone.split()[:4] == ["all", "streams", "0", "records"]
    (endpoint,) = [one for one in endpoints if "GET /v1/payment_intents " in one]
    assert endpoint.split()[2:] == f"{listed} requests 2 repeated 2 throttled".split()


def test_terminal_shows_bars_and_standard_output_only_messages(sandbox, tmp_path):
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"api_key": "sk_test_sandbox", "api_base": sandbox.stripe_url}))
    sandbox.stripe_controls.set_faults(Fault("latency", seconds=0.4, times=8))
    terminal, ours = pty.openpty()
    termios.tcsetwinsize(ours, (40, 160))

    with subprocess.Popen(
        [Path(sys.executable).with_name("tap-stripe-ext"), "--config", config],
        stdout=subprocess.PIPE,
        stderr=ours,
    ) as process:
        os.close(ours)
        shown = b""
        reader = threading.Thread(target=process.stdout.read)
        reader.start()
        with suppress(OSError):  # the terminal is gone when the process is
            while part := os.read(terminal, 65_536):
                shown += part
        reader.join()

    os.close(terminal)
    assert process.returncode == 0
    text = shown.decode()
    assert re.search(r"\rpayment_intents: +\d+", text)
    assert "requests of at most" in text
    assert "records of" in text and "written" in text  # the summary stands below


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
