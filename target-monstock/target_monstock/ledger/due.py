"""When time alone changes what payments count for, and whose orders are to be derived for it."""

from datetime import datetime

from monstock_stripe_core.order_status import StatusRules, changes_at
from sqlalchemy import Connection, and_, bindparam, select, update

from target_monstock.ledger.payments import payment_of
from target_monstock.ledger.schema import allocations, payments

_ASKED_TO_ACT = '"action_required_since":"'
"""Stands in the record of a payment whose customer was asked to act, and in no other."""


def orders_due(connection: Connection, now: datetime) -> set[str]:
    """Orders with a payment that counts differently since `now`; each is named once."""
    due = and_(payments.c.changes_at.is_not(None), payments.c.changes_at <= now)
    rows = connection.execute(
        select(allocations.c.order_id)
        .join(payments, payments.c.transaction_reference == allocations.c.transaction_reference)
        .where(due)
        .distinct()
    )
    found = {row.order_id for row in rows}
    connection.execute(update(payments).where(due).values(changes_at=None))
    return found


def set_due_again(connection: Connection, rules: StatusRules, now: datetime) -> None:
    """Reckon anew when payments change whose customers were asked to act: the rules changed.

    One whose moment has passed by the rules of before and by these stays as it is. Where it has
    passed by these alone, its order is due at once. The whole table is looked through.

    Args:
        connection: inside a transaction.
        rules: that count from now on.
        now: UTC.
    """
    columns = payments.c
    rows = connection.execute(
        select(columns.transaction_reference, columns.record, columns.changes_at).where(
            columns.record.contains(_ASKED_TO_ACT)
        )
    )
    moments = []
    for row in rows:
        moment = changes_at(payment_of(row.record), rules)
        if row.changes_at is None and moment is not None and moment <= now:
            continue
        if moment != row.changes_at:
            moments.append({"name": row.transaction_reference, "moment": moment})
    if moments:
        connection.execute(
            update(payments)
            .where(columns.transaction_reference == bindparam("name"))
            .values(changes_at=bindparam("moment")),
            moments,
        )
