"""Every amount, in each format, is the one of the results; text stays text and dates dates."""

import tempfile
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from exported import (
    WHEN,
    Row,
    csv_rows,
    exported,
    finding,
    json_rows,
    order,
    payment,
    sheet_rows,
    table,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from monstock_stripe_core.money import currency_exponent, from_decimal, to_decimal_text
from monstock_stripe_reconcile import results_model
from monstock_stripe_reconcile.exports.csv_files import CsvStyle
from monstock_stripe_reconcile.exports.lists import COUNTS, LONG, SHEETS, Kind

# No decimals by ISO (JPY, ISK, UGX: the latter two have two at Stripe), two, three and four.
CURRENCIES = ("EUR", "JPY", "BHD", "ISK", "UGX", "USD", "CLF")
AMOUNTS = ("total", "captured", "net", "due", "difference")
LARGEST = 2**63 - 1

amounts = st.integers(-LARGEST, LARGEST) | st.integers(-1000, 1000) | st.just(10**15)
orders = st.lists(
    st.tuples(st.sampled_from(CURRENCIES), st.tuples(*(amounts for _ in AMOUNTS))),
    min_size=10,
    max_size=60,
)


def made(found: list[tuple[str, tuple[int, ...]]]) -> list[Row]:
    return [
        order(number, currency, **dict(zip(AMOUNTS, values, strict=True)))
        for number, (currency, values) in enumerate(found)
    ]


def of_a_cell(value: Any, currency: str) -> int:
    """A number of a sheet, in minor units: spreadsheets hold doubles of 15 digits."""
    if isinstance(value, str):
        return from_decimal(value, currency)
    return int(Decimal(repr(value)).scaleb(currency_exponent(currency)).to_integral_value())


@settings(max_examples=5, deadline=None)
@given(orders)
def test_each_amount_reads_back_from_each_format(found: list[tuple[str, tuple[int, ...]]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        exported(folder, {"orders": made(found)})
        right = {row["order_id"]: row for row in table(folder, "orders")}
        in_csv = csv_rows(folder, "orders")
        in_json = json_rows(folder, "orders")
        in_sheet = list(sheet_rows(folder, "Orders"))
        assert len(in_csv) == len(in_json) == len(in_sheet) == len(right) == len(found)
        for row in in_csv:
            expected = right[row["order_id"]]
            for amount in AMOUNTS:
                assert row[amount] == to_decimal_text(expected[amount], row["currency"])
        for line in in_json:
            assert {key: line[key] for key in AMOUNTS} == {
                key: right[line["order_id"]][key] for key in AMOUNTS
            }
        for cells in in_sheet:
            expected = right[cells["order_id"].value]
            for amount in AMOUNTS:
                value = of_a_cell(cells[amount].value, expected["currency"])
                assert value == expected[amount]


@pytest.mark.parametrize(
    ("currency", "minor", "text", "number_format"),
    [
        ("EUR", 123456, "1234.56", "#,##0.00"),
        ("EUR", -5, "-0.05", "#,##0.00"),
        ("JPY", 123456, "123456", "#,##0"),
        ("BHD", 123456, "123.456", "#,##0.000"),
        ("ISK", 1050, "1050", "#,##0"),
        ("UGX", 1050, "1050", "#,##0"),
        ("CLF", 1, "0.0001", "#,##0.0000"),
    ],
)
def test_an_amount_has_its_currencys_decimals(
    tmp_path: Path, currency: str, minor: int, text: str, number_format: str
) -> None:
    exported(tmp_path, {"orders": [order(1, currency, total=minor)]})
    (row,) = csv_rows(tmp_path, "orders")
    assert row["total"] == text
    (cells,) = sheet_rows(tmp_path, "Orders")
    assert cells["total"].number_format == number_format
    assert cells["total"].data_type == "n"
    assert Decimal(repr(cells["total"].value)) == Decimal(text)


def test_an_amount_of_more_digits_than_a_spreadsheet_has_is_a_text_there(tmp_path: Path) -> None:
    exported(tmp_path, {"orders": [order(1, total=10**15 - 1, net=10**15)]})
    (cells,) = sheet_rows(tmp_path, "Orders")
    assert cells["total"].value == 9999999999999.99
    assert (cells["net"].value, cells["net"].data_type) == ("10000000000000.00", "s")


def test_a_fee_is_in_the_currency_of_the_balance(tmp_path: Path) -> None:
    paid = payment(1, "JPY", amount=5000, fee=175, net_of_fee=2825, fee_currency="EUR")
    exported(tmp_path, {"payments": [paid]})
    (row,) = csv_rows(tmp_path, "payments")
    assert (row["amount"], row["fee"], row["net_of_fee"]) == ("5000", "1.75", "28.25")
    (cells,) = sheet_rows(tmp_path, "Payments")
    assert (cells["amount"].number_format, cells["fee"].number_format) == ("#,##0", "#,##0.00")


def test_where_no_amount_is_known_the_cell_is_empty(tmp_path: Path) -> None:
    rows: Mapping[str, list[Row]] = {
        "payments": [payment(1)],
        "findings": [finding(1, "unreadable", amount=0, currency=None)],
    }
    exported(tmp_path, rows)
    assert csv_rows(tmp_path, "payments")[0]["fee"] == ""
    assert json_rows(tmp_path, "payments")[0]["fee"] is None
    assert next(sheet_rows(tmp_path, "Payments"))["fee"].value is None
    assert csv_rows(tmp_path, "findings")[0]["amount"] == "0"


def test_a_day_and_a_moment_are_dates_in_a_sheet(tmp_path: Path) -> None:
    moment = WHEN + timedelta(microseconds=250000)
    paid_out = {"payout_id": "po_1", "currency": "EUR", "amount": 1, "status": "paid"}
    paid_out |= {"created_at": moment, "arrival_date": date(2026, 11, 5), "itemised": "yes"}
    exported(tmp_path, {"payouts": [paid_out]})
    (cells,) = sheet_rows(tmp_path, "Payouts")
    assert cells["created_at"].is_date
    assert abs(cells["created_at"].value - moment).total_seconds() < 0.001
    assert cells["arrival_date"].value.isoformat() == "2026-11-05T00:00:00"
    (row,) = csv_rows(tmp_path, "payouts")
    assert (row["created_at"], row["arrival_date"]) == ("2026-11-03 09:30:15.25", "2026-11-05")
    assert json_rows(tmp_path, "payouts")[0]["created_at"] == "2026-11-03T09:30:15.250000Z"


def test_semicolons_come_with_decimal_commas(tmp_path: Path) -> None:
    style = CsvStyle(byte_order_mark=True, semicolons=True)
    exported(tmp_path, {"orders": [order(1, total=123456)]}, ("csv",), style)
    assert (
        (tmp_path / "out" / "orders.csv").read_bytes().startswith(b"\xef\xbb\xbforder_id;number;")
    )
    (row,) = csv_rows(tmp_path, "orders", ";")
    assert (row["total"], row["net"]) == ("1234,56", "10,00")


def test_each_number_of_the_model_is_known_as_an_amount_or_a_count() -> None:
    counts = {
        (listing.name, field.name)
        for listing in LONG
        for field in listing.fields
        if field.kind is Kind.COUNT
    }
    assert counts == {
        ("orders", "findings"),
        ("orders", "tolerated"),
        ("orders", "age_days"),
        ("orders", "payments"),
        ("payments", "orders"),
        ("payouts", "transactions"),
        ("money", "transactions"),
    }
    numbers = {
        column.name
        for one in results_model.TABLES
        for column in one.columns
        if column.type in ("BIGINT", "INTEGER")
    }
    assert numbers >= COUNTS


def test_each_column_of_the_long_tables_is_handed_out() -> None:
    given = {listing.name: {field.name for field in listing.fields} for listing in SHEETS}
    for one in results_model.TABLES:
        if one.name in ("orders", "payments", "links", "payouts", "balance_transactions", "money"):
            assert given[one.name] == {column.name for column in one.columns}
