"""What time alone changes is changed when the present settings say so, not those of before."""

from datetime import UTC, datetime, timedelta

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox
from target_monstock.testing import TargetRunner, order_payment

ASKED = datetime(2026, 11, 20, 10, tzinfo=UTC)


def at(target: TargetRunner, hours: float, expires_after_hours: float) -> None:
    """A run without news, so long after the customer was asked to act."""
    target.clock = lambda: ASKED + timedelta(hours=hours)
    target.run(action_expires_after_hours=expires_after_hours)


def ask_to_act(sandbox: RunningSandbox, target: TargetRunner) -> None:
    """The customer of the one order was just asked to act, and has 24 hours for it."""
    with sandbox.clock.at(ASKED.timestamp()):
        sandbox.monstock.order(1000, "EUR", number="A")
    record = order_payment("pi_1", 1000, order="A", status="pending", captured=0, captured_at=None)
    target.clock = lambda: ASKED
    target.run(
        [record | {"action_required_since": ASKED.isoformat()}], action_expires_after_hours=24
    )


@pytest.mark.parametrize("profile", ["monstock"])
@pytest.mark.parametrize(
    ("runs", "status"),
    [
        ([(30, 24)], "unpaid"),
        ([(30, 24), (31, 72), (71, 72)], "pending"),
        ([(30, 24), (31, 72), (71, 72), (73, 72)], "unpaid"),
        ([(0.5, 1)], "pending"),
        ([(0.5, 1), (0.6, 1), (2, 1)], "unpaid"),
        ([(2, 1)], "unpaid"),
    ],
)
def test_a_customer_has_as_long_to_act_as_the_setting_says_now(
    sandbox: RunningSandbox,
    sqlite_target: TargetRunner,
    runs: list[tuple[float, float]],
    status: str,
) -> None:
    ask_to_act(sandbox, sqlite_target)
    for hours, expires_after_hours in runs:
        at(sqlite_target, hours, expires_after_hours)

    (order,) = sandbox.monstock.orders()
    assert order.payment_status == status
