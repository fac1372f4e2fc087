"""The queue of work in a ledger: subjects that are to be worked on, and why."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    String,
    Table,
    bindparam,
    func,
    select,
    true,
    update,
)

from target_common.ledger.columns import Instant
from target_common.ledger.sql import chunks


@dataclass(frozen=True, slots=True)
class DirtySubject:
    """A subject that is to be worked on.

    Attributes:
        mark: grows with each reason; a subject is clean only up to the mark that was worked off.
    """

    subject: str
    mark: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is still to be worked on.

    Attributes:
        count: how much.
        oldest: since when the one that waits longest does; None where none does.
    """

    count: int
    oldest: datetime | None

    def __add__(self, other: "Backlog") -> "Backlog":
        """Return both together."""
        moments = [one for one in (self.oldest, other.oldest) if one is not None]
        return Backlog(self.count + other.count, min(moments, default=None))


NO_BACKLOG = Backlog(0, None)


def queue_columns() -> tuple[Column[Any], ...]:
    """The columns that make a table of subjects a queue."""
    return (
        Column("dirty", Boolean, nullable=False),
        Column("mark", BigInteger, nullable=False, comment="grows with each reason to work on it"),
        Column("dirty_reason", String(64)),
        Column("dirty_since", Instant),
    )


def queue_index(table: Table, key: str) -> None:
    """Add the index by which dirty subjects are found.

    SQLite uses it only where a query says its condition in the same words, and SQLAlchemy says
    `dirty = 1` there.
    """
    Index(f"ix_{table.name}_dirty", table.c[key],
          sqlite_where=table.c.dirty == true(), postgresql_where=table.c.dirty)  # fmt: skip


class WorkQueue:
    """A table whose rows are subjects, some of which are to be worked on.

    Args:
        table: with the columns `dirty`, `mark`, `dirty_reason` and `dirty_since`; whatever else it
            has may be null.
        key: the column that names the subject.
    """

    def __init__(self, table: Table, key: str) -> None:
        self._table = table
        self._key = table.c[key]

    def mark(
        self, connection: Connection, subjects: Iterable[str], reason: str, now: datetime
    ) -> None:
        """Note durably that subjects are to be worked on; those that are not there are added."""
        table = self._table
        present: set[str] = set()
        wanted = set(subjects)
        for chunk in chunks(sorted(wanted)):
            rows = connection.execute(select(self._key).where(self._key.in_(chunk)))
            present.update(row[0] for row in rows)
            connection.execute(
                update(table)
                .where(self._key.in_(chunk))
                .values(
                    mark=table.c.mark + 1,
                    dirty=True,
                    dirty_reason=reason,
                    dirty_since=func.coalesce(table.c.dirty_since, now),
                )
            )
        new = sorted(wanted - present)
        if new:
            connection.execute(
                table.insert(),
                [
                    {
                        self._key.name: subject,
                        "mark": 1,
                        "dirty": True,
                        "dirty_reason": reason,
                        "dirty_since": now,
                    }
                    for subject in new
                ],
            )

    def dirty(self, connection: Connection) -> list[DirtySubject]:
        """All subjects that are to be worked on, longest waiting first."""
        table = self._table
        rows = connection.execute(
            select(self._key, table.c.mark)
            .where(table.c.dirty)
            .order_by(table.c.dirty_since, self._key)
        )
        return [DirtySubject(row[0], row[1]) for row in rows]

    def some(
        self,
        connection: Connection,
        limit: int,
        *,
        first: Iterable[str] = (),
        skip: Container[str] = frozenset(),
    ) -> list[DirtySubject]:
        """Some of the subjects that are to be worked on, longest waiting first.

        Args:
            connection: inside a transaction.
            limit: how many at most.
            first: subjects that go before all others, where they are to be worked on.
            skip: those that are left out.
        """
        table = self._table
        query = select(self._key, table.c.mark).where(table.c.dirty)
        by_age = query.order_by(table.c.dirty_since, self._key)
        found: dict[str, DirtySubject] = {}
        for wanted in (*(query.where(self._key.in_(chunk)) for chunk in chunks(first)), by_age):
            for subject, mark in connection.execute(wanted):
                if len(found) >= limit:
                    return list(found.values())
                if subject not in skip:
                    found.setdefault(subject, DirtySubject(subject, mark))
        return list(found.values())

    def backlog(self, connection: Connection) -> Backlog:
        """The subjects that are still to be worked on."""
        columns = self._table.c
        query = select(func.count(), func.min(columns.dirty_since)).where(columns.dirty)
        return Backlog(*connection.execute(query).one())

    def clean(self, connection: Connection, settled: Sequence[DirtySubject]) -> None:
        """Note that subjects were worked off, unless another reason came up meanwhile."""
        if settled:
            connection.execute(
                update(self._table)
                .where(
                    self._key == bindparam("settled_id"),
                    self._table.c.mark == bindparam("up_to"),
                )
                .values(dirty=False, dirty_reason=None, dirty_since=None),
                [{"settled_id": one.subject, "up_to": one.mark} for one in settled],
            )
