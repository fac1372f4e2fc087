"""Runs, the audit of what was written, and the few values that the ledger keeps by name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from monstock_stripe_core.order import OrderPaymentRow
from monstock_stripe_core.payment import LinkRule
from sqlalchemy import Connection, select

from target_monstock.ledger.schema import audit, meta, runs
from target_monstock.ledger.sql import upsert

_ROW_FIELDS = tuple(field.name for field in fields(OrderPaymentRow))


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that was written to Monstock.

    Attributes:
        transaction_reference: empty where the order itself was written.
        action: put, adopt, delete or patch.
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


def begin_run(connection: Connection, run_id: str, version: str, now: datetime) -> None:
    """Note that a run began."""
    connection.execute(runs.insert().values(run_id=run_id, started_at=now, program_version=version))


def end_run(
    connection: Connection, run_id: str, summary: Mapping[str, object], now: datetime
) -> None:
    """Note that a run ended, and what it did."""
    connection.execute(
        runs.update()
        .where(runs.c.run_id == run_id)
        .values(ended_at=now, summary=json.dumps(summary))
    )


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


def read_value(connection: Connection, key: str) -> str | None:
    """A value kept by name; None where there is none."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one_or_none()


def keep_value(connection: Connection, key: str, value: str) -> None:
    """Keep a value by name."""
    upsert(connection, meta, [{"key": key, "value": value}])
