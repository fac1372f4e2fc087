"""Monstock's stand-in as data: orders, their payments, and what staff do to them by hand."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import msgspec

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_models import Customer, Line, Order, Payment
from monstock_stripe_sandbox.monstock_store import (
    MonstockWorldError,
    OrderStore,
    StoredOrder,
    moment,
)

__all__ = ["MonstockWorld", "MonstockWorldError", "StoredOrder"]

_ORDER_FIELDS = frozenset(
    {"number", "kind", "status", "currency", "total", "amount_due", "payment_status"}
    | {"channel_reference", "customer_email", "customer_name", "lines"}
)


class MonstockWorld:
    """All orders of one tenant. Every operation holds `lock`, so any thread may call it.

    Args:
        seed: the same seed makes the same ids.
        clock: where `created_at` and `updated_at` come from.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.lock = threading.RLock()
        self._made: dict[str, int] = {}
        self._number = 0
        self.store = OrderStore()

    # -- staff --

    def order(
        self,
        total: int,
        currency: str,
        *,
        number: str | None = None,
        status: str = "validated",
        kind: str = "order",
        customer_email: str | None = None,
        customer_name: str | None = None,
        channel_reference: str | None = None,
        payment_status: str | None = "unpaid",
        lines: Sequence[tuple[str, int, int]] = (),
    ) -> str:
        """Record an order; return its id.

        Args:
            total: minor units of `currency`.
            currency: ISO 4217 code in capitals.
            number: given by Monstock (SO-2026-00001 and on) where None.
            lines: (description, quantity, total of the line).
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
                customer=Customer(id=self._id("cus"), email=customer_email, name=customer_name),
                lines=[Line(description=d, quantity=q, total_amount=t) for d, q, t in lines],
                created_at=moment(now),
                updated_at=moment(now),
                etag="",
            )
            _check(order)
            self.store.add(StoredOrder(order, revision=1, updated=now))
            return order.id

    def edit_order(self, order_id: str, **changes: Any) -> None:
        """Change fields of an order by hand: the keywords of `order`, and `amount_due`."""
        unknown = sorted(set(changes) - _ORDER_FIELDS)
        if unknown:
            raise TypeError(f"edit_order: no field {unknown[0]!r}; {sorted(_ORDER_FIELDS)}")
        if "total" in changes:
            changes["total_amount"] = changes.pop("total")
        if "lines" in changes:
            changes["lines"] = [
                Line(description=d, quantity=q, total_amount=t) for d, q, t in changes["lines"]
            ]
        with self.lock:
            stored = self.stored(order_id)
            customer = stored.order.customer
            for name in ("email", "name"):
                if f"customer_{name}" in changes:
                    value = changes.pop(f"customer_{name}")
                    customer = msgspec.structs.replace(customer, **{name: value})
            changed = msgspec.structs.replace(stored.order, customer=customer, **changes)
            _check(changed)
            self.store.replace(stored, changed, self._now())

    def delete_order(self, order_id: str) -> None:
        """Delete an order with its payments, without a trace."""
        with self.lock:
            self.store.remove(self.stored(order_id))

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
            return tuple(stored.shown(payments=True) for stored in self.store.orders.values())

    def get(self, order_id: str) -> Order | None:
        """Return one order with its payments."""
        with self.lock:
            stored = self.store.orders.get(order_id)
            return None if stored is None else stored.shown(payments=True)

    def stored(self, order_id: str) -> StoredOrder:
        """Return the order itself, to change under `lock`.

        Raises:
            MonstockWorldError: there is none (`not_found`).
        """
        try:
            return self.store.orders[order_id]
        except KeyError:
            raise MonstockWorldError("not_found", f"no order {order_id!r}") from None

    # -- changes, by hand or through the API; the caller holds `lock` --

    def add_payment(
        self, stored: StoredOrder, values: dict[str, Any], *, unique: bool = True
    ) -> Payment:
        """Add a payment to an order; `unique` as in `StoredOrder.put`.

        Raises:
            MonstockWorldError: its method and reference are taken (`duplicate_reference`).
        """
        payment = Payment(id=self._id("pay"), **values)
        _check(payment)
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
        _check(changed)
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
        """Change fields of an order that no look-up rests on (statuses, amount due)."""
        stored.order = msgspec.structs.replace(stored.order, **changes)
        self._touch(stored)

    # -- keeping --

    def to_json(self) -> dict[str, Any]:
        """Return everything, as JSON."""
        with self.lock:
            return {
                "seed": self.seed,
                "number": self._number,
                "made": dict(self._made),
                "orders": [
                    {
                        "revision": stored.revision,
                        "updated": stored.updated,
                        "order": msgspec.to_builtins(stored.shown(payments=True)),
                    }
                    for stored in self.store.orders.values()
                ],
            }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up what `to_json` gave, in place of everything that is here."""
        with self.lock:
            self.store = OrderStore()
            self.seed = kept["seed"]
            self._number = kept["number"]
            self._made = dict(kept["made"])
            for entry in kept["orders"]:
                order = msgspec.convert(entry["order"], Order)
                payments = cast("list[Payment]", order.payments)
                order.payments = msgspec.UNSET
                stored = StoredOrder(order, entry["revision"], entry["updated"])
                for payment in payments:
                    stored.put(payment, unique=False)
                self.store.add(stored)

    # -- inside --

    def _touch(self, stored: StoredOrder) -> None:
        self.store.touch(stored, self._now())

    def _id(self, prefix: str) -> str:
        """Return a new id; those of orders do not depend on how many payments were written."""
        self._made[prefix] = self._made.get(prefix, 0) + 1
        text = f"{self.seed} {prefix} {self._made[prefix]}".encode()
        return f"{prefix}_{hashlib.blake2b(text, digest_size=8).hexdigest()}"

    def _now(self) -> int:
        return int(self.clock.now() * 1_000_000)


def _check(made: Order | Payment) -> None:
    """Hold an object that staff made against its own type: structs do not check themselves."""
    try:
        msgspec.convert(msgspec.to_builtins(made), type(made))
    except msgspec.ValidationError as error:
        raise MonstockWorldError("invalid_field", str(error)) from None
