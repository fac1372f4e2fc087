"""A dry run shows what a real run would do, and does none of it."""

import json
from datetime import UTC, datetime

from monstock_stripe_sandbox.testing import RunningSandbox
from target_monstock.testing import TargetRunner, order_payment


def orders_copied_by_hand(sandbox: RunningSandbox) -> list[dict[str, object]]:
    """Orders whose Stripe payments staff have copied, with and without the payment's id.

    Both tenants know the method under which they did.
    """
    records: list[dict[str, object]] = []
    paid_at = datetime(2026, 11, 20, 10, tzinfo=UTC)
    for number in range(6):
        order = sandbox.monstock.order(1000, "EUR", number=f"A{number}")
        reference = f"ch_{number}" if number % 2 else None
        sandbox.monstock.record_payment(
            order, 1000, method="carte", reference=reference, paid_at=paid_at
        )
        records.append(
            order_payment(f"pi_{number}", 1000, order=f"A{number}", references=[f"ch_{number}"])
        )
    sandbox.monstock.order(1000, "EUR", number="NEW")
    records.append(order_payment("pi_new", 1000, order="NEW"))
    return records


def test_a_dry_run_writes_nothing_and_returns_no_state(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    records = orders_copied_by_hand(sandbox)

    result = target.run(records, state={"bookmark": 1}, dry_run=True)

    assert sandbox.monstock_controls.writes == 0
    assert result.states == ()
    assert "11 writes on 7 orders would be made; none was." in result.plan[0]


def test_the_plan_doubles_no_payment_and_is_what_a_real_run_then_does(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    records = orders_copied_by_hand(sandbox)
    plan = target.run(records, dry_run=True, dry_run_format="json").plan
    kinds = sorted(json.loads(line)["write"] for line in plan)
    assert kinds == ["adopt"] * 3 + ["patch"] * 7 + ["put"]

    result = target.run(records)

    assert dict(result.summary.writes) == {"adopt": 3, "patch": 7, "put": 1}
    assert all(len(order.payments or []) == 1 for order in sandbox.monstock.orders())
    assert all(order.payment_status == "paid" for order in sandbox.monstock.orders())
    assert target.exception_kinds() == ["possible_duplicate"] * 3


def test_a_dry_run_after_everything_is_right_says_so(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run(orders_copied_by_hand(sandbox))

    assert target.run(dry_run=True).plan == ("Dry run: nothing differs, 0 writes would be made.",)


def test_a_dry_run_takes_nothing_from_the_real_run_after_it(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    order = sandbox.monstock.order(1000, "EUR", number="A")
    target.run([order_payment("pi_1", 1000, order="A")])
    sandbox.monstock.edit_order(order, total=1500)

    planned = target.run(dry_run=True)
    done = target.run()

    assert len(planned.plan) > 1
    assert done.writes == 1
