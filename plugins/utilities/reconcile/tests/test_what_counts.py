"""Tolerances, the usual lag, restrictions, history, exit status, people's decisions."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.last_write import ORDER_STATUS, LastWrite
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.order import OrderPaymentStatus
from monstock_stripe_reconcile.cli import main
from monstock_stripe_reconcile.compare import Restriction, compare
from monstock_stripe_reconcile.errors import SettingError, WarehouseError
from monstock_stripe_reconcile.settings import read_settings
from monstock_stripe_reconcile.warehouse import warehouse_name
from reconcile_world import (
    NOW,
    THEN,
    Found,
    World,
    amount_differs,
    dispute_open,
    findings,
    no_order,
    paid_not_shown,
    payout_differs,
    right_single,
    row,
    rows,
    run_on,
    shown_not_paid,
    shows,
    status_alone_not_shown,
    unpaid_too_long,
)
from target_monstock.ledger import open_ledger
from target_monstock.ledger.decisions import decide_link, dismiss
from target_monstock.ledger.orders import Remembered, save_last_writes


@pytest.fixture
def world() -> World:
    return World()


def test_amount_within_the_tolerance_of_its_currency_does_not_count(
    world: World, tmp_path: Path
) -> None:
    amount_differs(world, 5000)
    shows(world.orders[0], "paid", 100)
    result = run_on(world, tmp_path, currency_tolerance={"EUR": 100})
    assert findings(result) == set()
    assert rows(result, "SELECT reason, tolerated FROM findings") == [("amount_differs", "amount")]
    assert result.exit_status == 0
    assert findings(run_on(world, tmp_path, currency_tolerance={"USD": 100})) == world.expected


def test_difference_inside_the_usual_lag_is_timing(world: World, tmp_path: Path) -> None:
    paid_not_shown(world, 5000)
    soon = THEN + timedelta(minutes=29)
    result = run_on(world, tmp_path, as_of=soon)
    assert findings(result) == set()
    assert rows(result, "SELECT tolerated FROM findings") == [("timing",)]
    late = THEN + timedelta(minutes=31)
    assert findings(run_on(world, tmp_path, as_of=late)) == world.expected
    assert findings(run_on(world, tmp_path, as_of=soon, usual_lag_minutes=10)) == world.expected


def test_dispute_counts_at_once(world: World, tmp_path: Path) -> None:
    dispute_open(world, 5000)
    assert findings(run_on(world, tmp_path, as_of=THEN + timedelta(minutes=2))) == world.expected


def test_exit_status_follows_the_reasons_that_are_to_fail(world: World, tmp_path: Path) -> None:
    unpaid_too_long(world, 5000)
    result = run_on(world, tmp_path)
    assert (findings(result), result.exit_status) == (world.expected, 0)
    assert run_on(world, tmp_path, fail_on=["unpaid_too_long"]).exit_status == 1
    amount_differs(world, 5000)
    assert run_on(world, tmp_path).exit_status == 1
    assert run_on(world, tmp_path, fail_on=[]).exit_status == 0


def test_history_goes_on_from_run_to_run(world: World, tmp_path: Path) -> None:
    paid_not_shown(world, 5000)
    run_on(world, tmp_path, as_of=NOW - timedelta(days=1))
    amount_differs(world, 7000)
    result = run_on(world, tmp_path)
    assert rows(
        result,
        "SELECT restricted, orders, payments, findings, orders_with_findings, agrees "
        "FROM history ORDER BY as_of",
    ) == [(False, 1, 1, 1, 1, False), (False, 2, 2, 2, 2, False)]
    assert rows(
        result,
        "SELECT reason, currency, history_amounts.findings, amount FROM history_amounts "
        "JOIN history USING (run_id) ORDER BY as_of, reason",
    ) == [
        ("paid_not_shown", "EUR", 1, 5000),
        ("amount_differs", "EUR", 1, 100),
        ("paid_not_shown", "EUR", 1, 5000),
    ]


def test_finding_keeps_its_id_and_failed_run_leaves_the_last_results(
    world: World, tmp_path: Path
) -> None:
    paid_not_shown(world, 5000)
    query = "SELECT finding_id FROM findings"
    first = rows(run_on(world, tmp_path), query)
    result = run_on(world, tmp_path)
    assert rows(result, query) == first
    (tmp_path / "warehouse.duckdb").unlink()
    settings = read_settings({"source": f"duckdb:///{tmp_path}/warehouse.duckdb",
                              "results": str(result.results)})  # fmt: skip
    with pytest.raises(WarehouseError, match="there is no file"):
        compare(settings)
    assert rows(result, query) == first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["results.duckdb"]


@pytest.mark.parametrize(
    ("restriction", "expected"),
    [
        (Restriction(order="SO-1"), {Found("paid_not_shown", "SO-1", "pi_1", 5000)}),
        (Restriction(order="ord_2"), {Found("amount_differs", "SO-2", "pi_2", 100)}),
        (Restriction(payout="po_0"), {Found("payout_differs", None, "po_0", 1)}),
        (
            Restriction(since=THEN + timedelta(days=1)),
            {Found("amount_differs", "SO-2", "pi_2", 100)},
        ),
    ],
)
def test_restriction_shows_a_part(
    restriction: Restriction, expected: set[Found], world: World, tmp_path: Path
) -> None:
    paid_not_shown(world, 5000)
    amount_differs(world, 7000)
    world.orders[1]["updated_at"] = (THEN + timedelta(days=2)).isoformat()[:19]
    payout_differs(world, 3000)
    result = run_on(world, tmp_path, restriction=restriction)
    assert findings(result) == expected
    assert rows(result, "SELECT restricted FROM history") == [(True,)]


def test_ageing_counts_what_orders_wait_for(world: World, tmp_path: Path) -> None:
    for days, total in ((0, 100), (1, 200), (2, 300), (14, 400), (30, 500), (31, 600), (90, 700)):
        moment = (NOW - timedelta(days=days, hours=1)).isoformat()[:19]
        world.order(total, created_at=moment, updated_at=moment)
    right_single(world, 9000)
    result = run_on(world, tmp_path, unpaid_days=1000)
    assert rows(result, "SELECT bucket, orders, amount FROM ageing ORDER BY position") == [
        ("0-1", 2, 300),
        ("2-7", 1, 300),
        ("8-14", 1, 400),
        ("15-30", 1, 500),
        ("30+", 2, 1300),
    ]


def test_decision_of_a_person_is_obeyed_and_dismissal_does_not_count(
    world: World, tmp_path: Path
) -> None:
    one, other = world.order(3000), world.order(2000)
    payment = world.payment(None, 5000)
    no_order(world, 4000)
    dismissed = world.payments[-1]["id"]
    dispute_open(world, 6000)
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = open_ledger(url)
    with ledger.transaction() as connection:
        parts = (Allocation(one["id"], 3000), Allocation(other["id"], 2000))
        decide_link(connection, payment["id"], parts, by="Ada", why="invoice 7", now=NOW)
        decide_link(connection, dismissed, (), by="Ada", why="a private sale", now=NOW)
    ledger.close()
    result = run_on(world, tmp_path, ledger_url=url)
    assert findings(result) == {
        Found("paid_not_shown", "SO-1", "pi_1", 3000),
        Found("paid_not_shown", "SO-2", "pi_1", 2000),
        Found("dispute_open", "SO-3", "pi_3", 6000),
    }
    assert rows(result, "SELECT link_rule, orders FROM payments ORDER BY 1, 2") == [
        ("decision", 0),
        ("decision", 2),
        ("metadata", 1),
    ]
    assert rows(result, "SELECT ledger FROM run") == [(True,)]


def test_what_a_person_changed_in_monstock_is_told_from_what_never_came(
    world: World, tmp_path: Path
) -> None:
    amount_differs(world, 5000)
    status_alone_not_shown(world, 7000)
    paid_not_shown(world, 9000)
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = open_ledger(url)
    wrote = Remembered(LastWrite("what we wrote"))
    with ledger.transaction() as connection:
        written = {
            "ord_1": {"pi_1": wrote},
            "ord_2": {ORDER_STATUS: Remembered(LastWrite(OrderPaymentStatus.PAID.value))},
        }
        save_last_writes(connection, written, NOW)
    ledger.close()
    result = run_on(world, tmp_path, ledger_url=url)
    assert findings(result) == {
        Found("changed_by_hand", "SO-1", "pi_1", 100),
        Found("changed_by_hand", "SO-2", None, 7000),
        Found("paid_not_shown", "SO-3", "pi_3", 9000),
    }
    ledger = open_ledger(url)
    with ledger.transaction() as connection:
        dismiss(connection, ExceptionKind.CHANGED_BY_HAND, transaction_reference="pi_1",
                order_id="ord_1", by="Ada", why="agreed", now=NOW)  # fmt: skip
    ledger.close()
    result = run_on(world, tmp_path, ledger_url=url)
    assert Found("changed_by_hand", "SO-1", "pi_1", 100) in findings(result, counts=False)


def test_payment_unknown_at_stripe_that_a_person_dismissed_does_not_count(
    world: World, tmp_path: Path
) -> None:
    shown_not_paid(world, 5000)
    shown_not_paid(world, 7000)
    url = f"sqlite:///{tmp_path}/ledger.sqlite"
    ledger = open_ledger(url)
    with ledger.transaction() as connection:
        dismiss(connection, ExceptionKind.UNKNOWN_PAYMENT, transaction_reference="pi_unknownord_1",
                order_id="ord_1", by="Ada", why="an older account", now=NOW)  # fmt: skip
    ledger.close()
    result = run_on(world, tmp_path, ledger_url=url)
    dismissed = Found("shown_not_paid", "SO-1", "pi_unknownord_1", 5000)
    assert findings(result, counts=False) == {dismissed}
    assert findings(result) == world.expected - {dismissed}


def test_links_without_a_ledger_come_from_monstocks_rows(world: World, tmp_path: Path) -> None:
    order = world.order(5000)
    payment = world.payment(None, 5000)
    order["payments"] = [row(payment, link_rule=None)]
    shows(order, "paid", 0)
    result = run_on(world, tmp_path)
    assert findings(result) == set()
    assert rows(result, "SELECT link_rules FROM orders") == [(["monstock"],)]


def test_command_ends_in_a_sentence_and_its_exit_status(world: World, tmp_path: Path) -> None:
    paid_not_shown(world, 5000)
    config = tmp_path / "config.json"
    settings = {"source": world.write(tmp_path / "w.duckdb"), "results": f"{tmp_path}/r.duckdb"}
    config.write_text(json.dumps(settings))
    arguments = ["compare", "--config", str(config), "--as-of", "2026-10-31 12:00:00"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1, done.output
    assert "1 orders, 1 payments: 1 to look at" in done.output
    lacking = CliRunner().invoke(main, arguments, env={"RECONCILE_STRIPE_SCHEMA": "other"})
    assert lacking.exit_code == 2
    assert "no table other.payments" in lacking.output
    assert "setting stripe_schema" in lacking.output


def test_secret_in_the_query_of_the_url_is_nowhere_to_be_read(world: World, tmp_path: Path) -> None:
    world.paid(5000, 5000)
    url = world.write(tmp_path / "warehouse.duckdb")
    settings = {"source": f"{url}?token=geheim", "results": f"{tmp_path}/results.duckdb"}
    result = compare(read_settings(settings), as_of=NOW)
    assert rows(result, "SELECT source FROM run") == [(url,)]
    assert b"geheim" not in result.results.read_bytes()
    with pytest.raises(WarehouseError) as error:
        compare(read_settings(settings | {"stripe_schema": "other"}), as_of=NOW)
    assert f"{url} has no table" in str(error.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        (
            "postgresql+psycopg://reader:pass@host:5432/books?sslpassword=geheim&sslmode=require",
            "postgresql+psycopg://reader:***@host:5432/books",
        ),
        ("mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3Dgeheim", "mssql+pyodbc:///"),
    ],
)
def test_warehouse_is_named_without_secrets(url: str, name: str) -> None:
    assert warehouse_name(url) == name


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"sorce": "x"}, "sorce is no setting"),
        ({"fail_on": ["nonsense"]}, "fail_on: 'nonsense' is none of dispute_open"),
        ({"currency_tolerance": '{"EURO": 1}'}, "currency_tolerance: unknown currency"),
        ({"unpaid_days": "many"}, "unpaid_days must be JSON of a integer"),
        ({"unpaid_days": -1}, "unpaid_days must lie between 0"),
        ({"cutover_date": "soon"}, "cutover_date must be a date"),
        ({"profile": "nobody"}, "profile: "),
        ({"scope_description": "("}, "scope_description is no regular expression"),
    ],
)
def test_setting_that_cannot_be_is_named(config: dict[str, object], says: str) -> None:
    with pytest.raises(SettingError, match=says.replace("(", r"\(")):
        read_settings(config)
