"""The workbook: the summary first, headings that stay, a further sheet where one is full."""

from pathlib import Path

from exported import exported, finding, order
from monstock_stripe_reconcile.exports.reading import opened
from monstock_stripe_reconcile.exports.workbook import ROWS_OF_A_SHEET, write_workbook
from monstock_stripe_reconcile.testing import results_database
from openpyxl import Workbook, load_workbook


def workbook(folder: Path) -> Workbook:
    return load_workbook(folder / "out" / "reconciliation.xlsx")


def test_the_summary_comes_first_and_begins_with_the_verdict(tmp_path: Path) -> None:
    rows = {
        "orders": [order(1), order(2)],
        "findings": [
            finding(1, order_id="ord_1", amount=41250),
            finding(2, "dispute_open", order_id="ord_1", amount=700, currency="JPY"),
            finding(3, "unreadable", amount=0, currency=None),
        ],
        "money": [
            {
                "day": "2026-11-01",
                "currency": "EUR",
                "transactions": 1,
                "gross": 10000,
                "fees": -321,
            }
            | {"refunds": 0, "disputes": 0, "other": 0, "net": 9679}
        ],
    }
    exported(tmp_path, rows, ("xlsx",))
    book = workbook(tmp_path)
    assert book.sheetnames == [
        "Summary",
        "Findings",
        "Reasons",
        "Ageing",
        "Orders",
        "Payments",
        "Links",
        "Payouts",
        "Balance transactions",
        "Money",
        "History",
        "History amounts",
    ]
    summary = [[cell for cell in row if cell is not None] for row in book["Summary"].values]
    assert summary[0] == ["1 order, 1 record, 412.50 EUR, 700 JPY to look at"]
    assert ["dispute_open", 1, 1, 700, "JPY"] in [row[:5] for row in summary]
    assert ["paid_not_shown", 1, 1, 412.5, "EUR"] in [row[:5] for row in summary]
    assert ["Fees", -3.21] in summary
    assert ["unreadable", 1] in [row[:2] for row in summary]


def test_headings_stay_in_sight_and_filter(tmp_path: Path) -> None:
    exported(tmp_path, {"orders": [order(1), order(2)]}, ("xlsx",))
    sheet = workbook(tmp_path)["Orders"]
    assert sheet.freeze_panes == "B2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.auto_filter.ref == sheet.dimensions == "A1:AE3"


def test_a_list_that_fills_a_sheet_goes_on_in_the_next(tmp_path: Path) -> None:
    rows = {"orders": [order(number) for number in range(1, 9)]}
    results = results_database(tmp_path / "results.duckdb", rows)
    with opened(results) as connection:
        write_workbook(connection, tmp_path, rows_of_a_sheet=4)
    book = load_workbook(tmp_path / "reconciliation.xlsx")
    numbers = {
        name: [row[1] for row in book[name].values]
        for name in book.sheetnames
        if name.startswith("Orders")
    }
    assert numbers == {
        "Orders": ["number", "CMD-1", "CMD-2", "CMD-3"],
        "Orders 2": ["number", "CMD-4", "CMD-5", "CMD-6"],
        "Orders 3": ["number", "CMD-7", "CMD-8"],
    }
    assert [row[1] for row in book["Reasons"].values][:2] == [
        "meaning",
        book["Reasons"]["B2"].value,
    ]
    assert ROWS_OF_A_SHEET == 2**20


def test_a_list_that_just_fills_a_sheet_has_no_second(tmp_path: Path) -> None:
    results = results_database(
        tmp_path / "results.duckdb", {"orders": [order(number) for number in range(3)]}
    )
    with opened(results) as connection:
        write_workbook(connection, tmp_path, rows_of_a_sheet=4)
    book = load_workbook(tmp_path / "reconciliation.xlsx")
    assert [name for name in book.sheetnames if name.startswith("Orders")] == ["Orders"]
    assert book["Orders"].max_row == 4


def test_no_orders_at_all_leave_headings_alone(tmp_path: Path) -> None:
    exported(tmp_path, {}, ("xlsx",))
    book = workbook(tmp_path)
    assert book["Summary"]["A1"].value == "There was nothing to compare"
    assert book["Orders"].max_row == 1
    assert book["Orders"]["A1"].value == "order_id"
