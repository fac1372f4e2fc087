"""May an order be shipped? The answer for logistics, with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from monstock_stripe_core.order import OrderPaymentStatus, OrderState


class ReleaseReason(StrEnum):
    """Why an order is released or held. The values are keys for files and translations."""

    PAID = "paid"
    TERMS = "terms"
    NOT_VALIDATED = "not_validated"
    CANCELLED = "cancelled"
    ALREADY_SHIPPED = "already_shipped"
    DISPUTED = "disputed"
    AUTHORIZED_ONLY = "authorized_only"
    PAYMENT_PENDING = "payment_pending"
    PARTLY_PAID = "partly_paid"
    GIVEN_BACK = "given_back"
    NOT_PAID = "not_paid"


RELEASE_TEXT: Mapping[ReleaseReason, str] = MappingProxyType(
    {
        ReleaseReason.PAID: "The money is here.",
        ReleaseReason.TERMS: "The settings release this payment status.",
        ReleaseReason.NOT_VALIDATED: "The order is a draft.",
        ReleaseReason.CANCELLED: "The order is cancelled.",
        ReleaseReason.ALREADY_SHIPPED: "The goods have left.",
        ReleaseReason.DISPUTED: "The customer's bank asks for the money back.",
        ReleaseReason.AUTHORIZED_ONLY: "The money is reserved and not yet captured.",
        ReleaseReason.PAYMENT_PENDING: "A payment is on its way.",
        ReleaseReason.PARTLY_PAID: "A part is missing.",
        ReleaseReason.GIVEN_BACK: "The money went back, or a part of it.",
        ReleaseReason.NOT_PAID: "No money that counts has come.",
    }
)
"""One sentence each."""

RELEASES = frozenset({ReleaseReason.PAID, ReleaseReason.TERMS})
"""The reasons that release."""

_PAID = frozenset({OrderPaymentStatus.PAID, OrderPaymentStatus.OVERPAID})

_WHY_HELD: Mapping[OrderPaymentStatus, ReleaseReason] = MappingProxyType(
    {
        OrderPaymentStatus.DISPUTED: ReleaseReason.DISPUTED,
        OrderPaymentStatus.REFUNDED: ReleaseReason.GIVEN_BACK,
        OrderPaymentStatus.PARTIALLY_REFUNDED: ReleaseReason.GIVEN_BACK,
        OrderPaymentStatus.PARTIALLY_PAID: ReleaseReason.PARTLY_PAID,
        OrderPaymentStatus.AUTHORIZED: ReleaseReason.AUTHORIZED_ONLY,
        OrderPaymentStatus.PENDING: ReleaseReason.PAYMENT_PENDING,
        OrderPaymentStatus.FAILED: ReleaseReason.NOT_PAID,
        OrderPaymentStatus.UNPAID: ReleaseReason.NOT_PAID,
    }
)


@dataclass(frozen=True, slots=True)
class Release:
    """Whether logistics may ship, and why."""

    released: bool
    reason: ReleaseReason


def release_of(
    state: OrderState,
    status: OrderPaymentStatus,
    terms: frozenset[OrderPaymentStatus] = frozenset(),
) -> Release:
    """Say whether an order may be shipped.

    Args:
        state: the order's own life cycle; only a validated order waits to be shipped.
        status: what its payments really come to, not what Monstock shows.
        terms: payment statuses that a setting releases beside the paid ones (authorised money,
            customers who pay after delivery). A dispute is never released.
    """
    if state is OrderState.CANCELLED:
        return Release(False, ReleaseReason.CANCELLED)
    if state is OrderState.DRAFT:
        return Release(False, ReleaseReason.NOT_VALIDATED)
    if state is OrderState.SHIPPED:
        return Release(False, ReleaseReason.ALREADY_SHIPPED)
    if status in _PAID:
        return Release(True, ReleaseReason.PAID)
    if status in terms and status is not OrderPaymentStatus.DISPUTED:
        return Release(True, ReleaseReason.TERMS)
    return Release(False, _WHY_HELD[status])
