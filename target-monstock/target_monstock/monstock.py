"""Monstock as this target uses it: the client, and what the profile says it can do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from monstock_stripe_core.monstock_client import LookupField, MonstockClient
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.order import Order
from monstock_stripe_core.writes import AdoptPayment, DeletePayment, PutPayment, Write

OnUnreadable: TypeAlias = Callable[[UnreadableOrder], None]

_FIELDS: tuple[LookupField, ...] = ("id", "number", "channel_reference")


@dataclass(frozen=True, slots=True)
class Monstock:
    """A tenant's API. Its methods may be called from several threads."""

    client: MonstockClient

    @property
    def finds_by_email(self) -> bool:
        """Whether orders can be looked for by their customer's e-mail."""
        return self.client.can_find_by("customer_email")

    def values_per_request(self, field: str) -> int:
        """How many ids, numbers or channel references one request may ask for."""
        asked = getattr(self.client.profile.orders.find, field, None)
        return 1 if asked is None else int(asked.many)

    def find_many(
        self, field: str, values: Sequence[str], on_unreadable: OnUnreadable
    ) -> dict[str, tuple[Order, ...]]:
        """The orders that answer to each of the values; none where the tenant cannot look so.

        An order that cannot be understood never hides the others: they are asked for alone.
        """
        for known in _FIELDS:
            if known == field and self.client.can_find_by(known):
                try:
                    return self.client.find_orders_many(known, values)
                except UnreadableOrder as error:
                    if len(values) == 1:
                        on_unreadable(error)
                        return {}
                    found: dict[str, tuple[Order, ...]] = {}
                    for value in values:
                        found |= self.find_many(field, [value], on_unreadable)
                    return found
        return {}

    def find_by_email(self, email: str, on_unreadable: OnUnreadable) -> tuple[Order, ...]:
        """The orders of a customer."""
        try:
            return self.client.find_orders(customer_email=email)
        except UnreadableOrder as error:
            on_unreadable(error)
            return ()

    def order(self, order_id: str) -> Order | None:
        """One order as it is now; None if there is none."""
        return self.client.order(order_id)

    def orders_updated_since(
        self, since: datetime | None, on_unreadable: OnUnreadable
    ) -> Iterator[Order]:
        """All orders that changed at `since` or later, by the time of their change."""
        return self.client.orders_updated_since(since, on_unreadable=on_unreadable)

    def write(self, order: Order, write: Write) -> Order:
        """Carry out one planned write; return the order with its new condition for the next."""
        if isinstance(write, PutPayment | AdoptPayment):
            if write.row_id is None:
                result = self.client.put_payment(order, write.row)
            else:
                result = self.client.update_payment(order, write.row_id, write.row)
        elif isinstance(write, DeletePayment):
            result = self.client.delete_payment(order, write.row_id)
        else:
            result = self.client.patch_order(
                order,
                payment_status=write.payment_status,
                state=write.state,
                amount_due=write.amount_due,
                payment_url=write.payment_url,
            )
        return replace(order, etag=result.etag, updated_at=result.updated_at or order.updated_at)
