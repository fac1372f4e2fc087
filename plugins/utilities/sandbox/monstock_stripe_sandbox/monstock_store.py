"""Where Monstock's stand-in keeps its orders, and the indexes that make look-ups quick."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec

from monstock_stripe_sandbox.monstock_models import Order, Payment

LOOKUPS = ("number", "channel_reference", "customer_email")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MonstockWorldError(Exception):
    """An operation that Monstock itself would refuse; `code` is the API's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class StoredOrder:
    """An order, its payments by id in the order of their making, and its count of changes.

    `updated` is the time of the last change in microseconds since the epoch.
    """

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

    def payment(self, payment_id: str) -> Payment:
        """Return one payment.

        Raises:
            MonstockWorldError: there is none (`not_found`).
        """
        try:
            return self.payments[payment_id]
        except KeyError:
            message = f"order {self.order.number} has no payment {payment_id!r}"
            raise MonstockWorldError("not_found", message) from None

    def put(self, payment: Payment, *, unique: bool = True) -> None:
        """Add a payment, or put it in the place of the one with its id.

        Args:
            payment: what is put.
            unique: whether its method and reference may stand only once.

        Raises:
            MonstockWorldError: its method and reference are taken (`duplicate_reference`).
        """
        reference = _reference(payment)
        owner = None if reference is None else self.by_reference.get(reference, payment.id)
        if unique and reference is not None and owner != payment.id:
            raise MonstockWorldError(
                "duplicate_reference",
                f"order {self.order.number} already has a payment of method "
                f"{reference[0]!r} with reference {reference[1]!r}",
            )
        self._release(payment.id)
        if reference is not None:
            self.by_reference.setdefault(reference, payment.id)
        self.payments[payment.id] = payment

    def remove(self, payment_id: str) -> None:
        """Take a payment off the order.

        Raises:
            MonstockWorldError: there is none (`not_found`).
        """
        self.payment(payment_id)
        self._release(payment_id)
        del self.payments[payment_id]

    def _release(self, payment_id: str) -> None:
        before = self.payments.get(payment_id)
        reference = None if before is None else _reference(before)
        if reference is not None and self.by_reference[reference] == payment_id:
            del self.by_reference[reference]


class OrderStore:
    """Orders by id, by what they are looked up by, and by their time of change."""

    def __init__(self) -> None:
        self.orders: dict[str, StoredOrder] = {}
        self._by_update: list[tuple[int, str]] = []
        self._lookups: dict[str, dict[str, dict[str, None]]] = {name: {} for name in LOOKUPS}

    def add(self, stored: StoredOrder) -> None:
        """Keep a new order."""
        self.orders[stored.order.id] = stored
        self._index(stored.order)
        self._stamp(stored)

    def remove(self, stored: StoredOrder) -> None:
        """Forget an order."""
        self._unindex(stored.order)
        self._forget_update(stored)
        del self.orders[stored.order.id]

    def replace(self, stored: StoredOrder, changed: Order, now: int) -> None:
        """Put a changed order in the place of what it was."""
        self._unindex(stored.order)
        stored.order = changed
        self._index(changed)
        self.touch(stored, now)

    def touch(self, stored: StoredOrder, now: int) -> None:
        """Give an order that changed a later time of change and a new etag."""
        self._forget_update(stored)
        stored.revision += 1
        stored.updated = max(now, stored.updated + 1)
        self._stamp(stored)

    def find(self, name: str, value: str) -> Iterator[StoredOrder]:
        """All orders whose number, channel_reference or customer_email is `value`."""
        for order_id in self._lookups[name].get(_folded(name, value), ()):
            yield self.orders[order_id]

    def by_update(self, since: datetime | None) -> tuple[Sequence[tuple[int, str]], int]:
        """Return all (updated, id), sorted, and where those of `since` or later begin."""
        start = 0 if since is None else bisect_left(self._by_update, (microseconds(since), ""))
        return self._by_update, start

    def _stamp(self, stored: StoredOrder) -> None:
        stored.order.updated_at = moment(stored.updated)
        stored.order.etag = f'"{stored.order.id[4:]}-{stored.revision}"'
        insort(self._by_update, (stored.updated, stored.order.id))

    def _forget_update(self, stored: StoredOrder) -> None:
        del self._by_update[bisect_left(self._by_update, (stored.updated, stored.order.id))]

    def _index(self, order: Order) -> None:
        for name, value in _indexed(order):
            self._lookups[name].setdefault(value, {})[order.id] = None

    def _unindex(self, order: Order) -> None:
        for name, value in _indexed(order):
            self._lookups[name][value].pop(order.id, None)


def moment(microseconds_: int) -> datetime:
    """Return microseconds since the epoch as a time in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds_)


def microseconds(moment_: datetime) -> int:
    """Return a time as microseconds since the epoch."""
    return (moment_ - _EPOCH) // timedelta(microseconds=1)


def _indexed(order: Order) -> Iterator[tuple[str, str]]:
    values = (order.number, order.channel_reference, order.customer.email)
    for name, value in zip(LOOKUPS, values, strict=True):
        if value:
            yield name, _folded(name, value)


def _folded(name: str, value: str) -> str:
    return value.casefold() if name == "customer_email" else value


def _reference(payment: Payment) -> tuple[str, str] | None:
    if payment.transaction_reference is None:
        return None
    return payment.method, payment.transaction_reference
