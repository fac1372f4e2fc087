"""Catalog selection and stream maps: the slow path says the same as the fast one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_stripe_ext.testing import catalog_of, run_tap


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(payments=150) as running:
        running.clock.advance(300)
        yield running


def test_catalog_selects_streams(sandbox):
    run = run_tap(sandbox.stripe_url, catalog=catalog_of("charges"))

    assert {one["stream"] for one in run.messages if one["type"] == "RECORD"} == {"charges"}


def test_deselected_property_is_left_out_and_the_rest_is_the_same(sandbox):
    catalog = catalog_of("charges")
    (entry,) = [one for one in catalog["streams"] if one["tap_stream_id"] == "charges"]
    for metadata in entry["metadata"]:
        if metadata["breadcrumb"] in (
            ["properties", "billing_details"],
            ["properties", "outcome", "properties", "type"],
        ):
            metadata["metadata"]["selected"] = False
    whole = run_tap(sandbox.stripe_url, catalog=catalog_of("charges")).records("charges")

    partly = run_tap(sandbox.stripe_url, catalog=catalog).records("charges")

    for record in whole:
        del record["billing_details"]
        if record["outcome"]:
            del record["outcome"]["type"]
    by_id = {one["id"]: one for one in whole}
    assert {one["id"]: one for one in partly} == by_id


def test_stream_maps_rename_filter_and_add(sandbox):
    run = run_tap(
        sandbox.stripe_url,
        streams=["charges"],
        stream_maps={
            "charges": {
                "__alias__": "paid_charges",
                "__filter__": "record['amount_refunded'] == 0",
                "amount_in_cents": "record['amount']",
                "__else__": None,
                "id": "record['id']",
            }
        },
    )

    records = run.records("paid_charges")
    assert run.error is None
    assert 0 < len(records) < 150
    assert set(records[0]) == {"id", "amount_in_cents"}


def test_stream_map_that_keeps_all_says_the_same_as_none(sandbox):
    plain = run_tap(sandbox.stripe_url, streams=["payment_intents"]).records("payment_intents")

    mapped = run_tap(
        sandbox.stripe_url,
        streams=["payment_intents"],
        stream_maps={"payment_intents": {"id": "record['id']"}},
    ).records("payment_intents")

    assert {one["id"]: one for one in mapped} == {one["id"]: one for one in plain}


def test_flattening_still_flattens(sandbox):
    run = run_tap(
        sandbox.stripe_url,
        streams=["charges"],
        flattening_enabled=True,
        flattening_max_depth=1,
    )

    assert "outcome__type" in run.records("charges")[0]


def test_run_without_selected_streams_says_so(sandbox, caplog):
    run = run_tap(sandbox.stripe_url, catalog=catalog_of())

    assert (run.error, run.lines) == (None, ())
    assert "No stream is selected" in caplog.text
