"""A results database, opened to be handed out, with the functions that every format needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from monstock_stripe_core.money import currency_exponent

from monstock_stripe_reconcile.errors import ReconcileError
from monstock_stripe_reconcile.results import read_results
from monstock_stripe_reconcile.results_model import TABLES, VERSION

_MEMORY_LIMIT = "512MB"


@contextmanager
def opened(file: Path, spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open results for reading.

    The connection has `decimals_of(currency)` and `decimal_text(amount, currency)`, as the core's
    `currency_exponent` and `to_decimal_text`.

    Args:
        file: of the results.
        spill: an existing folder for what does not fit into memory.

    Raises:
        ReconcileError: there are no results, or they are of another version.
    """
    connection = read_results(file)
    try:
        version = connection.execute("SELECT model_version FROM run").fetchone()
        if version is None or version[0] != VERSION:
            raise ReconcileError(
                f"{file} was made by another version of reconcile: run `reconcile compare` again"
            )
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET memory_limit = $1", [_MEMORY_LIMIT])
        if spill is not None:
            connection.execute("SET temp_directory = $1", [str(spill)])
        for statement in _functions(currency_decimals(connection)):
            connection.execute(statement)
        yield connection
    except duckdb.Error as error:
        raise ReconcileError(
            f"{file} cannot be handed out ({type(error).__name__}): {str(error).splitlines()[0]}"
        ) from error
    finally:
        connection.close()


def currency_decimals(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many decimals each currency of the results has.

    Raises:
        MoneyError: a code that is no currency.
    """
    columns = [
        (table.name, column.name)
        for table in TABLES
        for column in table.columns
        if column.name in ("currency", "fee_currency")
    ]
    codes = connection.execute(
        " UNION ".join(f"SELECT {column} AS code FROM {table}" for table, column in columns)  # noqa: S608
        + " ORDER BY code"
    ).fetchall()
    return {code: currency_exponent(code) for (code,) in codes if code is not None}


def _functions(decimals: dict[str, int]) -> list[str]:
    by_decimals: dict[int, list[str]] = {}
    for code, number in decimals.items():
        by_decimals.setdefault(number, []).append(f"'{code}'")
    exact = {
        # 0.01 and the like are exact decimals to DuckDB; the text has all of their places.
        number: f"CAST(CAST(amount AS DECIMAL(19, 0)) * 0.{'1'.rjust(number, '0')} AS VARCHAR)"
        for number in by_decimals
        if number
    }
    whole = "CAST(amount AS VARCHAR)"
    return [
        "CREATE OR REPLACE TEMP MACRO decimals_of(currency) AS "
        + _case({number: str(number) for number in by_decimals}, by_decimals, "0"),
        "CREATE OR REPLACE TEMP MACRO decimal_text(amount, currency) AS "
        + _case(exact, by_decimals, whole),
    ]


def _case(answers: dict[int, str], codes: dict[int, list[str]], otherwise: str) -> str:
    if not answers:
        return otherwise
    cases = " ".join(
        f"WHEN currency IN ({', '.join(codes[number])}) THEN {answer}"
        for number, answer in answers.items()
    )
    return f"CASE {cases} ELSE {otherwise} END"
