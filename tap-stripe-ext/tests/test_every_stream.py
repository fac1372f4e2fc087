"""Every row of the table is read from the sandbox, which has an object in each list."""

from __future__ import annotations

from collections.abc import Iterator

import jsonschema
import pytest
from monstock_stripe_sandbox.testing import running_sandbox
from tap_common.testing import TapRun
from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.stream_table import STREAM_TABLE
from tap_stripe_ext.testing import run_tap

# Of two kinds in one list, or on a condition: the sandbox makes one without being told which.
MADE_BY_HAND = {
    "bank_accounts",
    "customer_sources",
    "external_account_cards",
    "payout_balance_transactions",
}


@pytest.fixture(scope="module")
def run() -> Iterator[TapRun]:
    with running_sandbox() as running:
        world = running.stripe
        for served in world.lists():
            if served.path != "/v1/events":
                world.create(served.path)
        running.clock.advance(300)
        yield run_tap(running.stripe_url, streams=[row.name for row in STREAM_TABLE])


def test_run_is_complete(run):
    assert run.error is None


@pytest.mark.parametrize(
    "row", [row for row in STREAM_TABLE if row.name not in MADE_BY_HAND], ids=lambda row: row.name
)
def test_stream_has_a_record_that_fits_its_schema(run, row):
    record = run.records(row.name)[0]

    jsonschema.validate(record, load_schema(row.name), jsonschema.Draft7Validator)
    assert all(record[key] for key in row.keys)
    if row.parent is not None:
        assert record[row.parent.id_field]
    assert record["object"] == row.object_name
