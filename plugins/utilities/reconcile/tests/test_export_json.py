"""The JSON is as the published schema says."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from exported import Row, document, exported, finding, json_rows, order, payment
from jsonschema import Draft202012Validator, ValidationError
from monstock_stripe_reconcile.exports.exporting import export
from monstock_stripe_reconcile.exports.lists import LONG
from monstock_stripe_reconcile.exports.schema import PUBLISHED, schema_text
from monstock_stripe_reconcile.testing import large_results

SCHEMA: Mapping[str, Any] = json.loads(PUBLISHED.read_bytes())


def rows_of(name: str) -> Draft202012Validator:
    """The validator of what a definition of the schema describes."""
    found = {"$ref": f"#/$defs/{name}", "$defs": SCHEMA["$defs"]}
    return Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER)


def test_the_published_schema_is_that_of_the_code() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert PUBLISHED.read_text(encoding="utf-8") == schema_text(), (
        "write it again: python -m monstock_stripe_reconcile.exports.schema"
    )


def test_everything_that_is_written_is_as_the_schema_says(tmp_path: Path) -> None:
    export(large_results(tmp_path / "results.duckdb", 600), tmp_path / "out", ("json",))
    written = document(tmp_path)
    Draft202012Validator(SCHEMA).validate(written)
    assert written["verdict"]["findings"] == len(written["findings"]) == 6
    for listing in LONG:
        lines = json_rows(tmp_path, listing.name)
        assert lines
        for line in lines:
            rows_of(listing.name).validate(line)
    rows_of("Manifest").validate(json.loads((tmp_path / "out" / "manifest.json").read_bytes()))
    assert (tmp_path / "out" / written["$schema"]).read_text(encoding="utf-8") == schema_text()


def test_empty_results_are_as_the_schema_says(tmp_path: Path) -> None:
    exported(tmp_path, {}, ("json",))
    written = document(tmp_path)
    Draft202012Validator(SCHEMA).validate(written)
    assert (written["verdict"]["agrees"], written["findings"]) == (True, [])
    assert json_rows(tmp_path, "orders") == []


@pytest.mark.parametrize(
    "change",
    [{"amount": "10.00"}, {"reason": "unheard_of"}, {"amount": 1.5}, {"since": 3}, {"more": 1}],
)
def test_the_schema_refuses_what_is_not_of_it(tmp_path: Path, change: Row) -> None:
    exported(tmp_path, {"findings": [finding(1)]}, ("json",))
    written = document(tmp_path)
    written["findings"][0] |= change
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(written)


def test_the_document_says_what_each_currency_counts_in(tmp_path: Path) -> None:
    rows = {
        "orders": [order(1), order(2, "JPY")],
        "payments": [payment(1, "BHD", fee_currency="USD")],
    }
    exported(tmp_path, rows, ("json",))
    assert document(tmp_path)["decimals"] == {"BHD": 3, "EUR": 2, "JPY": 0, "USD": 2}


def test_the_verdict_says_what_the_run_before_found(tmp_path: Path) -> None:
    before = {"run_id": "run_0", "restricted": False, "findings": 5, "agrees": False}
    before |= {"as_of": "2026-11-01", "orders": 1, "payments": 1, "orders_with_findings": 5}
    part = before | {"run_id": "run_0b", "as_of": "2026-11-02", "restricted": True, "findings": 1}
    exported(tmp_path, {"findings": [finding(1)], "history": [before, part]}, ("json",))
    assert document(tmp_path)["verdict"]["before"] == 5
    assert [one["run_id"] for one in document(tmp_path)["history"]] == ["run_0", "run_0b", "run_1"]
