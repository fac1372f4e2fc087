"""The list of what a person can decide, as `target-monstock exceptions decide` reads it."""

from pathlib import Path

import pytest
from exported import Row, csv_rows, exported, finding, order, payment
from monstock_stripe_core.discrepancy import Reason, reasons_of
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_reconcile.decidable import WAYS
from target_common.exceptions_report import COLUMNS
from target_monstock.ledger.decisions import LINK_KINDS


def decided(folder: Path, found: Row, **rows: list[Row]) -> list[tuple[str, str, str]]:
    exported(folder, {"findings": [found], **rows}, ("csv",))
    return [(row["kind"], row["payment"], row["order_id"]) for row in csv_rows(folder, "decisions")]


@pytest.mark.parametrize(
    ("reason", "given", "link_state", "expected"),
    [
        ("no_order", {}, "unlinked", ("unlinked", "pi_1", "")),
        ("no_order", {}, "waiting", ("waiting_for_order", "pi_1", "")),
        ("no_order", {"order_id": "ord_1", "facts": '{"part":true}'}, "linked", ("", "pi_1", "")),
        ("several_orders", {"order_id": "ord_1"}, "ambiguous", ("ambiguous_link", "pi_1", "")),
        ("cancelled_order", {"order_id": "ord_1"}, "linked", ("cancelled_order_paid", "", "ord_1")),
        ("customer_owed", {"order_id": "ord_1"}, "linked", ("customer_owed", "pi_1", "ord_1")),
        (
            "customer_owed",
            {"order_id": "ord_1", "facts": '{"cash_balance":true}'},
            "linked",
            ("cash_balance_surplus", "pi_1", "ord_1"),
        ),
        (
            "dispute_open",
            {"order_id": "ord_1", "facts": '{"inquiry":true}'},
            "linked",
            ("dispute_inquiry", "pi_1", "ord_1"),
        ),
        (
            "recorded_twice",
            {"order_id": "ord_1", "facts": '{"own_rows":true}'},
            "linked",
            ("written_twice", "pi_1", "ord_1"),
        ),
        ("test_payment", {}, "wrong_mode", ("wrong_mode", "pi_1", "")),
    ],
)
def test_a_finding_is_named_as_the_ledger_names_its_exception(
    tmp_path: Path, reason: str, given: Row, link_state: str, expected: tuple[str, str, str]
) -> None:
    found = finding(1, reason, transaction_reference="pi_1", **given)
    paid = [payment(1, link_state=link_state)]
    assert decided(tmp_path, found, payments=paid, orders=[order(1)]) == [expected]


@pytest.mark.parametrize(
    ("reason", "given"),
    [("dispute_open", {}), ("amount_differs", {}), ("no_order", {"counts": False})],
)
def test_what_no_decision_mends_is_not_in_it(tmp_path: Path, reason: str, given: Row) -> None:
    found = finding(1, reason, transaction_reference="pi_1", order_id="ord_1", **given)
    assert decided(tmp_path, found, payments=[payment(1)]) == []


def test_the_columns_are_those_of_the_list_of_exceptions(tmp_path: Path) -> None:
    exported(tmp_path, {}, ("csv",))
    head = (tmp_path / "out" / "decisions.csv").read_text(encoding="utf-8").strip()
    assert head.split(",") == [*COLUMNS, "finding_id", "decision", "link_to", "why"]


def test_a_dismissal_takes_the_finding_away() -> None:
    """What the core counts as dismissed by an exception's kind is what the list offers."""
    for way in WAYS:
        if way.kind is not None and way.kind not in LINK_KINDS:
            assert way.reason in reasons_of(way.kind)
    offered = {way.kind for way in WAYS}
    # More than an amount is concerned there: which exception waits, only the ledger knows.
    left = {ExceptionKind.AMOUNT_MISMATCH}
    assert {kind for kind in ExceptionKind if reasons_of(kind)} - offered == left
    assert Reason.OVERPAID in reasons_of(ExceptionKind.AMOUNT_MISMATCH)


def test_what_is_filled_in_is_read_as_the_decision(tmp_path: Path) -> None:
    decisions_file = pytest.importorskip("target_common.decisions_file")
    rows = {
        "payments": [payment(1, link_state="unlinked")],
        "findings": [finding(1, "no_order", transaction_reference="pi_1")],
    }
    exported(tmp_path, rows, ("csv",))
    text = (tmp_path / "out" / "decisions.csv").read_text(encoding="utf-8")
    filled = text.replace(",,,\n", ",link,ord_1=60.00 ord_2=40.00,told so\n")
    (wanted,) = decisions_file.read_decisions(filled, "decisions.csv", None, ("link", "dismiss"))
    assert (wanted.decision, wanted.link_to, wanted.why) == (
        "link",
        ("ord_1=60.00", "ord_2=40.00"),
        "told so",
    )
    assert wanted.about == ("unlinked", "pi_1", "", "")
