"""Random histories: orders change, customers pay, staff interferes, answers get lost, runs die.

Whatever happens, no order is ever asked for twice at a time, and in the end each is asked for just
what is due, unless a person closed what asked. An order that goes back to a draft leaves what is
open until it is decided on; in the end none is a draft.
"""

import random
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from collecting import BUYER, statuses, values
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.run import utc_now
from target_stripe.testing import TargetRunner, order, row

OPEN = {"payment_intent": "requires_payment_method", "invoice": "open", "payment_link": True}
BEGIN = datetime(2026, 11, 20, tzinfo=UTC)
COLLECTED = {"validated", "shipped"}


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@dataclass
class Order:
    """An order as the history has it."""

    number: int
    total: int
    state: str = "validated"
    name: str = ""
    counted: dict[str, int] = field(default_factory=dict)
    uncounted: dict[str, int] = field(default_factory=dict)
    closed_by_hand: bool = False

    @property
    def order_id(self) -> str:
        return f"ord_{self.number}"

    @property
    def due(self) -> int:
        return self.total - sum(self.counted.values())

    def record(self, step: int) -> dict[str, Any]:
        return order(
            self.order_id,
            self.total,
            order_number=self.name or self.order_id.upper(),
            state=self.state,
            amount_due=self.due,
            customer_id="c1",
            payments=[row(name, amount) for name, amount in self.counted.items()],
            updated_at=(BEGIN + timedelta(seconds=step)).isoformat(),
        )


class History:
    """A history of a few orders, played with one die."""

    def __init__(
        self, sandbox: RunningSandbox, target: TargetRunner, order_as: str, seed: int
    ) -> None:
        self.sandbox = sandbox
        self.target = target
        self.kind = order_as
        self.dice = random.Random(seed)
        self.step = 0
        self.orders = [Order(number, 1000 + 100 * number) for number in range(4)]
        target.config["order_as"] = order_as

    def open_ones(self, one: Order) -> list[dict[str, Any]]:
        """What asks for an order's money."""
        found = zip(values(self.sandbox, self.kind), statuses(self.sandbox, self.kind), strict=True)
        return [
            value
            for value, status in found
            if status == OPEN[self.kind] and value["metadata"]["monstock_order_id"] == one.order_id
            and REVISION in value["metadata"] and not self._is_completed(value)
        ]  # fmt: skip

    def _is_completed(self, value: dict[str, Any]) -> bool:
        if self.kind != "payment_link":
            return False
        return bool(value["restrictions"]["completed_sessions"]["count"])

    def amount(self, value: dict[str, Any]) -> int:
        if self.kind == "payment_link":
            line = self.sandbox.stripe.link_lines(value["id"])[0].value
            return int(line["amount_total"])
        return int(value["total" if self.kind == "invoice" else "amount"])

    def act(self) -> None:
        """Something happens to one order."""
        self.step += 1
        one = self.dice.choice(self.orders)
        act = self.dice.choice(
            [self.change, self.change, self.change_state, self.rename, self.pay, self.pay,
             self.count, self.count, self.close]
        )  # fmt: skip
        act(one)

    def change(self, one: Order) -> None:
        one.total = self.dice.choice([900, 1000, 1500, 2000, 4000])

    def change_state(self, one: Order) -> None:
        one.state = self.dice.choice(["draft", "validated", "validated", "shipped", "cancelled"])

    def rename(self, one: Order) -> None:
        one.name = f"SO-{self.dice.randrange(1000)}"

    def pay(self, one: Order) -> None:
        for value in self.open_ones(one)[:1]:
            amount = self.amount(value)
            stripe = self.sandbox.stripe
            if self.kind == "payment_intent":
                stripe.succeed(value["id"])
                payment = value["id"]
            elif self.kind == "invoice":
                payment = stripe.pay_invoice(value["id"])
            else:
                payment = stripe.pay_link(value["id"])
            one.uncounted[payment] = amount

    def count(self, one: Order) -> None:
        one.counted |= one.uncounted
        one.uncounted = {}

    def close(self, one: Order) -> None:
        if self.dice.random() < 0.7:
            return
        for value in self.open_ones(one)[:1]:
            stripe = self.sandbox.stripe
            if self.kind == "payment_intent":
                stripe.alter("payment_intent", value["id"], status="canceled")
            elif self.kind == "invoice":
                stripe.void_invoice(value["id"])
            else:
                stripe.alter("payment_link", value["id"], active=False)
            one.closed_by_hand = True

    def run(self, *, disturbed: bool) -> None:
        """The target runs, in peace or not."""
        if disturbed:
            faults = [
                Fault("cut_after", probability=0.3, seed=self.step),
                Fault("status", status=503, probability=0.3, seed=self.step),
                Fault("status", status=500, method="POST", probability=0.3, seed=self.step),
            ]
            if self.dice.random() < 0.5:
                self.sandbox.stripe_controls.set_faults(self.dice.choice(faults))
            else:
                left = [self.dice.randrange(2, 30)]

                def killing() -> datetime:
                    left[0] -= 1
                    if left[0] == 0:
                        raise Killed
                    return utc_now()

                self.target.clock = killing
        records = [one.record(self.step) for one in self.orders]
        with suppress(Killed):
            self.target.run(records, [BUYER], max_attempts=2 if disturbed else 9)
        self.sandbox.stripe_controls.clear_faults()
        self.target.clock = utc_now
        for one in self.orders:
            assert len(self.open_ones(one)) <= 1, one


REVISION = "monstock_revision"


@pytest.mark.parametrize("order_as", list(OPEN))
@pytest.mark.parametrize(
    "seed", [1, 2, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(3, 40))]
)
def test_each_order_is_asked_for_what_is_due_and_never_twice(
    sandbox: RunningSandbox, target: TargetRunner, order_as: str, seed: int
) -> None:
    history = History(sandbox, target, order_as, seed)
    for _ in range(12):
        for _ in range(history.dice.randrange(1, 4)):
            history.act()
        history.run(disturbed=history.dice.random() < 0.5)
    for one in history.orders:
        history.count(one)
        if one.state == "draft":
            one.state = "validated"
    history.step += 1
    history.run(disturbed=False)
    history.run(disturbed=False)

    for one in history.orders:
        asked = [history.amount(value) for value in history.open_ones(one)]
        wanted = [one.due] if one.state in COLLECTED and one.due >= 50 else []
        assert asked == wanted or (one.closed_by_hand and asked == []), one
    sandbox.stripe_controls.reset_counters()
    history.run(disturbed=False)
    assert sandbox.stripe_controls.writes == 0
