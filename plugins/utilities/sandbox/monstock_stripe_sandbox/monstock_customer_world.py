"""The customers of Monstock's stand-in, and what staff do to them by hand."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_models import Address, Customer, Order, Payment
from monstock_stripe_sandbox.monstock_store import (
    MonstockWorldError,
    Store,
    StoredCustomer,
    moment,
)

_CUSTOMER_FIELDS = frozenset({"name", "email", "phone", "address", "stripe_customer_id"})


class CustomerWorld:
    """All customers of one tenant. Every operation holds `lock`, so any thread may call it.

    Args:
        seed: the same seed makes the same ids.
        clock: where `created_at` and `updated_at` come from.

    Attributes:
        on_change: told of each change of an order or a customer, under `lock`: (`order` or
            `customer`, its id, the time of the change in microseconds). None tells nobody.
    """

    def __init__(self, seed: int, clock: Clock) -> None:
        self.seed = seed
        self.clock = clock
        self.lock = threading.RLock()
        self.on_change: Callable[[str, str, int], None] | None = None
        self._made: dict[str, int] = {}
        self.customer_store: Store[StoredCustomer] = Store("customer")
        self.deleted_customers: Store[StoredCustomer] = Store("deleted customer")

    # -- staff --

    def customer(
        self,
        name: str | None = None,
        *,
        email: str | None = None,
        phone: str | None = None,
        address: Mapping[str, str | None] | None = None,
        stripe_customer_id: str | None = None,
    ) -> str:
        """Record a customer; return its id.

        Args:
            name: of the person or the company.
            email, phone, stripe_customer_id: as the API names them.
            address: its parts, as the API names them.
        """
        values = new_customer(name, email) | {
            "phone": phone,
            "address": Address(**(address or {})),
            "stripe_customer_id": stripe_customer_id,
        }
        with self.lock:
            return self.add_customer(values).id

    def edit_customer(self, customer_id: str, **changes: Any) -> None:
        """Change fields of a customer by hand: the keywords of `customer`.

        Of an address only the parts that are named change. Orders keep what stood on them.
        """
        unknown = sorted(set(changes) - _CUSTOMER_FIELDS)
        if unknown:
            raise TypeError(f"edit_customer: no field {unknown[0]!r}; {sorted(_CUSTOMER_FIELDS)}")
        with self.lock:
            self.change_customer(self.customer_store.get(customer_id), changes)

    def delete_customer(self, customer_id: str) -> None:
        """Delete a customer; orders keep what stood on them.

        The default API shows no trace of it, the one that is unlike it shows it as deleted.
        """
        with self.lock:
            stored = self.customer_store.get(customer_id)
            self.customer_store.remove(stored)
            stored.updated = max(self._now(), stored.updated + 1)
            stored.revision += 1
            self.deleted_customers.add(stored)
            self._tell("customer", stored.id, stored.updated)

    # -- reading --

    def customers(self) -> tuple[Customer, ...]:
        """Return all customers, in the order of their making."""
        with self.lock:
            return tuple(stored.record for stored in self.customer_store.entries.values())

    def get_customer(self, customer_id: str) -> Customer | None:
        """Return one customer."""
        with self.lock:
            stored = self.customer_store.entries.get(customer_id)
            return None if stored is None else stored.record

    # -- changes, by hand or through the API; the caller holds `lock` --

    def add_customer(self, values: Mapping[str, Any]) -> Customer:
        """Add a customer.

        Raises:
            MonstockWorldError: a field is not of its type (`invalid_field`).
        """
        now = self._now()
        customer = Customer(
            id=self._id("con"), created_at=moment(now), updated_at=moment(now), etag="", **values
        )
        check(customer)
        self.customer_store.add(StoredCustomer(customer, revision=1, updated=now))
        self._tell("customer", customer.id, now)
        return customer

    def change_customer(self, stored: StoredCustomer, changes: Mapping[str, Any]) -> None:
        """Change fields of a customer; of an address the parts that are named.

        Raises:
            MonstockWorldError: a field is not of its type (`invalid_field`).
        """
        values = dict(changes)
        if "address" in values:
            values["address"] = msgspec.structs.replace(stored.record.address, **values["address"])
        changed = msgspec.structs.replace(stored.record, **values)
        check(changed)
        self.customer_store.replace(stored, changed, self._now())
        self._tell("customer", stored.id, stored.updated)

    # -- keeping --

    def customers_to_json(self) -> dict[str, Any]:
        """Return all customers, as JSON."""
        return {
            "customers": _kept(self.customer_store),
            "deleted_customers": _kept(self.deleted_customers),
        }

    def restore_customers(self, kept: Mapping[str, Any]) -> None:
        """Take up what `customers_to_json` gave, in place of all that is here."""
        self.customer_store = _restored("customer", kept["customers"])
        self.deleted_customers = _restored("deleted customer", kept["deleted_customers"])

    # -- inside --

    def _tell(self, kind: str, record_id: str, updated: int) -> None:
        if self.on_change is not None:
            self.on_change(kind, record_id, updated)

    def _id(self, prefix: str) -> str:
        """Return a new id; those of orders do not depend on how many payments were written."""
        self._made[prefix] = self._made.get(prefix, 0) + 1
        text = f"{self.seed} {prefix} {self._made[prefix]}".encode()
        return f"{prefix}_{hashlib.blake2b(text, digest_size=8).hexdigest()}"

    def _now(self) -> int:
        return int(self.clock.now() * 1_000_000)


def new_customer(name: str | None, email: str | None) -> dict[str, Any]:
    """Return the fields of a customer of whom no more is known."""
    return {
        "name": name,
        "email": email,
        "phone": None,
        "address": Address(),
        "stripe_customer_id": None,
    }


def check(made: Order | Payment | Customer) -> None:
    """Hold an object that staff made against its own type: structs do not check themselves."""
    try:
        msgspec.convert(msgspec.to_builtins(made), type(made))
    except msgspec.ValidationError as error:
        raise MonstockWorldError("invalid_field", str(error)) from None


def _kept(store: Store[StoredCustomer]) -> list[dict[str, Any]]:
    return [
        {
            "revision": stored.revision,
            "updated": stored.updated,
            "customer": msgspec.to_builtins(stored.record),
        }
        for stored in store.entries.values()
    ]


def _restored(name: str, entries: list[dict[str, Any]]) -> Store[StoredCustomer]:
    store: Store[StoredCustomer] = Store(name)
    for entry in entries:
        customer = msgspec.convert(entry["customer"], Customer)
        store.add(StoredCustomer(customer, entry["revision"], entry["updated"]))
    return store
