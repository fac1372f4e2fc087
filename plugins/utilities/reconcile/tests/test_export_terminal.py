"""What `reconcile show` prints: the verdict first, a screen at most, plain where it must be."""

import io
from pathlib import Path
from typing import Any

import pytest
from exported import Row, finding, order
from monstock_stripe_core.discrepancy import Reason
from monstock_stripe_reconcile.exports.reading import opened
from monstock_stripe_reconcile.exports.summary import read_summary
from monstock_stripe_reconcile.exports.terminal import show
from monstock_stripe_reconcile.testing import results_database
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text


def shown(folder: Path, rows: dict[str, list[Row]], **console: Any) -> str:
    results = results_database(folder / "results.duckdb", rows)
    out = io.StringIO()
    with opened(results) as connection:
        summary = read_summary(connection)
    given = {"width": 100, "height": 24, "force_terminal": True, "no_color": True} | console
    show(summary, Console(file=out, highlight=False, **given))
    return out.getvalue()


def test_the_verdict_stands_first(tmp_path: Path) -> None:
    rows = {
        "orders": [order(1), order(2)],
        "findings": [
            finding(1, order_id="ord_1", amount=40000),
            finding(2, order_id="ord_2", amount=1250),
            finding(3, "no_order", transaction_reference="pi_1", amount=700, currency="JPY"),
        ],
    }
    lines = shown(tmp_path, rows, force_terminal=False).splitlines()
    assert lines[0] == "2 orders, 1 payment without an order, 412.50 EUR, 700 JPY to look at"
    assert "Say which order it pays" in "\n".join(lines)


def test_nothing_to_look_at_is_said_in_one_line(tmp_path: Path) -> None:
    lines = shown(tmp_path, {"orders": [order(1)]}, force_terminal=False).splitlines()
    assert lines == [
        "Everything agrees",
        "1 order and 0 payments, judged 2026-11-20 08:00 UTC",
        "Stripe until 2026-11-20 08:00 UTC, Monstock until 2026-11-20 08:00 UTC",
    ]


def test_money_with_two_findings_counts_once_in_the_verdict(tmp_path: Path) -> None:
    rows = {
        "orders": [order(1)],
        "findings": [
            finding(1, "shipped_not_paid", order_id="ord_1", amount=5000),
            finding(2, "dispute_open", order_id="ord_1", transaction_reference="pi_1", amount=5000),
            finding(3, "overpaid", order_id="ord_1", counts=False, amount=70000),
        ],
    }
    lines = shown(tmp_path, rows, force_terminal=False).splitlines()
    assert lines[0] == "1 order, 50.00 EUR to look at"
    assert "1 more do not count: small, young or dismissed" in lines


def test_who_waits_stands_by_age_and_currency(tmp_path: Path) -> None:
    waits = [
        order(1, awaited=5000, age_bucket="0-1"),
        order(2, awaited=2500, age_bucket="0-1"),
        order(3, "JPY", awaited=90, age_bucket="30+"),
    ]
    text = shown(tmp_path, {"orders": waits}, force_terminal=False)
    rows = [line.split() for line in text.splitlines()]
    assert ["EUR", "2", "/", "75.00", "-", "-", "-", "-"] in rows
    assert ["JPY", "-", "-", "-", "-", "1", "/", "90"] in rows


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 30), (60, 24)])
def test_all_reasons_at_once_still_fit_a_screen(tmp_path: Path, width: int, height: int) -> None:
    found = [
        finding(number, reason.value, order_id="ord_1", currency=currency)
        for number, (reason, currency) in enumerate(
            (reason, currency) for reason in Reason for currency in ("EUR", "JPY", "BHD")
        )
    ]
    waits = [order(1, awaited=5, age_bucket="2-7")]
    text = shown(tmp_path, {"orders": waits, "findings": found}, width=width, height=height)
    assert len(text.splitlines()) < height
    assert "dispute open" in text
    assert "less urgent reasons" in text
    assert all(cell_len(Text.from_ansi(line).plain) <= width for line in text.splitlines())


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    rows = {"findings": [finding(1)]}
    assert "\x1b[" in shown(tmp_path, rows, no_color=False, color_system="standard")
    assert "\x1b[3" not in shown(tmp_path, rows, no_color=True)
    assert "\x1b" not in shown(tmp_path, rows, force_terminal=False, no_color=False)


def test_how_it_moved_since_the_run_before(tmp_path: Path) -> None:
    before = {"run_id": "run_0", "as_of": "2026-11-01", "restricted": False, "findings": 3}
    rows = {"findings": [finding(1)], "history": [before]}
    assert "1 finding, 2 fewer than the run before" in shown(tmp_path, rows)
