"""What is to be collected for an order: how much, in which lines, or why nothing."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import to_decimal_text, to_stripe
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import OrderRecord, RecordPayment
from monstock_stripe_core.payment import LinkRule, PaymentStatus
from monstock_stripe_core.stripe_annotation import (
    LONGEST_VALUE,
    AnnotationRules,
    annotation,
    description_of,
)
from monstock_stripe_core.stripe_demand_lines import (
    DemandLine,
    lines_of,
    unlike_stripe,
    wrong_lines,
)
from monstock_stripe_core.stripe_limits import charge_refusal
from monstock_stripe_core.stripe_payment_facts import payment_reference


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
        """What is asked for, as it stands in the metadata of what collects it: see `asked`.

        The digest is of what cannot be changed of an object that customers may have seen.
        """
        lines = [[each.description, each.amount, each.tax, str(each.percentage)]
                 for each in self.lines]  # fmt: skip
        return f"{asked(self.amount, self.currency)} {_digest([self.description, lines])}"


def asked(amount: int, currency: str) -> str:
    """How the metadata of something that collects says what we let it ask for.

    Whoever changes the object itself leaves this as it was, and is noticed by that.
    """
    return f"{amount} {currency}"


def _digest(content: object) -> str:
    return hashlib.sha256(repr(content).encode("utf-8", "replace")).hexdigest()[:16]


_NOTHING_LEFT = frozenset(
    {
        OrderPaymentStatus.PAID,
        OrderPaymentStatus.OVERPAID,
        OrderPaymentStatus.REFUNDED,
    }
)
"""Statuses in which a customer is asked for nothing: what all went back is not due again."""

_UNDECIDED = frozenset(
    {
        OrderPaymentStatus.DISPUTED,
        OrderPaymentStatus.PARTIALLY_REFUNDED,
    }
)
"""Statuses in which a person decides whether what went back is due again."""

_ON_ITS_WAY: Mapping[OrderPaymentStatus, PaymentStatus] = MappingProxyType(
    {
        OrderPaymentStatus.PENDING: PaymentStatus.PENDING,
        OrderPaymentStatus.AUTHORIZED: PaymentStatus.AUTHORIZED,
    }
)
"""Statuses of an order that has money under way or reserved, and of its payments."""


def due_of(order: OrderRecord) -> int:
    """What is still to be paid, in minor units.

    It is what Monstock says, and at most the total less what the order's rows say was taken: what
    went back of a row is not asked for again.
    """
    taken = sum(
        row.amount
        for row in order.payments
        if row.status in {None, PaymentStatus.SUCCEEDED} and row.currency == order.currency
    )
    left = order.total - taken
    return left if order.amount_due is None else min(order.amount_due, left)


def demand_of(
    order: OrderRecord, kind: OrderAs, rules: CollectionRules, own: Collection[str] = ()
) -> Demand:
    """What an order asks for.

    Args:
        order: as Monstock has it.
        kind: what collects it, or would.
        rules: the tenant's settings.
        own: the payments of that which collects it (`Collected.paid_by`): what is under way there
            is no reason to wait.
    """
    nothing = _why_nothing(order)
    if nothing is not None:
        return Demand(Stance.CLOSE, nothing)
    wait = _why_wait(order, rules, own)
    if wait is not None:
        return Demand(Stance.WAIT, wait)
    due = due_of(order)
    if due <= 0:
        return Demand(Stance.CLOSE, "nothing is due")
    refusal = charge_refusal(due, order.currency) or _too_long(order, rules)
    if refusal is not None:
        message = f"Order {order.order_number} cannot be collected by Stripe: {refusal}."
        found = ExceptionFound(ExceptionKind.NOT_COLLECTABLE, message, order_id=order.order_id)
        return Demand(Stance.CLOSE, "Stripe cannot collect it", exception=found)
    return _collecting(order, due, kind, rules)


def _why_nothing(order: OrderRecord) -> str | None:
    if order.deleted:
        return "the order was deleted"
    if order.kind != "order":
        return "it is no order"
    if order.state is OrderState.CANCELLED:
        return "the order was cancelled"
    if order.payment_status in _NOTHING_LEFT:
        return f"the order is {order.payment_status.value}"
    return None


def _why_wait(order: OrderRecord, rules: CollectionRules, own: Collection[str]) -> str | None:
    if order.state not in rules.collect_states:
        return f"the order is {order.state.value}"
    status = order.payment_status
    if status in _UNDECIDED:
        return f"the order is {status}"
    under_way = [row for row in order.payments if row.status in _ON_ITS_WAY.values()]
    if any(not is_of(row, own) for row in under_way):
        return "a payment is on its way, or reserved"
    if status in _ON_ITS_WAY and not under_way:
        return f"the order is {status}"
    return None


def is_of(row: RecordPayment, payments: Collection[str]) -> bool:
    """Whether a row is of one of these payments of Stripe's."""
    reference = payment_reference(row.transaction_reference)
    return reference is not None and reference.id in payments


def _too_long(order: OrderRecord, rules: CollectionRules) -> str | None:
    metadata = annotation(order, LinkRule.METADATA.value, rules.annotation)
    for key, text in metadata.items():
        if len(text) > LONGEST_VALUE:
            return f"{key} would have {len(text)} characters of the {LONGEST_VALUE} allowed"
    return None


def _collecting(order: OrderRecord, due: int, kind: OrderAs, rules: CollectionRules) -> Demand:
    description = description_of(order.order_id, order.order_number, rules.annotation)
    lines: tuple[DemandLine, ...] = ()
    exception = None
    if kind is OrderAs.INVOICE:
        exception = wrong_lines(order)
        if exception is None:
            try:
                lines = lines_of(order, due, description)
            except MoneyError as error:
                exception = unlike_stripe(order, f"has a line of which {error}")
    return Demand(
        Stance.CLOSE if exception else Stance.COLLECT,
        f"{to_decimal_text(due, order.currency)} {order.currency} are due",
        to_stripe(due, order.currency),
        order.currency.lower(),
        "" if kind is OrderAs.INVOICE else description,
        lines,
        MappingProxyType(annotation(order, LinkRule.METADATA.value, rules.annotation)),
        exception,
        fits=exception is not None,
    )
