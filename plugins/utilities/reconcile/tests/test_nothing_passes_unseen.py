"""What could pass for agreement because it is not there, or is not where it is looked for."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from monstock_stripe_reconcile.cli import main
from monstock_stripe_reconcile.compare import Restriction
from monstock_stripe_reconcile.errors import ReconcileError
from reconcile_world import (
    Found,
    World,
    findings,
    paid_not_shown,
    right_single,
    run_on,
)


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
