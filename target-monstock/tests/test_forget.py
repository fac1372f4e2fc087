"""`forget`: a person is erased from the ledger, and what stays adds up."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.testing import Called, called_here, ledger_text
from target_monstock.cli import main
from target_monstock.ledger import KIND, open_ledger
from target_monstock.testing import TargetRunner, customer_lines, order_payment, stripe_customer

EMAIL = "ann.smith@example.com"
CUSTOMER = "cus_Ann12345"
HERS: dict[str, Any] = {"customer_id": CUSTOMER, "customer_email": EMAIL}

Command = Callable[..., Called]

pytestmark = pytest.mark.parametrize(
    "target",
    [
        pytest.param(("monstock", "sqlite"), id="sqlite"),
        pytest.param(("monstock", "postgresql"), id="postgresql", marks=pytest.mark.postgresql),
    ],
    indirect=True,
)


@pytest.fixture
def call(target: TargetRunner, tmp_path: Path) -> Command:
    """The command on the target's settings."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(target.config))

    def run(*words: str) -> Called:
        return called_here(main, *words, "--config", str(config))

    return run


def everything(target: TargetRunner) -> str:
    return ledger_text(target.config["ledger_url"], KIND)


def tables(target: TargetRunner) -> list[str]:
    """Without the bytes of the file, which count transactions too."""
    return [line for line in everything(target).splitlines() if line.startswith("(")]


def trade(sandbox: RunningSandbox, target: TargetRunner, call: Command) -> str:
    """She pays an order by reference, one by suggestion (which is returned), and once for nothing.

    What people say of it names her.
    """
    target.config |= {"accept_single_suggestion": True, "customers": "link"}
    sandbox.monstock.order(1000, "EUR", number="A")
    suggested = sandbox.monstock.order(2000, "EUR", number="B", customer_email=EMAIL)
    created = sandbox.monstock.get(suggested)
    assert created is not None
    target.run_lines(customer_lines([stripe_customer(CUSTOMER, email=EMAIL, name="Ann Smith")]))
    target.run(records(str(created.created_at)))
    why = ("--why", f"Ann Smith <{EMAIL.upper()}> called")
    assert call("exceptions", "dismiss", "unlinked", "--payment", "pi_3", *why).status == 0
    target.run()
    return suggested


def records(created_at: str) -> list[dict[str, Any]]:
    return [
        order_payment("pi_1", 1000, order="A", **HERS),
        order_payment("pi_2", 2000, created_at=created_at, **HERS),
        order_payment("pi_3", 300, customer_email=EMAIL.title()),
        order_payment("pi_4", 400, customer_email=f"jo{EMAIL}", customer_id="cus_Joann"),
    ]


def test_nothing_of_her_is_left_and_everything_stands_as_it_did(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    suggested = trade(sandbox, target, call)
    rows = [order.payments for order in sandbox.monstock.orders()]

    done = call("forget", "--stripe-customer", CUSTOMER, "--also", "Ann Smith")
    again = target.run()

    assert done.status == 0, done.errors
    assert again.writes == 0
    assert [order.payments for order in sandbox.monstock.orders()] == rows
    assert [order.payment_status for order in sandbox.monstock.orders()] == ["paid", "paid"]
    left = everything(target).casefold().replace(f"jo{EMAIL}", "")
    for value in (EMAIL, CUSTOMER, "Ann Smith"):
        assert value.casefold() not in left
    assert f"jo{EMAIL}" in everything(target)
    explained = json.loads(call("explain", suggested, "--format", "json").output)
    assert [one["link"]["rule"] for one in explained["orders"][0]["payments"]] == ["suggestion"]


def test_reading_everything_again_brings_nothing_back_and_writes_nothing(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    suggested = trade(sandbox, target, call)
    order = sandbox.monstock.get(suggested)
    assert order is not None
    assert call("forget", "--email", EMAIL, "--also", "Ann Smith").status == 0

    newer = [one | {"version": 2} for one in records(str(order.created_at))]
    late = order_payment("pi_5", 50, version=2, **HERS)
    customers = target.run_lines(
        customer_lines([stripe_customer(CUSTOMER, version=2, email=EMAIL, name="Ann Smith")])
    )
    payments = target.run([*newer, late], suggestion_days=8)

    assert (customers.writes, payments.writes) == (0, 0)
    left = everything(target).casefold().replace(f"jo{EMAIL}", "")
    assert EMAIL.casefold() not in left
    assert CUSTOMER.casefold() not in left
    assert [order.payment_status for order in sandbox.monstock.orders()] == ["paid", "paid"]


def test_a_dry_run_shows_what_would_go_and_changes_nothing(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    trade(sandbox, target, call)
    before = tables(target)

    shown = call("forget", "--email", EMAIL, "--dry-run", "--format", "json")

    found = json.loads(shown.output)
    assert shown.status == 0
    assert tables(target) == before
    assert (found["dry_run"], found["stripe_customers"], found["emails"]) == (
        True,
        [CUSTOMER],
        [EMAIL],
    )
    assert (found["rows"]["payments"], found["rows"]["stripe_customers"]) == (3, 1)
    assert found["rows"]["decisions"] == 1


def test_exactly_one_id_is_forgotten_where_that_is_asked(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    target.run(
        [
            order_payment("pi_1", 100, customer_id=CUSTOMER, customer_email=EMAIL),
            order_payment("pi_2", 200, customer_id="cus_Bob12345", customer_email=EMAIL),
        ]
    )

    assert call("forget", "--stripe-customer", CUSTOMER, "--exactly").status == 0

    left = everything(target)
    assert CUSTOMER not in left
    assert "cus_Bob12345" in left
    assert EMAIL in left


def test_a_run_that_goes_on_is_not_disturbed(target: TargetRunner, call: Command) -> None:
    target.run([order_payment("pi_1", 100, **HERS)])
    with open_ledger(target.config["ledger_url"]):
        refused = call("forget", "--email", EMAIL)

    assert refused.status == 1
    assert "in use by another target-monstock" in refused.errors


def test_what_was_done_is_shown_and_files_go_though_the_ledger_cannot_be_rewritten(
    target: TargetRunner, call: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("target_common.ledger.store._BUSY_MILLISECONDS", 500)
    if not target.config["ledger_url"].startswith("sqlite"):
        pytest.skip("a reader holds up the rewriting of SQLite's files only")
    target.run([order_payment("pi_1", 100, **HERS)])
    report = tmp_path / "reports" / "exceptions.csv"
    report.parent.mkdir()
    report.write_text(f"unlinked,pi_1,{EMAIL}\n")
    reader = sqlite3.connect(target.config["ledger_url"].removeprefix("sqlite:///"))
    try:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM payments").fetchone()
        done = call(
            "forget", "--stripe-customer", CUSTOMER, "--format", "json",
            "--output-folder", str(report.parent), "--delete",
        )  # fmt: skip
    finally:
        reader.close()

    assert done.status == 1
    assert "is read by another process just now" in done.errors
    found = json.loads(done.output)
    assert (found["emails"], found["rows"]["payments"]) == ([EMAIL], 1)
    assert found["files"] == [str(report)]
    assert not report.exists()
    assert call("forget", "--stripe-customer", CUSTOMER).status == 0
    assert EMAIL not in everything(target)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say whom"),
        (("--email", EMAIL, "--output-folder", "/no/such/folder"), "there is no folder"),
    ],
)
def test_what_is_missing_is_said(
    target: TargetRunner, call: Command, words: tuple[str, ...], message: str
) -> None:
    target.run()

    answer = call("forget", *words)

    assert answer.status == 1
    assert message in answer.errors
