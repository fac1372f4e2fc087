"""A Monstock customer order with the rows of its payments, as the profile reads it."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from monstock_stripe_core.payment import PaymentStatus


class OrderState(StrEnum):
    """The order's own life cycle, in the connector's words; the profile maps a tenant's."""

    DRAFT = "draft"
    VALIDATED = "validated"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"


class OrderPaymentStatus(StrEnum):
    """What an order's payments amount to. Logistics ships on this word."""

    DISPUTED = "disputed"
    REFUNDED = "refunded"
    OVERPAID = "overpaid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    PARTIALLY_PAID = "partially_paid"
    AUTHORIZED = "authorized"
    PENDING = "pending"
    FAILED = "failed"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True)
class OrderPaymentRow:
    """One payment as it stands on an order. Amounts are minor units of `currency`.

    Attributes:
        row_id: Monstock's id of the row; None for one that is yet to be written.
        method: the tenant's payment method; the profile names ours ("stripe").
        transaction_reference: unique among an order's rows of our method.
        amount: what was taken, negative for a refund that staff recorded as a row of its own.
        refunded: what went back of it.
        note: a sentence for people (why it failed, what is pending).
        ours: whether its method is the profile's own name for Stripe payments.
        link_rule: what linked the payment to the order, a `LinkRule`'s value; None where nobody
            has said so.
    """

    method: str
    transaction_reference: str | None
    currency: str
    amount: int
    row_id: str | None = None
    status: PaymentStatus = PaymentStatus.SUCCEEDED
    authorized: int = 0
    refunded: int = 0
    disputed: int = 0
    dispute_lost: int = 0
    fee: int | None = None
    fee_currency: str | None = None
    paid_at: datetime | None = None
    payment_method: str | None = None
    note: str | None = None
    ours: bool = False
    link_rule: str | None = None


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order. Amounts are minor units of the order's currency.

    Attributes:
        total: what the line costs, all pieces together, with its tax.
        tax: the part of `total` that is tax; None where Monstock does not say.
        tax_rate: in per cent; None where Monstock does not say.
    """

    description: str
    quantity: Decimal
    total: int
    tax: int | None = None
    tax_rate: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as Monstock has it now.

    Attributes:
        state: its life cycle; `raw_state` is the tenant's own word for it.
        kind: "order" or "quote"; a quote is no order until it is validated.
        total: minor units of `currency`.
        payment_status: None where Monstock has none yet, or a word that the profile lacks.
        amount_due: as Monstock has it; None where the profile has no such field.
        channel_reference: a shop's own number for the order.
        payment_url: where the customer can pay what is due.
        removed_payments: rows that were voided and that Monstock still shows; they count nothing.
        etag: the condition for a write, where the profile has one.
        updated_at: UTC.
        deleted: whether it was deleted, and lists only still show that.
    """

    id: str
    number: str
    currency: str
    total: int
    state: OrderState
    raw_state: str
    updated_at: datetime
    kind: str = "order"
    payment_status: OrderPaymentStatus | None = None
    amount_due: int | None = None
    channel_reference: str | None = None
    customer_id: str | None = None
    customer_email: str | None = None
    customer_name: str | None = None
    payment_url: str | None = None
    lines: tuple[OrderLine, ...] = ()
    payments: tuple[OrderPaymentRow, ...] = ()
    removed_payments: tuple[OrderPaymentRow, ...] = ()
    etag: str | None = None
    created_at: datetime | None = None
    deleted: bool = False
