"""The way back, killed at any moment and resumed: never a second customer, invoice, payment intent
or link, and the same end as one clean run.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from killing import Moment, kill_meltano, kill_the_pipe
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import OrdersPipe, PaymentsPipe
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

SEED = 11
ORDERS = 8
KILLS = 5
KILLS_OF_MELTANO = 2
KINDS = {"payment_intent": "payment_intent", "invoice": "invoice", "payment_link": "payment_link"}
JOB = "monstock-to-stripe"
Content = list[tuple[Any, ...]]


@contextmanager
def trading(folder: Path) -> Iterator[tuple[RunningSandbox, PaymentsPipe]]:
    """A world of orders: half of them unpaid, some paid, and the rows of those in Monstock.

    Yields it with the pipeline to Monstock, which has run.
    """
    with running_sandbox(seed=SEED) as sandbox:
        customers = [
            sandbox.monstock.customer(f"Customer {n}", email=f"c{n % 2}@example.com")
            for n in range(3)
        ]
        for number in range(ORDERS):
            total = 1000 + 200 * number
            order = sandbox.monstock.order(
                total,
                "EUR",
                customer_id=customers[number % len(customers)],
                lines=[("Goods", 1, total - 500), ("Service", 1, 500)],
            )
            if number % 2:
                intent = sandbox.stripe.payment_intent(
                    total, "eur", metadata={"monstock_order_id": order}
                )
                sandbox.stripe.succeed(intent)
        folder.mkdir()
        payments = PaymentsPipe(folder, sandbox.stripe_url, sandbox.monstock_url)
        paid = payments.run()
        assert paid.ok, paid.stderr
        yield sandbox, payments


def open_at_stripe(sandbox: RunningSandbox) -> Content:
    """What stands at Stripe and says of which order or customer it is, without Stripe's ids."""
    found: Content = []
    for kind in ("customer", *KINDS.values()):
        for entry in sandbox.stripe.shelves[kind].entries.values():
            one = entry.value
            metadata = one.get("metadata") or {}
            if any(key.startswith("monstock_") for key in metadata):
                amount = one.get("amount", one.get("total"))
                state = one.get("status", one.get("active"))
                found.append((kind, tuple(sorted(metadata.items())), amount, state))
    return sorted(found, key=repr)


def pipe_into(folder: Path, sandbox: RunningSandbox, order_as: str) -> OrdersPipe:
    folder.mkdir()
    settings = {"order_as": order_as, "create_customers": "all", "concurrency": 3}
    return OrdersPipe(folder, sandbox.stripe_url, sandbox.monstock_url, target=settings)


@pytest.mark.parametrize("dice_number", (0, pytest.param(1, marks=pytest.mark.slow)))
@pytest.mark.parametrize("order_as", KINDS)
def test_killed_runs_that_are_resumed_end_like_an_undisturbed_one(
    order_as: str, dice_number: int, tmp_path: Path
) -> None:
    with trading(tmp_path / "clean payments") as (sandbox, _):
        clean = pipe_into(tmp_path / "clean", sandbox, order_as).run()
        assert clean.ok, clean.stderr
        expected = open_at_stripe(sandbox)
    assert len([one for one in expected if one[0] == KINDS[order_as]]) >= ORDERS // 2

    dice = random.Random(dice_number)
    with trading(tmp_path / "payments") as (sandbox, _):
        pipe = pipe_into(tmp_path / "killed", sandbox, order_as)
        assert len(kill_the_pipe(pipe, sandbox, dice, KILLS, most=60)) == KILLS
        resumed = pipe.run()
        assert resumed.ok, resumed.stderr
        assert open_at_stripe(sandbox) == expected
        sandbox.stripe_controls.reset_counters()
        assert pipe.run().ok
        assert sandbox.stripe_controls.writes == 0


@pytest.mark.parametrize(
    "order_as",
    (
        "invoice",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS if kind != "invoice"),
    ),
)
def test_orders_that_are_edited_between_kills_are_collected_once_by_what_they_say_last(
    order_as: str, tmp_path: Path
) -> None:
    dice = random.Random(order_as)
    with trading(tmp_path / "payments") as (sandbox, payments):
        pipe = pipe_into(tmp_path / "killed", sandbox, order_as)
        for _ in range(3):
            assert len(kill_the_pipe(pipe, sandbox, dice, 1, most=40)) == 1
            for order in sandbox.monstock.orders():
                if order.payment_status == "unpaid":
                    total = order.total_amount + 100
                    sandbox.monstock.edit_order(order.id, total=total, lines=[("All", 1, total)])
        assert payments.run().ok  # brings what is due of each order
        resumed = pipe.run()
        assert resumed.ok, resumed.stderr

        totals = {
            order.id: order.total_amount
            for order in sandbox.monstock.orders()
            if order.payment_status == "unpaid"
        }
        assert _collected(sandbox, KINDS[order_as]) == totals


def _collected(sandbox: RunningSandbox, kind: str) -> dict[str, int]:
    """What is open at Stripe for each order that is not paid; there is one thing for each."""
    found: dict[str, int] = {}
    for entry in sandbox.stripe.shelves[kind].entries.values():
        one = entry.value
        order = (one.get("metadata") or {}).get("monstock_order_id")
        is_open = one.get("status") in ("open", "requires_payment_method") or one.get("active")
        if order and is_open:
            assert order not in found, f"two of {kind} are open for order {order}"
            amount = one.get("amount", one.get("total"))
            found[order] = _linked_amount(sandbox, one["id"]) if amount is None else amount
    return found


def _linked_amount(sandbox: RunningSandbox, link: str) -> int:
    items = sandbox.stripe.present("/v1/payment_links/{payment_link}/line_items", link)
    return sum(int(item["amount_total"]) for item in items)


def test_killed_meltano_is_resumed_with_force(tmp_path: Path, root: Path) -> None:
    dice = random.Random(SEED)
    with trading(tmp_path / "payments") as (sandbox, _):
        project = MeltanoProject(root, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        project.environment["TARGET_STRIPE_ORDER_AS"] = "payment_link"
        for _ in range(KILLS_OF_MELTANO):
            sandbox.monstock.order(4200, "EUR")  # so that there is always something left to do
            assert kill_meltano(project, JOB, Moment(sandbox, dice, most=5))
        resumed = project.run("run", "--force", JOB)
        assert resumed.status == 0, resumed.stderr
        assert len(_collected(sandbox, "payment_link")) == ORDERS // 2 + KILLS_OF_MELTANO
        sandbox.stripe_controls.reset_counters()
        again = project.run("run", "--force", JOB)
        assert again.status == 0, again.stderr
        assert sandbox.stripe_controls.writes == 0
