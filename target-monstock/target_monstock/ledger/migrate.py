"""Brings a ledger to the schema of this program, by the packaged Alembic migrations."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from target_monstock.errors import LedgerError

VERSION_TABLE = "target_monstock_version"
"""Of our own, so that the ledger may share a database with other users of Alembic."""

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def configuration(connection: Connection) -> Config:
    """Alembic's configuration for one open connection; its chatter is not for our users."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revision(connection: Connection) -> str | None:
    """The revision that a ledger is at; None for an empty database."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def is_current(connection: Connection) -> bool:
    """Whether a ledger has the schema of this program."""
    scripts = ScriptDirectory.from_config(configuration(connection))
    return revision(connection) == scripts.get_current_head()


def migrate(connection: Connection) -> None:
    """Bring the ledger to the newest revision, inside the transaction that the caller opened.

    Raises:
        LedgerError: the ledger was written by a newer program.
    """
    config = configuration(connection)
    scripts = ScriptDirectory.from_config(config)
    present = revision(connection)
    if present == scripts.get_current_head():
        return
    if present is not None and present not in {s.revision for s in scripts.walk_revisions()}:
        raise LedgerError(
            f"the ledger has schema {present}, which this target-monstock does not know: it was "
            "written by a newer one. Update target-monstock, or use another ledger_url."
        )
    command.upgrade(config, "head")
