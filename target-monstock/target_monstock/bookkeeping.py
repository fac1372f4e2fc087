"""What working on orders leaves in the ledger, inside the transaction of whoever calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.last_write import ORDER_PAYMENT_URL, ORDER_STATUS
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.writes import AdoptPayment, DeletePayment, PatchOrder, PutPayment, Write
from sqlalchemy import Connection
from target_common.ledger.exceptions import Amount
from target_common.ledger.queue import DirtySubject

from target_monstock.derive import Derived
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.history import AuditEntry, append_audit, row_content
from target_monstock.ledger.links import linked_payments, relink_payments_of
from target_monstock.ledger.orders import (
    QUEUE,
    remember_orders,
    save_last_writes,
    save_row_references,
)
from target_monstock.remembering import confirmations, intentions, results, vanished


@dataclass(frozen=True, slots=True)
class Done:
    """What was written on one order.

    Attributes:
        order: as it is after the last write: its new time of change.
        done: the writes that Monstock took.
        complete: whether they were all of the plan.
    """

    job: DirtySubject
    derived: Derived
    order: Order
    done: tuple[Write, ...]
    complete: bool


def keep_derived(
    connection: Connection,
    derived: Sequence[tuple[DirtySubject | None, Derived]],
    run_id: str,
    now: datetime,
    *,
    carry_out: bool,
) -> None:
    """Store what was derived: exceptions, what stands as it should, and what is to be written.

    Args:
        connection: inside a transaction.
        derived: with the job that is settled by it, if nothing is left to write.
        run_id: for the audit.
        now: UTC.
        carry_out: False in a dry run, where plans are not carried out.
    """
    if not derived:
        return
    _renew_order_exceptions(connection, [each for _, each in derived], now)
    save_row_references(connection, {each.order.id: each.foreign for _, each in derived})
    changed = {
        each.order.id: confirmations(each)
        | vanished(each)
        | (intentions(each) if carry_out else {})
        for _, each in derived
    }
    save_last_writes(connection, changed, now)
    append_audit(
        connection,
        run_id,
        [entry for _, each in derived for entry in _found_done(each)],
        now,
    )
    settled = [(job, each) for job, each in derived if not each.plan.writes or not carry_out]
    remember_orders(connection, [(e.order, e.outcome) for _, e in settled], now, as_read=True)
    QUEUE.clean(connection, [job for job, _ in settled if job is not None])
    renew_exceptions(connection, Source.WRITE, {each.order.id: () for _, each in settled}, {}, now)


def keep_written(
    connection: Connection, written: Sequence[Done], run_id: str, now: datetime
) -> None:
    """Store what Monstock took."""
    if not written:
        return
    save_last_writes(
        connection, {one.derived.order.id: results(one.derived, one.done) for one in written}, now
    )
    append_audit(
        connection,
        run_id,
        [_entry(one.derived, write) for one in written for write in one.done],
        now,
    )
    complete = [one for one in written if one.complete]
    remember_orders(
        connection, [(one.order, one.derived.outcome) for one in complete], now, as_read=False
    )
    QUEUE.clean(connection, [one.job for one in complete])
    renew_exceptions(
        connection, Source.WRITE, {one.derived.order.id: () for one in complete}, {}, now
    )


def keep_missing(connection: Connection, jobs: Sequence[DirtySubject], now: datetime) -> None:
    """Orders that Monstock does not have (any more): their payments look for an order again."""
    if not jobs:
        return
    ids = [job.subject for job in jobs]
    linked = linked_payments(connection, ids)
    found = {
        order_id: [
            ExceptionFound(
                ExceptionKind.WAITING_FOR_ORDER,
                f"The payment is linked to order {order_id} by {one.rule.value}, "
                "which Monstock does not have.",
                one.payment.transaction_reference,
                order_id,
            )
            for one in payments
            if one.payment.holds_money
        ]
        for order_id, payments in linked.items()
    }
    amounts = {
        one.payment.transaction_reference: Amount(one.payment.amount, one.payment.currency)
        for payments in linked.values()
        for one in payments
    }
    relink_payments_of(connection, ids)
    save_row_references(connection, dict.fromkeys(ids, ()))
    renew_exceptions(connection, Source.ORDER, found, amounts, now)
    renew_exceptions(connection, Source.WRITE, dict.fromkeys(ids, ()), {}, now)
    QUEUE.clean(connection, jobs)


def keep_quote(
    connection: Connection, quotes: Sequence[tuple[DirtySubject | None, Order]], now: datetime
) -> None:
    """Orders that are only quotes: nothing is derived, and their payments wait."""
    if not quotes:
        return
    ids = [order.id for _, order in quotes]
    relink_payments_of(connection, ids)
    remember_orders(connection, [(order, None) for _, order in quotes], now, as_read=True)
    renew_exceptions(connection, Source.ORDER, dict.fromkeys(ids, ()), {}, now)
    QUEUE.clean(connection, [job for job, _ in quotes if job is not None])


def keep_refusal(
    connection: Connection, job: DirtySubject, refusal: ExceptionFound, now: datetime
) -> None:
    """An order that Monstock did not let us read or write: it stays dirty, and is shown."""
    renew_exceptions(connection, Source.WRITE, {job.subject: (refusal,)}, {}, now)


def _renew_order_exceptions(
    connection: Connection, derived: Sequence[Derived], now: datetime
) -> None:
    amounts: dict[str, Amount] = {}
    for each in derived:
        amounts |= each.amounts
    renew_exceptions(
        connection,
        Source.ORDER,
        {each.order.id: each.exceptions for each in derived},
        amounts,
        now,
    )


def _found_done(derived: Derived) -> list[AuditEntry]:
    """Writes of which no run saw the end, and which are found to have had their effect."""
    return [
        AuditEntry(
            order_id=derived.order.id,
            transaction_reference="" if key in (ORDER_STATUS, ORDER_PAYMENT_URL) else key,
            action="found",
            link_rule=derived.rule_of(key),
            why="An earlier write had its effect although its answer was lost.",
            before=None,
            after=row_content(derived.outcome.rows.get(key)),
        )
        for key in confirmations(derived)
        if key in derived.remembered
        and derived.remembered[key].last.intended == derived.desired[key]
        and derived.remembered[key].last.written != derived.desired[key]
    ]


def _entry(derived: Derived, write: Write) -> AuditEntry:
    order = derived.order
    if isinstance(write, PatchOrder):
        before, after = _order_change(order, write)
        return AuditEntry(order.id, "", "patch", None, _why(write), before, after)
    if isinstance(write, DeletePayment):
        row = _row(order, row_id=write.row_id)
        return AuditEntry(
            order.id,
            write.transaction_reference,
            "delete",
            None,
            _why(write),
            row_content(row),
            None,
        )
    reference = write.row.transaction_reference or ""
    adopted = isinstance(write, AdoptPayment)
    row = (
        _row(order, row_id=write.row_id)
        if write.row_id is not None
        else _row(order, reference=reference)
    )
    return AuditEntry(
        order.id,
        reference,
        "adopt" if adopted else "put",
        derived.rule_of(reference),
        _why(write),
        row_content(row),
        row_content(write.row),
    )


def _why(write: Write) -> str:
    if isinstance(write, AdoptPayment):
        return "A row made by hand carries this payment's id."
    if isinstance(write, DeletePayment):
        if write.surplus:
            return "The row stood there twice, as it was written once."
        return "The payment no longer belongs to this order."
    if write.restores or (isinstance(write, PatchOrder) and write.restores_url):
        return "A hand had changed it; the truth is restored once."
    if isinstance(write, PutPayment):
        return "The row did not say what the payment says."
    if write == PatchOrder(payment_url=write.payment_url):
        if write.payment_url:
            return "The order did not say where its customer can pay."
        return "Its customer can no longer pay there."
    return "The order did not say what its payments come to."


def _row(
    order: Order, *, row_id: str | None = None, reference: str | None = None
) -> OrderPaymentRow | None:
    for row in order.payments:
        if row_id is not None and row.row_id == row_id:
            return row
        if reference is not None and row.ours and row.transaction_reference == reference:
            return row
    return None


def _order_change(order: Order, write: PatchOrder) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if write.payment_status is not None:
        before["payment_status"] = order.payment_status and order.payment_status.value
        after["payment_status"] = write.payment_status.value
    if write.amount_due is not None:
        before["amount_due"] = order.amount_due
        after["amount_due"] = write.amount_due
    if write.state is not None:
        before["state"] = order.raw_state
        after["state"] = write.state
    if write.payment_url is not None:
        before["payment_url"] = order.payment_url
        after["payment_url"] = write.payment_url or None
    return before, after
