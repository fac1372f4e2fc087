"""Sales as they happen: an order, its payment at a chosen moment, and money that goes back.

For loads, benchmarks and long tests: cheap, with the exact moment of each step, and with the right
end of every order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from monstock_stripe_core.money import to_stripe

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.people import Person
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import OrderTruth, RowTruth


class SalesError(ValueError):
    """A step that this sale is not ready for; the message says why."""


class Sale(msgspec.Struct):
    """One order with its payment; amounts in ISO minor units.

    Attributes:
        payment: the PaymentIntent, once it is paid.
        charge: its Charge.
        paid_at: the moment at which the payment became successful, in seconds since the epoch.
        dispute: the open Dispute's id.
    """

    order: str
    number: str
    total: int
    currency: str
    payment: str | None = None
    charge: str | None = None
    paid_at: float | None = None
    refunded: int = 0
    disputed: int = 0
    dispute_lost: int = 0
    dispute: str | None = None

    def shown(self) -> dict[str, Any]:
        """Return the sale as the control API answers it."""
        value: dict[str, Any] = msgspec.to_builtins(self)
        return {**value, "paid_at_ms": milliseconds(self.paid_at)}

    def truth(self) -> OrderTruth:
        """Return what must be true of the order now."""
        if self.payment is None:
            return OrderTruth(self.order, "sale", "unpaid")
        row = RowTruth(
            self.payment,
            self.total,
            refunded=self.refunded,
            disputed=self.disputed,
            dispute_lost=self.dispute_lost,
        )
        return OrderTruth(self.order, "sale", self._status(), (row,))

    def _status(self) -> str:
        gone = self.refunded + self.dispute_lost
        if self.disputed:
            return "disputed"
        if gone >= self.total:
            return "refunded"
        return "partially_refunded" if gone else "paid"


class Sales:
    """All sales of one sandbox, in the two worlds."""

    def __init__(self, stripe: StripeWorld, monstock: MonstockWorld, clock: Clock) -> None:
        self._stripe = stripe
        self._monstock = monstock
        self._clock = clock
        self._sales: dict[str, Sale] = {}

    def order(
        self,
        total: int,
        currency: str,
        *,
        customer: str | None = None,
        email: str | None = None,
        buyer: Person | None = None,
    ) -> Sale:
        """Record an order in Monstock that nobody has paid yet.

        Args:
            total: in ISO minor units.
            customer: the customer's name; without it and `email`, the order is nobody's.
            buyer: in place of both: whose name, e-mail, telephone and address both systems know.
        """
        order = self._monstock.order(
            total,
            currency,
            customer_id=None if buyer is None else self._contact(buyer),
            customer_name=customer,
            customer_email=email,
        )
        number = self._monstock.stored(order).order.number
        sale = Sale(order, number, total, currency)
        self._sales[order] = sale
        return sale

    def pay(self, order: str, method: str = "card") -> Sale:
        """Let the customer pay now: PaymentIntent, Charge, balance transaction and events.

        Raises:
            SalesError: there is no such sale, or it is paid.
        """
        sale = self._sale(order)
        if sale.payment is not None:
            raise SalesError(f"order {sale.number} is paid already, by {sale.payment}")
        amount = to_stripe(sale.total, sale.currency)
        with self._stripe.lock:
            buyer = self._buyer(order)
            sale.payment = self._stripe.payment_intent(
                amount,
                sale.currency,
                metadata={"monstock_order_id": order},
                description=f"Order {sale.number}",
                customer=buyer,
                receipt_email=buyer and self._stripe.get("customer", buyer)["email"],
            )
            sale.charge = self._stripe.succeed(sale.payment, method)
            sale.paid_at = self._clock.now()
        return sale

    def refund(self, order: str, amount: int | None = None) -> Sale:
        """Give money back; all that is left by default.

        Raises:
            SalesError: there is no such sale, it is not paid, or less is left.
        """
        sale, payment = self._paid(order)
        left = sale.total - sale.refunded - sale.dispute_lost - sale.disputed
        given = left if amount is None else amount
        if not 0 < given <= left:
            raise SalesError(f"order {sale.number}: {given} cannot be refunded, {left} is left")
        with self._stripe.lock:
            self._stripe.refund(payment, to_stripe(given, sale.currency))
            sale.refunded += given
        return sale

    def dispute(self, order: str) -> Sale:
        """Let the customer's bank take back what is left.

        Raises:
            SalesError: there is no such sale, it is not paid, nothing is left, or it is disputed.
        """
        sale, payment = self._paid(order)
        left = sale.total - sale.refunded - sale.dispute_lost
        if sale.dispute is not None or left <= 0:
            raise SalesError(f"order {sale.number} is disputed already, or nothing is left of it")
        with self._stripe.lock:
            sale.dispute = self._stripe.dispute(payment, to_stripe(left, sale.currency))
            sale.disputed = left
        return sale

    def close_dispute(self, order: str, status: str) -> Sale:
        """End the open dispute: `won` or `lost`.

        Raises:
            SalesError: there is no such sale, or no open dispute of it.
        """
        sale, _ = self._paid(order)
        if sale.dispute is None:
            raise SalesError(f"order {sale.number} has no open dispute")
        with self._stripe.lock:
            self._stripe.close_dispute(sale.dispute, status)
            if status == "lost":
                sale.dispute_lost += sale.disputed
            sale.disputed, sale.dispute = 0, None
        return sale

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return what must be true of the sales' orders now."""
        return tuple(sale.truth() for sale in self._sales.values())

    def to_json(self) -> list[Any]:
        """Return all sales, as JSON can hold them."""
        kept: list[Any] = msgspec.to_builtins(list(self._sales.values()))
        return kept

    def restore(self, kept: Iterable[Any]) -> None:
        """Take up what `to_json` gave."""
        sales = (msgspec.convert(each, Sale) for each in kept)
        self._sales = {sale.order: sale for sale in sales}

    def _contact(self, buyer: Person) -> str:
        """Return Monstock's id of a person, who is made known where they are not."""
        known = next(self._monstock.customer_store.find("email", buyer.email), None)
        if known is not None:
            return known.id
        return self._monstock.customer(
            buyer.name, email=buyer.email, phone=buyer.phone, address=buyer.address
        )

    def _buyer(self, order: str) -> str | None:
        """Return Stripe's id of an order's customer, made of what Monstock knows of them."""
        customer = self._monstock.stored(order).order.customer
        contact = customer and self._monstock.get_customer(customer.id)
        if not contact or contact.email is None:
            return None
        known = next(self._stripe.shelves["customer"].where("email", contact.email), None)
        if known is not None:
            return known.key[2]
        address = msgspec.to_builtins(contact.address)
        return self._stripe.customer(
            contact.email, contact.name, phone=contact.phone, address=address
        )

    def _sale(self, order: str) -> Sale:
        sale = self._sales.get(order)
        if sale is None:
            raise SalesError(f"{order} is no order of a sale: make one by /_sandbox/sales")
        return sale

    def _paid(self, order: str) -> tuple[Sale, str]:
        sale = self._sale(order)
        if sale.payment is None:
            raise SalesError(f"order {sale.number} is not paid yet")
        return sale, sale.payment


def milliseconds(moment: float | None) -> int | None:
    """Return seconds since the epoch as whole milliseconds."""
    return None if moment is None else round(moment * 1000)
