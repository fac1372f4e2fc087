"""What people decided: appended, never changed; the last word on a subject counts.

The ledger can be rebuilt by a full sync, but for these.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.last_write import ORDER_STATUS
from monstock_stripe_core.link import Allocation, Decision
from monstock_stripe_core.payment import LinkRule
from sqlalchemy import Connection, select, update
from target_common.errors import TargetError
from target_common.ledger.dismissals import DISMISS, REOPEN, About
from target_common.ledger.sql import chunks

from target_monstock.ledger.customers import QUEUE as CUSTOMERS
from target_monstock.ledger.customers import known_customers
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.orders import QUEUE
from target_monstock.ledger.schema import decisions, payments, rows_written


class Action(StrEnum):
    """What a person did; `keep` is ours, where the reason for a link by suggestion was erased."""

    LINK = "link"
    KEEP = "keep"
    DISMISS = DISMISS
    REOPEN = REOPEN


LINK_KINDS = frozenset(
    {
        ExceptionKind.UNLINKED,
        ExceptionKind.WAITING_FOR_ORDER,
        ExceptionKind.AMBIGUOUS_LINK,
    }
)
"""Exceptions of a payment without an order: to dismiss one is to say that it is none of ours."""


def check_allocations(allocations: Sequence[Allocation]) -> None:
    """Hold allocations against themselves.

    Raises:
        TargetError: several orders without amounts, or one order twice.
    """
    if len({one.order_id for one in allocations}) != len(allocations):
        raise TargetError("an order can be named once only for one payment")
    if len(allocations) > 1 and any(one.amount is None for one in allocations[:-1]):
        raise TargetError("where a payment pays several orders, each needs its amount")


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
    check_allocations(allocations)
    action = Action.LINK if allocations else Action.DISMISS
    text = json.dumps([[one.order_id, one.amount] for one in allocations])
    _append(connection, action, "", transaction_reference, "", text, by, why, now)
    _relink(connection, transaction_reference)


def keep_link(
    connection: Connection, transaction_reference: str, order_id: str, now: datetime
) -> None:
    """Have a link by suggestion stay as it is, since what it rested on is erased."""
    text = json.dumps([[order_id, None]])
    why = "The e-mail address that it rested on was erased."
    _append(connection, Action.KEEP, "", transaction_reference, "", text, "forget", why, now)


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

    Of a payment without an order: it is none of ours. `changed_by_hand`: what staff changed stays.
    `possible_duplicate`: the payment and the hand-made row are two. Others are no longer shown.
    """
    if kind in LINK_KINDS:
        decide_link(connection, transaction_reference, (), by=by, why=why, now=now)
        return
    about = About(kind.value, transaction_reference, order_id, customer_id)
    _judge(connection, about, Action.DISMISS, by, why, now)


def reopen(
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
    """Take back that an exception needs nothing more; it is shown until its reason is gone."""
    if kind in LINK_KINDS:
        reopen_link(connection, transaction_reference, by=by, why=why, now=now)
        return
    about = About(kind.value, transaction_reference, order_id, customer_id)
    _judge(connection, about, Action.REOPEN, by, why, now)
    if transaction_reference and not order_id:
        _relink(connection, transaction_reference)
    if customer_id:
        present = known_customers(connection, [customer_id])
        CUSTOMERS.mark(connection, present, "a person decided", now)


def _judge(
    connection: Connection, about: About, action: Action, by: str, why: str, now: datetime
) -> None:
    """Record a word on an exception, and have what depends on it looked at again."""
    _append(
        connection, action, about.kind, about.transaction_reference, about.order_id, "[]", by, why,
        now, about.customer_id,
    )  # fmt: skip
    EXCEPTIONS.mark(connection, about, now if action is Action.DISMISS else None)
    if about.kind == ExceptionKind.CHANGED_BY_HAND.value:
        connection.execute(
            update(rows_written)
            .where(
                rows_written.c.order_id == about.order_id,
                rows_written.c.key == (about.transaction_reference or ORDER_STATUS),
            )
            .values(dismissed=action is Action.DISMISS)
        )
    if about.order_id:
        QUEUE.mark(connection, [about.order_id], "a person decided", now)


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
                    tuple(Allocation(order_id, amount) for order_id, amount in pairs),
                    LinkRule.SUGGESTION if row.action == Action.KEEP.value else LinkRule.DECISION,
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
