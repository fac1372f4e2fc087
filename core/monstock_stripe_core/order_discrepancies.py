"""What is to be looked at on an order whatever Monstock shows: its payments against the order."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.discrepancy import Discrepancy, Reason
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.order import Order, OrderState
from monstock_stripe_core.order_status import OrderOutcome
from monstock_stripe_core.payment import Payment, PaymentStatus


def order_discrepancies(
    order: Order, shares: Sequence[PaymentShare], outcome: OrderOutcome, tolerance: int
) -> Iterator[Discrepancy]:
    """Everything about an order's payments that somebody has to act on.

    Args:
        order: as Monstock has it.
        shares: its payments.
        outcome: what they come to.
        tolerance: minor units within which an amount counts as equal.
    """
    kinds = {exception.kind for exception in outcome.exceptions}
    for share in shares:
        yield from _of_payment(order, share, outcome)
    yield from _in_other_currencies(order, shares, outcome)
    yield from _recorded_twice(order, shares, outcome)
    if ExceptionKind.CANCELLED_ORDER_PAID in kinds:
        kept = [share.payment for share in shares if share.payment.kept > 0]
        only = kept[0].transaction_reference if len(kept) == 1 else None
        yield Discrepancy(Reason.CANCELLED_ORDER, outcome.totals.net, order.currency, only)
    elif order.state is not OrderState.CANCELLED:
        yield from _too_much(order, shares, outcome.totals.net - order.total, tolerance)
    if ExceptionKind.SHIPPED_NOT_PAID in kinds:
        disputed = sum(
            share.payment.disputed for share in shares if share.payment.currency == order.currency
        )
        missing = outcome.due if outcome.due > 0 else disputed
        yield Discrepancy(Reason.SHIPPED_NOT_PAID, max(0, missing), order.currency)


def _of_payment(order: Order, share: PaymentShare, outcome: OrderOutcome) -> Iterator[Discrepancy]:
    payment = share.payment
    reference = payment.transaction_reference
    if payment.dispute_open:
        yield Discrepancy(Reason.DISPUTE_OPEN, payment.disputed, payment.currency, reference)
    elif ExceptionKind.DISPUTE_INQUIRY.value in payment.flags:
        facts = MappingProxyType({"inquiry": True})
        yield Discrepancy(Reason.DISPUTE_OPEN, 0, payment.currency, reference, facts=facts)
    alive = order.state in (OrderState.VALIDATED, OrderState.SHIPPED)
    if payment.dispute_lost and alive and outcome.totals.net < order.total:
        yield Discrepancy(Reason.DISPUTE_LOST, payment.dispute_lost, payment.currency, reference)
    if ExceptionKind.CUSTOMER_OWED.value in payment.flags:
        yield Discrepancy(Reason.CUSTOMER_OWED, payment.refund_failed, payment.currency, reference)
    if ExceptionKind.CASH_BALANCE_SURPLUS.value in payment.flags:
        facts = MappingProxyType({"cash_balance": True})
        yield Discrepancy(Reason.CUSTOMER_OWED, 0, payment.currency, reference, facts=facts)
    if share.unallocated:
        facts = MappingProxyType({"part": True})
        yield Discrepancy(
            Reason.NO_ORDER, share.unallocated, payment.currency, reference, facts=facts
        )


def _in_other_currencies(
    order: Order, shares: Sequence[PaymentShare], outcome: OrderOutcome
) -> Iterator[Discrepancy]:
    by_reference = {share.payment.transaction_reference: share.payment for share in shares}
    facts = MappingProxyType({"order_currency": order.currency})
    for exception in outcome.exceptions:
        payment = by_reference.get(exception.transaction_reference or "")
        if exception.kind is ExceptionKind.CURRENCY_MISMATCH and payment is not None:
            amount = payment.kept or payment.authorized or payment.funded or payment.disputed
            yield Discrepancy(
                Reason.CURRENCY_DIFFERS,
                amount,
                payment.currency,
                payment.transaction_reference,
                facts=facts,
            )
    for row in order.payments:
        counts = row.status is PaymentStatus.SUCCEEDED and row.currency != order.currency
        if counts and row.transaction_reference not in by_reference and not row.ours:
            yield Discrepancy(
                Reason.CURRENCY_DIFFERS, abs(row.amount), row.currency, None, row.row_id, facts
            )


def _recorded_twice(
    order: Order, shares: Sequence[PaymentShare], outcome: OrderOutcome
) -> Iterator[Discrepancy]:
    captured = {share.payment.transaction_reference: share.payment.captured for share in shares}
    on_rows = {row.transaction_reference or "": abs(row.amount) for row in order.payments}
    for exception in outcome.exceptions:
        if exception.kind in {ExceptionKind.POSSIBLE_DUPLICATE, ExceptionKind.WRITTEN_TWICE}:
            reference = exception.transaction_reference or ""
            amount = captured.get(reference, on_rows.get(reference, 0))
            written = exception.kind is ExceptionKind.WRITTEN_TWICE
            facts = MappingProxyType({"own_rows": True} if written else {})
            yield Discrepancy(Reason.RECORDED_TWICE, amount, order.currency, reference, facts=facts)


def _too_much(
    order: Order, shares: Sequence[PaymentShare], excess: int, tolerance: int
) -> Iterator[Discrepancy]:
    """Whole payments that came twice, the latest first; then what is left of the excess."""
    if excess <= tolerance:
        return
    kept = [
        share.payment
        for share in shares
        if share.payment.currency == order.currency and share.payment.kept > 0
    ]
    for payment in sorted(kept, key=_taken_at, reverse=True):
        twins = [one for one in kept if one is not payment and one.captured == payment.captured]
        if twins and payment.kept <= excess + tolerance:
            kept.remove(payment)
            excess -= payment.kept
            yield Discrepancy(
                Reason.DUPLICATE_PAYMENT,
                payment.kept,
                order.currency,
                payment.transaction_reference,
                facts=MappingProxyType({"first": min(twins, key=_taken_at).transaction_reference}),
            )
    if excess > tolerance:
        yield Discrepancy(Reason.OVERPAID, excess, order.currency)


def _taken_at(payment: Payment) -> tuple[object, str]:
    return payment.captured_at or payment.created_at, payment.transaction_reference
