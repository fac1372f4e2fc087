"""Where Monstock's stand-in keeps orders and customers, with indexes that make look-ups quick."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from monstock_stripe_sandbox.monstock_models import Customer, Order, Payment

ORDER_LOOKUPS = ("number", "channel_reference", "customer_email")
CUSTOMER_LOOKUPS = ("email", "stripe_customer_id")
_FOLDED = ("customer_email", "email")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

R = TypeVar("R", Order, Customer)


class MonstockWorldError(Exception):
    """An operation that Monstock itself would refuse; `code` is the API's error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Stored(Generic[R]):
    """An order or a customer and its count of changes.

    `updated` is the time of the last change in microseconds since the epoch.
    """

    record: R
    revision: int
    updated: int

    @property
    def id(self) -> str:
        """Its id."""
        return self.record.id

    def looked_up_by(self) -> Iterator[tuple[str, str]]:
        """Return what it answers to: (field, value)."""
        raise NotImplementedError


@dataclass(slots=True)
class StoredCustomer(Stored[Customer]):
    """A customer."""

    def looked_up_by(self) -> Iterator[tuple[str, str]]:
        """Return its e-mail address and its Stripe id."""
        values = (self.record.email, self.record.stripe_customer_id)
        return _given(CUSTOMER_LOOKUPS, values)


@dataclass(slots=True)
class StoredOrder(Stored[Order]):
    """An order, with its payments by id in the order of their making."""

    payments: dict[str, Payment] = field(default_factory=dict)
    by_reference: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def order(self) -> Order:
        """The order without its payments."""
        return self.record

    def looked_up_by(self) -> Iterator[tuple[str, str]]:
        """Return its number, its channel reference and its customer's e-mail address."""
        customer = self.order.customer
        email = None if customer is None else customer.email
        return _given(ORDER_LOOKUPS, (self.order.number, self.order.channel_reference, email))

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
        if reference is None or self.by_reference[reference] != payment_id:
            return
        del self.by_reference[reference]
        for other in self.payments.values():  # where a tenant takes a reference twice
            if other.id != payment_id and _reference(other) == reference:
                self.by_reference[reference] = other.id
                return


S = TypeVar("S", StoredOrder, StoredCustomer)


class Store(Generic[S]):
    """Orders or customers by id, by what they are looked up by, and by their time of change.

    Args:
        name: what one is called in messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.entries: dict[str, S] = {}
        self._by_update: list[tuple[int, str]] = []
        self._lookups: dict[tuple[str, str], dict[str, None]] = {}

    def get(self, record_id: str) -> S:
        """Return one of them.

        Raises:
            MonstockWorldError: there is none (`not_found`).
        """
        try:
            return self.entries[record_id]
        except KeyError:
            raise MonstockWorldError("not_found", f"no {self.name} {record_id!r}") from None

    def add(self, stored: S) -> None:
        """Keep a new one."""
        self.entries[stored.id] = stored
        self._index(stored)
        self._stamp(stored)

    def remove(self, stored: S) -> None:
        """Forget one."""
        self._unindex(stored)
        self._forget_update(stored)
        del self.entries[stored.id]

    def replace(self, stored: S, changed: Order | Customer, now: int) -> None:
        """Put what changed in the place of what it was."""
        self._unindex(stored)
        stored.record = changed  # type: ignore[assignment] # of the same kind
        self._index(stored)
        self.touch(stored, now)

    def touch(self, stored: S, now: int) -> None:
        """Give what changed a later time of change and a new etag."""
        self._forget_update(stored)
        stored.revision += 1
        stored.updated = max(now, stored.updated + 1)
        self._stamp(stored)

    def find(self, name: str, value: str) -> Iterator[S]:
        """All in which the field is `value`."""
        for record_id in self._lookups.get((name, _folded(name, value)), ()):
            yield self.entries[record_id]

    def by_update(self, since: datetime | None) -> tuple[Sequence[tuple[int, str]], int]:
        """Return all (updated, id), sorted, and where those of `since` or later begin."""
        start = 0 if since is None else bisect_left(self._by_update, (microseconds(since), ""))
        return self._by_update, start

    def _stamp(self, stored: S) -> None:
        stored.record.updated_at = moment(stored.updated)
        stored.record.etag = f'"{stored.id[4:]}-{stored.revision}"'
        insort(self._by_update, (stored.updated, stored.id))

    def _forget_update(self, stored: S) -> None:
        del self._by_update[bisect_left(self._by_update, (stored.updated, stored.id))]

    def _index(self, stored: S) -> None:
        for key in stored.looked_up_by():
            self._lookups.setdefault(key, {})[stored.id] = None

    def _unindex(self, stored: S) -> None:
        for key in stored.looked_up_by():
            self._lookups[key].pop(stored.id, None)


def moment(microseconds_: int) -> datetime:
    """Return microseconds since the epoch as a time in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds_)


def microseconds(moment_: datetime) -> int:
    """Return a time as microseconds since the epoch."""
    return (moment_ - _EPOCH) // timedelta(microseconds=1)


def _given(names: Sequence[str], values: Sequence[str | None]) -> Iterator[tuple[str, str]]:
    for name, value in zip(names, values, strict=True):
        if value:
            yield name, _folded(name, value)


def _folded(name: str, value: str) -> str:
    return value.casefold() if name in _FOLDED else value


def _reference(payment: Payment) -> tuple[str, str] | None:
    if payment.transaction_reference is None:
        return None
    return payment.method, payment.transaction_reference
