"""What is to be collected for an order: how much, in which lines, or why nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import to_decimal_text, to_stripe
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import OrderRecord, RecordLine
from monstock_stripe_core.payment import LinkRule, PaymentStatus
from monstock_stripe_core.stripe_annotation import (
    LONGEST_VALUE,
    AnnotationRules,
    annotation,
    description_of,
)
from monstock_stripe_core.stripe_limits import charge_refusal

ALREADY_PAID = "Already paid"
_LONGEST_TEXT = 500
"""Characters of a description of a line: Stripe refuses longer ones."""


class OrderAs(StrEnum):
    """As what orders are made known to Stripe."""

    ANNOTATE = "annotate"
    PAYMENT_INTENT = "payment_intent"
    INVOICE = "invoice"
    PAYMENT_LINK = "payment_link"


class Delivery(StrEnum):
    """What is done with an invoice once it is complete."""

    DRAFT = "draft"
    FINALIZE = "finalize"
    SEND = "send"


class Stance(StrEnum):
    """What an order asks of that which collects it."""

    COLLECT = "collect"
    WAIT = "wait"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """What a tenant sets about collecting.

    Attributes:
        collect_states: the states of an order in which its money is asked for.
        expect_livemode: the mode that objects must be of; None: any.
    """

    order_as: OrderAs = OrderAs.ANNOTATE
    delivery: Delivery = Delivery.SEND
    days_until_due: int = 30
    collect_states: frozenset[OrderState] = frozenset({OrderState.VALIDATED, OrderState.SHIPPED})
    annotation: AnnotationRules = field(default_factory=AnnotationRules)
    expect_livemode: bool | None = None


@dataclass(frozen=True, slots=True)
class DemandLine:
    """A line of an invoice, in Stripe's units of the currency.

    Attributes:
        amount: taxes included.
        tax: the part of `amount` that is tax; 0 where there is none, or it is not known.
        percentage: of the tax.
    """

    description: str
    amount: int
    tax: int = 0
    percentage: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Demand:
    """What an order asks for, in Stripe's units of the currency.

    Attributes:
        why: what makes the stance, in words.
        description: of the payment, or of what a link sells; an invoice has lines instead.
        lines: of an invoice; they add up to `amount`.
        metadata: what annotates whatever collects it.
        exception: why it cannot be collected.
        fits: whether something that collects `amount` may stay although nothing can be made.
    """

    stance: Stance
    why: str
    amount: int = 0
    currency: str = ""
    description: str = ""
    lines: tuple[DemandLine, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    exception: ExceptionFound | None = None
    fits: bool = False

    @property
    def content(self) -> str:
        """A short digest of what cannot be changed of an object that customers may have seen."""
        lines = [[each.description, each.amount, each.tax, str(each.percentage)]
                 for each in self.lines]  # fmt: skip
        basis = [self.amount, self.currency, self.description, lines]
        return hashlib.sha256(repr(basis).encode("utf-8", "replace")).hexdigest()[:16]


_NOTHING_LEFT = frozenset(
    {
        OrderPaymentStatus.PAID,
        OrderPaymentStatus.OVERPAID,
        OrderPaymentStatus.REFUNDED,
        OrderPaymentStatus.PARTIALLY_REFUNDED,
    }
)
"""Statuses in which a customer is asked for nothing: what went back is not due again."""

_UNDECIDED = frozenset(
    {
        OrderPaymentStatus.PENDING,
        OrderPaymentStatus.AUTHORIZED,
        OrderPaymentStatus.DISPUTED,
    }
)
_ON_ITS_WAY = frozenset({PaymentStatus.PENDING, PaymentStatus.AUTHORIZED})


def due_of(order: OrderRecord) -> int:
    """What is still to be paid, in minor units.

    Where Monstock does not say, it is the total less what its rows say was taken: what went back
    is then not asked for again.
    """
    if order.amount_due is not None:
        return order.amount_due
    taken = sum(
        row.amount
        for row in order.payments
        if row.status in {None, PaymentStatus.SUCCEEDED} and row.currency == order.currency
    )
    return order.total - taken


def demand_of(order: OrderRecord, kind: OrderAs, rules: CollectionRules) -> Demand:
    """What an order asks for.

    Args:
        order: as Monstock has it.
        kind: what collects it, or would.
        rules: the tenant's settings.
    """
    nothing = _why_nothing(order, rules)
    if nothing is not None:
        return Demand(Stance.CLOSE, nothing)
    if order.payment_status in _UNDECIDED or any(
        row.status in _ON_ITS_WAY for row in order.payments
    ):
        return Demand(Stance.WAIT, "a payment is on its way, reserved or disputed")
    due = due_of(order)
    if due <= 0:
        return Demand(Stance.CLOSE, "nothing is due")
    refusal = charge_refusal(due, order.currency) or _too_long(order, rules)
    if refusal is not None:
        message = f"Order {order.order_number} cannot be collected by Stripe: {refusal}."
        found = ExceptionFound(ExceptionKind.NOT_COLLECTABLE, message, order_id=order.order_id)
        return Demand(Stance.CLOSE, "Stripe cannot collect it", exception=found)
    return _collecting(order, due, kind, rules)


def _why_nothing(order: OrderRecord, rules: CollectionRules) -> str | None:
    if order.deleted:
        return "the order was deleted"
    if order.kind != "order":
        return "it is no order"
    if order.state is OrderState.CANCELLED:
        return "the order was cancelled"
    if order.state not in rules.collect_states:
        return f"the order is {order.state.value}"
    if order.payment_status in _NOTHING_LEFT:
        return f"the order is {order.payment_status.value}"
    return None


def _too_long(order: OrderRecord, rules: CollectionRules) -> str | None:
    metadata = annotation(order, LinkRule.METADATA.value, rules.annotation)
    for key, text in metadata.items():
        if len(text) > LONGEST_VALUE:
            return f"{key} would have {len(text)} characters of the {LONGEST_VALUE} allowed"
    return None


def _collecting(order: OrderRecord, due: int, kind: OrderAs, rules: CollectionRules) -> Demand:
    amount = to_stripe(due, order.currency)
    description = description_of(order.order_id, order.order_number, rules.annotation)
    lines: tuple[DemandLine, ...] = ()
    exception = None
    if kind is OrderAs.INVOICE:
        exception = _wrong_lines(order, due)
        if exception is None:
            try:
                lines = _lines(order, due, description)
            except MoneyError as error:
                exception = _refusal(order, f"A line of order {order.order_number}: {error}")
    return Demand(
        Stance.CLOSE if exception else Stance.COLLECT,
        f"{to_decimal_text(due, order.currency)} {order.currency} are due",
        amount,
        order.currency.lower(),
        "" if kind is OrderAs.INVOICE else description,
        lines,
        MappingProxyType(annotation(order, LinkRule.METADATA.value, rules.annotation)),
        exception,
        fits=exception is not None,
    )


def _wrong_lines(order: OrderRecord, due: int) -> ExceptionFound | None:
    """Why an invoice of the order's lines would not come to what is due."""
    number, currency = order.order_number, order.currency
    for line in order.lines:
        if len(_text(line)) > _LONGEST_TEXT:
            return _refusal(order, f"A line of order {number} has over {_LONGEST_TEXT} characters.")
    total = sum(line.total for line in order.lines)
    if order.lines and total != order.total:
        return _refusal(
            order,
            f"The lines of order {number} come to {to_decimal_text(total, currency)} {currency}, "
            f"its total is {to_decimal_text(order.total, currency)}; no invoice was made.",
        )
    if due > order.total:
        return _refusal(
            order,
            f"More is due for order {number} than its total: "
            f"{to_decimal_text(due, currency)} of {to_decimal_text(order.total, currency)} "
            f"{currency}; no invoice was made.",
        )
    return None


