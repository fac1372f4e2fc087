"""The rows of a list as SpreadsheetML (ECMA-376, part 1, 18.3.1), made by DuckDB."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain

import duckdb
from xlsxwriter.utility import xl_col_to_name

from monstock_stripe_reconcile.exports.lists import Field, Kind, Listing
from monstock_stripe_reconcile.exports.workbook_styles import DECIMALS

EXACT_BELOW = 10**15
"""Spreadsheets count in doubles of 15 digits: amounts from here on, in minor units, are texts."""

_ROWS_AT_ONCE = 2048
_LONGEST_TEXT = 32_767
"""UTF-16 units in a cell, by Excel's limits; a longer text is cut, and says so by an ellipsis."""

_CUT_AT = _LONGEST_TEXT // 2 - 1
_NOT_XML = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x{FFFE}\x{FFFF}]"
_SPECIAL = r"[&<>\x00-\x08\x0b-\x1f\x{FFFE}\x{FFFF}]|_x[0-9A-Fa-f]{4}_"
"""Few texts hold any of it: the others need nothing done to them."""

_NUMBER = "\x01"
"""Stands for the row's number until that is known; no text holds it."""


@dataclass(frozen=True, slots=True)
class CellStyles:
    """The numbers of the styles in the workbook's style sheet."""

    text: str
    count: str
    boolean: str
    moment: str
    day: str
    amounts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetFrame:
    """A sheet as XlsxWriter wrote it, without the row that shows the styles."""

    head: str
    tail: str
    styles: CellStyles

    @classmethod
    def of(cls, xml: str) -> SheetFrame:
        """Take a sheet apart whose second row shows the styles."""
        head, _, rest = xml.partition('<row r="2"')
        shown, _, tail = rest.partition("</row>")
        text, count, boolean, moment, day, *amounts = re.findall(r' s="(\d+)"', shown)
        return cls(head, tail, CellStyles(text, count, boolean, moment, day, tuple(amounts)))

    def pieces(self, rows: Iterator[str], count: int) -> Iterator[bytes]:
        """The sheet with its rows, a part at a time.

        Args:
            rows: the cells of each, from `rows_of`.
            count: how many they are.
        """
        last_row = count + 1
        head = re.sub(r'(<dimension ref="A1:[A-Z]+)\d+', rf"\g<1>{last_row}", self.head, count=1)
        yield head.encode()
        part: list[str] = []
        for number, cells in enumerate(rows, 2):
            place = str(number)
            part.append(f'<row r="{place}">{cells.replace(_NUMBER, place)}</row>')
            if len(part) == _ROWS_AT_ONCE:
                yield "".join(part).encode()
                part.clear()
        yield "".join(part).encode()
        yield self.tail.encode()


def rows_of(
    connection: duckdb.DuckDBPyConnection, listing: Listing, styles: CellStyles
) -> Iterator[str]:
    """The cells of each row of a list.

    The connection is in use until the last row was taken.

    Args:
        connection: to the results.
        listing: the list.
        styles: of the workbook.
    """
    cells: list[str] = []
    values: list[str] = []
    for number, field in enumerate(listing.fields):
        named = replace(field, sql=f"v{number}", currency=f"c{number}")
        cells.append(_cell(named, xl_col_to_name(number), styles))
        values.append(f"{field.sql} AS {named.sql}")
        if field.currency:
            values.append(f"{field.currency} AS {named.currency}")
    cursor = connection.execute(
        f"SELECT {' || '.join(cells)} FROM (SELECT {', '.join(values)} "  # noqa: S608
        f"FROM {listing.rows} ORDER BY {listing.order_by})"
    )
    parts = iter(lambda: cursor.fetchmany(_ROWS_AT_ONCE), [])
    return (row[0] for row in chain.from_iterable(parts))


def _cell(field: Field, column: str, styles: CellStyles) -> str:
    """SQL of a cell; an empty text where the value is null."""
    place = f"<c r=\"{column}' || chr(1) || '\""
    sql = field.sql
    match field.kind:
        case Kind.TEXT:
            found = _text(place, styles.text, sql)
        case Kind.WORDS:
            found = _text(place, styles.text, f"nullif(array_to_string({sql}, ' '), '')")
        case Kind.COUNT:
            found = _value(place, styles.count, f"CAST({sql} AS VARCHAR)")
        case Kind.BOOLEAN:
            # The type stands behind the style, in the same start tag.
            found = _value(place, f'{styles.boolean}" t="b', f"CAST(CAST({sql} AS INT) AS VARCHAR)")
        case Kind.MOMENT:
            days = f"CAST(epoch_us({sql}) / 86400000000 + 25569 AS VARCHAR)"
            found = _dated(place, styles, sql, _value(place, styles.moment, days))
        case Kind.DAY:
            days = f"CAST(date_diff('day', DATE '1899-12-30', {sql}) AS VARCHAR)"
            found = _dated(place, styles, sql, _value(place, styles.day, days))
        case Kind.AMOUNT:
            found = _amount(place, styles, field)
    return f"coalesce({found}, '')"


def _value(place: str, style: str, value: str) -> str:
    return f"'{place} s=\"{style}\"><v>' || {value} || '</v></c>'"


def _text(place: str, style: str, value: str) -> str:
    return (
        f'\'{place} s="{style}" t="inlineStr"><is><t xml:space="preserve">\' || '
        f"{_escaped(value)} || '</t></is></c>'"
    )


def _dated(place: str, styles: CellStyles, value: str, as_date: str) -> str:
    """Spreadsheets know no day before March 1900 that all of them count alike."""
    as_text = _text(place, styles.text, f"CAST({value} AS VARCHAR)")
    return f"CASE WHEN {value} >= DATE '1900-03-01' THEN {as_date} ELSE {as_text} END"


def _amount(place: str, styles: CellStyles, field: Field) -> str:
    decimals = f"decimals_of({field.currency})"
    chosen = " ".join(
        f"WHEN {places} THEN '{style}'"
        for places, style in zip(DECIMALS, styles.amounts, strict=True)
    )
    value = f"decimal_text({field.sql}, {field.currency})"
    exact = _value(place, f"' || CASE {decimals} {chosen} END || '", value)
    return (
        f"CASE WHEN abs({field.sql}) < {EXACT_BELOW} THEN {exact} "
        f"ELSE {_text(place, styles.text, value)} END"
    )


def _escaped(value: str) -> str:
    """SQL of a text as XML; what XML or a cell cannot hold is replaced by U+FFFD."""
    long = f"strlen({value}) > {_LONGEST_TEXT}"
    marked = f"CASE WHEN {long} THEN left({value}, {_CUT_AT}) || '…' ELSE {value} END"
    # In a cell, _x000D_ stands for the character of that number (ECMA-376, part 1, 22.9.2.19).
    marked = f"regexp_replace({marked}, '_(x[0-9A-Fa-f]{{4}}_)', '_x005F_\\1', 'g')"
    marked = f"replace({marked}, chr(13), '_x000D_')"
    marked = f"regexp_replace({marked}, '{_NOT_XML}', chr(65533), 'g')"
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        marked = f"replace({marked}, '{character}', '{entity}')"
    special = f"{long} OR regexp_matches({value}, '{_SPECIAL}')"
    return f"CASE WHEN {special} THEN {marked} ELSE {value} END"
