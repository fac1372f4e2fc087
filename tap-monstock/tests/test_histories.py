"""Random trade, runs that are cut anywhere, disturbances: a target ends with what is there."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, RunningSandbox, running_sandbox
from tap_common.errors import OutputClosedError
from tap_monstock.testing import run_tap

KEYS = {"orders": ("id",), "order_payments": ("order_id", "row_id"), "customers": ("id",)}
STATES = ("draft", "validated", "shipped", "cancelled")
FAULTS = (
    Fault("status", status=503, times=2),
    Fault("status", status=429, retry_after=0, times=2),
    Fault("cut_half", times=1),
    Fault("half_json", times=1),
)


@dataclass
class Target:
    """Holds records by key, and a version with each; ends after so many lines, if told to."""

    held: dict[str, dict[tuple[str, ...], tuple[dict[str, Any], int]]] = field(
        default_factory=lambda: {name: {} for name in KEYS}
    )
    state: dict[str, Any] | None = None
    lines_left: int = 10**9
    records: int = 0

    def write(self, data: bytes) -> int:
        for line in data.splitlines():
            if not self.lines_left:
                raise BrokenPipeError
            self.lines_left -= 1
            self.take(json.loads(line))
        return len(data)

    def flush(self) -> None:
        return

    def take(self, message: dict[str, Any]) -> None:
        if message["type"] == "STATE":
            self.state = message["value"]
        elif message["type"] == "RECORD":
            self.records += 1
            record, rows = message["record"], self.held[message["stream"]]
            key = tuple(record[name] for name in KEYS[message["stream"]])
            rows[key] = (record, message["version"])
        elif message["type"] == "ACTIVATE_VERSION":
            rows = self.held[message["stream"]]
            for key in [key for key, (_, version) in rows.items() if version < message["version"]]:
                del rows[key]

    def live(self, stream: str) -> dict[tuple[str, ...], dict[str, Any]]:
        return {
            key: record
            for key, (record, _) in self.held[stream].items()
            if record.get("_sdc_deleted_at") is None
        }


class Trade:
    """What staff do, by chance; some of it becomes visible only after its moment."""

    def __init__(self, sandbox: RunningSandbox, dice: random.Random) -> None:
        self.clock = sandbox.clock
        self.world = sandbox.monstock
        self.dice = dice

    def act(self) -> None:
        late = self.dice.choice([0, 0, 0, 20, 50])
        with self.clock.at(self.clock.now() - late):
            self.dice.choice(self.choices())()

    def choices(self) -> list[Callable[[], None]]:
        found = [self.new_order, self.new_order, self.new_customer]
        if self.world.orders():
            found += [self.edit_order, self.pay, self.edit_payment, self.unpay, self.delete_order]
        if self.world.customers():
            found += [self.edit_customer, self.delete_customer]
        return found

    def new_order(self) -> None:
        kind = self.dice.choice(["order", "order", "quote"])
        self.world.order(self.dice.randrange(1, 999), "EUR", kind=kind)

    def edit_order(self) -> None:
        self.world.edit_order(self.an_order(), status=self.dice.choice(STATES))

    def pay(self) -> None:
        self.world.record_payment(self.an_order(), self.dice.randrange(1, 999))

    def edit_payment(self) -> None:
        if found := self.a_payment():
            self.world.edit_payment(*found, amount=self.dice.randrange(1, 999))

    def unpay(self) -> None:
        if found := self.a_payment():
            self.world.delete_payment(*found)

    def delete_order(self) -> None:
        self.world.delete_order(self.an_order())

    def new_customer(self) -> None:
        self.world.customer(f"C {self.dice.random()}")

    def edit_customer(self) -> None:
        self.world.edit_customer(self.a_customer(), phone=str(self.dice.random()))

    def delete_customer(self) -> None:
        self.world.delete_customer(self.a_customer())

    def an_order(self) -> str:
        return self.dice.choice(self.world.orders()).id

    def a_customer(self) -> str:
        return self.dice.choice(self.world.customers()).id

    def a_payment(self) -> tuple[str, str] | None:
        order = self.dice.choice(self.world.orders())
        if order.payments is msgspec.UNSET or not order.payments:
            return None
        return order.id, self.dice.choice(order.payments).id


def play(seed: int, profile: str) -> None:
    dice = random.Random(seed)
    with running_sandbox(clock=Clock()) as sandbox:
        trade, target = Trade(sandbox, dice), Target()
        controls = sandbox.monstock_controls

        def run(**options: Any) -> BaseException | None:
            return run_tap(
                sandbox.monstock_base_url(profile),
                profile=profile,
                state=target.state,
                sink=target,
                clock=lambda: datetime.fromtimestamp(sandbox.clock.now(), UTC),
                **options,
            ).error

        for _ in range(dice.randrange(3, 7)):
            for _ in range(dice.randrange(0, 40)):
                trade.act()
                sandbox.clock.advance(dice.choice([0, 0, 0.3, 3, 100]))
            if dice.random() < 0.5:
                controls.on_request = lambda: trade.act() if dice.random() < 0.3 else None
            if dice.random() < 0.5:
                controls.set_faults(dice.choice(FAULTS))
            if dice.random() < 0.4:
                target.lines_left = dice.randrange(3, 60)
            error = run(full_table=dice.choice([(), (), ("orders",), tuple(KEYS)]))
            assert error is None or isinstance(error, OutputClosedError)
            controls.on_request = None
            controls.clear_faults()
            target.lines_left = 10**9
        assert run() is None
        assert_same(target, sandbox, gone_too=False)
        before = target.records
        assert run() is None
        assert target.records == before, "nothing is new"
        assert run(full_table=tuple(KEYS)) is None
        assert_same(target, sandbox, gone_too=True)


def assert_same(target: Target, sandbox: RunningSandbox, *, gone_too: bool) -> None:
    """Hold the target against the world; `gone_too` where what is gone was looked for."""
    orders = {(one.id,): one for one in sandbox.monstock.orders()}
    customers = {(one.id,): one for one in sandbox.monstock.customers()}
    rows: dict[tuple[str, ...], int] = {}
    for order in orders.values():
        if order.payments is not msgspec.UNSET:
            rows |= {(order.id, row.id): row.amount for row in order.payments}
    held = {stream: target.live(stream) for stream in KEYS}
    for key, order in orders.items():
        record = held["orders"][key]
        assert (record["state"], record["total"]) == (order.status, order.total_amount)
        amounts = {(order.id, row["row_id"]): row["amount"] for row in record["payments"]}
        assert amounts == {row: amount for row, amount in rows.items() if row[0] == order.id}
    for row, amount in rows.items():
        assert held["order_payments"][row]["amount"] == amount
    for key, customer in customers.items():
        record = held["customers"][key]
        assert (record["name"], record["phone"]) == (customer.name, customer.phone)
    if gone_too:
        there = {"orders": set(orders), "order_payments": set(rows), "customers": set(customers)}
        assert {stream: set(held[stream]) for stream in KEYS} == there


@pytest.mark.parametrize("profile", MONSTOCK_PATHS)
@pytest.mark.parametrize("seed", range(8))
def test_a_target_ends_with_what_is_there(seed: int, profile: str) -> None:
    play(seed, profile)


@pytest.mark.slow
@pytest.mark.parametrize("profile", MONSTOCK_PATHS)
@pytest.mark.parametrize("seed", range(100, 250))
def test_a_target_ends_with_what_is_there_over_many_histories(seed: int, profile: str) -> None:
    play(seed, profile)
