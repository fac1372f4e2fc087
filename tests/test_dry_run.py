"""Going live on a tenant full of payments that staff copied by hand: the plan, then the deed."""

import json
from collections.abc import Callable
from typing import Any

from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.pipeline import BarePipe
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

MakePipe = Callable[..., BarePipe]
EACH = 12
AMOUNT = 4_200


def copied_by_hand(sandbox: RunningSandbox) -> dict[str, list[str]]:
    """Fill both worlds: paid orders, by the way in which staff copied their payment.

    Returns the numbers of the orders by that way.
    """
    orders: dict[str, list[str]] = {}

    def order(way: str, **copy: str) -> None:
        order_id = sandbox.monstock.order(AMOUNT, "EUR", payment_status="paid")
        made = sandbox.monstock.get(order_id)
        assert made is not None
        number = made.number
        intent = sandbox.stripe.payment_intent(
            AMOUNT, "eur", metadata={"monstock_order_number": number}
        )
        sandbox.stripe.succeed(intent)
        references = {"payment": intent, "charge": sandbox.stripe.charge_of(intent), "none": None}
        if copy:
            sandbox.monstock.record_payment(
                order_id, AMOUNT, method=copy["method"], reference=references[copy["reference"]]
            )
        else:
            sandbox.monstock.edit_order(order_id, payment_status="unpaid")
        orders.setdefault(way, []).append(number)

    for _ in range(EACH):
        order("with the payment's id", method="card", reference="payment")
        order("with the charge's id", method="card", reference="charge")
        order("under our own method", method="stripe", reference="payment")
        order("without a reference", method="card", reference="none")
        order("not copied")
    return orders


def rows(sandbox: RunningSandbox) -> dict[str, list[dict[str, Any]]]:
    contents = monstock_contents(sandbox.monstock)
    return {number: order["payments"] for number, order in contents.items()}


def test_plan_doubles_no_payment_that_staff_copied_and_is_carried_out_as_shown(
    make_pipe: MakePipe,
) -> None:
    with running_sandbox() as sandbox:
        orders = copied_by_hand(sandbox)
        before = monstock_contents(sandbox.monstock)
        pipe = make_pipe(sandbox)

        sandbox.monstock_controls.reset_counters()
        dry = pipe.run(target_arguments=["--dry-run", "json"])

        assert dry.ok, dry.stderr
        assert sandbox.monstock_controls.writes == 0
        assert monstock_contents(sandbox.monstock) == before
        assert not pipe.ledger.exists()
        assert dry.state is None
        planned = [json.loads(line) for line in dry.output.splitlines()]
        assert {write["order_number"] for write in planned if write["write"] == "put"} == {
            *orders["not copied"],
            *orders["under our own method"],  # put in its place: fee, means of payment
        }
        assert {write["order_number"] for write in planned if write["write"] == "adopt"} == {
            *orders["with the payment's id"],
            *orders["with the charge's id"],
        }

        done = pipe.run()

        assert done.ok, done.stderr
        assert sandbox.monstock_controls.writes == len(planned)
        found = rows(sandbox)
        for numbers in orders.values():
            for number in numbers:
                assert [row["amount"] for row in found[number]] == [AMOUNT]
        after = monstock_contents(sandbox.monstock)
        changed = {number for number in after if after[number] != before[number]}
        assert changed == {write["order_number"] for write in planned}

        sandbox.monstock_controls.reset_counters()
        again = pipe.run()
        assert again.ok, again.stderr
        assert sandbox.monstock_controls.writes == 0
