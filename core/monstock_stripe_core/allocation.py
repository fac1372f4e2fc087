"""One payment for several orders: its amounts are dealt out without losing or making a unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

from monstock_stripe_core.link import Allocation
from monstock_stripe_core.payment import LinkRule, Payment


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """The part of a payment that belongs to one order.

    Attributes:
        payment: its amounts are this order's part; all else is the whole payment's.
        rule: what made the link.
        unallocated: kept money that a person's decision left on no order (said with the first).
    """

    payment: Payment
    rule: LinkRule
    unallocated: int = 0


def share_of(
    payment: Payment, allocations: Sequence[Allocation], order_id: str, rule: LinkRule
) -> PaymentShare:
    """The part of a payment that one of its orders gets.

    Money that came fills the orders in the order of the decision, each up to its allocated
    amount. Money that went (refunds, lost and open disputes) is taken from what no order got,
    then from the last order backwards. So the parts always add up to the whole, and no part
    loses more than it got. Fee and net are dealt out in proportion to the money that came.

    Args:
        payment: the whole payment.
        allocations: all of its orders; an amount of None is whatever is left.
        order_id: the order whose part is asked.
        rule: what made the link.

    Raises:
        ValueError: the order is not among the allocations.
    """
    positions = [i for i, allocation in enumerate(allocations) if allocation.order_id == order_id]
    if not positions:
        raise ValueError(f"{payment.transaction_reference} is not allocated to order {order_id}")
    if len(allocations) == 1 and allocations[0].amount is None:
        return PaymentShare(payment, rule)
    whole = max(payment.amount, payment.captured + payment.authorized)
    rooms = [whole if a.amount is None else a.amount for a in allocations]
    captured = _with_rest(payment.captured, rooms)
    refunded = _take(payment.refunded, captured)
    lost = _take(payment.dispute_lost, _less(captured, refunded))
    kept = _less(_less(captured, refunded), lost)
    parts = {
        "amount": fill(payment.amount, rooms),
        "authorized": fill(payment.authorized, _less(rooms, captured[:-1])),
        "captured": captured,
        "funded": fill(payment.funded, rooms),
        "refunded": refunded,
        "refund_pending": _take(payment.refund_pending, refunded),
        "refund_failed": _take(payment.refund_failed, kept),
        "disputed": _take(payment.disputed, kept),
        "dispute_lost": lost,
        "fee": _in_proportion(payment.fee, captured),
        "net": _in_proportion(payment.net, captured),
    }
    sums: dict[str, Any] = {
        name: None if getattr(payment, name) is None else sum(dealt[i] for i in positions)
        for name, dealt in parts.items()
    }
    part = replace(payment, **sums)
    return PaymentShare(part, rule, kept[-1] if 0 in positions else 0)


def fill(amount: int, rooms: Sequence[int]) -> list[int]:
    """Deal an amount out, first room first, each up to what it takes; the rest is not dealt."""
    dealt = []
    for room in rooms:
        dealt.append(min(room, amount))
        amount -= dealt[-1]
    return dealt


def _with_rest(amount: int, rooms: Sequence[int]) -> list[int]:
    """The same, with what is left as one more part at the end."""
    dealt = fill(amount, rooms)
    return [*dealt, amount - sum(dealt)]


def _take(amount: int, rooms: Sequence[int]) -> list[int]:
    """Deal an amount out, last room first."""
    return fill(amount, rooms[::-1])[::-1]


def _less(amounts: Sequence[int], taken: Sequence[int]) -> list[int]:
    return [amount - gone for amount, gone in zip(amounts, taken, strict=True)]


def _in_proportion(amount: int | None, weights: Sequence[int]) -> list[int]:
    """Deal an amount out by weights, in whole units that add up to it; by none, to the first."""
    weights = weights if any(weights) else [1, *[0] * (len(weights) - 1)]
    ends = [(amount or 0) * end // sum(weights) for end in accumulate(weights)]
    return [end - start for start, end in pairwise([0, *ends])]
