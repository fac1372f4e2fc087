"""Rows that staff recorded by hand: they count like any money, and are never counted twice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import TypeAlias

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.own_rows import own_rows
from monstock_stripe_core.payment import Payment, PaymentStatus


@dataclass(frozen=True, slots=True)
class HandMade:
    """What the hand-made rows of an order come to, beside its Stripe payments.

    Attributes:
        received: positive rows, minor units of the order's currency.
        given_back: negative rows and the refunded parts of rows.
        adopted: transaction reference → id of the row that is this very payment.
        held: payments whose own row waits, since a hand-made row seems to be the same.
        counted: the rows that count as money.
    """

    received: int
    given_back: int
    adopted: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    held: frozenset[str] = frozenset()
    exceptions: tuple[ExceptionFound, ...] = ()
    counted: tuple[OrderPaymentRow, ...] = ()


def without_leaving_rows(
    order: Order, payments: Sequence[Payment], written: Collection[str]
) -> Order:
    """The order without the rows that we wrote for payments which have left it.

    Args:
        order: with all of its rows.
        payments: those linked to the order now.
        written: transaction references whose row on this order we wrote.
    """
    linked = {payment.transaction_reference for payment in payments}
    return replace(
        order,
        payments=tuple(
            row
            for row in order.payments
            if not row.ours
            or row.transaction_reference in linked
            or row.transaction_reference not in written
        ),
    )


def read_hand_made_rows(
    order: Order,
    payments: Sequence[Payment],
    stripe_like_methods: frozenset[str],
    near: timedelta,
    cleared: frozenset[tuple[str, str]],
    linked_elsewhere: Mapping[str, str],
) -> HandMade:
    """Tell the rows that are Stripe payments copied by hand from those that are other money.

    A row that carries one of a payment's ids is that payment, and is adopted. A row by a
    Stripe-like method with the same amount and a near date may be it: it does not count, and the
    payment's own row is held back until a person says. A negative one of what was refunded does
    not count either. A row that carries the id of a payment
    linked to another order does not count here. All else counts. A payment that has several rows of
    ours counts once, and is told of.

    Args:
        order: with all of its rows.
        payments: those linked to the order, sorted by reference.
        stripe_like_methods: methods under which staff record Stripe payments, in lower case.
        near: how far apart the dates may lie.
        cleared: pairs (transaction reference, row id) that a person declared to be two payments.
        linked_elsewhere: reference on a row → order that its payment is linked to.
    """
    by_reference = {
        reference: payment
        for payment in payments
        for reference in (*payment.references, payment.transaction_reference)
    }
    present = {
        row.transaction_reference
        for row in order.payments
        if row.ours and row.transaction_reference in by_reference
    }
    adopted: dict[str, str] = {}
    exceptions: list[ExceptionFound] = []
    others: list[OrderPaymentRow] = []
    for row in sorted(order.payments, key=lambda row: row.row_id or ""):
        reference = row.transaction_reference or ""
        payment = by_reference.get(reference)
        if payment is not None and row.ours and reference == payment.transaction_reference:
            continue
        if payment is not None:
            own = payment.transaction_reference
            if own in present or own in adopted:
                exceptions.append(_second_row(order, row, own))
            else:
                adopted[own] = row.row_id or ""
        elif reference in linked_elsewhere:
            exceptions.append(_row_of_elsewhere(order, row, linked_elsewhere[reference]))
        else:
            others.append(row)
    free = [
        payment
        for payment in payments
        if payment.captured > 0
        and payment.currency == order.currency
        and payment.transaction_reference not in adopted
    ]
    like = [row for row in others if row.method.casefold() in stripe_like_methods]
    copies = _nearest_first(_copied_payments(free, like, near), cleared)
    refund_copies = _nearest_first(_copied_refunds(payments, like), cleared)
    doubled = {*copies.items(), *refund_copies.items()}
    money = [
        row
        for row in others
        if row.status is PaymentStatus.SUCCEEDED
        and row.currency == order.currency
        and row.row_id not in {row_id for _, row_id in doubled}
    ]
    exceptions += [_possible_duplicate(order, *pair) for pair in sorted(doubled)]
    exceptions += [
        _written_twice(order, own, rows)
        for own, rows in sorted(own_rows(order.payments).items())
        if len(rows) > 1 and own in by_reference and by_reference[own].transaction_reference == own
    ]
    exceptions += [
        _other_currency(order, row)
        for row in others
        if row.status is PaymentStatus.SUCCEEDED and row.currency != order.currency
    ]
    return replace(
        counted_money(money),
        adopted=MappingProxyType(adopted),
        held=frozenset(copies) - present,
        exceptions=tuple(exceptions),
    )


def counted_money(rows: Sequence[OrderPaymentRow]) -> HandMade:
    """What rows come to that staff recorded and that count as money."""
    return HandMade(
        received=sum(row.amount for row in rows if row.amount > 0),
        given_back=sum(row.refunded + row.dispute_lost - min(row.amount, 0) for row in rows),
        counted=tuple(rows),
    )


_Pair: TypeAlias = tuple[timedelta, str, str]
"""How far apart they lie, the payment's transaction reference, the row's id."""


def _copied_payments(
    payments: Sequence[Payment], rows: Sequence[OrderPaymentRow], near: timedelta
) -> list[_Pair]:
    """Rows that may be a payment copied by hand; one without a date may be as far as allowed."""
    return [
        (apart, payment.transaction_reference, row.row_id or "")
        for payment in payments
        for row in rows
        if row.amount == payment.captured and row.currency == payment.currency
        for apart in [
            near
            if row.paid_at is None
            else abs(row.paid_at - (payment.captured_at or payment.created_at))
        ]
        if apart <= near
    ]


def _copied_refunds(payments: Sequence[Payment], rows: Sequence[OrderPaymentRow]) -> list[_Pair]:
    """Negative rows that may be a payment's refunds copied by hand, whenever that was."""
    return [
        (timedelta(0), payment.transaction_reference, row.row_id or "")
        for payment in payments
        for row in rows
        if payment.refunded > 0
        and row.amount == -payment.refunded
        and row.currency == payment.currency
    ]


