"""What sets one target's ledger apart from another's."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import MetaData


@dataclass(frozen=True, slots=True)
class LedgerKind:
    """Whose ledger it is, and which schema it has.

    Attributes:
        program: how messages name the target.
        metadata: the tables, as the code knows them.
        head: the newest revision among the migrations; a test holds them equal.
        version_table: of its own, so that the ledger may share a database with other users of
            Alembic.
        migrations: the folder of the packaged Alembic migrations.
    """

    program: str
    metadata: MetaData
    head: str
    version_table: str
    migrations: Path
