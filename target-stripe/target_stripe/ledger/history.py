"""The audit of what was written to Stripe."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from target_stripe.ledger.schema import audit


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was written to Stripe.

    Attributes:
        object_id: Stripe's.
        action: what was done.
        why: one sentence.
        content: what was written; None where nothing is said by it.
    """

    object_id: str
    action: str
    why: str
    order_id: str = ""
    customer_id: str = ""
    content: Mapping[str, Any] | None = None


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
                    "customer_id": entry.customer_id,
                    "object_id": entry.object_id,
                    "action": entry.action,
                    "why": entry.why,
                    "content": None if entry.content is None else json.dumps(dict(entry.content)),
                }
                for entry in entries
            ],
        )
