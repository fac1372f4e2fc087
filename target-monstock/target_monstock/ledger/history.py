"""The audit of what was written."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.payment import LinkRule
from sqlalchemy import Connection

from target_monstock.ledger.schema import audit

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


def row_content(row: OrderPaymentRow | None) -> dict[str, Any] | None:
    """A row as the audit keeps it."""
    if row is None:
        return None
    content = {name: value for name in _ROW_FIELDS if (value := getattr(row, name)) is not None}
    content["status"] = row.status.value
    if row.paid_at is not None:
        content["paid_at"] = row.paid_at.isoformat()
    return content
