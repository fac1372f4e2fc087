"""What the tests of exports have in common: results with rows, and files read back."""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from monstock_stripe_reconcile.exports.csv_files import PLAIN, CsvStyle
from monstock_stripe_reconcile.exports.exporting import export
from monstock_stripe_reconcile.exports.manifest import Manifest
from monstock_stripe_reconcile.testing import results_database
from openpyxl import load_workbook

Row = dict[str, Any]

WHEN = datetime(2026, 11, 3, 9, 30, 15, tzinfo=UTC).replace(tzinfo=None)
ALL = ("csv", "json", "xlsx")


def order(number: int, currency: str = "EUR", **given: Any) -> Row:
    """An order that is paid and right, but for what is given."""
    row = {
        "order_id": f"ord_{number}",
        "number": f"CMD-{number}",
        "state": "validated",
        "currency": currency,
        "total": 1000,
        "outside": 0,
        "captured": 1000,
        "refunded": 0,
        "disputed": 0,
        "dispute_lost": 0,
        "authorized": 0,
        "net": 1000,
        "due": 0,
        "status": "paid",
        "shown_status": "paid",
        "shown_net": 1000,
        "shown_due": 0,
        "difference": 0,
        "reasons": [],
        "findings": 0,
        "tolerated": 0,
        "created_at": WHEN,
        "updated_at": WHEN,
        "age_days": 17,
        "payments": 1,
        "link_rules": ["metadata"],
        "released": True,
        "release_reason": "paid",
    }
    return row | given


def finding(number: int, reason: str = "paid_not_shown", **given: Any) -> Row:
    """A finding that counts, but for what is given."""
    row = {
        "finding_id": f"{number:016x}",
        "reason": reason,
        "counts": True,
        "fails": True,
        "amount": 1000,
        "currency": "EUR",
        "since": WHEN,
        "age_days": 17,
    }
    return row | given


def payment(number: int, currency: str = "EUR", **given: Any) -> Row:
    """A payment that came and is linked, but for what is given."""
    row = {
        "transaction_reference": f"pi_{number}",
        "livemode": True,
        "created_at": WHEN,
        "status": "succeeded",
        "currency": currency,
        "amount": 1000,
        "captured": 1000,
        "refunded": 0,
        "refund_pending": 0,
        "refund_failed": 0,
        "disputed": 0,
        "dispute_lost": 0,
        "authorized": 0,
        "kept": 1000,
        "link_state": "linked",
        "orders": 1,
    }
    return row | given


def exported(
    folder: Path,
    rows: Mapping[str, list[Row]],
    formats: tuple[str, ...] = ALL,
    style: CsvStyle = PLAIN,
) -> Manifest:
    """Make results of rows in `folder`/results.duckdb and export them into `folder`/out."""
    results = results_database(folder / "results.duckdb", rows)
    return export(results, folder / "out", formats, style)


def table(folder: Path, name: str) -> list[Row]:
    """A table of the results that `exported` made."""
    with duckdb.connect(str(folder / "results.duckdb"), read_only=True) as connection:
        cursor = connection.execute(f"SELECT * FROM {name}")
        names = [one[0] for one in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def csv_rows(folder: Path, name: str, delimiter: str = ",") -> list[dict[str, str]]:
    """A list of the export as CSV."""
    with (folder / "out" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=delimiter))


def json_rows(folder: Path, name: str) -> list[Row]:
    """A list of the export as JSON."""
    if name == "findings":
        found: list[Row] = document(folder)["findings"]
        return found
    lines = (folder / "out" / f"{name}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def document(folder: Path) -> Row:
    """The JSON document of the export."""
    found: Row = json.loads((folder / "out" / "reconciliation.json").read_bytes())
    return found


def sheet_rows(folder: Path, title: str) -> Iterator[dict[str, Any]]:
    """The cells of a sheet of the export, by heading."""
    book = load_workbook(folder / "out" / "reconciliation.xlsx")
    headings, *rows = book[title].iter_rows()
    for row in rows:
        yield {str(heading.value): cell for heading, cell in zip(headings, row, strict=True)}
