"""A comparison's own results, with every reason in them, in every format."""

import json
from pathlib import Path

from exported import csv_rows, document, sheet_rows
from jsonschema import Draft202012Validator
from monstock_stripe_core.money import to_decimal_text
from monstock_stripe_reconcile.exports.exporting import export
from monstock_stripe_reconcile.exports.lists import LONG
from monstock_stripe_reconcile.exports.schema import PUBLISHED
from reconcile_world import ALONE, RIGHT, TOGETHER, World, findings, run_on


def test_each_planted_finding_stands_in_each_format(tmp_path: Path) -> None:
    world = World()
    for total, plant in enumerate((*RIGHT, *ALONE, *TOGETHER), 12_345):
        plant(world, total)
    result = run_on(world, tmp_path)
    assert findings(result) == world.expected
    export(result.results, tmp_path / "out", ("csv", "json", "xlsx"))
    expected = sorted(
        (
            one.reason,
            one.order or "",
            to_decimal_text(one.amount, one.currency) if one.currency else "0",
        )
        for one in world.expected
    )
    in_csv = [row for row in csv_rows(tmp_path, "findings") if row["counts"] == "true"]
    assert sorted((row["reason"], row["order_number"], row["amount"]) for row in in_csv) == expected
    counted = [cells for cells in sheet_rows(tmp_path, "Findings") if cells["counts"].value]
    assert len(counted) == len(expected)
    written = document(tmp_path)
    assert written["verdict"]["findings"] == len(expected)
    schema = json.loads(PUBLISHED.read_bytes())
    Draft202012Validator(schema).validate(written)
    for listing in LONG:
        rows = {"$ref": f"#/$defs/{listing.name}", "$defs": schema["$defs"]}
        for line in (tmp_path / "out" / f"{listing.name}.ndjson").read_bytes().splitlines():
            Draft202012Validator(rows).validate(json.loads(line))


def test_each_planted_finding_that_a_person_can_decide_names_its_exception(tmp_path: Path) -> None:
    world = World()
    for total, plant in enumerate(ALONE, 12_345):
        plant(world, total)
    export(run_on(world, tmp_path).results, tmp_path / "out", ("csv",))
    rows = csv_rows(tmp_path, "decisions")
    assert {row["kind"] for row in rows} >= {
        "unlinked",
        "waiting_for_order",
        "ambiguous_link",
        "cancelled_order_paid",
        "customer_owed",
        "currency_mismatch",
        "possible_duplicate",
        "shipped_not_paid",
        "wrong_mode",
    }
    assert all(row["payment"] or row["order_id"] for row in rows)
