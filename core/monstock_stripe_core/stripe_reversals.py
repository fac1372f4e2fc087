"""What went back of a payment: its refunds and disputes, each by its status.

The sources are Stripe's API reference, "The Refund object" and "The Dispute object".
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.money import from_stripe, iso_currency

_ON_ITS_WAY = frozenset({"pending", "requires_action"})
_CAME_BACK = frozenset({"failed", "canceled"})

# Money never moved, or is ours again. What is in none of these sets counts as open: Stripe adds
# statuses, and an unknown one must hold the order rather than let it go.
_DISPUTE_WITHOUT_LOSS = frozenset({"won", "prevented", "warning_closed"})
_DISPUTE_INQUIRY = frozenset({"warning_needs_response", "warning_under_review"})
_DISPUTE_NOT_OPEN = _DISPUTE_WITHOUT_LOSS | _DISPUTE_INQUIRY | {"lost"}


@dataclass(frozen=True, slots=True)
class Reversals:
    """What went back of a payment, in minor units of its currency; see `payment.Payment`."""

    refunded: int = 0
    refund_pending: int = 0
    refund_failed: int = 0
    disputed: int = 0
    dispute_open: bool = False
    dispute_lost: int = 0
    flags: tuple[str, ...] = ()


def reversals(
    refunds: Sequence[Mapping[str, Any]],
    disputes: Sequence[Mapping[str, Any]],
    captured: int,
    currency: str,
) -> Reversals:
    """What went back: refunds first, then lost disputes, then open ones, never above captured.

    `charge.amount_refunded` is not asked: after a partial capture it holds the released
    remainder. That may also come as a Refund of its own; it has succeeded without a balance
    transaction, so it moved no money. A refund whose status Stripe leaves null counts as gone.

    Args:
        refunds: all Refunds of the payment.
        disputes: all Disputes of the payment.
        captured: what was taken, in ISO minor units.
        currency: of the payment; ISO code in capitals.

    Raises:
        MoneyError: an amount or a currency that cannot be.
    """
    moved = [refund for refund in refunds if not _is_release(refund)]
    gone = [refund for refund in moved if refund["status"] not in _CAME_BACK]
    refunded = min(_sum(gone, currency), captured)
    on_its_way = [refund for refund in gone if refund["status"] in _ON_ITS_WAY]
    lost = [dispute for dispute in disputes if dispute["status"] == "lost"]
    still_open = [dispute for dispute in disputes if dispute["status"] not in _DISPUTE_NOT_OPEN]
    dispute_lost = min(_disputed(lost, captured, currency), captured - refunded)
    left = captured - refunded - dispute_lost
    owed = min(_owed(moved, currency), left)
    flags = []
    if owed:
        flags.append(ExceptionKind.CUSTOMER_OWED.value)
    if any(dispute["status"] in _DISPUTE_INQUIRY for dispute in disputes):
        flags.append(ExceptionKind.DISPUTE_INQUIRY.value)
    return Reversals(
        refunded=refunded,
        refund_pending=min(_sum(on_its_way, currency), refunded),
        refund_failed=owed,
        disputed=min(_disputed(still_open, captured, currency), left),
        dispute_open=bool(still_open),
        dispute_lost=dispute_lost,
        flags=tuple(flags),
    )


def _is_release(refund: Mapping[str, Any]) -> bool:
    """Whether it only let go of what was authorised: through, yet no money moved."""
    return (
        refund["status"] not in _ON_ITS_WAY | _CAME_BACK
        and refund.get("balance_transaction") is None
    )


def _sum(refunds: Iterable[Mapping[str, Any]], currency: str) -> int:
    return sum(from_stripe(refund["amount"], currency, what="refund amount") for refund in refunds)


def _owed(refunds: Sequence[Mapping[str, Any]], currency: str) -> int:
    """What failed refunds left owed to the customer, and no later refund made good."""
    failed = [refund for refund in refunds if refund["status"] in _CAME_BACK]
    if not failed:
        return 0
    first = min(refund["created"] for refund in failed)
    later = [
        refund
        for refund in refunds
        if refund["created"] > first and refund["status"] not in _CAME_BACK
    ]
    return max(0, _sum(failed, currency) - _sum(later, currency))


def _disputed(disputes: Iterable[Mapping[str, Any]], captured: int, currency: str) -> int:
    """The sum of disputes; one in another currency than the payment's counts as the whole."""
    return sum(
        from_stripe(dispute["amount"], currency, what="dispute amount")
        if iso_currency(dispute["currency"]) == currency
        else captured
        for dispute in disputes
    )
