"""The summary and the lists as one workbook (XLSX).

XlsxWriter makes the workbook with its sheets, headings, styles and the summary. The rows of the
lists are then put into its sheets by DuckDB: cell by cell they would take ten times as long.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import duckdb
from xlsxwriter import Workbook

from monstock_stripe_reconcile.exports.lists import SHEETS, Kind, Listing
from monstock_stripe_reconcile.exports.manifest import Written
from monstock_stripe_reconcile.exports.summary import Summary, read_summary
from monstock_stripe_reconcile.exports.workbook_rows import SheetFrame, rows_of
from monstock_stripe_reconcile.exports.workbook_styles import Styles
from monstock_stripe_reconcile.exports.workbook_summary import write_summary_sheet

WORKBOOK = "reconciliation.xlsx"

ROWS_OF_A_SHEET = 1_048_576
"""Excel's limit, the headings included."""

_WIDTHS = {
    Kind.TEXT: 24,
    Kind.WORDS: 24,
    Kind.AMOUNT: 14,
    Kind.COUNT: 10,
    Kind.BOOLEAN: 9,
    Kind.MOMENT: 19,
    Kind.DAY: 11,
}
_WIDE = {"meaning": 50, "next_step": 50, "details": 50, "currency": 9}


@dataclass(frozen=True, slots=True)
class _Sheet:
    """One sheet of a list and how many rows it takes."""

    title: str
    part: str
    listing: Listing
    rows: int


def write_workbook(
    connection: duckdb.DuckDBPyConnection, folder: Path, rows_of_a_sheet: int = ROWS_OF_A_SHEET
) -> list[Written]:
    """Write the workbook.

    Args:
        connection: to the results.
        folder: where the file goes.
        rows_of_a_sheet: at most, headings included; a longer list goes on in further sheets.
    """
    sheets = _sheets(connection, rows_of_a_sheet)
    summary = read_summary(connection)
    frame = folder / "workbook.part"
    _write_frame(frame, summary, sheets)
    with (
        zipfile.ZipFile(frame) as source,
        zipfile.ZipFile(folder / WORKBOOK, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
    ):
        for name in source.namelist():
            if name not in {sheet.part for sheet in sheets}:
                target.writestr(source.getinfo(name), source.read(name))
        rows: Iterator[str] = iter(())
        last: Listing | None = None
        for sheet in sheets:
            around = SheetFrame.of(source.read(sheet.part).decode())
            if sheet.listing is not last:
                rows, last = rows_of(connection, sheet.listing, around.styles), sheet.listing
            with target.open(sheet.part, "w", force_zip64=True) as out:
                for piece in around.pieces(islice(rows, sheet.rows), sheet.rows):
                    out.write(piece)
    frame.unlink()
    return [Written(WORKBOOK, "xlsx")]


def _sheets(connection: duckdb.DuckDBPyConnection, most: int) -> list[_Sheet]:
    found: list[_Sheet] = []
    for listing in SHEETS:
        counted = connection.execute(f"SELECT count(*) FROM {listing.rows}").fetchone()  # noqa: S608
        rows = counted[0] if counted else 0
        name = listing.name.replace("_", " ").capitalize()
        for number in range(1, max(1, -(-rows // (most - 1))) + 1):
            title = name if number == 1 else f"{name} {number}"
            # XlsxWriter numbers its parts by the order of the sheets; the summary is the first.
            part = f"xl/worksheets/sheet{len(found) + 2}.xml"
            found.append(_Sheet(title, part, listing, min(rows, most - 1)))
            rows -= found[-1].rows
    return found


def _write_frame(file: Path, summary: Summary, sheets: Sequence[_Sheet]) -> None:
    """Everything but the rows of the lists; their second row shows each style once."""
    with Workbook(str(file), {"strings_to_formulas": False, "strings_to_urls": False}) as workbook:
        workbook.set_properties({"title": "Reconciliation of Stripe and Monstock"})
        styles = Styles.of(workbook, summary.decimals)
        write_summary_sheet(workbook.add_worksheet("Summary"), summary, styles)
        for sheet in sheets:
            worksheet = workbook.add_worksheet(sheet.title)
            for column, field in enumerate(sheet.listing.fields):
                worksheet.write_string(0, column, field.name, styles.heading)
                width = _WIDE.get(field.name, _WIDTHS[field.kind])
                worksheet.set_column(column, column, max(width, len(field.name) + 3))
            worksheet.freeze_panes(1, 1)
            worksheet.repeat_rows(0)
            worksheet.autofilter(0, 0, max(1, sheet.rows), len(sheet.listing.fields) - 1)
            for column, style in enumerate(styles.of_cells()):
                worksheet.write_blank(1, column, None, style)
