"""Monstock's stand-in as data: orders, their payments, and what staff do to them by hand."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import msgspec

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_models import Customer, Line, Order, Payment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDER_FIELDS = frozenset(
    {"number", "kind", "status", "currency", "total", "amount_due", "payment_status"}
    | {"channel_reference", "customer_email", "customer_name", "lines"}
)
_LOOKUPS = ("number", "channel_reference", "customer_email")


class MonstockWorldError(Exception):
    """An operation that Monstock itself would refuse; `code` is the API's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class StoredOrder:
    """An order, its payments by id in the order of their making, and its count of changes."""

    order: Order
    revision: int
    updated: int
    payments: dict[str, Payment] = field(default_factory=dict)
    by_reference: dict[tuple[str, str], str] = field(default_factory=dict)

    def shown(self, *, payments: bool) -> Order:
        """Return the order as the API shows it."""
        shown = msgspec.structs.replace(self.order)
        if payments:
            shown.payments = list(self.payments.values())
        return shown


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
        self._orders: dict[str, StoredOrder] = {}
        self._by_update: list[tuple[int, str]] = []
        self._lookups: dict[str, dict[str, dict[str, None]]] = {name: {} for name in _LOOKUPS}

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
                created_at=_time(now),
                updated_at=_time(now),
                etag="",
            )
            _check(order)
            self._keep(StoredOrder(order, revision=1, updated=now))
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
            self._unindex(stored.order)
            stored.order = changed
            self._index(changed)
            self.touch(stored)

    def delete_order(self, order_id: str) -> None:
        """Delete an order with its payments, without a trace."""
        with self.lock:
            stored = self.stored(order_id)
            self._unindex(stored.order)
            self._forget_update(stored)
            del self._orders[order_id]

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
                "paid_at": paid_at or _time(self._now()),
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
            return tuple(stored.shown(payments=True) for stored in self._orders.values())

    def get(self, order_id: str) -> Order | None:
        """Return one order with its payments."""
        with self.lock:
            stored = self._orders.get(order_id)
            return None if stored is None else stored.shown(payments=True)

    def stored(self, order_id: str) -> StoredOrder:
        """Return the order itself, to change under `lock`.

        Raises:
            MonstockWorldError: there is none (`not_found`).
        """
        try:
            return self._orders[order_id]
        except KeyError:
            raise MonstockWorldError("not_found", f"no order {order_id!r}") from None

    def stored_or_none(self, order_id: str) -> StoredOrder | None:
        """Return the order itself, if there is one."""
        return self._orders.get(order_id)

    def all_stored(self) -> list[StoredOrder]:
        """Return all orders themselves, in the order of their making."""
        return list(self._orders.values())

    def find(self, name: str, value: str) -> Iterator[StoredOrder]:
        """All orders whose number, channel_reference or customer_email is `value`."""
        for order_id in self._lookups[name].get(_folded(name, value), ()):
            yield self._orders[order_id]

    def by_update(self, since: datetime | None) -> tuple[Sequence[tuple[int, str]], int]:
        """Return all (updated, id), sorted, and where those of `since` or later begin."""
        start = 0 if since is None else bisect_left(self._by_update, (_microseconds(since), ""))
        return self._by_update, start

    # -- changes, by hand or through the API; the caller holds `lock` --

    def add_payment(self, stored: StoredOrder, values: dict[str, Any]) -> Payment:
        """Add a payment to an order.

        Raises:
            MonstockWorldError: its method and reference are taken (`duplicate_reference`).
        """
        payment = Payment(id=self._id("pay"), **values)
        _check(payment)
        self._claim(stored, payment)
        stored.payments[payment.id] = payment
        self.touch(stored)
        return payment

    def change_payment(
        self, stored: StoredOrder, payment_id: str, changes: dict[str, Any]
    ) -> Payment:
        """Change a payment of an order.

        Raises:
            MonstockWorldError: no such payment, or its new reference is taken.
        """
        payment = _payment(stored, payment_id)
        changed = msgspec.structs.replace(payment, **changes)
        _check(changed)
        self._claim(stored, changed)
        if _reference(payment) != _reference(changed):
            stored.by_reference.pop(_reference(payment) or ("", ""), None)
        stored.payments[payment_id] = changed
        self.touch(stored)
        return changed

    def remove_payment(self, stored: StoredOrder, payment_id: str) -> None:
        """Take a payment off an order.

        Raises:
            MonstockWorldError: no such payment (`not_found`).
        """
        payment = _payment(stored, payment_id)
        stored.by_reference.pop(_reference(payment) or ("", ""), None)
        del stored.payments[payment_id]
        self.touch(stored)

    def change_order(self, stored: StoredOrder, changes: dict[str, Any]) -> None:
        """Change fields of an order that no look-up rests on (statuses, amount due)."""
        stored.order = msgspec.structs.replace(stored.order, **changes)
        self.touch(stored)

    def touch(self, stored: StoredOrder) -> None:
        """Give an order that changed a later `updated_at` and a new etag."""
        self._forget_update(stored)
        stored.revision += 1
        stored.updated = max(self._now(), stored.updated + 1)
        self._stamp(stored)

    # -- keeping --

    def to_json(self) -> dict[str, Any]:
        """Return everything, as JSON."""
        with self.lock:
            return {
                "number": self._number,
                "made": dict(self._made),
                "orders": [
                    {
                        "revision": stored.revision,
                        "updated": stored.updated,
                        "order": msgspec.to_builtins(stored.shown(payments=True)),
                    }
                    for stored in self._orders.values()
                ],
            }

    def restore(self, kept: dict[str, Any]) -> None:
        """Take up what `to_json` gave, in place of everything that is here."""
        with self.lock:
            self._orders.clear()
            self._by_update.clear()
            self._lookups = {name: {} for name in _LOOKUPS}
            self._number = kept["number"]
            self._made = dict(kept["made"])
            for entry in kept["orders"]:
                order = msgspec.convert(entry["order"], Order)
                payments = cast("list[Payment]", order.payments)
                order.payments = msgspec.UNSET
                stored = StoredOrder(order, entry["revision"], entry["updated"])
                stored.payments = {payment.id: payment for payment in payments}
                for payment in payments:
                    self._claim(stored, payment)
                self._keep(stored)

    # -- inside --

    def _keep(self, stored: StoredOrder) -> None:
        self._orders[stored.order.id] = stored
        self._index(stored.order)
        self._stamp(stored)

    def _stamp(self, stored: StoredOrder) -> None:
        stored.order.updated_at = _time(stored.updated)
        stored.order.etag = f'"{stored.order.id[4:]}-{stored.revision}"'
        insort(self._by_update, (stored.updated, stored.order.id))

    def _forget_update(self, stored: StoredOrder) -> None:
        del self._by_update[bisect_left(self._by_update, (stored.updated, stored.order.id))]

    def _claim(self, stored: StoredOrder, payment: Payment) -> None:
        reference = _reference(payment)
        if reference is None:
            return
        if stored.by_reference.get(reference, payment.id) != payment.id:
            raise MonstockWorldError(
                "duplicate_reference",
                f"order {stored.order.number} already has a payment of method "
                f"{reference[0]!r} with reference {reference[1]!r}",
            )
        stored.by_reference[reference] = payment.id

    def _index(self, order: Order) -> None:
        for name, value in _indexed(order):
            self._lookups[name].setdefault(value, {})[order.id] = None

    def _unindex(self, order: Order) -> None:
        for name, value in _indexed(order):
            self._lookups[name][value].pop(order.id, None)

    def _id(self, prefix: str) -> str:
        """Return a new id; those of orders do not depend on how many payments were written."""
        self._made[prefix] = self._made.get(prefix, 0) + 1
        text = f"{self.seed} {prefix} {self._made[prefix]}".encode()
        return f"{prefix}_{hashlib.blake2b(text, digest_size=8).hexdigest()}"

    def _now(self) -> int:
        return int(self.clock.now() * 1_000_000)


def _indexed(order: Order) -> Iterator[tuple[str, str]]:
    values = (order.number, order.channel_reference, order.customer.email)
    for name, value in zip(_LOOKUPS, values, strict=True):
        if value:
            yield name, _folded(name, value)


def _folded(name: str, value: str) -> str:
    return value.casefold() if name == "customer_email" else value


def _reference(payment: Payment) -> tuple[str, str] | None:
    if payment.transaction_reference is None:
        return None
    return payment.method, payment.transaction_reference


def _payment(stored: StoredOrder, payment_id: str) -> Payment:
    try:
        return stored.payments[payment_id]
    except KeyError:
        message = f"order {stored.order.number} has no payment {payment_id!r}"
        raise MonstockWorldError("not_found", message) from None


def _check(made: Order | Payment) -> None:
    """Hold an object that staff made against its own type: structs do not check themselves."""
    try:
        msgspec.convert(msgspec.to_builtins(made), type(made))
    except msgspec.ValidationError as error:
        raise MonstockWorldError("invalid_field", str(error)) from None


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)
