"""Exceptions in full: what is known of each, what was decided, and the lines to copy."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from monstock_stripe_core.exception_kind import NEXT_STEP

from target_common.exceptions_report import exception_record
from target_common.ledger.decisions import Decided
from target_common.ledger.dismissals import About
from target_common.ledger.exceptions import OpenException

WaysOut: TypeAlias = Callable[[OpenException], Sequence[str]]
"""The commands by which a person can decide on an exception."""


def concerns(one: OpenException, name: str) -> bool:
    """Whether an exception is about the payment, order (id or number) or customer of a name."""
    return name in (one.transaction_reference, one.order_id, one.order_number, one.customer_id)


def shown_json(
    waiting: Sequence[OpenException], decided: Sequence[Decided], ways_out: WaysOut
) -> str:
    """The same as `shown_lines`, for programs."""
    found: dict[str, Any] = {
        "exceptions": [
            exception_record(one)
            | {"last_seen": moment_text(one.last_seen), "commands": list(ways_out(one))}
            for one in waiting
        ],
        "decisions": [decided_record(one) for one in decided],
    }
    return json.dumps(found, indent=2, ensure_ascii=False)


def shown_lines(
    name: str, waiting: Sequence[OpenException], decided: Sequence[Decided], ways_out: WaysOut
) -> Iterator[str]:
    """Exceptions in full, line by line.

    Args:
        name: what was asked about.
        waiting: the exceptions that concern it.
        decided: what was decided about the same.
        ways_out: the commands for each.
    """
    if not waiting:
        yield f"Nothing waits about {name}."
    for one in waiting:
        record = exception_record(one)
        subject = one.transaction_reference or _order(one) or one.customer_id or ""
        yield f"{one.kind.value}: {subject}"
        yield f"  {one.message}"
        yield f"  next step: {NEXT_STEP[one.kind]}"
        facts = {
            "payment": one.transaction_reference,
            "order": _order(one),
            "customer": one.customer_id,
            "amount": record["amount"] and f"{record['amount']} {one.currency}",
            "waits since": moment_text(one.since),
            "last seen": moment_text(one.last_seen),
        }
        yield from (f"  {label}: {value}" for label, value in facts.items() if value)
        yield from (f"  $ {command}" for command in ways_out(one))
    if decided:
        yield "Decided:"
    yield from (f"  {decided_text(one)}" for one in decided)


def _order(one: OpenException) -> str | None:
    if one.order_number and one.order_id:
        return f"{one.order_number} ({one.order_id})"
    return one.order_number or one.order_id


def decided_record(one: Decided) -> dict[str, Any]:
    """A decision as programs get it; allocated amounts are minor units."""
    return {
        "decided_at": moment_text(one.decided_at),
        "decided_by": one.decided_by,
        "decision": one.action,
        "kind": one.about.kind or None,
        "payment": one.about.transaction_reference or None,
        "order_id": one.about.order_id or None,
        "customer_id": one.about.customer_id or None,
        "orders": [
            {"order_id": order_id, "amount": amount}
            for order_id, amount in json.loads(one.allocations or "[]")
        ],
        "why": one.why,
    }


def decided_text(one: Decided) -> str:
    """A decision as a person reads it."""
    what = f"{one.action} {_what(one.about)}".strip()
    orders = ", ".join(order_id for order_id, _ in json.loads(one.allocations or "[]"))
    to = f" to {orders}" if orders else ""
    return f"{moment_text(one.decided_at)} {one.decided_by}: {what}{to} ({one.why})"


def _what(about: About) -> str:
    return " ".join(part for part in about if part)


def moment_text(moment: datetime) -> str:
    """A moment, to the second."""
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
