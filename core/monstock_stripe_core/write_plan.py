"""The least writes that bring an order in Monstock to what its payments say.

What Monstock has is compared with what it should have; equal things are never written, so that
both systems fall silent. What staff change by hand in a row of ours is restored once and reported.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.last_write import (
    ABSENT,
    ORDER_PAYMENT_URL,
    ORDER_STATE,
    ORDER_STATUS,
    LastWrite,
    row_digest,
    url_digest,
)
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus
from monstock_stripe_core.order_status import OrderOutcome
from monstock_stripe_core.own_rows import own_rows
from monstock_stripe_core.writes import AdoptPayment, DeletePayment, PatchOrder, PutPayment, Write


def _as_is(row: OrderPaymentRow) -> OrderPaymentRow:
    return row


@dataclass(frozen=True, slots=True)
class WriteRules:
    """What a tenant's profile and settings allow to be written.

    Attributes:
        payment_status: whether the status is ours to write, or derived by Monstock.
        amount_due: whether the order has a field for the amount due that is ours to write.
        payment_url: whether it has one for where the customer can pay.
        other_currencies: whether a payment in another currency can stand on an order.
        on_paid_state: the tenant's word for the state to set on a paid order; None: never.
        on_paid_from: the states, in the tenant's words, from which it may be set.
        as_stored: how a row reads once Monstock has stored it (lost fields, rounded times).
    """

    payment_status: bool = True
    amount_due: bool = True
    payment_url: bool = True
    other_currencies: bool = True
    on_paid_state: str | None = None
    on_paid_from: frozenset[str] = frozenset()
    as_stored: Callable[[OrderPaymentRow], OrderPaymentRow] = field(default=_as_is)


@dataclass(frozen=True, slots=True)
class WritePlan:
    """The writes in the order in which they must go, rows before status, and what was noticed."""

    writes: tuple[Write, ...] = ()
    exceptions: tuple[ExceptionFound, ...] = ()


def plan_writes(
    order: Order,
    outcome: OrderOutcome,
    last: Mapping[str, LastWrite] = MappingProxyType({}),
    rules: WriteRules | None = None,
    payment_url: str | None = None,
) -> WritePlan:
    """Compare an order as it is with what it should be.

    Args:
        order: as Monstock has it now.
        outcome: what its payments say.
        last: what we last wrote on it, by transaction reference, under `ORDER_STATUS` and
            `ORDER_PAYMENT_URL`, and under `ORDER_STATE` where we set the order's own state.
        rules: what may be written; by default everything but the order's own state.
        payment_url: where the customer can pay; None where nowhere.

    Returns:
        The plan; without writes where nothing differs. Applying it and planning again gives an
        empty plan.
    """
    rules = rules or WriteRules()
    on_rows = _on_rows(order, outcome, last, rules)
    patch, by_hand, url_by_hand = _patch(order, outcome, last, rules, payment_url)
    exceptions = list(on_rows.exceptions)
    if by_hand:
        exceptions.append(_changed_by_hand(order, None))
    if url_by_hand:
        exceptions.append(_url_by_hand(order, payment_url))
    patches = () if patch is None else (patch,)
    return WritePlan((*on_rows.writes, *patches), tuple(exceptions))


def _on_rows(
    order: Order, outcome: OrderOutcome, last: Mapping[str, LastWrite], rules: WriteRules
) -> WritePlan:
    """What is to be written on the rows of the order's payments."""
    standing = standing_rows(order, last)
    writes: list[Write] = []
    exceptions: list[ExceptionFound] = []
    for reference, row in sorted(outcome.rows.items()):
        if row.currency != order.currency and not rules.other_currencies:
            continue  # the outcome reports it; it must not hold up what can be written
        desired = rules.as_stored(row)
        ours = standing.get(reference, ())
        now = ours[0] if ours else None
        if now is None and reference in outcome.adopted:
            writes.append(AdoptPayment(outcome.adopted[reference], row))
            continue
        verdict = _compare(
            ABSENT if now is None else row_digest(now),
            row_digest(desired),
            last.get(reference),
        )
        # Before the row is replaced: what was written last shows that the others are ours.
        writes += [
            DeletePayment(row.row_id, reference, surplus=True)
            for row in _as_written(ours[1:], last.get(reference))
            if row.row_id
        ]
        if verdict.write:
            which = ours[0].row_id if len(ours) > 1 else None
            writes.append(PutPayment(row, restores=verdict.restores, row_id=which))
        if verdict.by_hand:
            exceptions.append(_changed_by_hand(order, reference))
    for reference, rows in sorted(standing.items()):
        leaves = reference not in outcome.rows and reference not in outcome.held
        if leaves and reference in last:
            going = (rows[0], *_as_written(rows[1:], last[reference]))
            writes += [DeletePayment(row.row_id, reference) for row in going if row.row_id]
    return WritePlan(tuple(writes), tuple(exceptions))


