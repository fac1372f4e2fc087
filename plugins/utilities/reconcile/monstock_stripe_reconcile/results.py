"""The file of the results: a new one takes the place of the last as a whole, history included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from monstock_stripe_reconcile.errors import ReconcileError
from monstock_stripe_reconcile.results_model import HISTORY, HISTORY_AMOUNTS, TABLES


@contextmanager
def new_results(file: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Make a results database with empty tables and the history of the last one.

    It takes the place of the last one when the block ends without an error, at once and whole;
    whoever reads the last one goes on reading it.

    Args:
        file: of the results.

    Yields:
        A connection to the new database.

    Raises:
        ReconcileError: the file cannot be written, or the one that is there is no results database.
    """
    new = file.with_name(f"{file.name}.new-{os.getpid()}")
    try:
        connection = duckdb.connect(str(new))
    except duckdb.Error as error:
        new.unlink(missing_ok=True)
        raise ReconcileError(f"results: {file} cannot be written: {error}") from None
    try:
        try:
            for table in TABLES:
                connection.execute(table.ddl())
            if file.exists():
                _take_over_history(connection, file)
            yield connection
            for (name,) in connection.execute(
                "SELECT database_name FROM duckdb_databases() WHERE NOT internal "
                "AND database_name <> current_database()"
            ).fetchall():
                connection.execute(f'DETACH "{name}"')
        finally:
            connection.close()
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
        new.with_name(f"{new.name}.wal").unlink(missing_ok=True)


def read_results(file: Path) -> duckdb.DuckDBPyConnection:
    """Open a results database to read it.

    Args:
        file: of the results.

    Raises:
        ReconcileError: there is none, or it is none.
    """
    if not file.is_file():
        raise ReconcileError(f"there are no results at {file}: run `reconcile compare` first")
    try:
        connection = duckdb.connect(str(file), read_only=True)
        connection.execute("SELECT model_version FROM run")
    except duckdb.Error as error:
        raise ReconcileError(f"{file} is no results database: {error}") from None
    return connection


def _take_over_history(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    path = str(file).replace("'", "''")
    try:
        connection.execute(f"ATTACH '{path}' AS last (READ_ONLY)")
        for table in (HISTORY, HISTORY_AMOUNTS):
            connection.execute(
                f"INSERT INTO {table.name} BY NAME SELECT * FROM last.{table.name}"  # noqa: S608
            )
        connection.execute("DETACH last")
    except duckdb.Error as error:
        raise ReconcileError(
            f"results: {file} is there and is no results database ({str(error).splitlines()[0]}); "
            "move it away, or name another file"
        ) from None
