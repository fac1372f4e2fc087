"""The payment status of an order, derived from its total and from all of its payments.

Nothing here is pushed about: whatever happened, in whatever order, the same set of payments gives
the same status. Amounts are ISO minor units of the order's currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.hand_made import HandMade, read_hand_made_rows
from monstock_stripe_core.money import to_decimal_text
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus

_BUYER_CAN_SET = frozenset(
    {
        LinkRule.CLIENT_REFERENCE,
        LinkRule.SHOP_METADATA,
        LinkRule.DESCRIPTION,
        LinkRule.SUGGESTION,
    }
)
"""References that a buyer can choose (`client_reference_id` stands in a Payment Link's address)."""


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
class Totals:
    """What an order's payments in its own currency come to."""

    captured: int = 0
    refunded: int = 0
    dispute_lost: int = 0
    authorized: int = 0
    disputed: bool = False
    pending: bool = False
    failed: bool = False

    @property
    def net(self) -> int:
        """Captured less refunded less lost disputes."""
        return self.captured - self.refunded - self.dispute_lost


@dataclass(frozen=True, slots=True)
class OrderOutcome:
    """What an order's payments mean, and the rows that should stand on it as ours.

    Attributes:
        due: total less net; negative where too much was paid.
        rows: by transaction reference, those that should be there.
        adopted: transaction reference → id of the hand-made row that is this payment.
        held: references whose row is not written, since a hand-made one seems to be the same.
    """

    status: OrderPaymentStatus
    totals: Totals
    due: int
    rows: Mapping[str, OrderPaymentRow]
    adopted: Mapping[str, str]
    held: frozenset[str]
    exceptions: tuple[ExceptionFound, ...]


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

    Returns:
        The outcome. It is the same for any order of `shares` and of the order's rows.
    """
    present = sorted(
        (replace(share, payment=as_of(share.payment, rules, now)) for share in shares),
        key=lambda share: share.payment.transaction_reference,
    )
    payments = [share.payment for share in present]
    hand_made = read_hand_made_rows(
        order, payments, rules.stripe_like_methods, rules.near, cleared, linked_elsewhere
    )
    totals = _totals(order, payments, hand_made)
    status = _status(order, totals, rules)
    rows = {
        payment.transaction_reference: payment_row(payment, rules.our_method)
        for payment in payments
        if payment.status is not PaymentStatus.NOT_ATTEMPTED
        and payment.transaction_reference not in hand_made.held
    }
    return OrderOutcome(
        status=status,
        totals=totals,
        due=order.total - totals.net,
        rows=MappingProxyType(rows),
        adopted=hand_made.adopted,
        held=hand_made.held,
        exceptions=(
            *hand_made.exceptions,
            *(found for share in present for found in _payment_exceptions(order, share, totals)),
            *_order_exceptions(order, totals, status, rules),
        ),
    )


def payment_row(payment: Payment, method: str) -> OrderPaymentRow:
    """The row that shows a payment on its order."""
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
    )


def _totals(order: Order, payments: Sequence[Payment], hand_made: HandMade) -> Totals:
    same = [payment for payment in payments if payment.currency == order.currency]
    statuses = {payment.status for payment in same}
    return Totals(
        captured=sum(p.captured for p in same) + hand_made.received,
        refunded=sum(p.refunded for p in same) + hand_made.given_back,
        dispute_lost=sum(p.dispute_lost for p in same),
        authorized=sum(p.authorized for p in same),
        disputed=any(payment.disputed > 0 or payment.dispute_open for payment in payments),
        pending=PaymentStatus.PENDING in statuses,
        failed=PaymentStatus.FAILED in statuses,
    )


def _status(order: Order, totals: Totals, rules: StatusRules) -> OrderPaymentStatus:
    """The table of payment statuses: the first row that holds."""
    tolerance = rules.tolerance.get(order.currency, 0)
    total, net = order.total, totals.net
    went_back = totals.refunded + totals.dispute_lost > 0
    equal = abs(net - total) <= tolerance
    free = total == 0 and order.state in (OrderState.VALIDATED, OrderState.SHIPPED)
    table = (
        (OrderPaymentStatus.DISPUTED, totals.disputed),
        (OrderPaymentStatus.REFUNDED, totals.captured > 0 and net <= 0),
        (OrderPaymentStatus.OVERPAID, totals.captured > 0 and net > total and not equal),
        (OrderPaymentStatus.PAID, totals.captured > 0 and equal and total > 0),
        (OrderPaymentStatus.PARTIALLY_REFUNDED, went_back and net < total),
        (OrderPaymentStatus.PARTIALLY_PAID, 0 < net < total),
        (OrderPaymentStatus.AUTHORIZED, 0 < total <= totals.authorized + tolerance),
        (OrderPaymentStatus.PENDING, totals.pending),
        (OrderPaymentStatus.FAILED, totals.failed),
        (OrderPaymentStatus.PAID, free and rules.zero_total_is_paid),
    )
    return next((status for status, holds in table if holds), OrderPaymentStatus.UNPAID)


def _note(payment: Payment) -> str | None:
    parts = []
    if payment.failure and payment.status is PaymentStatus.FAILED:
        parts.append(payment.failure)
    if payment.status is PaymentStatus.PENDING and payment.action_required_since is not None:
        parts.append("waits for the customer to act")
    if payment.funded and payment.status is PaymentStatus.PENDING:
        parts.append(f"{_text(payment.funded, payment)} of {_text(payment.amount, payment)} come")
    if payment.refund_pending:
        parts.append(f"refund of {_text(payment.refund_pending, payment)} on its way")
    return "; ".join(parts) or None


def _text(amount: int, payment: Payment) -> str:
    return f"{to_decimal_text(amount, payment.currency)} {payment.currency}"


def _payment_exceptions(
    order: Order, share: PaymentShare, totals: Totals
) -> tuple[ExceptionFound, ...]:
    """What one payment on an order contradicts or raises by itself."""
    payment = share.payment
    found: list[tuple[ExceptionKind, str]] = [
        (ExceptionKind(flag), _FLAG_TEXT[ExceptionKind(flag)])
        for flag in payment.flags
        if flag in _FLAG_TEXT
    ]
    if not payment.holds_money:
        pass
    elif payment.currency != order.currency:
        found.append(
            (
                ExceptionKind.CURRENCY_MISMATCH,
                f"The payment is in {payment.currency}, order {order.number} in {order.currency}: "
                "it does not add up.",
            )
        )
    elif payment.kept > order.total:
        found.append(
            (
                ExceptionKind.AMOUNT_MISMATCH,
                f"The payment keeps {_text(payment.kept, payment)}, more than order "
                f"{order.number} costs ({_text(order.total, payment)}).",
            )
        )
    elif share.rule in _BUYER_CAN_SET and payment.kept > 0 and totals.net < order.total:
        found.append(
            (
                ExceptionKind.AMOUNT_MISMATCH,
                f"Linked by {share.rule.value}, which the buyer can set, and only "
                f"{_text(totals.net, payment)} of {_text(order.total, payment)} is paid.",
            )
        )
    if share.unallocated:
        found.append(
            (
                ExceptionKind.AMOUNT_MISMATCH,
                f"{_text(share.unallocated, payment)} of the payment is on no order.",
            )
        )
    return tuple(
        ExceptionFound(kind, message, payment.transaction_reference, order.id)
        for kind, message in found
    )


_FLAG_TEXT: Mapping[ExceptionKind, str] = MappingProxyType(
    {
        ExceptionKind.CUSTOMER_OWED: "A refund failed: the customer is still owed the money.",
        ExceptionKind.CASH_BALANCE_SURPLUS: "The customer's cash balance holds more than was due.",
        ExceptionKind.DISPUTE_INQUIRY: "The bank asks about the payment; no money moved yet.",
    }
)


def _order_exceptions(
    order: Order, totals: Totals, status: OrderPaymentStatus, rules: StatusRules
) -> tuple[ExceptionFound, ...]:
    """What an order's payments contradict in the order itself."""
    found: list[tuple[ExceptionKind, str]] = []
    tolerance = rules.tolerance.get(order.currency, 0)
    if order.state is OrderState.CANCELLED and totals.net > 0:
        found.append(
            (ExceptionKind.CANCELLED_ORDER_PAID, f"Order {order.number} is cancelled, yet paid.")
        )
    if totals.authorized > 0 and totals.net + totals.authorized + tolerance < order.total:
        found.append(
            (
                ExceptionKind.PARTLY_AUTHORIZED,
                f"Only a part of order {order.number} is authorised.",
            )
        )
    short = status is OrderPaymentStatus.DISPUTED or totals.net + tolerance < order.total
    if order.state is OrderState.SHIPPED and totals.captured + tolerance >= order.total and short:
        found.append(
            (
                ExceptionKind.SHIPPED_NOT_PAID,
                f"Order {order.number} has shipped and is no longer paid ({status.value}).",
            )
        )
    return tuple(ExceptionFound(kind, message, None, order.id) for kind, message in found)
