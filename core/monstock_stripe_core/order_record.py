"""The record of an order as target-stripe takes it: what Stripe is to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from monstock_stripe_core.errors import MoneyError, RecordError
from monstock_stripe_core.money import LARGEST_AMOUNT, iso_currency
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.payment import LinkRule, PaymentStatus
from monstock_stripe_core.record_reading import (
    CURRENCY,
    IDENTIFIER,
    TEXT,
    RecordSchema,
    clean,
    described,
    moment,
)

_MONEY: Mapping[str, Any] = {
    "type": "integer",
    "minimum": -LARGEST_AMOUNT,
    "maximum": LARGEST_AMOUNT,
}
_MONEY_OR_NULL: Mapping[str, Any] = {**_MONEY, "type": ["integer", "null"]}
_NUMBER: Mapping[str, Any] = {"type": ["string", "number", "null"]}
_WORD_OR_NULL: Mapping[str, Any] = {"type": ["string", "null"]}

ORDER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["order_id", "order_number", "state", "currency", "total", "updated_at"],
    "properties": {
        "order_id": described(IDENTIFIER, "Monstock's own id of the order; the key."),
        "order_number": described(IDENTIFIER, "The number that people know the order by."),
        "kind": {
            "type": ["string", "null"],
            "enum": ["order", "quote", None],
            "description": "A quote is no order; nothing is collected for it. Default: order.",
        },
        "state": {
            "type": "string",
            "enum": [state.value for state in OrderState],
            "description": "The order's own life cycle.",
        },
        "currency": described(CURRENCY, "ISO 4217 code of the order's amounts."),
        "total": described(_MONEY, "In ISO minor units, taxes included."),
        "amount_due": described(_MONEY_OR_NULL, "What is still to be paid; null: not known."),
        "payment_status": {
            "type": ["string", "null"],
            "enum": [*(status.value for status in OrderPaymentStatus), None],
            "description": "What the order's payments come to; null: not known.",
        },
        "customer_id": described(TEXT, "Monstock's id of the customer."),
        "customer_email": described(TEXT, "Used where the customer itself is not known."),
        "customer_name": described(TEXT, "Used where the customer itself is not known."),
        "lines": {
            "type": ["array", "null"],
            "description": "The order's lines, for invoices. Their totals add up to the order's.",
            "items": {
                "type": "object",
                "required": ["description", "total"],
                "properties": {
                    "description": {"type": "string"},
                    "quantity": _NUMBER,
                    "total": described(_MONEY, "All pieces together, taxes included."),
                    "tax": described(_MONEY_OR_NULL, "The part of `total` that is tax."),
                    "tax_rate": described(_NUMBER, "In per cent."),
                },
            },
        },
        "payments": {
            "type": ["array", "null"],
            "description": "The rows of the order's payments.",
            "items": {
                "type": "object",
                "required": ["currency", "amount"],
                "properties": {
                    "transaction_reference": described(
                        TEXT,
                        "The id of the PaymentIntent, Charge or invoice, behind the "
                        "account's id and a slash for a connected account.",
                    ),
                    "currency": CURRENCY,
                    "amount": described(_MONEY, "What was taken."),
                    "status": {
                        "type": ["string", "null"],
                        "enum": [*(status.value for status in PaymentStatus), None],
                    },
                    "link_rule": described(
                        _WORD_OR_NULL,
                        "What linked the payment to the order, a word of the "
                        "connector; null: not known.",
                    ),
                    "ours": {
                        "type": ["boolean", "null"],
                        "description": "Whether the row is of a Stripe payment. Default: true.",
                    },
                },
            },
        },
        "updated_at": {
            "type": "string",
            "format": "date-time",
            "description": "When the order changed; the newest record counts.",
        },
        "deleted": {
            "type": ["boolean", "null"],
            "description": "Whether the order was deleted. Default: false.",
        },
    },
}
"""JSON Schema of the stream. The target's README shows it; the target refuses what breaks it."""