def standing_rows(
    order: Order, last: Mapping[str, LastWrite]
) -> dict[str, tuple[OrderPaymentRow, ...]]:
    """Our rows on an order, by transaction reference; the first of each is the payment's own.

    Of several that is one which says what we wrote, for the others may be somebody else's.

    Args:
        order: as Monstock has it now.
        last: what we last wrote on it.
    """
    return {
        reference: rows
        if len(rows) == 1
        else tuple(sorted(rows, key=lambda row: not _is_as_written(row, last.get(reference))))
        for reference, rows in own_rows(order.payments).items()
    }


def _is_as_written(row: OrderPaymentRow, last: LastWrite | None) -> bool:
    """Whether a row says just what we wrote, or were about to write: then it is our own."""
    return last is not None and row_digest(row) in (last.written, last.intended)


def _as_written(rows: Iterable[OrderPaymentRow], last: LastWrite | None) -> list[OrderPaymentRow]:
    return [row for row in rows if _is_as_written(row, last)]


@dataclass(frozen=True, slots=True)
class _Verdict:
    write: bool = False
    restores: bool = False
    by_hand: bool = False


def _compare(now: str, desired: str, last: LastWrite | None) -> _Verdict:
    """Whether to write, whether that undoes a hand's change, and whether to report one.

    A thing that is neither what we wrote nor what we had begun to write was changed by hand, and
    one that is gone was deleted by hand, unless we had begun to delete it. It is restored once; a
    second change of the same kind is left and stays reported. A new truth (another desired value
    than the one written) is always written.
    """
    if last is None or (last.written is None and now in (ABSENT, desired)):
        return _Verdict(write=now != desired)
    reported = last.restored and not last.dismissed
    if now == desired:
        return _Verdict(by_hand=reported)
    if last.written is None or now in (last.written, last.intended):
        return _Verdict(write=True, by_hand=reported)
    if desired != last.written:
        return _Verdict(write=True, restores=True, by_hand=True)
    if last.dismissed:
        return _Verdict()
    return _Verdict(write=not last.restored, restores=not last.restored, by_hand=True)


def _patch(
    order: Order,
    outcome: OrderOutcome,
    last: Mapping[str, LastWrite],
    rules: WriteRules,
    payment_url: str | None,
) -> tuple[PatchOrder | None, bool, bool]:
    status: OrderPaymentStatus | None = None
    verdict = _Verdict()
    if rules.payment_status:
        now = ABSENT if order.payment_status is None else order.payment_status.value
        verdict = _compare(now, outcome.status.value, last.get(ORDER_STATUS))
        status = outcome.status if verdict.write else None
    due = outcome.due if rules.amount_due and order.amount_due != outcome.due else None
    state = None
    if (
        rules.on_paid_state is not None
        and outcome.status is OrderPaymentStatus.PAID
        and order.raw_state in rules.on_paid_from
        and order.raw_state != rules.on_paid_state
        and ORDER_STATE not in last
    ):
        state = rules.on_paid_state
    on_url = _Verdict()
    if rules.payment_url:
        on_url = _compare_url(order.payment_url, payment_url, last.get(ORDER_PAYMENT_URL))
    url = payment_url or "" if on_url.write else None
    if status is None and due is None and state is None and url is None:
        return None, verdict.by_hand, on_url.by_hand
    patch = PatchOrder(status, due, state, verdict.restores, url, on_url.restores)
    return patch, verdict.by_hand, on_url.by_hand


def _compare_url(now: str | None, desired: str | None, last: LastWrite | None) -> _Verdict:
    """Like `_compare`, but what staff wrote is never overwritten, whatever we have to say."""
    standing = url_digest(now)
    ours = last is not None and standing in (last.written, last.intended)
    if now is not None and not ours:
        return _Verdict(by_hand=desired is not None and desired != now)
    return _compare(standing, url_digest(desired), last)


def _changed_by_hand(order: Order, reference: str | None) -> ExceptionFound:
    what = "The payment status" if reference is None else "A payment row"
    return ExceptionFound(
        ExceptionKind.CHANGED_BY_HAND,
        f"{what} of order {order.number} was changed by hand; the truth is restored once.",
        reference,
        order.id,
    )


def _url_by_hand(order: Order, payment_url: str | None) -> ExceptionFound:
    if order.payment_url in (None, payment_url):
        message = (
            f"Where order {order.number} can be paid was taken away by hand; it is restored once."
        )
    else:
        message = (
            f"Order {order.number} shows an address to pay at that somebody else wrote; it stays, "
            "and the one of the open invoice or Payment Link is not shown."
        )
    return ExceptionFound(ExceptionKind.PAYMENT_URL_BY_HAND, message, None, order.id)
