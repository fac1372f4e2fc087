"""What could pass for agreement because it is not there, or is not where it is looked for."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from monstock_stripe_core.link import Allocation
from monstock_stripe_reconcile.cli import main
from monstock_stripe_reconcile.compare import Restriction
from monstock_stripe_reconcile.errors import ReconcileError
from reconcile_world import (
    NOW,
    Found,
    World,
    findings,
    paid_not_shown,
    payout_differs,
    right_single,
    row,
    rows,
    run_on,
)
from target_monstock.ledger import open_ledger
from target_monstock.ledger.decisions import decide_link


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize(
    ("restriction", "says"),
    [
        (Restriction(order="SO-7"), "no order has the number or id SO-7"),
        (Restriction(order="SO-2"), "no order has the number or id SO-2"),
        (Restriction(payout="po_7"), "there is no payout po_7"),
    ],
)
def test_restriction_to_what_is_not_there_is_refused(
    restriction: Restriction, says: str, world: World, tmp_path: Path
) -> None:
    paid_not_shown(world, 5000)
    world.order(700, kind="quote")
    with pytest.raises(ReconcileError, match=says):
        run_on(world, tmp_path, restriction=restriction)
    assert not (tmp_path / "results.duckdb").exists()


def test_order_that_is_not_understood_is_shown_where_it_alone_is_asked_for(
    world: World, tmp_path: Path
) -> None:
    right_single(world, 5000)
    world.order(7000, currency="ZZZ")
    result = run_on(world, tmp_path, restriction=Restriction(order="SO-2"))
    assert findings(result) == {Found("unreadable", "SO-2", None, 0, None)}
    assert (result.agrees, result.exit_status) == (False, 1)


def test_empty_warehouse_does_not_agree(world: World, tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main,
        ["compare"],
        env={
            "RECONCILE_SOURCE": world.write(tmp_path / "w.duckdb"),
            "RECONCILE_RESULTS": f"{tmp_path}/r.duckdb",
        },
    )
    assert (done.exit_code, "holds neither orders nor payments" in done.output) == (2, True)


@pytest.mark.parametrize("kind", [None, ""])
def test_order_without_a_kind_is_an_order(kind: str | None, world: World, tmp_path: Path) -> None:
    paid_not_shown(world, 5000)
    world.orders[0]["kind"] = kind
    assert findings(run_on(world, tmp_path)) == world.expected


def decided(folder: Path, payment: str, *parts: tuple[str, int | None]) -> str:
    """A ledger in which a person said what a payment pays; return its URL."""
    url = f"sqlite:///{folder}/ledger.sqlite"
    ledger = open_ledger(url)
    with ledger.transaction() as connection:
        allocations = tuple(Allocation(order, amount) for order, amount in parts)
        decide_link(connection, payment, allocations, by="Ada", why="invoice 7", now=NOW)
    ledger.close()
    return url


@pytest.mark.parametrize("kind", ["deleted", "quote"])
def test_money_decided_for_an_order_that_is_not_there_has_no_order(
    kind: str, world: World, tmp_path: Path
) -> None:
    gone = world.order(5000, kind="quote" if kind == "quote" else "order")
    gone["_sdc_deleted_at"] = "2026-10-30T00:00:00Z" if kind == "deleted" else None
    payment = world.payment(None, 5000)
    result = run_on(world, tmp_path, ledger_url=decided(tmp_path, "pi_1", (gone["id"], None)))
    world.expect("no_order", None, payment, 5000)
    assert findings(result) == world.expected
    assert rows(result, "SELECT link_state, link_rule, orders FROM payments") == [
        ("waiting", "decision", 0)
    ]
    assert rows(result, "SELECT facts FROM findings") == [('{"named":"ord_1"}',)]


@pytest.mark.parametrize(
    ("parts", "for_order", "for_none"),
    [
        ([("gone", 500), ("ord_1", None)], 4500, 500),
        ([("ord_1", 4000), ("gone", None)], 4000, 1000),
        ([("gone", 300), ("lost", 200), ("ord_1", None)], 4500, 500),
        # 1000 were given to nobody; that is said with the first part.
        ([("gone", 500), ("ord_1", 3500)], 3500, 1500),
        ([("ord_1", 5000), ("gone", None)], 5000, 0),
    ],
)
def test_order_that_is_not_there_keeps_its_part(
    parts: list[tuple[str, int | None]],
    for_order: int,
    for_none: int,
    world: World,
    tmp_path: Path,
) -> None:
    order = world.order(5000)
    payment = world.payment(None, 5000)
    result = run_on(world, tmp_path, ledger_url=decided(tmp_path, "pi_1", *parts))
    world.expect("paid_not_shown", order, payment, for_order)
    if for_none:
        world.expect("no_order", None, payment, for_none)
    assert findings(result) == world.expected
    assert rows(result, "SELECT captured FROM orders") == [(for_order,)]


def test_row_on_a_quote_links_no_payment(world: World, tmp_path: Path) -> None:
    quote = world.order(5000, kind="quote")
    payment = world.payment(None, 5000)
    quote["payments"] = [row(payment)]
    world.expect("no_order", None, payment, 5000)
    assert findings(run_on(world, tmp_path)) == world.expected


@pytest.mark.parametrize("table", ["payments", "orders", "payouts"])
def test_record_that_stands_twice_is_refused(table: str, world: World, tmp_path: Path) -> None:
    right_single(world, 5000)
    payout_differs(world, 3000)
    records = getattr(world, table)
    records.append(records[0])
    says = f"{records[0]['id']} stands 2 times in the warehouse's table {table}"
    with pytest.raises(ReconcileError, match=says):
        run_on(world, tmp_path)
