"""Orders derived from what the ledger knows of their payments, and what that leaves to write.

The rules are the core's; here the facts for them are brought together, many orders at a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monstock_stripe_core.allocation import share_of
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.order_status import OrderOutcome, order_outcome
from monstock_stripe_core.payment import LinkRule
from monstock_stripe_core.write_plan import (
    ORDER_STATUS,
    AdoptPayment,
    DeletePayment,
    LastWrite,
    PutPayment,
    Write,
    WritePlan,
    plan_writes,
    row_digest,
)
from sqlalchemy import Connection

from target_monstock.ledger.decisions import dismissed_exceptions
from target_monstock.ledger.exceptions import Amount
from target_monstock.ledger.orders import Remembered, last_writes
from target_monstock.ledger.payments import LinkedPayment, linked_elsewhere, linked_payments
from target_monstock.rules import Rules

AsStored = Callable[[OrderPaymentRow, Order], OrderPaymentRow]
"""How a row would be read back from this tenant."""


@dataclass(frozen=True, slots=True)
class Derived:
    """What an order should be, and the writes that make it so.

    Attributes:
        remembered: what was written before, by key.
        desired: digest of what should stand, by key.
        standing: digest of what stands, by key.
        foreign: references on its rows that are of no payment linked to it.
    """

    order: Order
    outcome: OrderOutcome
    plan: WritePlan
    exceptions: tuple[ExceptionFound, ...]
    payments: tuple[LinkedPayment, ...]
    remembered: Mapping[str, Remembered]
    desired: Mapping[str, str]
    standing: Mapping[str, str]
    foreign: frozenset[str]

    @property
    def amounts(self) -> dict[str, Amount]:
        """The money concerned, by order and by payment."""
        found = {
            linked.payment.transaction_reference: Amount(
                linked.payment.amount, linked.payment.currency
            )
            for linked in self.payments
        }
        found[self.order.id] = Amount(self.order.total, self.order.currency)
        return found

    def rule_of(self, transaction_reference: str) -> LinkRule | None:
        """What linked a payment to this order."""
        for linked in self.payments:
            if linked.payment.transaction_reference == transaction_reference:
                return linked.rule
        return None


def derive_orders(
    connection: Connection,
    orders: Sequence[Order],
    rules: Rules,
    as_stored: AsStored,
    now: datetime,
) -> list[Derived]:
    """Derive orders as they were just read.

    Args:
        connection: inside a transaction.
        orders: as Monstock has them.
        rules: of this run.
        as_stored: how a row would be read back from this tenant.
        now: UTC.
    """
    ids = [order.id for order in orders]
    payments = linked_payments(connection, ids)
    remembered = last_writes(connection, ids)
    dismissed = dismissed_exceptions(connection, ids)
    foreign = {order.id: _foreign(order, payments[order.id]) for order in orders}
    elsewhere = linked_elsewhere(
        connection, {one for several in foreign.values() for one in several}
    )
    return [
        _derive(
            order,
            tuple(payments[order.id]),
            remembered.get(order.id, {}),
            frozenset(dismissed.get(order.id, ())),
            foreign[order.id],
            elsewhere,
            rules,
            as_stored,
            now,
        )
        for order in orders
    ]


def _derive(
    order: Order,
    payments: tuple[LinkedPayment, ...],
    remembered: Mapping[str, Remembered],
    dismissed: frozenset[tuple[ExceptionKind, str]],
    foreign: frozenset[str],
    elsewhere: Mapping[str, Sequence[str]],
    rules: Rules,
    as_stored: AsStored,
    now: datetime,
) -> Derived:
    outcome = order_outcome(
        _without_leaving_rows(order, payments, remembered),
        [share_of(one.payment, one.allocations, order.id, one.rule) for one in payments],
        rules.status,
        now,
        cleared=_cleared(order, dismissed),
        linked_elsewhere={
            reference: others[0] for reference in foreign if (others := elsewhere.get(reference))
        },
    )
    standing = _standing(order, rules)
    desired = {
        reference: row_digest(as_stored(row, order)) for reference, row in outcome.rows.items()
    }
    if rules.writes.payment_status:
        desired[ORDER_STATUS] = outcome.status.value
    known = {key: _caught_up(one, standing.get(key)) for key, one in remembered.items()}
    plan = plan_writes(
        order,
        outcome,
        {key: one.last for key, one in known.items()},
        replace(rules.writes, as_stored=lambda row: as_stored(row, order)),
    )
    found = (*outcome.exceptions, *plan.exceptions)
    return Derived(
        order=order,
        outcome=outcome,
        plan=plan,
        exceptions=tuple(
            one for one in found if (one.kind, one.transaction_reference or "") not in dismissed
        ),
        payments=payments,
        remembered=known,
        desired=desired,
        standing=standing,
        foreign=foreign,
    )


def _foreign(order: Order, payments: Iterable[LinkedPayment]) -> frozenset[str]:
    own = {
        reference
        for linked in payments
        for reference in (linked.payment.transaction_reference, *linked.payment.references)
    }
    return frozenset(
        row.transaction_reference
        for row in order.payments
        if row.transaction_reference and row.transaction_reference not in own
    )


def _without_leaving_rows(
    order: Order, payments: Iterable[LinkedPayment], remembered: Mapping[str, Remembered]
) -> Order:
    """The order without rows of ours whose payment went: about to be deleted, they are no money."""
    staying = {linked.payment.transaction_reference for linked in payments}
    return replace(
        order,
        payments=tuple(
            row
            for row in order.payments
            if not row.ours
            or row.transaction_reference in staying
            or row.transaction_reference not in remembered
        ),
    )


def _cleared(
    order: Order, dismissed: frozenset[tuple[ExceptionKind, str]]
) -> frozenset[tuple[str, str]]:
    """Payments and hand-made rows of which a person said that they are two."""
    two = {reference for kind, reference in dismissed if kind is ExceptionKind.POSSIBLE_DUPLICATE}
    return frozenset(
        (reference, row.row_id)
        for reference in two
        for row in order.payments
        if not row.ours and row.row_id is not None
    )


def _standing(order: Order, rules: Rules) -> dict[str, str]:
    standing = {
        row.transaction_reference: row_digest(row)
        for row in order.payments
        if row.ours and row.transaction_reference
    }
    if rules.writes.payment_status and order.payment_status is not None:
        standing[ORDER_STATUS] = order.payment_status.value
    return standing


def _caught_up(one: Remembered, standing: str | None) -> Remembered:
    """What is remembered, when a restoring write took effect and the run died before it knew."""
    last = one.last
    if one.restores and standing is not None and standing == last.intended:
        return Remembered(replace(last, restored=True))
    return one


def key_of(write: Write) -> str | None:
    """The key under which a write is remembered; None for one of no interest later."""
    if isinstance(write, PutPayment | AdoptPayment):
        return write.row.transaction_reference
    if isinstance(write, DeletePayment):
        return write.transaction_reference
    return ORDER_STATUS if write.payment_status is not None else None


def intentions(derived: Derived) -> dict[str, Remembered | None]:
    """What is about to be written, to be durable before it is: so no crash makes it a stranger."""
    noted: dict[str, Remembered | None] = {}
    for write in derived.plan.writes:
        key = key_of(write)
        if key is None or isinstance(write, DeletePayment):
            continue
        last = _last(derived, key)
        restores = not isinstance(write, AdoptPayment) and write.restores
        noted[key] = Remembered(replace(last, intended=derived.desired[key]), restores)
    return noted


def results(derived: Derived, written: Iterable[Write]) -> dict[str, Remembered | None]:
    """What has been written."""
    noted: dict[str, Remembered | None] = {}
    for write in written:
        key = key_of(write)
        if key is None:
            continue
        if isinstance(write, DeletePayment):
            noted[key] = None
            continue
        last = _last(derived, key)
        restored = last.restored or (not isinstance(write, AdoptPayment) and write.restores)
        noted[key] = Remembered(LastWrite(derived.desired[key], None, restored, last.dismissed))
    return noted


def confirmations(derived: Derived) -> dict[str, Remembered | None]:
    """What was found standing as it should, and is not yet remembered as written.

    A write whose answer was lost, or all of them where the ledger was lost: from now on a hand's
    change is told from ours.
    """
    return {
        key: Remembered(
            LastWrite(wanted, None, _last(derived, key).restored, _last(derived, key).dismissed)
        )
        for key, wanted in derived.desired.items()
        if derived.standing.get(key) == wanted
        and (
            key not in derived.remembered
            or derived.remembered[key].last.written != wanted
            or derived.remembered[key].last.intended is not None
        )
    }


def vanished(derived: Derived) -> dict[str, Remembered | None]:
    """What is remembered as written, stands no more, and should not: deleted by us or by staff."""
    return {
        key: None
        for key in derived.remembered
        if key not in derived.desired and key not in derived.standing and key != ORDER_STATUS
    }


def _last(derived: Derived, key: str) -> LastWrite:
    one = derived.remembered.get(key)
    return LastWrite() if one is None else one.last