def _refusal(order: OrderRecord, message: str) -> ExceptionFound:
    return ExceptionFound(ExceptionKind.LINES_DO_NOT_ADD_UP, message, order_id=order.order_id)


def _lines(order: OrderRecord, due: int, description: str) -> tuple[DemandLine, ...]:
    currency = order.currency
    if order.lines:
        lines = [_line(line, currency) for line in order.lines]
    else:
        lines = [DemandLine(description, to_stripe(order.total, currency))]
    if due != order.total:
        lines.append(DemandLine(ALREADY_PAID, to_stripe(due - order.total, currency)))
    return tuple(lines)


def _line(line: RecordLine, currency: str) -> DemandLine:
    amount = to_stripe(line.total, currency)
    tax = to_stripe(line.tax or 0, currency)
    if not 0 < tax * (1 if amount > 0 else -1) < abs(amount):
        return DemandLine(_text(line), amount)
    rate = Decimal(line.tax_rate) if line.tax_rate is not None else Decimal(0)
    if rate <= 0:
        rate = (Decimal(tax) * 100 / Decimal(amount - tax)).quantize(Decimal("0.0001"))
    return DemandLine(_text(line), amount, tax, rate)


def _text(line: RecordLine) -> str:
    """What stands on the invoice; the number of pieces is text, since pieces may be 1.5."""
    return line.description if line.quantity == "1" else f"{line.quantity} × {line.description}"  # noqa: RUF001
