"""What people decided: appended, never changed; the last word on a subject counts.

The ledger can be rebuilt by a full sync, but for these.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.link import Allocation, Decision
from monstock_stripe_core.write_plan import ORDER_STATUS
from sqlalchemy import Connection, select, update
from target_common.errors import TargetError
from target_common.ledger.sql import chunks

from target_monstock.ledger.orders import QUEUE
from target_monstock.ledger.schema import decisions, exceptions, payments, rows_written


class Action(StrEnum):
    """What a person did."""

    LINK = "link"
    DISMISS = "dismiss"
    REOPEN = "reopen"


LINK_KINDS = frozenset(
    {
        ExceptionKind.UNLINKED,
        ExceptionKind.WAITING_FOR_ORDER,
        ExceptionKind.AMBIGUOUS_LINK,
        ExceptionKind.LINK_DISAGREEMENT,
    }
)
"""Exceptions of the link itself: to dismiss one is to say that the payment is none of ours."""


def decide_link(
    connection: Connection,
    transaction_reference: str,
    allocations: Sequence[Allocation],
    *,
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Record which orders a payment pays; obeyed from the next run on and kept for good.

    Args:
        connection: inside a transaction.
        transaction_reference: the payment, which need not be known yet.
        allocations: orders with their amounts (None: all of it); none at all means that the
            payment is none of ours.
        by: who decided.
        why: for the record.
        now: UTC.

    Raises:
        TargetError: several orders without amounts, or one order twice.
    """
    if len({one.order_id for one in allocations}) != len(allocations):
        raise TargetError("an order can be named once only for one payment")
    if len(allocations) > 1 and any(one.amount is None for one in allocations[:-1]):
        raise TargetError("where a payment pays several orders, each needs its amount")
    action = Action.LINK if allocations else Action.DISMISS
    text = json.dumps([[one.order_id, one.amount] for one in allocations])
    _append(connection, action, "", transaction_reference, "", text, by, why, now)
    _relink(connection, transaction_reference)


def reopen_link(
    connection: Connection, transaction_reference: str, *, by: str, why: str, now: datetime
) -> None:
    """Take back what was decided on a payment's link: the rules say again where it belongs."""
    _append(connection, Action.REOPEN, "", transaction_reference, "", "[]", by, why, now)
    _relink(connection, transaction_reference)


def dismiss(
    connection: Connection,
    kind: ExceptionKind,
    *,
    transaction_reference: str = "",
    order_id: str = "",
    customer_id: str = "",
    by: str,
    why: str,
    now: datetime,
) -> None:
    """Record that an exception needs nothing more, and what follows from that.

    Of the link: the payment is none of ours. `changed_by_hand`: what staff changed stays.
    `possible_duplicate`: the payment and the hand-made row are two. Others are no longer shown.
    """
    if kind in LINK_KINDS:
        decide_link(connection, transaction_reference, (), by=by, why=why, now=now)
        return
    _append(
        connection, Action.DISMISS, kind.value, transaction_reference, order_id, "[]", by, why, now,
        customer_id,
    )  # fmt: skip
    connection.execute(
        update(exceptions)
        .where(
            exceptions.c.kind == kind.value,
            exceptions.c.transaction_reference == transaction_reference,
            exceptions.c.order_id == order_id,
            exceptions.c.customer_id == customer_id,
            exceptions.c.resolved_at.is_(None),
        )
        .values(resolved_at=now)
    )
    if kind is ExceptionKind.CHANGED_BY_HAND:
        connection.execute(
            update(rows_written)
            .where(
                rows_written.c.order_id == order_id,
                rows_written.c.key == (transaction_reference or ORDER_STATUS),
            )
            .values(dismissed=True)
        )
    if order_id:
        QUEUE.mark(connection, [order_id], "a person decided", now)


def link_decisions(connection: Connection, references: Iterable[str]) -> dict[str, Decision]:
    """The word in force on each payment's link, where there is one."""
    found: dict[str, Decision] = {}
    for chunk in chunks(references):
        rows = connection.execute(
            select(decisions)
            .where(decisions.c.transaction_reference.in_(chunk), decisions.c.kind == "")
            .order_by(decisions.c.decision_id)
        )
        for row in rows:
            if row.action == Action.REOPEN.value:
                found.pop(row.transaction_reference, None)
            else:
                pairs = json.loads(row.allocations)
                found[row.transaction_reference] = Decision(
                    tuple(Allocation(order_id, amount) for order_id, amount in pairs)
                )
    return found


def dismissed_exceptions(
    connection: Connection, order_ids: Iterable[str]
) -> dict[str, set[tuple[ExceptionKind, str]]]:
    """What people dismissed on each order: (kind, transaction reference or "")."""
    found: dict[str, set[tuple[ExceptionKind, str]]] = {}
    for chunk in chunks(order_ids):
        rows = connection.execute(
            select(decisions)
            .where(decisions.c.order_id.in_(chunk), decisions.c.kind != "")
            .order_by(decisions.c.decision_id)
        )
        for row in rows:
            subject = (ExceptionKind(row.kind), row.transaction_reference)
            if row.action == Action.REOPEN.value:
                found.setdefault(row.order_id, set()).discard(subject)
            else:
                found.setdefault(row.order_id, set()).add(subject)
    return found


def dismissed_of_payments(
    connection: Connection, references: Iterable[str]
) -> set[tuple[str, str]]:
    """What people dismissed on payments that are on no order: (kind, transaction reference)."""
    found: set[tuple[str, str]] = set()
    for chunk in chunks(references):
        rows = connection.execute(
            select(decisions.c.kind, decisions.c.transaction_reference).where(
                decisions.c.transaction_reference.in_(chunk),
                decisions.c.order_id == "",
                decisions.c.kind != "",
                decisions.c.action == Action.DISMISS.value,
            )
        )
        found |= {(row.kind, row.transaction_reference) for row in rows}
    return found


def dismissed_of_customers(connection: Connection, ids: Iterable[str]) -> set[tuple[str, str]]:
    """What people dismissed of Stripe's customers: (kind, Stripe's id)."""
    found: set[tuple[str, str]] = set()
    for chunk in chunks(ids):
        rows = connection.execute(
            select(decisions.c.kind, decisions.c.customer_id).where(
                decisions.c.customer_id.in_(chunk), decisions.c.action == Action.DISMISS.value
            )
        )
        found |= {(row.kind, row.customer_id) for row in rows}
    return found


def _append(
    connection: Connection,
    action: Action,
    kind: str,
    transaction_reference: str,
    order_id: str,
    allocations: str,
    by: str,
    why: str,
    now: datetime,
    customer_id: str = "",
) -> None:
    connection.execute(
        decisions.insert().values(
            decided_at=now,
            decided_by=by,
            why=why,
            action=action.value,
            kind=kind,
            transaction_reference=transaction_reference,
            order_id=order_id,
            customer_id=customer_id,
            allocations=allocations,
        )
    )


def _relink(connection: Connection, transaction_reference: str) -> None:
    connection.execute(
        update(payments)
        .where(payments.c.transaction_reference == transaction_reference)
        .values(to_link=True)
    )
