"""Brings a ledger to the schema of this program.

A new ledger is made as the code knows its tables, an older one is changed by the packaged Alembic
migrations. Alembic is imported only there: all other runs start sooner without.
"""

import logging
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    inspect,
    text,
)

from target_common.errors import LedgerError
from target_common.ledger.kind import LedgerKind
from target_common.ledger.tables import runs

if TYPE_CHECKING:
    from alembic.config import Config


def configuration(connection: Connection, kind: LedgerKind) -> "Config":
    """Alembic's configuration for one open connection; its chatter is not for our users."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(kind.migrations))
    config.attributes["connection"] = connection
    config.attributes["version_table"] = kind.version_table
    return config


def revision(connection: Connection, kind: LedgerKind) -> str | None:
    """The revision that a ledger is at; None for a database without one."""
    if not inspect(connection).has_table(kind.version_table):
        return None
    query = text(f"SELECT version_num FROM {kind.version_table}")  # noqa: S608 - our own constant
    return connection.execute(query).scalar_one_or_none()


def is_current(connection: Connection, kind: LedgerKind) -> bool:
    """Whether a ledger has the schema of this program."""
    return revision(connection, kind) == kind.head


def migrate(connection: Connection, kind: LedgerKind) -> None:
    """Bring the ledger to the newest revision, inside the transaction that the caller opened.

    Raises:
        LedgerError: the ledger was written by a newer program, or is another target's.
    """
    present = revision(connection, kind)
    if present == kind.head:
        return
    if present is None:
        if inspect(connection).has_table(runs.name):
            raise LedgerError(
                "ledger_url names the ledger of another target. "
                f"Give {kind.program} one of its own."
            )
        _make(connection, kind)
        return
    config = configuration(connection, kind)
    from alembic import command
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present not in known:
        raise LedgerError(
            f"the ledger has schema {present}, which this {kind.program} does not know: it was "
            f"written by a newer one. Update {kind.program}, or use another ledger_url."
        )
    command.upgrade(config, "head")


def _make(connection: Connection, kind: LedgerKind) -> None:
    """Make all tables, and note the revision as Alembic does."""
    kind.metadata.create_all(connection, checkfirst=False)
    version = Table(
        kind.version_table,
        MetaData(),
        Column("version_num", String(32), nullable=False),
        PrimaryKeyConstraint("version_num", name=f"{kind.version_table}_pkc"),
    )
    version.create(connection)
    connection.execute(version.insert().values(version_num=kind.head))
