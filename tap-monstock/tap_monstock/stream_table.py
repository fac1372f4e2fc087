"""The streams: their keys, their fields, and which records come of one order or customer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from monstock_stripe_core.order import (
    Order,
    OrderPaymentRow,
    OrderPaymentStatus,
    OrderState,
)
from monstock_stripe_core.payment import PaymentStatus

from tap_monstock.fields import (
    AMOUNT,
    FLAG,
    MOMENT,
    MONEY,
    NAME,
    NUMBER,
    OBJECT,
    OBJECTS,
    TEXT,
    WHEN,
    Field,
    word,
)

REPLICATION_KEY = "updated_at"
DELETED_AT = "_sdc_deleted_at"


@dataclass(frozen=True, slots=True)
class PaymentOfOrder:
    """One payment row of an order; `removed` where the row was voided or its order deleted."""

    order: Order
    row: OrderPaymentRow
    removed: bool


@dataclass(frozen=True, slots=True)
class StreamRow:
    """One stream.

    Attributes:
        name: of the stream.
        keys: of its records.
        read_with: which reading of Monstock brings it: "orders" or "customers".
        fields: of its records, before those are left out that the tenant has not.
        sources: what records are made of, out of one order or customer.
    """

    name: str
    keys: tuple[str, ...]
    read_with: str
    fields: tuple[Field, ...]
    sources: Callable[[Any], Iterator[Any]]


def _plain(number: Decimal | None) -> str | None:
    return None if number is None else f"{number.normalize():f}"


def _order(key: str) -> tuple[str, ...]:
    return (f"orders.fields.{key}",)


def _row(key: str) -> tuple[str, ...]:
    return (f"payments.fields.{key}",)


def _line(key: str) -> tuple[str, ...]:
    return (f"orders.lines.fields.{key}",)


def _customer(key: str) -> tuple[str, ...]:
    return (f"customers.fields.{key}",)


_LINE = (
    Field("description", TEXT, "What is sold."),
    Field(
        "quantity",
        NUMBER,
        "How much of it: a decimal number in text.",
        _line("quantity"),
        lambda line: _plain(line.quantity),
    ),
    Field("total", MONEY, "What the line costs, all pieces together, with its tax."),
    Field("tax", AMOUNT, "The part of `total` that is tax.", _line("tax")),
    Field(
        "tax_rate",
        NUMBER,
        "In per cent: a decimal number in text.",
        _line("tax_rate"),
        lambda line: _plain(line.tax_rate),
    ),
)

_PAYMENT = (
    Field("row_id", NAME, "Monstock's id of the payment."),
    Field("method", NAME, "The payment method, in the tenant's word."),
    Field("transaction_reference", TEXT, "The payment provider's reference."),
    Field("status", word(PaymentStatus), "What came of it."),
    Field("currency", NAME, "ISO 4217 code of the amounts."),
    Field("amount", MONEY, "What was taken; negative for a refund that is a row of its own."),
    Field("authorized", MONEY, "What can still be captured.", _row("authorized")),
    Field("refunded", MONEY, "What went back of it.", _row("refunded")),
    Field("disputed", MONEY, "What open disputes hold back.", _row("disputed")),
    Field("dispute_lost", MONEY, "What lost disputes took.", _row("dispute_lost")),
    Field("fee", AMOUNT, "The provider's fee, in minor units of `fee_currency`.", _row("fee")),
    Field("fee_currency", TEXT, "ISO 4217 code of the fee.", _row("fee_currency")),
    Field("paid_at", MOMENT, "When it was paid.", _row("paid_at")),
    Field("payment_method", TEXT, "What the customer paid with.", _row("payment_method")),
    Field("note", TEXT, "A sentence for people.", _row("note")),
    Field("ours", FLAG, "Whether its method is the one of Stripe's payments."),
    Field("link_rule", TEXT, "What linked the payment to the order.", _row("link_rule")),
)

_ORDER = (
    Field("id", NAME, "Monstock's id of the order."),
    Field("number", NAME, "The number that people know the order by."),
    Field("kind", word(("order", "quote")), "A quote is no order until it is validated."),
    Field("state", word(OrderState), "Where the order is in its life."),
    Field("raw_state", NAME, "The same in the tenant's own word."),
    Field("currency", NAME, "ISO 4217 code of the amounts."),
    Field("total", MONEY, "What the customer owes in all, with taxes, in minor units."),
    Field("amount_due", AMOUNT, "What is still to be paid.", _order("amount_due")),
    Field(
        "payment_status",
        word(OrderPaymentStatus, nullable=True),
        "What the payments come to; null where Monstock has none yet.",
        _order("payment_status"),
    ),
    Field(
        "channel_reference",
        TEXT,
        "The sales channel's own number for the order.",
        _order("channel_reference"),
    ),
    Field("customer_id", TEXT, "The customer's id.", _order("customer_id")),
    Field(
        "customer_email",
        TEXT,
        "The customer's e-mail address, as the order has it.",
        _order("customer_email"),
    ),
    Field(
        "customer_name", TEXT, "The customer's name, as the order has it.", _order("customer_name")
    ),
    Field("payment_url", TEXT, "Where the customer can pay what is due.", _order("payment_url")),
    Field("lines", OBJECTS, "The order's lines.", ("orders.lines",), None, _LINE),
    Field("payments", OBJECTS, "The order's payments.", (), None, _PAYMENT),
    Field("created_at", MOMENT, "When the order was made.", _order("created_at")),
    Field("updated_at", WHEN, "When the order or one of its payments last changed."),
    Field(
        DELETED_AT,
        MOMENT,
        "When the order was deleted; null while it is there.",
        ("orders.removed",),
        lambda order: order.updated_at if order.deleted else None,
    ),
)


def _of_row(field: Field) -> Field:
    return Field(
        field.name, field.schema, field.description, field.keys, lambda source: field.of(source.row)
    )


_ORDER_PAYMENT = (
    Field("order_id", NAME, "Monstock's id of the order.", (), lambda one: one.order.id),
    Field("order_number", NAME, "The order's number.", (), lambda one: one.order.number),
    *(_of_row(field) for field in _PAYMENT),
    Field(
        "updated_at",
        WHEN,
        "When the order or one of its payments last changed.",
        (),
        lambda one: one.order.updated_at,
    ),
    Field(
        DELETED_AT,
        MOMENT,
        "When the order last changed, where the payment was voided or its "
        "order deleted; null while it counts.",
        ("payments.removed", "orders.removed"),
        lambda one: one.order.updated_at if one.removed else None,
    ),
)

_ADDRESS = (
    Field("line1", TEXT, "First line.", _customer("line1")),
    Field("line2", TEXT, "Second line.", _customer("line2")),
    Field("postal_code", TEXT, "Postal code.", _customer("postal_code")),
    Field("city", TEXT, "Town.", _customer("city")),
    Field("state", TEXT, "State, province or region.", _customer("state")),
    Field("country", TEXT, "Country, as the tenant writes it.", _customer("country")),
)

_CUSTOMER = (
    Field("id", NAME, "Monstock's id of the customer."),
    Field("name", TEXT, "The name of the person or the company.", _customer("name")),
    Field("email", TEXT, "The e-mail address.", _customer("email")),
    Field("phone", TEXT, "The telephone number.", _customer("phone")),
    Field("address", OBJECT, "The postal address.", (), None, _ADDRESS),
    Field(
        "stripe_customer_id",
        TEXT,
        "The id of the same customer at Stripe.",
        _customer("stripe_customer_id"),
    ),
    Field("created_at", MOMENT, "When the customer was made.", _customer("created_at")),
    Field("updated_at", WHEN, "When the customer last changed."),
    Field(
        DELETED_AT,
        MOMENT,
        "When the customer was deleted; null while there.",
        ("customers.removed",),
        lambda one: one.updated_at if one.deleted else None,
    ),
)


def _itself(source: Any) -> Iterator[Any]:
    yield source


def _payments(order: Order) -> Iterator[PaymentOfOrder]:
    for row in order.payments:
        yield PaymentOfOrder(order, row, order.deleted)
    for row in order.removed_payments:
        yield PaymentOfOrder(order, row, True)


STREAM_TABLE = (
    StreamRow("orders", ("id",), "orders", _ORDER, _itself),
    StreamRow("order_payments", ("order_id", "row_id"), "orders", _ORDER_PAYMENT, _payments),
    StreamRow("customers", ("id",), "customers", _CUSTOMER, _itself),
)
STREAM_NAMES = tuple(row.name for row in STREAM_TABLE)


def changed_at(source: Any) -> datetime:
    """Return when the order or customer last changed."""
    moment: datetime = source.updated_at
    return moment
