"""Decisions of people, checked against the ledger before any is recorded."""

from collections.abc import Sequence
from datetime import datetime

from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.money import Money, from_decimal
from monstock_stripe_core.payment import Payment
from sqlalchemy import Connection
from target_common.decisions_file import Wanted
from target_common.errors import TargetError
from target_common.exceptions_cli import Record, must_be_dismissed, must_wait
from target_common.ledger.dismissals import About
from target_common.ledger.exceptions import OpenException

from target_monstock.ledger.decisions import (
    LINK_KINDS,
    check_allocations,
    decide_link,
    dismiss,
    link_decisions,
    reopen,
    reopen_link,
)
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.orders import orders_named
from target_monstock.ledger.payments import known_payments
from target_monstock.ledger.schema import decisions

DECISIONS = ("link", "dismiss", "reopen")
"""The words that a decision can be."""


def prepare(connection: Connection, wanted: Wanted) -> Record:
    """Check a decision; return what records it.

    Raises:
        TargetError: it cannot be made: the payment is not known, no such exception waits, amounts
            do not fit, …
    """
    return {"link": _link, "dismiss": _dismiss, "reopen": _reopen}[wanted.decision](
        connection, wanted
    )


def ways_out(one: OpenException) -> Sequence[str]:
    """The commands by which a person can decide on an exception."""
    lines = []
    if one.kind in LINK_KINDS and one.transaction_reference:
        lines.append(f'target-monstock exceptions link {one.transaction_reference} ORDER --why "…"')
    about = (
        ("--payment", one.transaction_reference),
        ("--order", one.order_id),
        ("--customer", one.customer_id),
    )
    named = " ".join(f"{option} {name}" for option, name in about if name)
    lines.append(f'target-monstock exceptions dismiss {one.kind.value} {named} --why "…"')
    if one.transaction_reference or one.order_id:
        lines.append(f"target-monstock explain {one.transaction_reference or one.order_id}")
    return lines


def _link(connection: Connection, wanted: Wanted) -> Record:
    name = wanted.about.transaction_reference
    payment = _payment(connection, name)
    allocations = [_allocation(connection, text, payment) for text in wanted.link_to]
    check_allocations(allocations)
    whole = max(payment.amount, payment.captured + payment.authorized)
    dealt = sum(one.amount or 0 for one in allocations)
    if dealt > whole:
        raise TargetError(
            f"the orders get {Money(dealt, payment.currency)}, more than {name} has: "
            f"{Money(whole, payment.currency)}"
        )

    def record(by: str, now: datetime) -> None:
        decide_link(connection, name, allocations, by=by, why=wanted.why, now=now)

    return record


def _dismiss(connection: Connection, wanted: Wanted) -> Record:
    about = wanted.about
    if not about.kind:
        raise TargetError("kind is empty: say which exception is dismissed")
    must_wait(connection, EXCEPTIONS, about)
    kind = ExceptionKind(about.kind)
    if kind in LINK_KINDS:
        _payment(connection, about.transaction_reference)

    def record(by: str, now: datetime) -> None:
        dismiss(
            connection,
            kind,
            **about.subject,
            by=by,
            why=wanted.why,
            now=now,
        )

    return record


def _reopen(connection: Connection, wanted: Wanted) -> Record:
    about = wanted.about
    if not about.kind or ExceptionKind(about.kind) in LINK_KINDS:
        return _reopen_link(connection, about, wanted.why)
    must_be_dismissed(connection, decisions, about)

    def record(by: str, now: datetime) -> None:
        reopen(
            connection,
            ExceptionKind(about.kind),
            **about.subject,
            by=by,
            why=wanted.why,
            now=now,
        )

    return record


def _reopen_link(connection: Connection, about: About, why: str) -> Record:
    name = about.transaction_reference
    if name not in link_decisions(connection, [name]):
        raise TargetError(f"nobody decided where {name or 'a payment without a name'} belongs")

    def record(by: str, now: datetime) -> None:
        reopen_link(connection, name, by=by, why=why, now=now)

    return record


def _payment(connection: Connection, name: str) -> Payment:
    known = known_payments(connection, [name]).get(name)
    if known is None:
        raise TargetError(f"the ledger has no payment {name}")
    return known.payment


def _allocation(connection: Connection, text: str, payment: Payment) -> Allocation:
    order, _, amount = text.partition("=")
    order_id = _order_id(connection, order)
    if not amount:
        return Allocation(order_id)
    try:
        return Allocation(
            order_id, from_decimal(amount, payment.currency, what=f"amount for {order}")
        )
    except MoneyError as error:
        raise TargetError(str(error)) from None


def _order_id(connection: Connection, name: str) -> str:
    """An order's id, from its id or its number.

    One that the ledger has never seen is taken for an id: an older order that a person knows.
    """
    found = orders_named(connection, name)
    if len(found) > 1:
        raise TargetError(f"{len(found)} orders have the number {name}: {', '.join(found)}")
    return found[0] if found else name
