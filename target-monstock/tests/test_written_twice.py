"""A tenant that takes a payment twice: a call that was given up had its effect after all."""

from typing import Any

import msgspec
import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_monstock.ledger.decisions import dismiss
from target_monstock.testing import TargetRunner, order_payment

pytestmark = pytest.mark.parametrize("profile", ["monstock-fr"])

PAID = order_payment("pi_1", 1000, order="A")


def amounts(sandbox: RunningSandbox, order_id: str) -> list[int]:
    order = sandbox.monstock.get(order_id)
    assert order is not None
    return sorted(row.amount for row in order.payments or [])


def written_twice(sandbox: RunningSandbox, target: TargetRunner, **changes: Any) -> str:
    """An order that shows its payment twice: a proxy had answered for the first call too soon.

    Args:
        sandbox: the tenant.
        target: what writes.
        changes: what a hand made of the second row.
    """
    order_id = sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock_controls.set_faults(Fault("status", status=504, method="POST", times=1))
    assert target.run([PAID]).error is None
    stored = sandbox.monstock.stored(order_id)
    (row,) = stored.payments.values()
    late = msgspec.structs.asdict(row) | changes
    del late["id"]
    with sandbox.monstock.lock:
        sandbox.monstock.add_payment(stored, late, unique=False)
    return order_id


def test_the_second_row_is_told_of_and_taken_away(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order_id = written_twice(sandbox, sqlite_target)
    assert amounts(sandbox, order_id) == [1000, 1000]

    result = sqlite_target.run()

    assert (result.error, result.writes) == (None, 1)
    assert amounts(sandbox, order_id) == [1000]
    (told,) = sqlite_target.exceptions()
    assert (told.kind, told.transaction_reference) == ("written_twice", "pi_1")
    assert sqlite_target.run([PAID]).writes == 0
    assert sqlite_target.exception_kinds() == []
    assert amounts(sandbox, order_id) == [1000]


def test_the_second_row_is_taken_away_also_where_that_was_refused_when_the_payment_changed(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order_id = written_twice(sandbox, sqlite_target)
    sandbox.monstock_controls.set_faults(
        Fault("status", status=422, method="POST", path="*/annulation", times=1)
    )
    more = order_payment("pi_1", 1200, order="A", version=2)

    sqlite_target.run([more])
    assert len(amounts(sandbox, order_id)) == 2
    sandbox.monstock_controls.clear_faults()
    sqlite_target.run([more])

    assert amounts(sandbox, order_id) == [1200]
    assert sqlite_target.run([more]).writes == 0


def test_a_second_row_that_says_something_else_stays_until_a_person_decides(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order_id = written_twice(sandbox, sqlite_target, amount=700)

    for _ in range(2):
        assert sqlite_target.run().writes == 0
        assert sqlite_target.exception_kinds() == ["written_twice"]
    with sqlite_target.ledger() as connection:
        dismiss(
            connection,
            ExceptionKind.WRITTEN_TWICE,
            transaction_reference="pi_1",
            order_id=order_id,
            by="ann",
            why="looked at it",
            now=sqlite_target.clock(),
        )

    assert sqlite_target.run().writes == 0
    assert sqlite_target.exception_kinds() == []
    assert amounts(sandbox, order_id) == [700, 1000]


def test_both_rows_leave_with_the_payment_also_where_one_is_refused_at_first(
    sandbox: RunningSandbox, sqlite_target: TargetRunner
) -> None:
    order_id = written_twice(sandbox, sqlite_target)
    other = sandbox.monstock.order(1000, "EUR", number="B")
    sandbox.monstock_controls.set_faults(
        Fault("status", status=422, method="POST", path="*/annulation", every=2, times=1)
    )

    moved = order_payment("pi_1", 1000, order="B", version=2)
    sqlite_target.run([moved])
    assert len(amounts(sandbox, order_id)) == 1
    sandbox.monstock_controls.clear_faults()
    sqlite_target.run([moved])

    assert (amounts(sandbox, order_id), amounts(sandbox, other)) == ([], [1000])
    assert sqlite_target.run([moved]).writes == 0
    assert sqlite_target.exception_kinds() == []
