"""Slices of a run that goes on, in this process: what an earlier one left, sweeps, and outages."""

import pytest
from target_common.slices import Slice
from target_monstock.run import Run
from target_monstock.settings import read_settings
from target_monstock.target import TargetMonstock
from target_monstock.testing import TargetRunner, order_payment

pytestmark = pytest.mark.parametrize("profile", ["monstock"])


def opened(target: TargetRunner, **settings: object) -> Run:
    config = TargetMonstock(config=target.config | settings).config
    return Run(read_settings(config), "test")


def long_slice() -> Slice:
    return Slice(lambda: False, pours=False)


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
