"""What an order and its payments contradict in each other, for a person to look at."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import Money
from monstock_stripe_core.order import Order, OrderPaymentStatus, OrderState
from monstock_stripe_core.order_totals import Totals
from monstock_stripe_core.payment import LinkRule

_BUYER_CAN_SET = frozenset(
    {
        LinkRule.CLIENT_REFERENCE,
        LinkRule.SHOP_METADATA,
        LinkRule.DESCRIPTION,
        LinkRule.SUGGESTION,
    }
)
"""References that a buyer can choose (`client_reference_id` stands in a Payment Link's address)."""


_FLAG_TEXT: Mapping[ExceptionKind, str] = MappingProxyType(
    {
        ExceptionKind.CUSTOMER_OWED: "A refund failed: the customer is still owed the money.",
        ExceptionKind.CASH_BALANCE_SURPLUS: "The customer's cash balance holds more than was due.",
        ExceptionKind.DISPUTE_INQUIRY: "The bank asks about the payment; no money moved yet.",
    }
)


def exceptions_of(
    order: Order,
    shares: Sequence[PaymentShare],
    totals: Totals,
    status: OrderPaymentStatus,
    tolerance: int,
) -> tuple[ExceptionFound, ...]:
    """Everything about an order and its payments that a person should see.

    Args:
        order: as Monstock has it.
        shares: its payments, as they count now.
        totals: what they come to.
        status: what that makes of the order.
        tolerance: minor units within which an amount counts as equal.
    """
    return (
        *(
            ExceptionFound(kind, message, share.payment.transaction_reference, order.id)
            for share in shares
            for kind, message in (
                *_raised_by_itself(share),
                *_against_the_order(order, share, totals, tolerance),
            )
        ),
        *(
            ExceptionFound(kind, message, None, order.id)
            for kind, message in _of_the_order(order, totals, status, tolerance)
        ),
    )


def _raised_by_itself(share: PaymentShare) -> list[tuple[ExceptionKind, str]]:
    """What a payment raises on any order."""
    found = [
        (ExceptionKind(flag), _FLAG_TEXT[ExceptionKind(flag)])
        for flag in share.payment.flags
        if flag in _FLAG_TEXT
    ]
    if share.unallocated:
        rest = Money(share.unallocated, share.payment.currency)
        found.append((ExceptionKind.AMOUNT_MISMATCH, f"{rest} of the payment is on no order."))
    return found


def _against_the_order(
    order: Order, share: PaymentShare, totals: Totals, tolerance: int
) -> list[tuple[ExceptionKind, str]]:
    """Why a payment that still holds something cannot belong to this order, the first reason."""
    payment = share.payment
    if not (payment.kept or payment.authorized or payment.funded or payment.dispute_open):
        return []
    if payment.currency != order.currency:
        message = (
            f"The payment is in {payment.currency}, order {order.number} in {order.currency}: "
            "it does not add up."
        )
        return [(ExceptionKind.CURRENCY_MISMATCH, message)]
    kept, total = Money(payment.kept, payment.currency), Money(order.total, order.currency)
    if payment.kept > order.total + tolerance:
        message = f"The payment keeps {kept}, more than order {order.number} costs ({total})."
        return [(ExceptionKind.AMOUNT_MISMATCH, message)]
    short = totals.net + tolerance < order.total
    if share.rule in _BUYER_CAN_SET and payment.kept > 0 and short:
        message = (
            f"Linked by {share.rule.value}, which the buyer can set, and only "
            f"{Money(totals.net, order.currency)} of {total} is paid."
        )
        return [(ExceptionKind.AMOUNT_MISMATCH, message)]
    return []


def _of_the_order(
    order: Order, totals: Totals, status: OrderPaymentStatus, tolerance: int
) -> list[tuple[ExceptionKind, str]]:
    """What its payments contradict in the order itself."""
    found: list[tuple[ExceptionKind, str]] = []
    if order.state is OrderState.CANCELLED and totals.net > 0:
        message = f"Order {order.number} is cancelled, yet paid."
        found.append((ExceptionKind.CANCELLED_ORDER_PAID, message))
    if totals.authorized > 0 and totals.net + totals.authorized + tolerance < order.total:
        message = f"Only a part of order {order.number} is authorised."
        found.append((ExceptionKind.PARTLY_AUTHORIZED, message))
    short = status is OrderPaymentStatus.DISPUTED or totals.net + tolerance < order.total
    if order.state is OrderState.SHIPPED and totals.captured + tolerance >= order.total and short:
        message = f"Order {order.number} has shipped and is no longer paid ({status.value})."
        found.append((ExceptionKind.SHIPPED_NOT_PAID, message))
    return found