_SCHEMA = RecordSchema(ORDER_SCHEMA)


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A line of the order.

    Attributes:
        quantity: as a plain decimal text.
        total: all pieces together, in minor units of the order's currency, taxes included.
        tax: the part of `total` that is tax; None where it is not known.
        tax_rate: in per cent, as a plain decimal text.
    """

    description: str
    total: int
    quantity: str = "1"
    tax: int | None = None
    tax_rate: str | None = None


@dataclass(frozen=True, slots=True)
class RecordPayment:
    """A row of a payment on the order.

    Attributes:
        amount: what was taken, in minor units of `currency`.
        status: None where it is not known.
        link_rule: a `LinkRule`'s value.
        ours: whether it is of a Stripe payment.
    """

    transaction_reference: str | None
    currency: str
    amount: int
    status: PaymentStatus | None = None
    link_rule: str = LinkRule.MONSTOCK.value
    ours: bool = True


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """What Stripe is to know of an order. Amounts are minor units of `currency`.

    Attributes:
        amount_due: None where it is not known.
        payment_status: None where it is not known.
        updated_at: UTC.
    """

    order_id: str
    order_number: str
    state: OrderState
    currency: str
    total: int
    updated_at: datetime
    kind: str = "order"
    amount_due: int | None = None
    payment_status: OrderPaymentStatus | None = None
    customer_id: str | None = None
    customer_email: str | None = None
    customer_name: str | None = None
    lines: tuple[RecordLine, ...] = ()
    payments: tuple[RecordPayment, ...] = ()
    deleted: bool = False


def order_from_record(record: Mapping[str, Any]) -> OrderRecord:
    """A record of the stream `orders` as an order.

    Raises:
        RecordError: it breaks the schema, or names no currency or date.
    """
    _SCHEMA.check(record)
    status = record.get("payment_status")
    return OrderRecord(
        order_id=str(record["order_id"]),
        order_number=str(record["order_number"]),
        state=OrderState(record["state"]),
        currency=_currency(record["currency"], "currency"),
        total=record["total"],
        updated_at=moment(record["updated_at"], "updated_at"),
        kind=record.get("kind") or "order",
        amount_due=record.get("amount_due"),
        payment_status=None if status is None else OrderPaymentStatus(status),
        customer_id=clean(record.get("customer_id")),
        customer_email=clean(record.get("customer_email")),
        customer_name=clean(record.get("customer_name")),
        lines=tuple(_line(line) for line in record.get("lines") or ()),
        payments=tuple(_payment(row) for row in record.get("payments") or ()),
        deleted=bool(record.get("deleted")),
    )


def _line(line: Mapping[str, Any]) -> RecordLine:
    return RecordLine(
        description=clean(line["description"]) or "-",
        total=line["total"],
        quantity=_decimal(line.get("quantity"), "quantity") or "1",
        tax=line.get("tax"),
        tax_rate=_decimal(line.get("tax_rate"), "tax_rate"),
    )


def _payment(row: Mapping[str, Any]) -> RecordPayment:
    status = row.get("status")
    rule = row.get("link_rule")
    known = {rule.value for rule in LinkRule}
    return RecordPayment(
        transaction_reference=clean(row.get("transaction_reference")),
        currency=_currency(row["currency"], "currency of payments"),
        amount=row["amount"],
        status=None if status is None else PaymentStatus(status),
        link_rule=rule if rule in known else LinkRule.MONSTOCK.value,
        ours=row.get("ours") is not False,
    )


def _currency(code: object, name: str) -> str:
    try:
        return iso_currency(code)
    except MoneyError as error:
        raise RecordError(f"{name}: {error}") from None


def _decimal(value: object, name: str) -> str | None:
    if value is None or value == "":
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise RecordError(f"{name} is not a decimal number") from None
    if not number.is_finite() or abs(number) >= Decimal(10) ** 12:
        raise RecordError(f"{name} is not a number that a line can have")
    text = f"{number.normalize():f}"
    return "0" if text == "-0" else text