def _nearest_first(pairs: Iterable[_Pair], cleared: frozenset[tuple[str, str]]) -> dict[str, str]:
    """Each payment with one row, each row with one payment, the nearest in time first."""
    copies: dict[str, str] = {}
    taken: set[str] = set()
    for _, reference, row_id in sorted(pairs):
        if reference not in copies and row_id not in taken and (reference, row_id) not in cleared:
            copies[reference] = row_id
            taken.add(row_id)
    return copies


def _second_row(order: Order, row: OrderPaymentRow, reference: str) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.POSSIBLE_DUPLICATE,
        f"Row {row.row_id} of order {order.number} repeats this payment; it counts once.",
        reference,
        order.id,
    )


def _written_twice(order: Order, reference: str, rows: Sequence[OrderPaymentRow]) -> ExceptionFound:
    ids = " and ".join(row.row_id or "" for row in rows)
    return ExceptionFound(
        ExceptionKind.WRITTEN_TWICE,
        f"Rows {ids} of order {order.number} show this one payment by our method. It counts once; "
        "a row that only repeats what was written is taken away.",
        reference,
        order.id,
    )


def _possible_duplicate(order: Order, reference: str, row_id: str) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.POSSIBLE_DUPLICATE,
        f"Row {row_id} of order {order.number}, recorded by hand, seems to be this payment or its "
        "refund; it counts once.",
        reference,
        order.id,
    )


def _row_of_elsewhere(order: Order, row: OrderPaymentRow, elsewhere: str) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.POSSIBLE_DUPLICATE,
        f"Row {row.row_id} of order {order.number} carries a payment that is linked to order "
        f"{elsewhere}; it counts there only.",
        row.transaction_reference,
        order.id,
    )


def _other_currency(order: Order, row: OrderPaymentRow) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.CURRENCY_MISMATCH,
        f"Row {row.row_id} is in {row.currency}, order {order.number} in {order.currency}: it does "
        "not add up.",
        row.transaction_reference,
        order.id,
    )
