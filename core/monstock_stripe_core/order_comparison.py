"""One order in both systems: what its payments come to, what Monstock shows, and why they differ.

The arithmetic is that of `order_status`, on what both systems say now. Amounts are ISO minor units
of the order's currency, unless a discrepancy names another.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from monstock_stripe_core.ageing import awaited
from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.discrepancy import Discrepancy, Reason
from monstock_stripe_core.order import Order, OrderPaymentStatus
from monstock_stripe_core.order_discrepancies import order_discrepancies
from monstock_stripe_core.order_status import OrderOutcome, StatusRules, order_outcome
from monstock_stripe_core.order_status_table import deciding_row
from monstock_stripe_core.release import Release, release_of
from monstock_stripe_core.row_discrepancies import (
    ALL_FIELDS,
    KnownPayment,
    RowStyle,
    row_discrepancies,
    shown_net,
    shown_totals,
)

_PAID = frozenset({OrderPaymentStatus.PAID, OrderPaymentStatus.OVERPAID})


@dataclass(frozen=True, slots=True)
class ComparisonRules:
    """What a tenant sets about the comparison.

    Attributes:
        status: the rules of the payment status.
        rows: what the tenant's rows can show.
        keeps_status: whether the tenant's orders have a payment status at all.
        terms: payment statuses that are released for shipping beside the paid ones.
    """

    status: StatusRules
    rows: RowStyle = ALL_FIELDS
    keeps_status: bool = True
    terms: frozenset[OrderPaymentStatus] = frozenset()


@dataclass(frozen=True, slots=True)
class OrderComparison:
    """What an order is, what Monstock shows of it, and everything to look at.

    Attributes:
        outcome: what its payments come to.
        outside: what staff recorded by hand, less what they gave back: money beside Stripe.
        disputed: what open disputes hold back.
        shown_net: what Monstock's rows come to.
        awaited: what is still to come; None where nothing is waited for.
        discrepancies: the most urgent reason first.
    """

    outcome: OrderOutcome
    outside: int
    disputed: int
    shown_net: int
    awaited: int | None
    release: Release
    discrepancies: tuple[Discrepancy, ...]


def compare_order(
    order: Order,
    shares: Sequence[PaymentShare],
    rules: ComparisonRules,
    now: datetime,
    *,
    known: Mapping[str, KnownPayment] = MappingProxyType({}),
    cleared: frozenset[tuple[str, str]] = frozenset(),
    linked_elsewhere: Mapping[str, str] = MappingProxyType({}),
) -> OrderComparison:
    """Compare an order's payments with what Monstock shows.

    Args:
        order: as Monstock has it now, with all of its rows.
        shares: all payments linked to it, in any order.
        rules: the tenant's settings.
        now: UTC.
        known: by row id, what is known of the payments that rows by our method name and that are
            not linked to this order. A row that is not among them counts as money.
        cleared: pairs (transaction reference, row id) of which a person said that they are two
            payments, not one.
        linked_elsewhere: references on this order's rows whose payment is linked to another
            order → that order.

    Returns:
        The comparison. Multiplying every amount (and tolerance) by a number multiplies every
        amount in it, and changes nothing else.
    """
    shares = sorted(shares, key=lambda share: share.payment.transaction_reference)
    no_money = {
        row.transaction_reference or ""
        for row in order.payments
        if row.row_id in known and row.ours
    }
    outcome = order_outcome(
        order,
        shares,
        rules.status,
        now,
        cleared=cleared,
        linked_elsewhere=linked_elsewhere,
        written=no_money,
    )
    tolerance = rules.status.tolerance.get(order.currency, 0)
    found = [
        *order_discrepancies(order, shares, outcome, tolerance),
        *row_discrepancies(order, shares, outcome, rules.rows, known),
    ]
    found += _of_status(order, outcome, found, rules, tolerance)
    found += _of_due(order, outcome, found, tolerance)
    same = [share.payment for share in shares if share.payment.currency == order.currency]
    return OrderComparison(
        outcome=outcome,
        outside=outcome.totals.net - sum(payment.kept for payment in same),
        disputed=sum(payment.disputed for payment in same),
        shown_net=shown_net(order),
        awaited=awaited(order, outcome.status, outcome.due),
        release=release_of(order.state, outcome.status, rules.terms),
        discrepancies=_each_once(found),
    )


def _of_status(
    order: Order,
    outcome: OrderOutcome,
    found: Sequence[Discrepancy],
    rules: ComparisonRules,
    tolerance: int,
) -> list[Discrepancy]:
    """Where Monstock's status is wrong, and its own rows do not explain it.

    A status that is right by Monstock's own rows is wrong only because they are, and they have
    been reported.
    """
    shown, right = order.payment_status, outcome.status
    nothing_yet = shown is None and right is OrderPaymentStatus.UNPAID
    if not rules.keeps_status or shown is right or nothing_yet:
        return []
    by_rows = deciding_row(
        order, shown_totals(order), tolerance, zero_total_is_paid=rules.status.zero_total_is_paid
    )
    if found and shown in (by_rows.status, None):
        return []
    facts = MappingProxyType(
        {"shown_status": shown.value if shown else "", "right_status": right.value}
    )
    net, total = outcome.totals.net, order.total
    if shown in _PAID and right not in _PAID:
        return [
            Discrepancy(Reason.SHOWN_NOT_PAID, max(0, total - net), order.currency, facts=facts)
        ]
    if right in _PAID and shown not in _PAID:
        return [Discrepancy(Reason.PAID_NOT_SHOWN, max(0, net), order.currency, facts=facts)]
    return [Discrepancy(Reason.STATUS_DIFFERS, 0, order.currency, facts=facts)]


def _of_due(
    order: Order, outcome: OrderOutcome, found: Sequence[Discrepancy], tolerance: int
) -> list[Discrepancy]:
    """Where Monstock's amount due is wrong, and its own rows do not explain it."""
    shown = order.amount_due
    if shown is None or abs(shown - outcome.due) <= tolerance:
        return []
    if found and shown == order.total - shown_net(order):
        return []
    facts = MappingProxyType({"shown_due": shown, "right_due": outcome.due})
    amount = abs(shown - outcome.due)
    return [Discrepancy(Reason.AMOUNT_DIFFERS, amount, order.currency, facts=facts)]


def _each_once(found: Sequence[Discrepancy]) -> tuple[Discrepancy, ...]:
    """Each reason once for each payment, else row, the first that was found; most urgent first."""
    kept: dict[tuple[object, ...], Discrepancy] = {}
    for one in found:
        kept.setdefault((one.reason, one.transaction_reference or one.row_id), one)
    urgency = {reason: position for position, reason in enumerate(Reason)}
    return tuple(sorted(kept.values(), key=lambda one: urgency[one.reason]))
