"""The first sheet of the workbook: what the run comes to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import TypeAlias

from monstock_stripe_core.money import Money, to_decimal_text
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from monstock_stripe_reconcile.exports.summary import ReasonLine, Summary
from monstock_stripe_reconcile.exports.verdict import scope_lines, trend_text, verdict_text
from monstock_stripe_reconcile.exports.workbook_rows import EXACT_BELOW
from monstock_stripe_reconcile.exports.workbook_styles import Styles

Cell: TypeAlias = str | int | Money
Block: TypeAlias = tuple[tuple[str, ...], Iterable[tuple[Cell, ...]]]
"""Headings, and rows of as many cells."""

_MONEY = (
    ("gross", "Sales"),
    ("refunds", "Refunds"),
    ("disputes", "Disputes"),
    ("fees", "Fees"),
    ("other", "Other"),
    ("net", "Net"),
    ("without_payout", "Not paid out yet"),
)
_WIDTHS = (22, 14, 14, 14, 14, 50, 50, 16)


def write_summary_sheet(worksheet: Worksheet, summary: Summary, styles: Styles) -> None:
    """Fill the sheet: the verdict, then small tables one below the other.

    Args:
        worksheet: an empty sheet.
        summary: of the run.
        styles: of the workbook.
    """
    for column, width in enumerate(_WIDTHS):
        worksheet.set_column(column, column, width)
    worksheet.write_string(0, 0, verdict_text(summary), styles.title)
    row = 1
    for line in (
        trend_text(summary.verdict),
        *scope_lines(summary),
        f"Run {summary.run['run_id']}",
    ):
        if line:
            worksheet.write_string(row, 0, line)
            row += 1
    for headings, rows in _blocks(summary):
        row += 1
        for column, heading in enumerate(headings):
            worksheet.write_string(row, column, heading, styles.heading)
        for cells in rows:
            row += 1
            for column, cell in enumerate(cells):
                _write(worksheet, row, column, cell, styles)
        row += 1
    worksheet.set_landscape()
    worksheet.fit_to_pages(1, 0)


def _blocks(summary: Summary) -> Iterator[Block]:
    yield (
        ("Reason", "Findings", "Orders", "Amount", "Currency", "Meaning", "Next step"),
        (row for line in summary.reasons for row in _reason(line)),
    )
    yield (
        ("Waiting, days", "Orders", "Amount", "Currency"),
        (
            (one.bucket, one.orders, Money(one.amount, one.currency), one.currency)
            for one in summary.ageing
            if one.orders
        ),
    )
    yield (
        ("To ship", "Orders", "Meaning"),
        (
            ("release" if one.released else "hold", one.orders, one.meaning)
            for one in summary.release_reasons
            if one.orders
        ),
    )
    yield (
        ("Money", *(line.currency for line in summary.money)),
        (
            (text, *(Money(getattr(line, name), line.currency) for line in summary.money))
            for name, text in _MONEY
        ),
    )


def _reason(line: ReasonLine) -> Iterator[tuple[Cell, ...]]:
    """A row for each currency; one without money where no amount is known."""
    texts = (line.meaning, line.next_step)
    for one in line.amounts:
        money = Money(one.amount, one.currency)
        yield (line.reason, one.findings, one.orders, money, one.currency, *texts)
    rest = line.findings - sum(one.findings for one in line.amounts)
    if rest:
        yield (line.reason, rest, "", "", "", *texts)


def _write(worksheet: Worksheet, row: int, column: int, cell: Cell, styles: Styles) -> None:
    if isinstance(cell, str):
        worksheet.write_string(row, column, cell, styles.text)
    elif isinstance(cell, int):
        worksheet.write_number(row, column, cell, styles.count)
    else:
        text = to_decimal_text(cell.amount, cell.currency)
        if abs(cell.amount) < EXACT_BELOW:
            style: Format = styles.amounts[styles.decimals[cell.currency]]
            worksheet.write_number(row, column, Decimal(text), style)
        else:
            worksheet.write_string(row, column, text, styles.text)
