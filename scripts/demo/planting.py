"""What happens in any shop and no program can put right, done at the two stand-ins."""

from __future__ import annotations

from dataclasses import dataclass

from monstock_stripe_core.discrepancy import Reason

from demo.shown import DemoError, article, console, money_text
from demo.steps import Demo


@dataclass(frozen=True, slots=True)
class Planted:
    """A discrepancy that a comparison must name.

    Attributes:
        story: what happened.
        order: number of the order that it concerns; None for a payment without one.
        payment: the Stripe payment that it concerns, where one is meant.
    """

    story: str
    reason: Reason
    order: str | None = None
    payment: str | None = None


def paid_at_the_counter(demo: Demo, order_id: str) -> Planted:
    """Let a customer pay an order on a terminal: the payment does not say what it is for."""
    order = demo.order(order_id)
    payment = demo.pay_at_stripe(order["total_amount"])
    story = f"{article(order)}: paid at the counter; the payment names no order."
    return _told(Planted(story, Reason.NO_ORDER, payment=payment))


def paid_twice(demo: Demo, order_id: str) -> Planted:
    """Let a customer pay an order that is paid once more, in the shop."""
    order = demo.order(order_id)
    payment = demo.pay_at_stripe(order["total_amount"], monstock_order_id=order_id)
    story = f"{article(order)}: paid a second time."
    return _told(Planted(story, Reason.DUPLICATE_PAYMENT, order["number"], payment))


def cancelled_though_paid(demo: Demo, order_id: str) -> Planted:
    """Let staff cancel an order, and give nothing back."""
    order = demo.order(order_id)
    demo.in_monstock("PATCH", order_id, status="cancelled")
    story = f"{article(order)}: cancelled in Monstock; the money was not given back."
    return _told(Planted(story, Reason.CANCELLED_ORDER, order["number"]))


def paid_in_dollars(demo: Demo, order_id: str) -> Planted:
    """Let a customer pay as many dollars as an order costs euros."""
    order = demo.order(order_id)
    payment = demo.pay_at_stripe(order["total_amount"], "usd", monstock_order_id=order_id)
    story = f"{article(order)}: paid in dollars instead of euros."
    return _told(Planted(story, Reason.CURRENCY_DIFFERS, order["number"], payment))


def changed_by_hand(demo: Demo, order_id: str, amount: int) -> Planted:
    """Let a clerk overwrite the amount of a payment that the connector wrote.

    Raises:
        DemoError: the order has not the one payment that is meant.
    """
    order = demo.order(order_id)
    if len(order["payments"]) != 1:
        raise DemoError(f"order {order['number']} has {len(order['payments'])} payments, not 1")
    (row,) = order["payments"]
    demo.in_monstock("PATCH", f"{order_id}/payments/{row['id']}", amount=amount)
    was, now = (money_text(each, row["currency"]) for each in (row["amount"], amount))
    story = f"{article(order)}: a clerk changed the payment in Monstock from {was} to {now}."
    return _told(
        Planted(story, Reason.CHANGED_BY_HAND, order["number"], row["transaction_reference"])
    )


def _told(planted: Planted) -> Planted:
    console.print(f"  {planted.story}", markup=False)
    return planted
