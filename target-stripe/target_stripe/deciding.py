"""Decisions of people, checked against the ledger before any is recorded."""

from collections.abc import Sequence
from datetime import datetime

from monstock_stripe_core.exception_kind import ExceptionKind
from sqlalchemy import Connection
from target_common.decisions_file import Wanted
from target_common.errors import TargetError
from target_common.exceptions_cli import Record, must_be_dismissed, must_wait
from target_common.ledger.exceptions import OpenException

from target_stripe.decisions import is_known, take_up
from target_stripe.ledger.exceptions import EXCEPTIONS, decide
from target_stripe.ledger.schema import decisions

DECISIONS = ("dismiss", "reopen")
"""The words that a decision can be."""


def prepare(connection: Connection, wanted: Wanted) -> Record:
    """Check a decision; return what records it.

    Raises:
        TargetError: it cannot be made: no such exception waits, or nothing was decided.
    """
    about = wanted.about
    if wanted.decision == "dismiss":
        if not about.kind:
            raise TargetError("kind is empty: say which exception is dismissed")
        must_wait(connection, EXCEPTIONS, about)
    elif about.kind:
        must_be_dismissed(connection, decisions, about)
    elif bool(about.order_id) == bool(about.customer_id):
        raise TargetError("say either an order or a customer")
    elif not is_known(connection, order=about.order_id, customer=about.customer_id):
        raise TargetError(f"the ledger has nothing of {about.order_id or about.customer_id}")

    def record(by: str, now: datetime) -> None:
        if wanted.decision == "reopen" and not about.kind:
            order, customer = about.order_id, about.customer_id
            take_up(connection, order=order, customer=customer, by=by, why=wanted.why, now=now)
            return
        decide(
            connection,
            wanted.decision,
            kind=ExceptionKind(about.kind),
            **about.subject,
            by=by,
            why=wanted.why,
            now=now,
        )

    return record


def ways_out(one: OpenException) -> Sequence[str]:
    """The commands by which a person can decide on an exception."""
    about = (
        ("--payment", one.transaction_reference),
        ("--order", one.order_id),
        ("--customer", one.customer_id),
    )
    named = " ".join(f"{option} {name}" for option, name in about if name)
    lines = [f'target-stripe exceptions dismiss {one.kind.value} {named} --why "…"']
    if one.kind is ExceptionKind.CLOSED_BY_HAND and one.order_id:
        lines.append(f'target-stripe exceptions reopen --order {one.order_id} --why "…"')
    return lines
