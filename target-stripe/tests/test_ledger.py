"""The ledger: its schema, and how what is to be done is found in it."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text
from target_common.ledger.migrate import configuration
from target_common.testing import scans_of, shape_of
from target_stripe.ledger import KIND, open_ledger
from target_stripe.ledger.customers import QUEUE as CUSTOMERS
from target_stripe.ledger.orders import QUEUE
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


def test_what_is_to_be_done_is_found_by_an_index_however_much_the_ledger_holds(
    tmp_path: Path,
) -> None:
    with (
        open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}") as ledger,
        ledger.transaction() as connection,
    ):

        def ask() -> None:
            for queue in (QUEUE, CUSTOMERS):
                queue.some(connection, 10)
                queue.backlog(connection)

        scans = scans_of(connection, ask)

    assert {one.split()[1] for one in scans} == {"orders", "customers"}
    assert [one for one in scans if "USING INDEX ix_" not in one] == []
