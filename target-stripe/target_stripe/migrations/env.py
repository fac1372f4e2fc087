"""Run by Alembic: migrates over the connection that `target_common.ledger` hands in."""

from alembic import context

from target_stripe.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
    compare_type=True,
)
context.run_migrations()
