"""What Monstock's rows show against what their payments are."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.discrepancy import Discrepancy, Reason
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.order_status import OrderOutcome
from monstock_stripe_core.order_totals import Totals
from monstock_stripe_core.own_rows import own_rows
from monstock_stripe_core.payment import PaymentStatus


class KnownPayment(StrEnum):
    """What is known of a payment that a row by our method names and that is not on its order."""

    ELSEWHERE = "elsewhere"
    NOT_LINKED = "not_linked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RowStyle:
    """What a tenant's rows can show.

    Attributes:
        keeps: which of status, refunded, disputed, dispute_lost they have.
        net: whether the amount is what is left, not what was taken.
    """

    keeps: frozenset[str]
    net: bool = False


ALL_FIELDS = RowStyle(frozenset({"status", "refunded", "disputed", "dispute_lost"}))


def shown_net(order: Order) -> int:
    """What an order's rows come to, in its currency: those of Stripe and those made by hand."""
    return shown_totals(order).net


def shown_totals(order: Order) -> Totals:
    """What Monstock's own rows say of an order."""
    rows = [row for row in order.payments if row.currency == order.currency]
    money = [row for row in rows if row.ours or row.status is PaymentStatus.SUCCEEDED]
    statuses = {row.status for row in rows if row.ours}
    return Totals(
        captured=sum(row.amount for row in money if row.amount > 0),
        refunded=sum(row.refunded - min(row.amount, 0) for row in money),
        dispute_lost=sum(row.dispute_lost for row in money),
        authorized=sum(row.authorized for row in rows),
        disputed=any(row.disputed > 0 for row in order.payments),
        pending=PaymentStatus.PENDING in statuses,
        failed=PaymentStatus.FAILED in statuses,
    )


def row_discrepancies(
    order: Order,
    shares: Sequence[PaymentShare],
    outcome: OrderOutcome,
    style: RowStyle,
    known: Mapping[str, KnownPayment],
) -> Iterator[Discrepancy]:
    """Everything that an order's rows say of payments and that is not so.

    Args:
        order: with its rows.
        shares: its payments.
        outcome: with the rows that should stand.
        style: what the tenant's rows can show.
        known: by row id, what is known of the payments that rows by our method name and that are
            not linked to this order.
    """
    ours = {reference: rows[0] for reference, rows in own_rows(order.payments).items()}
    by_id = {row.row_id: row for row in order.payments}
    for reference, right in outcome.rows.items():
        row = ours.get(reference) or by_id.get(outcome.adopted.get(reference))
        yield from _of_row(right, row, style)
    counted = {share.payment.transaction_reference for share in shares} - outcome.rows.keys()
    for row in order.payments:
        nothing = row.transaction_reference in counted - outcome.held
        what = "not_attempted" if nothing else known.get(row.row_id or "")
        amount = row.amount - row.refunded - row.dispute_lost
        if what is not None and row.ours and amount > 0:
            yield Discrepancy(
                Reason.SHOWN_NOT_PAID,
                amount,
                row.currency,
                row.transaction_reference,
                row.row_id,
                MappingProxyType({"payment": str(what)}),
            )


def _of_row(
    right: OrderPaymentRow, row: OrderPaymentRow | None, style: RowStyle
) -> Iterator[Discrepancy]:
    reference, currency = right.transaction_reference, right.currency
    kept = right.amount - right.refunded - right.dispute_lost
    if row is None:
        if right.amount > 0:
            facts = MappingProxyType({"captured": right.amount, "refunded": right.refunded})
            yield Discrepancy(
                Reason.PAID_NOT_SHOWN, kept or right.amount, currency, reference, None, facts
            )
        return
    if row.currency != currency:
        yield Discrepancy(
            Reason.CURRENCY_DIFFERS,
            kept,
            currency,
            reference,
            row.row_id,
            MappingProxyType({"row_currency": row.currency}),
        )
        return

    is_right, shown = (kept if style.net else right.amount), row.amount
    lags = "status" in style.keeps and row.status is not PaymentStatus.SUCCEEDED
    if is_right > 0 and (shown == 0 or (lags and right.status is PaymentStatus.SUCCEEDED)):
        yield _found(Reason.PAID_NOT_SHOWN, row, right, 0, is_right)
        return
    if shown != is_right:
        yield _found(_why_amount(right, style, shown, is_right), row, right, shown, is_right)
    for name, reason in (
        ("refunded", Reason.REFUND_MISSING),
        ("dispute_lost", Reason.DISPUTE_LOST),
    ):
        went, said = getattr(right, name), getattr(row, name)
        if name in style.keeps and said != went:
            yield _found(reason if said < went else Reason.AMOUNT_DIFFERS, row, right, said, went)
    if "disputed" in style.keeps and row.disputed > 0 and right.disputed == 0:
        yield _found(Reason.STATUS_DIFFERS, row, right, row.disputed, 0)


def _why_amount(right: OrderPaymentRow, style: RowStyle, shown: int, is_right: int) -> Reason:
    if style.net and shown > is_right and right.refunded:
        return Reason.REFUND_MISSING
    if style.net and shown > is_right and right.dispute_lost:
        return Reason.DISPUTE_LOST
    return Reason.SHOWN_NOT_PAID if is_right == 0 and shown > 0 else Reason.AMOUNT_DIFFERS


def _found(
    reason: Reason, row: OrderPaymentRow, right: OrderPaymentRow, shown: int, is_right: int
) -> Discrepancy:
    return Discrepancy(
        reason,
        abs(shown - is_right),
        right.currency,
        right.transaction_reference,
        row.row_id,
        MappingProxyType({"shown": shown, "right": is_right}),
    )
