"""Brings a ledger to the schema of this program, by the packaged Alembic migrations.

Alembic is imported only where there is something to migrate: most runs find the ledger as it
should be, and start sooner without.
"""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from target_monstock.errors import LedgerError

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0001"
"""The newest revision in `migrations/versions`; a test holds them equal."""

VERSION_TABLE = "target_monstock_version"
"""Of our own, so that the ledger may share a database with other users of Alembic."""

_MIGRATIONS = Path(__file__).parent.parent / "migrations"


def configuration(connection: Connection) -> "Config":
    """Alembic's configuration for one open connection; its chatter is not for our users."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def revision(connection: Connection) -> str | None:
    """The revision that a ledger is at; None for an empty database."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    query = text(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - our own constant
    return connection.execute(query).scalar_one_or_none()


def is_current(connection: Connection) -> bool:
    """Whether a ledger has the schema of this program."""
    return revision(connection) == HEAD


def migrate(connection: Connection) -> None:
    """Bring the ledger to the newest revision, inside the transaction that the caller opened.

    Raises:
        LedgerError: the ledger was written by a newer program.
    """
    present = revision(connection)
    if present == HEAD:
        return
    config = configuration(connection)
    from alembic import command
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if present is not None and present not in known:
        raise LedgerError(
            f"the ledger has schema {present}, which this target-monstock does not know: it was "
            "written by a newer one. Update target-monstock, or use another ledger_url."
        )
    command.upgrade(config, "head")
