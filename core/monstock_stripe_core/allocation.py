"""One payment for several orders: its amounts are dealt out without losing or making a unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from monstock_stripe_core.link import Allocation
from monstock_stripe_core.payment import LinkRule, Payment


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """The part of a payment that belongs to one order.

    Attributes:
        payment: its amounts are this order's part; all else is the whole payment's.
        rule: what made the link.
        unallocated: what a person's decision left on no order (said with the first order).
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
    loses more than it got.

    Args:
        payment: the whole payment.
        allocations: all of its orders; an amount of None is whatever is left.
        order_id: the order whose part is asked.
        rule: what made the link.

    Raises:
        ValueError: the order is not among the allocations.
    """
    position = [allocation.order_id for allocation in allocations].index(order_id)
    if len(allocations) == 1 and allocations[0].amount is None:
        return PaymentShare(payment, rule)
    wanted = [payment.amount if a.amount is None else a.amount for a in allocations]
    captured = fill(payment.captured, wanted)
    unallocated = payment.captured - sum(captured)
    refunded = _take(payment.refunded, [*captured, unallocated])
    lost = _take(payment.dispute_lost, _less([*captured, unallocated], refunded))
    disputed = _take(payment.disputed, _less(_less([*captured, unallocated], refunded), lost))
    part = replace(
        payment,
        amount=wanted[position],
        authorized=fill(payment.authorized, wanted)[position],
        captured=captured[position],
        funded=fill(payment.funded, wanted)[position],
        refunded=refunded[position],
        refund_pending=fill(payment.refund_pending, refunded)[position],
        refund_failed=_take(payment.refund_failed, [*captured, unallocated])[position],
        disputed=disputed[position],
        dispute_open=payment.dispute_open and (disputed[position] > 0 or payment.disputed == 0),
        dispute_lost=lost[position],
    )
    return PaymentShare(part, rule, unallocated if position == 0 else 0)


def fill(amount: int, rooms: Sequence[int]) -> list[int]:
    """Deal an amount out, first room first, each up to what it takes; the rest is not dealt."""
    dealt = []
    for room in rooms:
        dealt.append(min(room, amount))
        amount -= dealt[-1]
    return dealt


def _take(amount: int, rooms: Sequence[int]) -> list[int]:
    return fill(amount, rooms[::-1])[::-1]


def _less(amounts: Sequence[int], taken: Sequence[int]) -> list[int]:
    return [amount - gone for amount, gone in zip(amounts, taken, strict=True)]
