"""The SDK's `batch_config`: records in files, BATCH messages, and no state ahead of its files."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext.testing import run_tap

STREAMS = ("payment_intents", "charges")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(payments=250) as running:
        running.clock.advance(300)
        yield running


def batch_config(folder: Path, size: int) -> dict[str, Any]:
    return {
        "encoding": {"format": "jsonl", "compression": "gzip"},
        "storage": {"root": folder.as_uri()},
        "batch_size": size,
    }


def rows_in_files(run: TapRun, until: int | None = None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for message in run.messages[:until]:
        if message["type"] == "BATCH":
            for url in message["manifest"]:
                with gzip.open(url.removeprefix("file://"), "rt") as file:
                    found.setdefault(message["stream"], []).extend(map(json.loads, file))
    return found


def by_id(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    assert len({one["id"] for one in records}) == len(records)
    return {one["id"]: one for one in records}


def test_files_hold_the_same_records_as_messages_would(sandbox, tmp_path):
    plain = run_tap(sandbox.stripe_url, streams=STREAMS)

    run = run_tap(sandbox.stripe_url, streams=STREAMS, batch_config=batch_config(tmp_path, 120))

    assert run.error is None
    assert run.record_count == 0
    rows = rows_in_files(run)
    for name in STREAMS:
        assert by_id(rows[name]) == by_id(plain.records(name))


def test_a_run_cut_at_any_state_goes_on_without_a_gap(sandbox, tmp_path):
    run = run_tap(sandbox.stripe_url, streams=STREAMS, batch_config=batch_config(tmp_path, 120))
    expected = set(by_id(run_tap(sandbox.stripe_url, streams=["charges"]).records("charges")))
    places = [n for n, message in enumerate(run.messages) if message["type"] == "STATE"]
    assert len(places) > 1

    for place in places:
        rest = run_tap(
            sandbox.stripe_url, streams=STREAMS, state=run.messages[place]["value"]
        ).records("charges")
        before = rows_in_files(run, place).get("charges", [])
        assert {one["id"] for one in [*before, *rest]} == expected


def test_failed_stream_leaves_what_the_others_read_in_files(sandbox, tmp_path):
    config = batch_config(tmp_path, 10_000)
    key = sandbox.stripe.restricted_key({"rak_event_read", "rak_payment_intent_read"})

    run = run_tap(sandbox.stripe_url, streams=STREAMS, batch_config=config, api_key=key)

    assert run.error is not None
    assert set(rows_in_files(run)) == {"payment_intents"}
    assert run.messages[-1]["type"] == "STATE"
