"""The objects of Monstock's stand-in, as its API shows them; the OpenAPI document is made of them.

Amounts are whole numbers of ISO 4217 minor units, times are UTC with microseconds.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Amount = Annotated[int, Meta(ge=-(2**63) + 1, le=2**63 - 1)]
Currency = Annotated[str, Meta(pattern="^[A-Z]{3}$")]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
Note = Annotated[str, Meta(max_length=5000)]
Link = Annotated[str, Meta(pattern="^https?://", max_length=2048)]
Number = Annotated[str, Meta(pattern=r"^-?[0-9]+(\.[0-9]+)?$", max_length=30)]
"""A decimal number in text: a quantity, or a rate in per cent."""

OrderKind = Literal["order", "quote"]
OrderStatus = Literal["draft", "validated", "shipped", "cancelled"]
PaymentRowStatus = Literal["pending", "authorized", "succeeded", "failed", "canceled"]
OrderPaymentStatus = Literal[
    "unpaid",
    "pending",
    "failed",
    "authorized",
    "partially_paid",
    "paid",
    "overpaid",
    "partially_refunded",
    "refunded",
    "disputed",
]


class OrderCustomer(msgspec.Struct, kw_only=True):
    """The customer that an order belongs to, as they were when it was last written."""

    id: str
    email: str | None = None
    name: str | None = None


class Address(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A postal address."""

    line1: Text | None = None
    line2: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    state: Text | None = None
    country: Text | None = None


class CustomerBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a customer is made with."""

    name: Text | None = None
    email: Text | None = None
    phone: Text | None = None
    address: Address = msgspec.field(default_factory=Address)
    stripe_customer_id: Text | None = None


class AddressPatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of an address is to change; what is not named stays."""

    line1: Text | msgspec.UnsetType | None = msgspec.UNSET
    line2: Text | msgspec.UnsetType | None = msgspec.UNSET
    postal_code: Text | msgspec.UnsetType | None = msgspec.UNSET
    city: Text | msgspec.UnsetType | None = msgspec.UNSET
    state: Text | msgspec.UnsetType | None = msgspec.UNSET
    country: Text | msgspec.UnsetType | None = msgspec.UNSET


class CustomerPatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of a customer is to change; what is not named stays."""

    name: Text | msgspec.UnsetType | None = msgspec.UNSET
    email: Text | msgspec.UnsetType | None = msgspec.UNSET
    phone: Text | msgspec.UnsetType | None = msgspec.UNSET
    address: AddressPatch | msgspec.UnsetType = msgspec.UNSET
    stripe_customer_id: Text | msgspec.UnsetType | None = msgspec.UNSET


class Customer(msgspec.Struct, kw_only=True):
    """A contact that orders belong to. `etag` changes with every change."""

    id: str
    name: Text | None
    email: Text | None
    phone: Text | None
    address: Address
    stripe_customer_id: Text | None
    created_at: datetime
    updated_at: datetime
    etag: str


class Line(msgspec.Struct, kw_only=True):
    """One line of an order, in minor units of the order's currency.

    `total_amount` is that of all pieces together, with the tax; `tax_rate` is in per cent.
    """

    description: str
    quantity: Number
    total_amount: Amount
    tax_amount: Amount | None = None
    tax_rate: Number | None = None


class PaymentBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What a payment is created or replaced with."""

    amount: Amount
    currency: Currency
    status: PaymentRowStatus = "succeeded"
    authorized_amount: Amount = 0
    refunded_amount: Amount = 0
    disputed_amount: Amount = 0
    dispute_lost_amount: Amount = 0
    fee_amount: Amount | None = None
    fee_currency: Currency | None = None
    paid_at: datetime | None = None
    payment_method: Text | None = None
    note: Note | None = None
    link_rule: Text | None = None


class PaymentPatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What of a payment is to change; what is not named stays."""

    method: Text | msgspec.UnsetType = msgspec.UNSET
    transaction_reference: Text | msgspec.UnsetType | None = msgspec.UNSET
    amount: Amount | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    status: PaymentRowStatus | msgspec.UnsetType = msgspec.UNSET
    authorized_amount: Amount | msgspec.UnsetType = msgspec.UNSET
    refunded_amount: Amount | msgspec.UnsetType = msgspec.UNSET
    disputed_amount: Amount | msgspec.UnsetType = msgspec.UNSET
    dispute_lost_amount: Amount | msgspec.UnsetType = msgspec.UNSET
    fee_amount: Amount | msgspec.UnsetType | None = msgspec.UNSET
    fee_currency: Currency | msgspec.UnsetType | None = msgspec.UNSET
    paid_at: datetime | msgspec.UnsetType | None = msgspec.UNSET
    payment_method: Text | msgspec.UnsetType | None = msgspec.UNSET
    note: Note | msgspec.UnsetType | None = msgspec.UNSET
    link_rule: Text | msgspec.UnsetType | None = msgspec.UNSET


class OrderPatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an API client may change of an order; what is not named stays."""

    status: OrderStatus | msgspec.UnsetType = msgspec.UNSET
    payment_status: OrderPaymentStatus | msgspec.UnsetType = msgspec.UNSET
    amount_due: Amount | msgspec.UnsetType = msgspec.UNSET
    payment_url: Link | msgspec.UnsetType | None = msgspec.UNSET


class Payment(msgspec.Struct, kw_only=True):
    """One payment of an order; its method and transaction reference are unique together."""

    id: str
    method: Text
    transaction_reference: Text | None
    status: PaymentRowStatus
    amount: Amount
    authorized_amount: Amount
    refunded_amount: Amount
    disputed_amount: Amount
    dispute_lost_amount: Amount
    fee_amount: Amount | None
    fee_currency: Currency | None
    currency: Currency
    paid_at: datetime | None
    payment_method: Text | None
    note: Note | None
    link_rule: Text | None


class Order(msgspec.Struct, kw_only=True):
    """A customer order or a quote. `etag` changes with every change, its payments' too."""

    id: str
    number: str
    kind: OrderKind
    status: OrderStatus
    currency: Currency
    total_amount: Amount
    amount_due: Amount
    payment_status: OrderPaymentStatus | None
    channel_reference: str | None
    customer: OrderCustomer | None
    payment_url: Link | None
    lines: list[Line]
    created_at: datetime
    updated_at: datetime
    etag: str
    payments: list[Payment] | msgspec.UnsetType = msgspec.UNSET


class ErrorDetail(msgspec.Struct, kw_only=True):
    """What went wrong: a code for programs, a sentence for people."""

    code: str
    message: str


class Error(msgspec.Struct, kw_only=True):
    """Every answer with a status of 400 or more."""

    error: ErrorDetail


class OrderPage(msgspec.Struct, kw_only=True):
    """One page of a list; `total` counts the rows of all pages."""

    data: list[Order]
    page: int
    per_page: int
    total: int


class OrderAnswer(msgspec.Struct, kw_only=True):
    """One order."""

    data: Order


class CustomerPage(msgspec.Struct, kw_only=True):
    """One page of a list; `total` counts the rows of all pages."""

    data: list[Customer]
    page: int
    per_page: int
    total: int


class CustomerAnswer(msgspec.Struct, kw_only=True):
    """One customer."""

    data: Customer


class PaymentAnswer(msgspec.Struct, kw_only=True):
    """A payment as it was written, and what its order's `updated_at` is now."""

    data: Payment
    order_updated_at: datetime


class Deleted(msgspec.Struct, kw_only=True):
    """What was deleted."""

    id: str
    deleted: bool = True


class DeletedAnswer(msgspec.Struct, kw_only=True):
    """A payment that is gone, and what its order's `updated_at` is now."""

    data: Deleted
    order_updated_at: datetime


class Change(msgspec.Struct, kw_only=True):
    """What the webhook tells of a change: only what to read, and when it changed."""

    type: Literal["order.updated", "customer.updated"]
    id: str
    updated_at: datetime
