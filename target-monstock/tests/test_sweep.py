"""The sweep's bookmark never passes what was not looked at, however a run ends."""

from datetime import datetime

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from sqlalchemy import func, select
from target_common.ledger.history import read_value
from target_common.run import utc_now
from target_monstock.ledger.schema import orders
from target_monstock.sweep import BOOKMARK
from target_monstock.testing import TargetRunner

HOUR = 3600.0


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


def orders_of_an_hour_ago(sandbox: RunningSandbox, count: int) -> list[float]:
    """So many orders, one second after the other; return when each was made."""
    moments = [sandbox.clock.now() - HOUR + second for second in range(count)]
    for moment in moments:
        with sandbox.clock.at(moment):
            sandbox.monstock.order(1000, "EUR")
    return moments


@pytest.mark.parametrize("profile", ["monstock"])
def test_a_page_that_fails_keeps_the_bookmark_where_the_page_before_ended(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    moments = orders_of_an_hour_ago(sandbox, 250)
    sandbox.monstock_controls.set_faults(
        Fault("status", status=503, path="*/orders", every=3, times=1)
    )
    down = Fault("status", status=503, path="*/orders")
    sqlite_target.sleep = lambda _: sandbox.monstock_controls.set_faults(down)

    result = sqlite_target.run()

    assert "503" in str(result.error)
    assert looked_at(sqlite_target) == (100, int(moments[99]))

    sandbox.monstock_controls.clear_faults()

    assert sqlite_target.run().error is None
    assert looked_at(sqlite_target)[0] == 250


def looked_at(target: TargetRunner) -> tuple[int, int]:
    """How many orders the ledger knows, and the bookmark in seconds since the epoch."""
    with target.ledger() as connection:
        known = connection.execute(select(func.count()).select_from(orders)).scalar_one()
        bookmark = datetime.fromisoformat(read_value(connection, BOOKMARK) or "")
    return known, int(bookmark.timestamp())


@pytest.mark.parametrize("profile", ["monstock"])
@pytest.mark.parametrize("step", range(1, 9))
def test_an_order_that_cannot_be_read_is_told_although_the_sweep_was_killed_behind_it(
    sandbox: RunningSandbox, sqlite_target: TargetRunner, step: int
) -> None:
    with sandbox.clock.at(sandbox.clock.now() - 2 * HOUR):
        unreadable = sandbox.monstock.order(5, "XXX")
    orders_of_an_hour_ago(sandbox, 101)
    readings = iter(range(1, step))

    def clock() -> datetime:
        if next(readings, None) is None:
            raise Killed
        return utc_now()

    sqlite_target.clock = clock
    with pytest.raises(Killed):
        sqlite_target.run(concurrency=1)
    sqlite_target.clock = utc_now
    sqlite_target.run()

    assert [one.order_id for one in sqlite_target.exceptions()] == [unreadable]
