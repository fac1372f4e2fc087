"""What strangers wrote into a text harms nobody who opens the files, and is told as it was."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from exported import csv_rows, document, exported, finding, json_rows, order, sheet_rows
from monstock_stripe_reconcile.exports.csv_files import CsvStyle
from openpyxl.utils.escape import unescape

HOSTILE = [
    '=HYPERLINK("http://127.0.0.1/"&A1,"pay")',
    "+1+1",
    "-2+3",
    "@SUM(A1:A9)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    'a "quoted", text; with separators',
    "two\nlines\r\nand three",
    "a lone\rreturn",
    "<b>&amp;</b> ]]>",
    "_x000D_ and _x0041_",
    "NUL \x00 bell \x07 escape \x1b[31m",
    "\ufeffmark \u202egnirts\u202c \ufffe",
    "名前 🧾 é",
    " spaces around ",
    "'",
    "00123",
    "1E5",
    "x" * 40_000,
]


@pytest.mark.parametrize("style", [CsvStyle(), CsvStyle(byte_order_mark=True, semicolons=True)])
def test_texts_come_through_csv_and_none_begins_a_formula(tmp_path: Path, style: CsvStyle) -> None:
    rows = [order(number, customer_id=text) for number, text in enumerate(HOSTILE)]
    exported(tmp_path, {"orders": rows}, ("csv",), style)
    found = csv_rows(tmp_path, "orders", ";" if style.semicolons else ",")
    cells = [row["customer_id"] for row in sorted(found, key=lambda row: int(row["number"][4:]))]
    begins = tuple("=+-@\t\r\n")
    assert cells == ["'" + text if text.startswith(begins) else text for text in HOSTILE]


def test_texts_come_through_json_unchanged(tmp_path: Path) -> None:
    rows = [order(number, customer_id=text) for number, text in enumerate(HOSTILE)]
    exported(tmp_path, {"orders": rows}, ("json",))
    found = {row["number"]: row["customer_id"] for row in json_rows(tmp_path, "orders")}
    assert found == {f"CMD-{number}": text for number, text in enumerate(HOSTILE)}


def test_texts_are_texts_in_a_sheet(tmp_path: Path) -> None:
    rows = [order(number, customer_id=text) for number, text in enumerate(HOSTILE)]
    exported(tmp_path, {"orders": rows}, ("xlsx",))
    cells = {row["number"].value: row["customer_id"] for row in sheet_rows(tmp_path, "Orders")}
    for number, text in enumerate(HOSTILE):
        cell = cells[f"CMD-{number}"]
        assert cell.data_type == "s"
        assert cell.number_format == "@"
        # openpyxl leaves _x000D_ and the like to its caller; spreadsheets read them themselves.
        assert unescape(cell.value) == in_a_cell(text)
    with ZipFile(tmp_path / "out" / "reconciliation.xlsx") as book:
        sheets = [book.read(name) for name in book.namelist() if "worksheets/" in name]
    assert not any(b"<f>" in sheet or b"<hyperlink" in sheet for sheet in sheets)


def in_a_cell(text: str) -> str:
    """XML has no control characters, and a cell no more than 32,767."""
    if len(text) > 32_767:
        return text[:16_382] + "…"
    return "".join("\ufffd" if one in "\x00\x07\x1b\ufffe" else one for one in text)


def test_the_facts_of_a_finding_are_a_sentence_for_people_and_an_object_for_programs(
    tmp_path: Path,
) -> None:
    facts = '{"shown":0,"right":123450,"candidates":["CMD-1","=2+2"],"part":true,"named":"é"}'
    exported(tmp_path, {"findings": [finding(1, "several_orders", facts=facts)]})
    (row,) = csv_rows(tmp_path, "findings")
    assert row["details"] == "shown 0.00; right 1234.50; named é; candidates CMD-1 =2+2; part"
    assert document(tmp_path)["findings"][0]["facts"] == {
        "shown": 0,
        "right": 123450,
        "candidates": ["CMD-1", "=2+2"],
        "part": True,
        "named": "é",
    }
    (cells,) = sheet_rows(tmp_path, "Findings")
    assert cells["details"].value == row["details"]
    assert cells["next_step"].value == "Say which of the orders it pays."
