"""The parts of a profile that describe records: orders, their payments, customers.

`profile.schema.json` says what each key means; the classes here mirror it, key by key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Get:
    """A call that reads: a path below the base URL, and parameters that are always sent."""

    path: str
    parameters: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Write:
    """A call that writes."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class Remove:
    """The call that takes a payment off an order; `body` where it voids and does not delete."""

    method: str
    path: str
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that looks for one value, or for `many` of them with `separator` between."""

    parameter: str
    many: int
    separator: str


@dataclass(frozen=True, slots=True)
class UpdatedSince:
    """How to list what changed at a moment or later."""

    parameter: str
    parameters: Mapping[str, str | int]
    sorted: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """How what was deleted or voided shows where lists still hold it."""

    field: str
    words: tuple[str | bool | int, ...]


@dataclass(frozen=True, slots=True)
class FindOrders:
    """Filters of the list of orders; None where the tenant has none."""

    id: Filter | None
    number: Filter
    channel_reference: Filter | None
    customer_email: Filter | None


@dataclass(frozen=True, slots=True)
class OrderFields:
    """Where an order's fields stand in its JSON."""

    id: str
    number: str
    kind: str | None
    state: str
    currency: str
    total: str
    amount_due: str | None
    payment_status: str | None
    channel_reference: str | None
    customer_id: str | None
    customer_email: str | None
    customer_name: str | None
    payment_url: str | None
    created_at: str | None
    updated_at: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class LineFields:
    """Where the fields of an order's line stand in its JSON."""

    description: str
    quantity: str | None
    total: str
    tax: str | None
    tax_rate: str | None


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of an order, within its JSON."""

    path: str
    total: Literal["with_tax", "without_tax"]
    fields: LineFields


@dataclass(frozen=True, slots=True)
class Orders:
    """Calls and fields of the customer orders."""

    list: Get
    read: Get
    update: Write
    updated_since: UpdatedSince
    find: FindOrders
    removed: Removed | None
    wrapper: str | None
    fields: OrderFields
    lines: Lines | None


@dataclass(frozen=True, slots=True)
class PaymentFields:
    """Where a payment's fields stand in its JSON."""

    id: str
    order_id: str | None
    method: str
    transaction_reference: str
    status: str | None
    amount: str
    currency: str | None
    authorized: str | None
    refunded: str | None
    disputed: str | None
    dispute_lost: str | None
    fee: str | None
    fee_currency: str | None
    paid_at: str | None
    payment_method: str | None
    note: str | None
    link_rule: str | None


@dataclass(frozen=True, slots=True)
class Payments:
    """Calls and fields of the payments of an order."""

    placement: Literal["in_order", "resource"]
    path: str | None
    list: Get | None
    order_filter: Filter | None
    writing: Literal["upsert", "find_then_write"]
    upsert: Write | None
    create: Write | None
    update: Write
    remove: Remove
    removed: Removed | None
    wrapper: str | None
    our_method: str
    stripe_like_methods: tuple[str, ...]
    amount: Literal["captured", "net"]
    note_length: int | None
    fields: PaymentFields


@dataclass(frozen=True, slots=True)
class FindCustomers:
    """Filters of the list of customers; None where the tenant has none."""

    id: Filter | None
    email: Filter | None
    stripe_customer_id: Filter | None


@dataclass(frozen=True, slots=True)
class CustomerFields:
    """Where a customer's fields stand in its JSON."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    line1: str | None
    line2: str | None
    postal_code: str | None
    city: str | None
    state: str | None
    country: str | None
    stripe_customer_id: str | None
    created_at: str | None
    updated_at: str
    etag: str | None


@dataclass(frozen=True, slots=True)
class Customers:
    """Calls and fields of the customers."""

    list: Get
    read: Get
    create: Write | None
    update: Write | None
    updated_since: UpdatedSince
    find: FindCustomers
    removed: Removed | None
    wrapper: str | None
    fields: CustomerFields
