"""Run by Alembic: migrates over the connection that `ledger.migrate` hands in."""

from alembic import context

from target_monstock.ledger.migrate import VERSION_TABLE
from target_monstock.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    compare_type=True,
)
context.run_migrations()
