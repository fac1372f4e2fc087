"""Payments in bulk: as many as asked for, each order with its right end."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from monstock_stripe_sandbox.bulk import FATES, make_bulk
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.testing import running_sandbox

NOW = 1_790_000_000


@pytest.mark.parametrize(("each", "orders"), [(1, 300), (7, 43), (300, 1)])
def test_each_order_gets_its_payments_and_the_total_that_they_make(each: int, orders: int) -> None:
    clock = Clock(lambda: float(NOW))
    stripe, monstock = StripeWorld(7, clock), MonstockWorld(7, clock)
    truths = make_bulk(stripe, monstock, clock, payments=300, payments_per_order=each)
    intents = stripe.all("payment_intent")
    assert len(truths) == orders
    assert len(intents) == 300
    asked: Counter[str] = Counter()
    for intent in intents:
        asked[intent["metadata"]["monstock_order_id"]] += intent["amount"]
        assert NOW - 20 * 86400 <= intent["created"] <= NOW
    assert {order.id: order.total_amount for order in monstock.orders()} == dict(asked)


def test_every_fate_comes_true_at_stripe() -> None:
    clock = Clock(lambda: float(NOW))
    stripe, monstock = StripeWorld(7, clock), MonstockWorld(7, clock)
    truths = make_bulk(stripe, monstock, clock, payments=600)
    assert {truth.label for truth in truths} == {f"bulk: {fate.name}" for fate in FATES}
    for truth in truths:
        for row in truth.rows:
            intent = stripe.read("payment_intent", row.transaction_reference)
            assert intent["amount_received"] == row.amount
            refunds = [
                entry.value["amount"]
                for entry in stripe.shelves["refund"].where("payment_intent", intent["id"])
            ]
            assert sum(refunds) == row.refunded


def test_a_bulk_world_is_the_same_after_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with running_sandbox(payments=50, state_file=state) as sandbox:
        truth = sandbox.truth()
        objects = {kind: sandbox.stripe.all(kind) for kind in sandbox.stripe.shelves}
        following = sandbox.stripe.payment_intent(1, "eur")
    with running_sandbox(payments=50, state_file=state) as again:
        assert again.truth() == truth
        again.stripe.get("payment_intent", following)
        for kind, before in objects.items():
            assert again.stripe.all(kind)[: len(before)] == before
