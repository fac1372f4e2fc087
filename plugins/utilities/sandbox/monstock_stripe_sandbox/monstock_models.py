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


class Customer(msgspec.Struct, kw_only=True):
    """The contact that an order belongs to."""

    id: str
    email: str | None = None
    name: str | None = None


class Line(msgspec.Struct, kw_only=True):
    """One line of an order; its total is in minor units of the order's currency."""

    description: str
    quantity: int
    total_amount: Amount


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


class OrderPatch(msgspec.Struct, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What an API client may change of an order; what is not named stays."""

    status: OrderStatus | msgspec.UnsetType = msgspec.UNSET
    payment_status: OrderPaymentStatus | msgspec.UnsetType = msgspec.UNSET
    amount_due: Amount | msgspec.UnsetType = msgspec.UNSET


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
    customer: Customer
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
