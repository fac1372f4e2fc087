"""Trade that goes on whatever happens, with the truth of each order beside it."""

from __future__ import annotations

import random

from monstock_stripe_sandbox.people import Person, person
from monstock_stripe_sandbox.testing import RunningSandbox
from world.truth import Ordered, Paid

CUSTOMERS = 50


class Trade:
    """Orders, their payments, and what becomes of them; for one thread.

    Args:
        sandbox: both systems.
        seed: of the dice.

    Attributes:
        orders: with the truth of each.
        payments: how many succeeded or are under way.
    """

    def __init__(self, sandbox: RunningSandbox, seed: int) -> None:
        self._stripe = sandbox.stripe
        self._monstock = sandbox.monstock
        self._dice = random.Random(seed)
        self.orders: list[Ordered] = []
        self.payments: list[Paid] = []
        self._people = [person(number) for number in range(CUSTOMERS)]
        self._customers = [self._customer(one) for one in self._people]
        self._processing: list[Paid] = []
        self._disputed: list[Paid] = []

    def sell(self) -> None:
        """Let one more payment be made, and now and then something else happen."""
        order = self._order()
        paid = self._begin(order)
        chance = self._dice.random()
        if chance < 0.06:
            self._stripe.decline(paid.reference)
        if chance > 0.94:
            self._stripe.process(paid.reference, "sepa_debit")
            paid.state = "processing"
            self._processing.append(paid)
        else:
            self._stripe.succeed(paid.reference)
            paid.state = "succeeded"
        for act, share in (
            (self._refund, 0.15),
            (self._dispute, 0.04),
            (self._close_dispute, 0.03),
            (self._settle, 0.05),
            (self._cash, 0.03),
            (self._retotal, 0.03),
        ):
            if self._dice.random() < share:
                act()

    def end(self) -> None:
        """Settle what is under way, so that everything has its end."""
        while self._processing:
            self._settle()

    # -- the customer --

    def _customer(self, one: Person) -> tuple[str, str]:
        """Make a customer in both systems; return the ids at Monstock and at Stripe."""
        known = self._monstock.customer(
            one.name, email=one.email, phone=one.phone, address=one.address
        )
        paying = self._stripe.customer(one.email, one.name, phone=one.phone, address=one.address)
        return known, paying

    def _order(self) -> Ordered:
        """Record an order, or take one that exists for a further payment."""
        if self.orders and self._dice.random() < 0.1:
            return self._some_order()
        total = 10 * self._dice.randrange(10, 30_000)
        customer, _ = self._dice.choice(self._customers)
        made = self._monstock.order(total, "EUR", customer_id=customer)
        number = self._monstock.stored(made).order.number
        order = Ordered(made, number, total)
        self.orders.append(order)
        return order

    def _begin(self, order: Ordered) -> Paid:
        which = self._dice.randrange(CUSTOMERS)
        one, (_, paying) = self._people[which], self._customers[which]
        parts = self._dice.random() < 0.05
        amount = order.total // 2 if parts and order.total >= 200 else order.total
        by_number = self._dice.random() < 0.3
        name = (
            {"monstock_order_number": order.number}
            if by_number
            else {"monstock_order_id": order.id}
        )
        reference = self._stripe.payment_intent(
            amount,
            "eur",
            customer=paying,
            receipt_email=one.email,
            description=f"Order for {one.name}",
            metadata=name,
        )
        paid = Paid(reference, amount, order)
        order.payments.append(paid)
        self.payments.append(paid)
        return paid

    def _settle(self) -> None:
        if self._processing:
            paid = self._processing.pop(0)
            self._stripe.settle(paid.reference)
            paid.state = "succeeded"

    # -- the shop's staff, at Stripe and in Monstock, and the banks --

    def _refund(self) -> None:
        paid = self._some_payment()
        left = paid.captured - paid.refunded
        if paid.dispute is not None or left <= 0:
            return
        given = left if self._dice.random() < 0.5 else max(1, left // 3)
        self._stripe.refund(paid.reference, given)
        paid.refunded += given

    def _dispute(self) -> None:
        paid = self._some_payment()
        if paid.dispute is None and paid.refunded == 0 and paid.captured:
            paid.dispute = self._stripe.dispute(paid.reference)
            paid.disputed = paid.amount
            self._disputed.append(paid)

    def _close_dispute(self) -> None:
        if self._disputed:
            paid = self._disputed.pop(self._dice.randrange(len(self._disputed)))
            lost = self._dice.random() < 0.5
            self._stripe.close_dispute(str(paid.dispute), "lost" if lost else "won")
            paid.disputed, paid.lost = 0, paid.amount if lost else 0

    def _cash(self) -> None:
        order = self._some_order()
        amount = self._dice.randrange(100, 5_000)
        order.cash[self._monstock.record_payment(order.id, amount)] = amount

    def _retotal(self) -> None:
        order = self._some_order()
        order.total = 10 * self._dice.randrange(10, 30_000)
        self._monstock.edit_order(order.id, total=order.total)

    def _some_order(self) -> Ordered:
        """Choose an order, a recent one more often than an old one."""
        recent = self.orders[-30:] if self._dice.random() < 0.6 else self.orders
        return self._dice.choice(recent)

    def _some_payment(self) -> Paid:
        recent = self.payments[-30:] if self._dice.random() < 0.6 else self.payments
        return self._dice.choice(recent)
