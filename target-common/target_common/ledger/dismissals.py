"""Which exceptions people dismissed, and did not open again: the last word counts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from monstock_stripe_core.exception_kind import ExceptionFound
from sqlalchemy import Connection, Table, or_, select

from target_common.ledger.sql import chunks

DISMISS, REOPEN = "dismiss", "reopen"
"""Words of the column `action` that are about exceptions."""


class About(NamedTuple):
    """What an exception is about; an empty text: nothing of that kind."""

    kind: str
    transaction_reference: str = ""
    order_id: str = ""
    customer_id: str = ""

    @classmethod
    def of(cls, one: ExceptionFound) -> "About":
        """What an exception that was found is about."""
        return cls(
            one.kind.value,
            one.transaction_reference or "",
            one.order_id or "",
            one.customer_id or "",
        )

    @property
    def subject(self) -> dict[str, str]:
        """What it concerns, by the names of the ledgers' columns."""
        return {
            "transaction_reference": self.transaction_reference,
            "order_id": self.order_id,
            "customer_id": self.customer_id,
        }


def dismissed_among(
    connection: Connection, decisions: Table, abouts: Iterable[About]
) -> set[About]:
    """Those of these exceptions that a person dismissed.

    Args:
        connection: inside a transaction.
        decisions: the ledger's table of them.
        abouts: the exceptions.
    """
    wanted = set(abouts)
    dismissed: set[About] = set()
    for row in _words(connection, decisions, wanted):
        said = About(row.kind, row.transaction_reference, row.order_id, row.customer_id)
        if row.action == DISMISS:
            dismissed.add(said)
        elif row.action == REOPEN:
            dismissed = {one for one in dismissed if not _opens(said, one)}
    return dismissed & wanted


def undismissed(
    connection: Connection, decisions: Table, found: Mapping[str, Sequence[ExceptionFound]]
) -> dict[str, list[ExceptionFound]]:
    """What was found of each subject, but for what a person dismissed."""
    abouts = {About.of(one) for several in found.values() for one in several}
    dismissed = dismissed_among(connection, decisions, abouts) if abouts else set()
    return {
        subject: [one for one in several if About.of(one) not in dismissed]
        for subject, several in found.items()
    }


def _opens(said: About, one: About) -> bool:
    """Whether the word that something is open again is about this exception.

    One without a kind is about all exceptions of its order or customer.
    """
    if said.kind:
        return said == one
    same = (said.order_id, said.customer_id) == (one.order_id, one.customer_id)
    return same and (said.order_id or said.customer_id) != ""


def _words(connection: Connection, decisions: Table, abouts: set[About]) -> list[Any]:
    rows: dict[int, Any] = {}
    columns = decisions.c
    for chunk in chunks(sorted(abouts), 300):  # three parameters each
        found = connection.execute(
            select(decisions).where(
                or_(
                    columns.order_id.in_([one.order_id for one in chunk if one.order_id]),
                    columns.customer_id.in_([one.customer_id for one in chunk if one.customer_id]),
                    columns.transaction_reference.in_(
                        [one.transaction_reference for one in chunk if one.transaction_reference]
                    ),
                )
            )
        )
        rows.update({row.decision_id: row for row in found})
    return [rows[key] for key in sorted(rows)]
