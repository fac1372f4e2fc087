"""Monstock's stand-in as data: orders, their payments, and what staff do to them by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias, cast

import msgspec

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_customer_world import CustomerWorld, check, new_customer
from monstock_stripe_sandbox.monstock_models import Line, Order, OrderCustomer, Payment
from monstock_stripe_sandbox.monstock_store import (
    MonstockWorldError,
    Store,
    StoredOrder,
    moment,
)

__all__ = ["MonstockWorld", "MonstockWorldError", "StoredOrder"]

_ORDER_FIELDS = frozenset(
    {"number", "kind", "status", "currency", "total", "amount_due", "payment_status"}
    | {"channel_reference", "customer_id", "customer_email", "customer_name", "payment_url"}
    | {"lines"}
)
_CUSTOMER_OF_ORDER = ("customer_id", "customer_email", "customer_name")

GivenLine: TypeAlias = tuple[str, int | str, int] | tuple[str, int | str, int, int, str]
"""(description, quantity, total of the line with its tax), or the same and (tax, rate in %)."""


class MonstockWorld(CustomerWorld):
    """All orders and customers of one tenant.

    Every operation holds `lock`, so any thread may call it.

    Args:
        seed: the same seed makes the same ids.
        clock: where `created_at` and `updated_at` come from.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        super().__init__(seed, clock)
        self._number = 0
        self.store: Store[StoredOrder] = Store("order")
        self.deleted: Store[StoredOrder] = Store("deleted order")
        self._first_paid: dict[str, float] = {}

    # -- staff --

    def order(
        self,
        total: int,
        currency: str,
        *,
        number: str | None = None,
        status: str = "validated",
        kind: str = "order",
        customer_id: str | None = None,
        customer_email: str | None = None,
        customer_name: str | None = None,
        channel_reference: str | None = None,
        payment_status: str | None = "unpaid",
        lines: Sequence[GivenLine] = (),
    ) -> str:
        """Record an order; return its id.

        Args:
            total: minor units of `currency`.
            currency: ISO 4217 code in capitals.
            number: given by Monstock (SO-2026-00001 and on) where None.
            customer_id: of a customer that is there.
            customer_email: without an id, of whoever has it, and `customer_name` where given; a
                new customer where nobody has.
            customer_name: alone, of a new customer. Without any of the three, there is none.
            lines: see `GivenLine`.
        """
        with self.lock:
            self._number += 1
            now = self._now()
            order = Order(
                id=self._id("ord"),
                number=number or f"SO-2026-{self._number:05d}",
                kind=cast("Any", kind),
                status=cast("Any", status),
                currency=currency,
                total_amount=total,
                amount_due=total,
                payment_status=cast("Any", payment_status),
                channel_reference=channel_reference,
                customer=self._customer_of_order(customer_id, customer_email, customer_name),
                payment_url=None,
                lines=[_line(given) for given in lines],
                created_at=moment(now),
                updated_at=moment(now),
                etag="",
            )
            check(order)
            stored = StoredOrder(order, revision=1, updated=now)
            self.store.add(stored)
            self._changed(stored)
            return order.id

    def edit_order(self, order_id: str, **changes: Any) -> None:
        """Change fields of an order by hand: the keywords of `order`, and `amount_due`."""
        unknown = sorted(set(changes) - _ORDER_FIELDS)
        if unknown:
            raise TypeError(f"edit_order: no field {unknown[0]!r}; {sorted(_ORDER_FIELDS)}")
        if "total" in changes:
            changes["total_amount"] = changes.pop("total")
        if "lines" in changes:
            changes["lines"] = [_line(given) for given in changes["lines"]]
        about_customer = {n: changes.pop(n) for n in _CUSTOMER_OF_ORDER if n in changes}
        with self.lock:
            stored = self.stored(order_id)
            if about_customer:
                changes["customer"] = self._other_customer(stored.order, about_customer)
            changed = msgspec.structs.replace(stored.order, **changes)
            check(changed)
            self.store.replace(stored, changed, self._now())
            self._changed(stored)

    def delete_order(self, order_id: str) -> None:
        """Delete an order with its payments.

        The default API shows no trace of it, the one that is unlike it shows it as deleted.
        """
        with self.lock:
            stored = self.stored(order_id)
            self.store.remove(stored)
            stored.updated = max(self._now(), stored.updated + 1)
            stored.revision += 1
            self.deleted.add(stored)
            self._tell("order", stored.id, stored.updated)

    def _customer_of_order(
        self, customer_id: str | None, email: str | None, name: str | None
    ) -> OrderCustomer | None:
        """The customer who is meant, made where nobody is."""
        if customer_id is not None:
            known = self.customer_store.get(customer_id).record
        elif email is None and name is None:
            return None
        else:
            having_it = self.customer_store.find("email", email) if email else iter(())
            alike = (one.record for one in having_it if name in (None, one.record.name))
            known = next(alike, None) or self.add_customer(new_customer(name, email))
        return OrderCustomer(id=known.id, email=known.email, name=known.name)

    def _other_customer(self, order: Order, given: Mapping[str, Any]) -> OrderCustomer | None:
        """The customer of an order on which staff changed what they are named by."""
        email = None if order.customer is None else order.customer.email
        name = None if order.customer is None else order.customer.name
        return self._customer_of_order(
            given.get("customer_id"),
            given.get("customer_email", email),
            given.get("customer_name", name),
        )

    def record_payment(
        self,
        order_id: str,
        amount: int,
        method: str = "cash",
        reference: str | None = None,
        paid_at: datetime | None = None,
        **fields: Any,
    ) -> str:
        """Record a payment by hand; return its id. `fields` as the API names them."""
        with self.lock:
            stored = self.stored(order_id)
            given = {
                "status": "succeeded",
                "authorized_amount": 0,
                "refunded_amount": 0,
                "disputed_amount": 0,
                "dispute_lost_amount": 0,
                "fee_amount": None,
                "fee_currency": None,
                "currency": stored.order.currency,
                "payment_method": None,
                "note": None,
                "link_rule": None,
            }
            values: dict[str, Any] = {
                **given,
                "paid_at": paid_at or moment(self._now()),
                **fields,
                "method": method,
                "transaction_reference": reference,
                "amount": amount,
            }
            return self.add_payment(stored, values).id

    def edit_payment(self, order_id: str, payment_id: str, **changes: Any) -> None:
        """Change a payment by hand; fields as the API names them."""
        with self.lock:
            self.change_payment(self.stored(order_id), payment_id, changes)

    def delete_payment(self, order_id: str, payment_id: str) -> None:
        """Delete a payment by hand."""
        with self.lock:
            self.remove_payment(self.stored(order_id), payment_id)

    # -- reading --

    def orders(self) -> tuple[Order, ...]:
        """Return all orders with their payments, in the order of their making."""
        with self.lock:
            return tuple(stored.shown(payments=True) for stored in self.store.entries.values())

    def get(self, order_id: str) -> Order | None:
        """Return one order with its payments."""
        with self.lock:
            stored = self.store.entries.get(order_id)
            return None if stored is None else stored.shown(payments=True)

    def first_paid(self, order_ids: Iterable[str] | None = None) -> dict[str, float | None]:
        """Return when the payment status of orders first was `paid`, in seconds since the epoch.

        Args:
            order_ids: None asks for every order that ever was; None stands beside one that never
                was.
        """
        with self.lock:
            if order_ids is None:
                return dict(self._first_paid)
            return {order_id: self._first_paid.get(order_id) for order_id in order_ids}

    def stored(self, order_id: str) -> StoredOrder:
        """Return the order itself, to change under `lock`.

        Raises:
            MonstockWorldError: there is none (`not_found`).
        """
        return self.store.get(order_id)

    # -- changes, by hand or through the API; the caller holds `lock` --

    def add_payment(
        self, stored: StoredOrder, values: dict[str, Any], *, unique: bool = True
    ) -> Payment:
        """Add a payment to an order; `unique` as in `StoredOrder.put`.

        Raises:
            MonstockWorldError: its method and reference are taken (`duplicate_reference`).
        """
        payment = Payment(id=self._id("pay"), **values)
        check(payment)
        stored.put(payment, unique=unique)
        self._touch(stored)
        return payment

    def change_payment(
        self,
        stored: StoredOrder,
        payment_id: str,
        changes: dict[str, Any],
        *,
        unique: bool = True,
    ) -> Payment:
        """Change a payment of an order; `unique` as in `StoredOrder.put`.

        Raises:
            MonstockWorldError: no such payment, or its new reference is taken.
        """
        changed = msgspec.structs.replace(stored.payment(payment_id), **changes)
        check(changed)
        stored.put(changed, unique=unique)
        self._touch(stored)
        return changed

    def remove_payment(self, stored: StoredOrder, payment_id: str) -> None:
        """Take a payment off an order.

        Raises:
            MonstockWorldError: no such payment (`not_found`).
        """
        stored.remove(payment_id)
        self._touch(stored)

    def change_order(self, stored: StoredOrder, changes: dict[str, Any]) -> None:
        """Change fields of an order that no look-up rests on (statuses, amount due, …)."""
        stored.record = msgspec.structs.replace(stored.order, **changes)
        self._touch(stored)

    # -- keeping --

    def to_json(self) -> dict[str, Any]:
        """Return everything, as JSON."""
        with self.lock:
            return {
                "seed": self.seed,
                "number": self._number,
                "made": dict(self._made),
                "orders": _kept(self.store),
                "deleted": _kept(self.deleted),
                "first_paid": dict(self._first_paid),
                **self.customers_to_json(),
            }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up what `to_json` gave, in place of everything that is here."""
        with self.lock:
            self.seed = kept["seed"]
            self._number = kept["number"]
            self._made = dict(kept["made"])
            self.store = _restored("order", kept["orders"])
            self.deleted = _restored("deleted order", kept["deleted"])
            self._first_paid = dict(kept["first_paid"])
            self.restore_customers(kept)

    # -- inside --

    def _touch(self, stored: StoredOrder) -> None:
        self.store.touch(stored, self._now())
        self._changed(stored)

    def _changed(self, stored: StoredOrder) -> None:
        """Note what a change of an order brought."""
        if stored.order.payment_status == "paid" and stored.id not in self._first_paid:
            self._first_paid[stored.id] = self.clock.now()
        self._tell("order", stored.id, stored.updated)


def _line(given: GivenLine) -> Line:
    description, quantity, total, *taxed = given
    tax, rate = taxed or (None, None)
    return Line(
        description=description,
        quantity=str(quantity),
        total_amount=total,
        tax_amount=cast("int | None", tax),
        tax_rate=cast("str | None", rate),
    )


def _kept(store: Store[StoredOrder]) -> list[dict[str, Any]]:
    return [
        {
            "revision": stored.revision,
            "updated": stored.updated,
            "order": msgspec.to_builtins(stored.shown(payments=True)),
        }
        for stored in store.entries.values()
    ]


def _restored(name: str, entries: Sequence[Mapping[str, Any]]) -> Store[StoredOrder]:
    store: Store[StoredOrder] = Store(name)
    for entry in entries:
        order = msgspec.convert(entry["order"], Order)
        payments = cast("list[Payment]", order.payments)
        order.payments = msgspec.UNSET
        stored = StoredOrder(order, entry["revision"], entry["updated"])
        for payment in payments:
            stored.put(payment, unique=False)
        store.add(stored)
    return store
