"""Slices of a run that goes on, in this process: what an earlier one left, sweeps, and outages."""

import pytest
from target_monstock.target import TargetMonstock
from target_monstock.testing import TargetRunner

pytestmark = pytest.mark.parametrize("profile", ["monstock"])


def test_a_dry_run_rests_after_a_state(sqlite_target: TargetRunner) -> None:
    target = TargetMonstock(config=sqlite_target.config | {"dry_run": True})
    target._process_state_message({"type": "STATE", "value": {"at": 1}})
    target.store(with_state=True)

    assert target.while_idle() > 60

    target.close()
