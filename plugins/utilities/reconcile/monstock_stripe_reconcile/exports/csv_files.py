"""The lists as CSV: one file each, written by DuckDB itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from monstock_stripe_reconcile.exports.lists import DECISIONS, SHEETS, Field, Kind, Listing
from monstock_stripe_reconcile.exports.manifest import Written

_FORMULA = "^[=+@\\t\\r\\n-]"
"""How a text begins that spreadsheets take for a formula (OWASP, 'CSV Injection')."""

_BYTE_ORDER_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class CsvStyle:
    """How CSV is written.

    Attributes:
        byte_order_mark: whether the file begins with one, by which Excel knows UTF-8.
        semicolons: whether cells are separated by semicolons and decimals by a comma, as
            spreadsheets of most of Europe read it.
    """

    byte_order_mark: bool = False
    semicolons: bool = False


PLAIN = CsvStyle()


def write_csv(
    connection: duckdb.DuckDBPyConnection, folder: Path, style: CsvStyle = PLAIN
) -> list[Written]:
    """Write all lists.

    Args:
        connection: to the results.
        folder: where the files go.
        style: of the files.
    """
    return [_write(connection, one, folder, style) for one in (*SHEETS, DECISIONS)]


def _write(
    connection: duckdb.DuckDBPyConnection, listing: Listing, folder: Path, style: CsvStyle
) -> Written:
    file = folder / f"{listing.name}.csv"
    separator = ";" if style.semicolons else ","
    path = str(file).replace("'", "''")
    # Newlines are always quoted; so must be a separator of the other style and a lone return.
    connection.execute(
        f"COPY (SELECT {_columns(listing.fields, style)} FROM {listing.rows} "  # noqa: S608
        f"ORDER BY {listing.order_by}) TO '{path}' "
        f"(FORMAT csv, HEADER true, DELIMITER '{separator}')"
    )
    rows = connection.execute(f"SELECT count(*) FROM {listing.rows}").fetchone()  # noqa: S608
    return Written(file.name, "csv", listing.name, rows[0] if rows else 0)


def _columns(fields: Sequence[Field], style: CsvStyle) -> str:
    names = [field.name for field in fields]
    if style.byte_order_mark:
        names[0] = _BYTE_ORDER_MARK + names[0]
    return ", ".join(
        f'{_cell(field, style)} AS "{name}"' for field, name in zip(fields, names, strict=True)
    )


def _cell(field: Field, style: CsvStyle) -> str:
    if field.kind is Kind.AMOUNT:
        text = f"decimal_text({field.sql}, {field.currency})"
        return f"replace({text}, '.', ',')" if style.semicolons else text
    if field.kind is Kind.TEXT:
        return inert(field.sql)
    if field.kind is Kind.WORDS:
        return inert(f"array_to_string({field.sql}, ' ')")
    return field.sql


def inert(text: str) -> str:
    """SQL of a text that no spreadsheet takes for a formula: an apostrophe stands before it."""
    return f"CASE WHEN regexp_matches({text}, '{_FORMULA}') THEN '''' || {text} ELSE {text} END"
