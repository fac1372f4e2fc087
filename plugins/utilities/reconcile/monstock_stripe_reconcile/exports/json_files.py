"""The summary with the findings as one JSON document, the long lists as lines of JSON."""

from __future__ import annotations

from pathlib import Path

import duckdb
import msgspec

from monstock_stripe_reconcile import results_model as model
from monstock_stripe_reconcile.exports.lists import LONG
from monstock_stripe_reconcile.exports.manifest import FORMAT_VERSION, Written
from monstock_stripe_reconcile.exports.schema import SCHEMA_FILE, schema_text
from monstock_stripe_reconcile.exports.summary import read_summary
from monstock_stripe_reconcile.results_model import Table

DOCUMENT = "reconciliation.json"

_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"

TABLES = {table.name: table for table in model.TABLES}
"""The tables of the results by name."""


def write_json(connection: duckdb.DuckDBPyConnection, folder: Path) -> list[Written]:
    """Write the document, its schema and the long lists.

    Amounts are whole numbers of minor units, moments are UTC.

    Args:
        connection: to the results.
        folder: where the files go.
    """
    (folder / SCHEMA_FILE).write_text(schema_text(), encoding="utf-8")
    written = [Written(SCHEMA_FILE, "json"), _document(connection, folder)]
    for listing in LONG:
        name = f"{listing.name}.ndjson"
        _lines(connection, TABLES[listing.name], listing.order_by, folder / name)
        counted = connection.execute(f"SELECT count(*) FROM {listing.name}").fetchone()  # noqa: S608
        written.append(Written(name, "json", listing.name, counted[0] if counted else 0))
    return written


def _document(connection: duckdb.DuckDBPyConnection, folder: Path) -> Written:
    """The findings may be as many as the orders: they go through a file, not through memory."""
    head = {"$schema": SCHEMA_FILE, "format_version": FORMAT_VERSION}
    summary = msgspec.to_builtins(read_summary(connection))
    lines = folder / "findings.part"
    order_by = (
        "counts DESC, (SELECT position FROM reasons WHERE reasons.reason = findings.reason), "
    )
    _lines(connection, model.FINDINGS, order_by + "amount DESC, finding_id", lines)
    rows = 0
    with lines.open("rb") as findings, (folder / DOCUMENT).open("wb") as document:
        document.write(msgspec.json.encode(head | summary)[:-1] + b',"findings":[')
        for line in findings:
            document.write((b",\n" if rows else b"\n") + line.rstrip(b"\n"))
            rows += 1
        document.write(b"\n]}\n")
    lines.unlink()
    return Written(DOCUMENT, "json", "findings", rows)


def _lines(connection: duckdb.DuckDBPyConnection, table: Table, order_by: str, file: Path) -> None:
    path = str(file).replace("'", "''")
    columns = ", ".join(
        f'CAST("{column.name}" AS JSON) AS "{column.name}"'
        if (table.name, column.name) == ("findings", "facts")
        else f'"{column.name}"'
        for column in table.columns
    )
    connection.execute(
        f"COPY (SELECT {columns} FROM {table.name} ORDER BY {order_by}) TO '{path}' "  # noqa: S608
        f"(FORMAT json, TIMESTAMPFORMAT '{_MOMENT}')"
    )
