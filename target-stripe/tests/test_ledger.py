"""The ledger's schema is what its migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from target_common.ledger.migrate import configuration
from target_stripe.ledger import KIND, open_ledger
from target_stripe.ledger.schema import metadata


def test_migrations_from_an_empty_database_make_the_schema_that_the_code_knows(
    ledger_url: str,
) -> None:
    with open_ledger(ledger_url) as ledger, ledger.transaction() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": KIND.version_table})
        scripts = ScriptDirectory.from_config(configuration(connection, KIND))

        assert compare_metadata(context, metadata) == []
        assert scripts.get_current_head() == KIND.head
