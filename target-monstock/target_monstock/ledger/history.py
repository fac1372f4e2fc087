"""The audit of what was written."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.payment import LinkRule
from sqlalchemy import Connection, or_, select

from target_monstock.ledger.schema import audit, runs

_ROW_FIELDS = tuple(field.name for field in fields(OrderPaymentRow))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was written to Monstock.

    Attributes:
        order_id: empty where a customer was written.
        transaction_reference: empty where the order itself was written.
        action: put, adopt, delete or patch; of a customer: link or create.
        customer_id: Stripe's id of the customer that was written.
        why: one sentence.
        before: what stood there; None where there was nothing.
        after: what stands there now; None where nothing is left.
    """

    order_id: str
    transaction_reference: str
    action: str
    link_rule: LinkRule | None
    why: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    customer_id: str = ""


def append_audit(
    connection: Connection, run_id: str, entries: Sequence[AuditEntry], now: datetime
) -> None:
    """Append what was written; never changed afterwards."""
    if entries:
        connection.execute(
            audit.insert(),
            [
                {
                    "at": now,
                    "run_id": run_id,
                    "order_id": entry.order_id,
                    "transaction_reference": entry.transaction_reference,
                    "customer_id": entry.customer_id,
                    "action": entry.action,
                    "link_rule": entry.link_rule and entry.link_rule.value,
                    "why": entry.why,
                    "before": None if entry.before is None else json.dumps(dict(entry.before)),
                    "after": None if entry.after is None else json.dumps(dict(entry.after)),
                }
                for entry in entries
            ],
        )


@dataclass(frozen=True, slots=True)
class Written:
    """One entry of the audit, as it is read.

    Attributes:
        program_version: of the run; None where the ledger knows nothing of it.
        entry: its content; `link_rule` is None where the audit has none.
    """

    at: datetime
    run_id: str
    program_version: str | None
    entry: AuditEntry


def audit_of(
    connection: Connection, order_ids: Iterable[str], references: Iterable[str]
) -> list[Written]:
    """What was written on these orders, and of these payments, oldest first."""
    concerned = or_(
        audit.c.order_id.in_(list(order_ids)), audit.c.transaction_reference.in_(list(references))
    )
    rows = connection.execute(
        select(audit, runs.c.program_version)
        .outerjoin(runs, runs.c.run_id == audit.c.run_id)
        .where(concerned)
        .order_by(audit.c.audit_id)
    )
    return [
        Written(
            row.at,
            row.run_id,
            row.program_version,
            AuditEntry(
                row.order_id,
                row.transaction_reference,
                row.action,
                row.link_rule and LinkRule(row.link_rule),
                row.why,
                row.before and json.loads(row.before),
                row.after and json.loads(row.after),
                row.customer_id,
            ),
        )
        for row in rows
    ]


def row_content(row: OrderPaymentRow | None) -> dict[str, Any] | None:
    """A row as the audit keeps it."""
    if row is None:
        return None
    content = {name: value for name in _ROW_FIELDS if (value := getattr(row, name)) is not None}
    content["status"] = row.status.value
    if row.paid_at is not None:
        content["paid_at"] = row.paid_at.isoformat()
    return content
