"""The ledger: its schema, its lock, its transactions."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.payment_record import payment_to_record
from monstock_stripe_core.testing import example_payment
from sqlalchemy import Engine, create_engine, make_url, text
from target_common.errors import LedgerError, LedgerLockedError
from target_common.ledger import Ledger
from target_common.ledger.dismissals import About, dismissed_among
from target_common.ledger.history import keep_value, read_value
from target_common.ledger.migrate import configuration, is_current
from target_common.testing import scans_of, shape_of
from target_monstock.ledger import KIND, open_ledger, visit_ledger
from target_monstock.ledger.customers import QUEUE as CUSTOMERS
from target_monstock.ledger.exceptions import EXCEPTIONS, Source, renew_exceptions
from target_monstock.ledger.orders import QUEUE
from target_monstock.ledger.payment_links import links_to_place
from target_monstock.ledger.payments import backlog_to_link, payments_to_link
from target_monstock.ledger.schema import decisions, metadata

NOW = "2026-11-20 12:00:00"


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
            payments_to_link(connection, 10)
            backlog_to_link(connection)
            links_to_place(connection, 10, [])
            for queue in (QUEUE, CUSTOMERS):
                queue.some(connection, 10)
                queue.backlog(connection)

        scans = scans_of(connection, ask)

    assert {one.split()[1] for one in scans} == {
        "payments",
        "payment_links",
        "orders",
        "stripe_customers",
    }
    assert [one for one in scans if "USING INDEX ix_" not in one] == []


def test_of_those_that_start_at_once_without_a_ledger_one_makes_it(ledger_url: str) -> None:
    start = Barrier(4)

    def begin() -> Ledger | None:
        start.wait(timeout=10)
        try:
            return open_ledger(ledger_url)
        except LedgerLockedError:
            return None

    with ThreadPoolExecutor(4) as threads:
        begun = [threads.submit(begin) for _ in range(4)]
        (ledger,) = [made for one in begun if (made := one.result()) is not None]

    with ledger, ledger.transaction() as connection:
        assert is_current(connection, KIND)
        assert EXCEPTIONS.open(connection) == []


def at_revision(ledger_url: str, revision: str) -> Engine:
    """A ledger as an older program left it."""
    url = make_url(ledger_url)
    if url.get_backend_name() == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(configuration(connection, KIND), revision)
    return engine


def test_a_ledger_of_the_first_program_is_brought_up_to_date_with_all_it_holds(
    ledger_url: str,
) -> None:
    payment = payment_to_record(example_payment(customer_id="cus_1"))
    engine = at_revision(ledger_url, "0001")
    with engine.begin() as connection:
        for name, verdict in (("pi_1", "ours"), ("pi_2", "out_of_scope")):
            connection.execute(
                text(
                    "INSERT INTO payments (transaction_reference, version, digest, record, "
                    "conflict, verdict, link_basis, to_link, first_seen_at, updated_at) VALUES "
                    "(:name, 1, '', :record, false, :verdict, '', false, :now, :now)"
                ),
                {"name": name, "verdict": verdict, "record": json.dumps(payment), "now": NOW},
            )
        connection.execute(
            text(
                "INSERT INTO exceptions (source, subject, kind, transaction_reference, order_id, "
                "message, since, last_seen) VALUES "
                "('link', 'pi_1', 'unlinked', 'pi_1', '', 'why', :now, :now)"
            ),
            {"now": NOW},
        )
        connection.execute(
            text(
                "INSERT INTO decisions (decided_at, decided_by, why, action, kind, "
                "transaction_reference, order_id, allocations) VALUES "
                "(:now, 'ann', 'so', 'dismiss', 'amount_mismatch', 'pi_1', '', '[]')"
            ),
            {"now": NOW},
        )
    engine.dispose()
    said = About("amount_mismatch", "pi_1")

    with open_ledger(ledger_url) as ledger, ledger.transaction() as connection:
        (waiting,) = EXCEPTIONS.open(connection)
        paid = connection.execute(
            text("SELECT transaction_reference, value FROM payment_references")
        ).all()
        dismissed = dismissed_among(connection, decisions, [said])
        again = ExceptionFound(ExceptionKind.CUSTOMER_AMBIGUOUS, "why", customer_id="cus_1")
        renew_exceptions(connection, Source.CUSTOMER, {"cus_1": [again]}, {}, waiting.since)
        assert len(EXCEPTIONS.open(connection)) == 2

    assert (waiting.kind, waiting.transaction_reference) == ("unlinked", "pi_1")
    assert waiting.customer_id is None
    assert [tuple(row) for row in paid] == [("pi_1", "cus_1")]
    assert dismissed == {said}


def test_a_transaction_that_fails_leaves_nothing(ledger_url: str) -> None:
    with open_ledger(ledger_url) as ledger:
        with pytest.raises(ZeroDivisionError), ledger.transaction() as connection:
            keep_value(connection, "key", "value")
            _ = 1 / 0
        with ledger.transaction() as connection:
            assert read_value(connection, "key") is None


def test_a_dry_run_sees_the_ledger_and_leaves_it_as_it_was(ledger_url: str) -> None:
    with open_ledger(ledger_url) as ledger, ledger.transaction() as connection:
        keep_value(connection, "key", "before")

    with open_ledger(ledger_url, keeps=False) as ledger:
        with ledger.transaction() as connection:
            assert read_value(connection, "key") == "before"
            keep_value(connection, "key", "after")
        with ledger.transaction() as connection:
            assert read_value(connection, "key") == "after"

    with visit_ledger(ledger_url) as ledger, ledger.transaction() as connection:
        assert read_value(connection, "key") == "before"


def test_a_dry_run_without_a_ledger_makes_no_file(tmp_path: Path) -> None:
    ledger_url = f"sqlite:///{tmp_path}/none.db"
    with open_ledger(ledger_url, keeps=False) as ledger, ledger.transaction() as connection:
        keep_value(connection, "key", "value")

    assert list(tmp_path.iterdir()) == []


def test_a_ledger_of_a_newer_program_is_refused(ledger_url: str) -> None:
    with open_ledger(ledger_url) as ledger, ledger.transaction() as connection:
        connection.execute(text(f"UPDATE {KIND.version_table} SET version_num = '9999'"))

    with pytest.raises(LedgerError, match="written by a newer one"):
        open_ledger(ledger_url)
    with pytest.raises(LedgerError, match="schema of another version"):
        visit_ledger(ledger_url)


@pytest.mark.parametrize(
    ("ledger_url", "message"),
    [
        ("no url at all", "not a SQLAlchemy URL"),
        ("mysql://user:secret@host/db", "mysql is not supported"),
        ("sqlite:////no/such/folder/ledger.db", "folder /no/such/folder does not exist"),
        ("postgresql://user:secret@127.0.0.1:1/db", "failed"),
    ],
)
def test_a_ledger_that_cannot_be_opened_is_said_without_its_password(
    ledger_url: str, message: str
) -> None:
    with pytest.raises(MonstockStripeError, match=message) as refused:
        open_ledger(ledger_url)

    assert "secret" not in str(refused.value)


def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("This is a letter to the bank.\n" * 100)

    with pytest.raises(LedgerError, match="not a database"):
        open_ledger(f"sqlite:///{tmp_path}/ledger.db")


def test_the_lock_dies_with_its_process(ledger_url: str) -> None:
    program = (
        "import sys, time; from target_monstock.ledger import open_ledger; "
        "ledger = open_ledger(sys.argv[1]); print('open', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, ledger_url], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(LedgerError, match="in use by another target-monstock"):
        open_ledger(ledger_url)

    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    for _ in range(50):  # a server notices a lost connection a moment later
        try:
            open_ledger(ledger_url).close()
            return
        except LedgerError:
            time.sleep(0.1)
    pytest.fail("the lock outlived its process")
