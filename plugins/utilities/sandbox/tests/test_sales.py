"""Sales made over the control API: quick, with exact moments, and with their right ends."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from monstock_stripe_sandbox.selling import Seller, SellingError
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def seller(sandbox: RunningSandbox) -> Seller:
    return Seller(sandbox.monstock_url)


def test_an_order_is_paid_at_the_moment_of_the_callers_choosing(
    sandbox: RunningSandbox, seller: Seller
) -> None:
    (sold,) = seller.order(1250, "EUR")
    assert (sold.payment, sold.paid_at) == (None, None)
    before = time.time()
    (paid,) = seller.pay([sold.order])
    assert paid.paid_at is not None
    assert before <= paid.paid_at <= time.time()
    assert paid.payment is not None
    intent = sandbox.stripe.read("payment_intent", paid.payment)
    assert (intent["status"], intent["amount_received"]) == ("succeeded", 1250)
    assert intent["metadata"] == {"monstock_order_id": sold.order}
    assert intent["latest_charge"] == paid.charge
    assert sandbox.stripe.read("charge", str(paid.charge))["balance_transaction"] is not None
    assert [event["type"] for event in sandbox.stripe.all("event")] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
    ]
    with pytest.raises(SellingError, match="paid already"):
        seller.pay([sold.order])
    assert sandbox.monstock_controls.requests == 0


def test_orders_are_paid_in_the_past_spread_over_a_time(
    sandbox: RunningSandbox, seller: Seller
) -> None:
    orders = [sold.order for sold in seller.order(count=4)]
    before = time.time()
    moments = [paid.paid_at or 0.0 for paid in seller.pay(orders, ago=3_600, over=1_200)]
    assert [round(moment - moments[0]) for moment in moments] == [0, 300, 600, 900]
    assert before - 3_600 <= moments[0] <= time.time() - 3_600
    created = [intent["created"] for intent in sandbox.stripe.all("payment_intent")]
    assert sorted(created) == [int(moment) for moment in moments]
    (now,) = seller.pay([seller.order()[0].order])
    assert (now.paid_at or 0.0) >= before


def test_many_sales_are_made_by_one_call(sandbox: RunningSandbox, seller: Seller) -> None:
    sold = seller.order(1280, "JPY", count=20, paid=True)
    assert len({sale.order for sale in sold}) == 20
    moments = [sale.paid_at for sale in sold if sale.paid_at is not None]
    assert len(moments) == 20
    assert moments == sorted(moments)
    assert len(sandbox.stripe.all("payment_intent")) == 20


def test_amounts_are_in_the_units_of_each_side(sandbox: RunningSandbox, seller: Seller) -> None:
    (sold,) = seller.order(4500, "ISK", paid=True)
    assert sandbox.stripe.read("payment_intent", str(sold.payment))["amount"] == 450_000
    seller.refund([sold.order], 1000)
    assert sandbox.stripe.all("refund")[0]["amount"] == 100_000


def test_monstock_tells_when_each_order_was_first_paid(
    sandbox: RunningSandbox, seller: Seller
) -> None:
    first, second, third = (sale.order for sale in seller.order(count=3, paid=True))
    before = time.time()
    sandbox.monstock.edit_order(first, payment_status="paid")
    between = time.time()
    sandbox.monstock.edit_order(first, payment_status="disputed")
    sandbox.monstock.edit_order(first, payment_status="paid")
    patched = requests.patch(
        f"{sandbox.monstock_base_url('monstock')}/orders/{second}",
        json={"payment_status": "paid"},
        headers={"Authorization": "Bearer monstock-sandbox-token"},
        timeout=10,
    )
    assert patched.status_code == 200
    found = seller.first_paid([first, second, third, "ord_unknown"])
    one, two = found[first], found[second]
    assert one is not None
    assert two is not None
    assert before <= one <= between <= two <= time.time()
    assert (found[third], found["ord_unknown"]) == (None, None)
    assert seller.first_paid() == {first: one, second: two}
    shown = requests.post(
        f"{sandbox.monstock_url}/_sandbox/orders/first-paid", json={}, timeout=10
    ).json()
    assert shown["orders"][first] == {"at": one, "at_ms": round(one * 1000)}


def test_the_truth_follows_every_step(sandbox: RunningSandbox, seller: Seller) -> None:
    def statuses() -> list[str]:
        return [truth.payment_status for truth in sandbox.truth()]

    orders = [sale.order for sale in seller.order(1000, count=6)]
    assert statuses() == ["unpaid"] * 6
    seller.pay(orders[1:])
    seller.refund([orders[2]], 250)
    seller.refund([orders[3]])
    seller.dispute([orders[4], orders[5]])
    assert statuses()[4:] == ["disputed", "disputed"]
    seller.dispute([orders[4]], close="lost")
    seller.dispute([orders[5]], close="won")
    assert statuses() == ["unpaid", "paid", "partially_refunded", "refunded", "refunded", "paid"]
    (row,) = sandbox.truth()[4].rows
    assert (row.amount, row.disputed, row.dispute_lost) == (1000, 0, 1000)
    differences = {each.what for each in sandbox.check()}
    assert differences


def test_what_cannot_be_is_refused(sandbox: RunningSandbox, seller: Seller) -> None:
    with pytest.raises(SellingError, match="is no order of a sale"):
        seller.pay(["ord_unknown"])
    (sold,) = seller.order()
    with pytest.raises(SellingError, match="is not paid yet"):
        seller.refund([sold.order])
    with pytest.raises(SellingError, match="total"):
        seller.order(0)
    answer = requests.post(
        f"{sandbox.monstock_url}/_sandbox/sales", json={"colour": "red"}, timeout=10
    )
    assert answer.status_code == 400


def test_sales_and_their_moments_outlive_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with running_sandbox(state_file=state) as sandbox:
        seller = Seller(sandbox.monstock_url)
        (sold,) = seller.order(paid=True)
        sandbox.monstock.edit_order(sold.order, payment_status="paid")
        moments = seller.first_paid()
    with running_sandbox(state_file=state) as sandbox:
        seller = Seller(sandbox.monstock_url)
        assert seller.first_paid() == moments
        seller.refund([sold.order])
        assert [truth.payment_status for truth in sandbox.truth()] == ["refunded"]
