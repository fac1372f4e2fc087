"""The ledger's schema is what its migrations make."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from target_common.ledger.migrate import configuration
from target_common.testing import shape_of
from target_stripe.ledger import KIND, open_ledger
from target_stripe.ledger.schema import metadata


def test_a_new_ledger_is_as_migrations_from_an_empty_database_make_it(ledger_url: str) -> None:
    with open_ledger(ledger_url) as ledger, ledger.transaction() as connection:
        config = configuration(connection, KIND)
        made = shape_of(connection)
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {KIND.version_table}"))

        command.upgrade(config, "head")

        context = MigrationContext.configure(connection, opts={"version_table": KIND.version_table})
        assert shape_of(connection) == made
        assert compare_metadata(context, metadata) == []
        assert ScriptDirectory.from_config(config).get_current_head() == KIND.head
