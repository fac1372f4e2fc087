"""The payment status of an order, derived from its total and from all of its payments.

Nothing here is pushed about: whatever happened, in whatever order, the same set of payments gives
the same status. Amounts are ISO minor units of the order's currency.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.exception_kind import ExceptionFound
from monstock_stripe_core.hand_made import read_hand_made_rows, without_leaving_rows
from monstock_stripe_core.money import Money
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus
from monstock_stripe_core.order_exceptions import exceptions_of
from monstock_stripe_core.order_status_table import StatusRow, deciding_row
from monstock_stripe_core.order_totals import Totals, totals_of
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class StatusRules:
    """What a tenant sets about the status.

    Attributes:
        our_method: the profile's name for a payment by Stripe.
        stripe_like_methods: methods under which staff record Stripe payments by hand.
        tolerance: minor units by currency within which an amount counts as equal.
        zero_total_is_paid: whether a validated order of 0 needs no money to be paid.
        action_expires_after: how long a customer may take to act before nothing is pending.
        near: how far a hand-made row may lie from a payment that it seems to copy.
    """

    our_method: str = "stripe"
    stripe_like_methods: frozenset[str] = frozenset({"stripe", "card"})
    tolerance: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    zero_total_is_paid: bool = False
    action_expires_after: timedelta = timedelta(hours=24)
    near: timedelta = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """What an order's payments mean, and the rows that should stand on it as ours.

    Attributes:
        decided_by: the row of the table of statuses that decided.
        payments: the order's shares as they count now, by transaction reference.
        by_hand: the rows that staff recorded and that count as money.
        due: total less net; negative where too much was paid.
        rows: by transaction reference, those that should be there.
        adopted: transaction reference → id of the hand-made row that is this payment.
        held: references whose row is not written, since a hand-made one seems to be the same.
    """

    decided_by: StatusRow
    totals: Totals
    due: int
    rows: Mapping[str, OrderPaymentRow]
    adopted: Mapping[str, str]
    held: frozenset[str]
    exceptions: tuple[ExceptionFound, ...]
    payments: tuple[PaymentShare, ...] = ()
    by_hand: tuple[OrderPaymentRow, ...] = ()

    @property
    def status(self) -> OrderPaymentStatus:
        """The order's payment status."""
        return self.decided_by.status


def changes_at(payment: Payment, rules: StatusRules) -> datetime | None:
    """When time alone changes what a payment counts for; None where it does not."""
    if payment.status is PaymentStatus.AUTHORIZED:
        return payment.authorized_until
    if payment.status is PaymentStatus.PENDING and payment.action_required_since is not None:
        return payment.action_required_since + rules.action_expires_after
    return None


def as_of(payment: Payment, rules: StatusRules, now: datetime) -> Payment:
    """The payment as it counts at a moment.

    An authorisation that ran out is none (Stripe cancels it by itself a little later), and a
    customer who was asked to act long ago will not.
    """
    end = changes_at(payment, rules)
    if end is None or now < end:
        return payment
    if payment.status is PaymentStatus.AUTHORIZED:
        status = PaymentStatus.SUCCEEDED if payment.captured else PaymentStatus.CANCELED
        return replace(payment, status=status, authorized=0)
    return replace(payment, status=PaymentStatus.NOT_ATTEMPTED)


def order_outcome(
    order: Order,
    shares: Sequence[PaymentShare],
    rules: StatusRules,
    now: datetime,
    *,
    cleared: frozenset[tuple[str, str]] = frozenset(),
    linked_elsewhere: Mapping[str, str] = MappingProxyType({}),
    written: Collection[str] = (),
) -> OrderOutcome:
    """Derive an order's payment status and the rows that should stand on it.

    Args:
        order: as Monstock has it now, with all of its rows.
        shares: all payments linked to it, in any order.
        rules: the tenant's settings.
        now: UTC.
        cleared: pairs (transaction reference, row id) of which a person said that they are two
            payments, not one.
        linked_elsewhere: references on this order's rows whose payment is linked to another
            order → that order.
        written: transaction references whose row on this order we wrote. Such a row is no money
            that staff recorded, even where its payment has left the order.

    Returns:
        The outcome. It is the same for any order of `shares` and of the order's rows.
    """
    present = sorted(
        (replace(share, payment=as_of(share.payment, rules, now)) for share in shares),
        key=lambda share: share.payment.transaction_reference,
    )
    payments = [share.payment for share in present]
    hand_made = read_hand_made_rows(
        without_leaving_rows(order, payments, written),
        payments,
        rules.stripe_like_methods,
        rules.near,
        cleared,
        linked_elsewhere,
    )
    totals = totals_of(order.currency, payments, hand_made)
    tolerance = rules.tolerance.get(order.currency, 0)
    decided_by = deciding_row(order, totals, tolerance, zero_total_is_paid=rules.zero_total_is_paid)
    rows = {
        share.payment.transaction_reference: payment_row(
            share.payment, rules.our_method, share.rule
        )
        for share in present
        if share.payment.status is not PaymentStatus.NOT_ATTEMPTED
        and share.payment.transaction_reference not in hand_made.held
    }
    return OrderOutcome(
        decided_by=decided_by,
        totals=totals,
        due=order.total - totals.net,
        rows=MappingProxyType(rows),
        adopted=hand_made.adopted,
        held=hand_made.held,
        exceptions=(
            *hand_made.exceptions,
            *exceptions_of(order, present, totals, decided_by.status, tolerance),
        ),
        payments=tuple(present),
        by_hand=hand_made.counted,
    )


def payment_row(payment: Payment, method: str, rule: LinkRule | None = None) -> OrderPaymentRow:
    """The row that shows a payment on its order.

    Args:
        payment: the order's part of it.
        method: the tenant's name for Stripe payments.
        rule: what linked the payment to the order.
    """
    return OrderPaymentRow(
        method=method,
        transaction_reference=payment.transaction_reference,
        currency=payment.currency,
        amount=payment.captured,
        status=payment.status,
        authorized=payment.authorized,
        refunded=payment.refunded,
        disputed=payment.disputed,
        dispute_lost=payment.dispute_lost,
        fee=payment.fee,
        fee_currency=payment.fee_currency,
        paid_at=payment.captured_at or payment.created_at,
        payment_method=payment.method,
        note=_note(payment),
        ours=True,
        link_rule=None if rule is None else rule.value,
    )


def _note(payment: Payment) -> str | None:
    parts = []
    if payment.failure and payment.status is PaymentStatus.FAILED:
        parts.append(payment.failure)
    if payment.status is PaymentStatus.PENDING and payment.action_required_since is not None:
        parts.append("waits for the customer to act")
    if payment.funded and payment.status is PaymentStatus.PENDING:
        asked = Money(payment.amount, payment.currency)
        parts.append(f"{Money(payment.funded, payment.currency)} of {asked} come")
    if payment.refund_pending:
        parts.append(f"refund of {Money(payment.refund_pending, payment.currency)} on its way")
    return "; ".join(parts) or None
