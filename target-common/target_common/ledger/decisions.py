"""What people decided about a payment, an order or a customer, for people to read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, or_, select

from target_common.ledger.dismissals import About
from target_common.ledger.sql import chunks


@dataclass(frozen=True, slots=True)
class Decided:
    """One word of a person.

    Attributes:
        about: what it is about; its kind is empty where it is about a payment's link.
        allocations: JSON list of [order id, minor units or null]; None where there is none.
    """

    decided_at: datetime
    decided_by: str
    action: str
    about: About
    why: str
    allocations: str | None = None


def decisions_about(connection: Connection, table: Table, names: Iterable[str]) -> list[Decided]:
    """Everything that was decided about these payments, orders and customers, oldest first."""
    columns, rows = table.c, {}
    for chunk in chunks({name for name in names if name}, 300):
        named = or_(
            columns.transaction_reference.in_(chunk),
            columns.order_id.in_(chunk),
            columns.customer_id.in_(chunk),
        )
        for row in connection.execute(select(table).where(named)):
            rows[row.decision_id] = row
    return [
        Decided(
            decided_at=row.decided_at,
            decided_by=row.decided_by,
            action=row.action,
            about=About(row.kind, row.transaction_reference, row.order_id, row.customer_id),
            why=row.why,
            allocations=getattr(row, "allocations", None),
        )
        for _, row in sorted(rows.items())
    ]
