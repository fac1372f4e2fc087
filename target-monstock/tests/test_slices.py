"""Slices of a run that goes on, in this process: what an earlier one left, sweeps, and outages."""

from itertools import count

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.slices import Slice
from target_monstock.ledger.links import relink_all
from target_monstock.run import Run
from target_monstock.settings import read_settings
from target_monstock.target import TargetMonstock
from target_monstock.testing import TargetRunner, order_payment

pytestmark = pytest.mark.parametrize("profile", ["monstock"])


def opened(target: TargetRunner, **settings: object) -> Run:
    config = TargetMonstock(config=target.config | settings).config
    return Run(read_settings(config), "test")


def used_up() -> Slice:
    """A slice that is over as soon as something was done in it, since input waits."""
    ticks = count(0, 10)
    return Slice(lambda: True, pours=True, clock=lambda: float(next(ticks)))


def long_slice() -> Slice:
    return Slice(lambda: False, pours=False)


def status(sandbox: RunningSandbox, number: str) -> str | None:
    return next(o.payment_status for o in sandbox.monstock.orders() if o.number == number)


def test_what_an_earlier_run_kept_is_worked_on_although_nothing_comes(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock_controls.set_faults(Fault("status", status=503))
    assert sqlite_target.run([order_payment("pi_A", 1000, order="A")]).error is not None
    sandbox.monstock_controls.clear_faults()
    run = opened(sqlite_target)

    run.work(long_slice())

    run.close()
    assert status(sandbox, "A") == "paid"


def test_cash_and_an_order_that_comes_late_are_seen_while_a_backlog_uses_up_each_slice(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    sqlite_target.run([order_payment("pi_late", 1000, order="LATE")])
    cash = sandbox.monstock.order(500, "EUR", number="CASH")
    sandbox.monstock.record_payment(cash, 500, method="cash")
    sandbox.monstock.order(1000, "EUR", number="LATE")
    run = opened(sqlite_target, sweep_interval=0.001)
    backlog = [order_payment(f"pi_{one:04}", 1, order=f"X{one}") for one in range(3000)]
    run.take("order_payments", backlog)

    for _ in range(5):
        assert run.work(used_up())

    run.close()
    assert status(sandbox, "CASH") == status(sandbox, "LATE") == "paid"


def test_orders_that_a_payment_names_are_told_of_whether_or_not_its_link_changed(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    linked = sandbox.monstock.order(1000, "EUR", number="LINKED")
    twins = {sandbox.monstock.order(700, "EUR", number="TWIN") for _ in range(2)}
    sqlite_target.run(
        [
            order_payment("pi_linked", 1000, order="LINKED"),
            order_payment("pi_twin", 700, order="TWIN"),
        ]
    )
    run = opened(sqlite_target)
    with run._ledger.transaction() as connection:
        relink_all(connection)

    done = run._linker.link(10, [], sqlite_target.clock())

    run.close()
    assert done is not None
    assert (done.orders, done.named) == (set(), {linked, *twins})


def test_a_wrong_token_ends_the_run_although_a_payment_before_needed_no_request(
    sqlite_target: TargetRunner,
) -> None:
    run = opened(sqlite_target, api_token="wrong-token")
    run.take("order_payments", [order_payment("pi_1", 1000)])
    run.work(long_slice())
    assert not run.is_hopeless
    run.take("order_payments", [order_payment("pi_2", 1000, order="A")])

    run.work(long_slice())

    assert run.is_hopeless
    run.close()


def test_a_dry_run_rests_after_a_state(sqlite_target: TargetRunner) -> None:
    target = TargetMonstock(config=sqlite_target.config | {"dry_run": True})
    target._process_state_message({"type": "STATE", "value": {"at": 1}})
    target.store(with_state=True)

    assert target.while_idle() > 60

    target.close()
