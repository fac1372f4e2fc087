"""The tables that every ledger has. Each target puts them into its own schema by these functions.

They have the same columns everywhere, so what reads and writes them here uses the tables below.
"""

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

from target_common.ledger.columns import Instant


def meta_table(metadata: MetaData, comment: str) -> Table:
    """Values that are kept by name."""
    return Table(
        "meta",
        metadata,
        Column("key", String(64), primary_key=True),
        Column("value", Text, nullable=False),
        comment=comment,
    )


def runs_table(metadata: MetaData) -> Table:
    """Runs and what they did."""
    return Table(
        "runs",
        metadata,
        Column("run_id", String(36), primary_key=True),
        Column("started_at", Instant, nullable=False),
        Column("ended_at", Instant),
        Column("program_version", String(32), nullable=False),
        Column("summary", Text),
        comment="One row per run that wrote to this ledger; no end means that it was killed.",
    )


def exceptions_table(metadata: MetaData, sources: str, *more: str) -> Table:
    """What waits for a person.

    Args:
        metadata: of the target.
        sources: for the comment: what an exception can come from.
        more: what an exception can be about beside a payment and an order: names of columns that
            are fields of `ExceptionFound`.
    """
    table = Table(
        "exceptions",
        metadata,
        Column("source", String(16), primary_key=True, comment=sources),
        Column(
            "subject", String(255), primary_key=True, comment="what was derived when it was found"
        ),
        Column("kind", String(32), primary_key=True),
        Column("transaction_reference", String(255), primary_key=True, comment="empty: none"),
        Column("order_id", String(255), primary_key=True, comment="empty: none"),
        *(Column(name, String(255), primary_key=True, comment="empty: none") for name in more),
        Column("message", Text, nullable=False),
        Column("amount", BigInteger),
        Column("currency", String(3)),
        Column("since", Instant, nullable=False),
        Column("last_seen", Instant, nullable=False),
        Column("resolved_at", Instant),
    )
    Index("ix_exceptions_open", table.c.kind,
          sqlite_where=table.c.resolved_at.is_(None),
          postgresql_where=table.c.resolved_at.is_(None))  # fmt: skip
    return table


def forgotten_table(metadata: MetaData) -> Table:
    """Subjects of whom a person was erased: what comes of them again is kept without the person."""
    return Table(
        "forgotten",
        metadata,
        Column(
            "digest",
            String(64),
            primary_key=True,
            comment="of kind and id, by a key of this ledger alone",
        ),
        Column("forgotten_at", Instant, nullable=False),
        comment="What was erased and must not come back. Holds no id and no name.",
    )


meta = meta_table(MetaData(), "")
runs = runs_table(MetaData())
forgotten = forgotten_table(MetaData())
