"""Both taps' tables, in whatever database a Singer target has put them: read, never written."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import duckdb
import msgspec
from sqlalchemy import Engine, Text, cast, column, create_engine, inspect, select, table
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.types import JSON

from monstock_stripe_reconcile.errors import WarehouseError

_ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that is read: which tap's, the columns that it must have, and those that are read.

    A column that the warehouse lacks is null: tenants and older loads do not have all of them.
    An optional table may be missing as a whole.
    """

    name: str
    tap: str
    required: tuple[str, ...]
    columns: Mapping[str, str]
    optional: bool = False


_MOVEMENT = MappingProxyType(
    {
        "id": "VARCHAR",
        "account_id": "VARCHAR",
        "type": "VARCHAR",
        "reporting_category": "VARCHAR",
        "source": "VARCHAR",
        "created": "BIGINT",
        "available_on": "BIGINT",
        "currency": "VARCHAR",
        "amount": "BIGINT",
        "fee": "BIGINT",
        "net": "BIGINT",
    }
)
_AMOUNTS = ("id", "currency", "amount", "fee", "net")

SOURCES = (
    SourceTable(
        "payments",
        "stripe",
        ("id", "object", "payment_intent", "charge"),
        MappingProxyType(
            {
                "id": "VARCHAR",
                "object": "VARCHAR",
                "account_id": "VARCHAR",
                "own_account": "BOOLEAN",
                "livemode": "BOOLEAN",
                "created": "BIGINT",
                "version": "BIGINT",
                "payment_intent": "JSON",
                "charge": "JSON",
                "refunds": "JSON",
                "disputes": "JSON",
                "checkout_sessions": "JSON",
                "invoices": "JSON",
            }
        ),
    ),
    SourceTable("balance_transactions", "stripe", _AMOUNTS, _MOVEMENT, optional=True),
    SourceTable(
        "payout_balance_transactions",
        "stripe",
        (*_AMOUNTS, "payout"),
        MappingProxyType({**_MOVEMENT, "payout": "VARCHAR"}),
        optional=True,
    ),
    SourceTable(
        "payouts",
        "stripe",
        ("id", "currency", "amount"),
        MappingProxyType(
            {
                "id": "VARCHAR",
                "account_id": "VARCHAR",
                "currency": "VARCHAR",
                "amount": "BIGINT",
                "status": "VARCHAR",
                "automatic": "BOOLEAN",
                "reconciliation_status": "VARCHAR",
                "created": "BIGINT",
                "arrival_date": "BIGINT",
            }
        ),
        optional=True,
    ),
    SourceTable(
        "orders",
        "monstock",
        ("id", "number", "state", "currency", "total", "payments", "updated_at"),
        MappingProxyType(
            {
                "id": "VARCHAR",
                "number": "VARCHAR",
                "kind": "VARCHAR",
                "state": "VARCHAR",
                "currency": "VARCHAR",
                "total": "BIGINT",
                "amount_due": "BIGINT",
                "payment_status": "VARCHAR",
                "channel_reference": "VARCHAR",
                "customer_id": "VARCHAR",
                "created_at": "TIMESTAMP",
                "updated_at": "TIMESTAMP",
                "payments": "JSON",
                "_sdc_deleted_at": "TIMESTAMP",
            }
        ),
    ),
)
"""Everything that a comparison reads."""


def open_source(
    connection: duckdb.DuckDBPyConnection, url: str, schemas: Mapping[str, str], folder: Path
) -> str:
    """Make the tables of `SOURCES` readable as `source.<name>`.

    Args:
        connection: that gets them. Its database `source` is new.
        url: SQLAlchemy URL of the warehouse.
        schemas: of the warehouse, by tap.
        folder: where a copy may lie as long as the connection is open.

    Returns:
        The warehouse's name for people; see `warehouse_name`.

    Raises:
        WarehouseError: it cannot be read, or lacks a table or column that must be there.
    """
    parsed = _parsed(url)
    name = warehouse_name(url)
    if parsed.get_backend_name() == "duckdb":
        _attach(connection, Path(parsed.database or ""), schemas, name)
    else:
        _copy(connection, parsed, schemas, folder / "source.duckdb", name)
    return name


def warehouse_name(url: str) -> str:
    """Return a warehouse's URL as people may read it: without its password and its query.

    Args:
        url: SQLAlchemy URL. Drivers take tokens and passwords in its query, under any name.

    Raises:
        WarehouseError: it is no URL.
    """
    return _parsed(url).set(query={}).render_as_string(hide_password=True)


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise WarehouseError(
            "source is no SQLAlchemy URL; it must look like duckdb:///warehouse.duckdb"
        ) from None


def _attach(
    connection: duckdb.DuckDBPyConnection, file: Path, schemas: Mapping[str, str], name: str
) -> None:
    """Read a DuckDB file where it is."""
    if not file.is_file():
        raise WarehouseError(f"source: there is no file {file}; load both taps into it first")
    try:
        connection.execute(f"ATTACH {_quoted(str(file))} AS warehouse (READ_ONLY)")
        connection.execute("ATTACH ':memory:' AS source")
        for one in SOURCES:
            found = connection.execute(
                "SELECT column_name FROM duckdb_columns() WHERE database_name = 'warehouse' "
                "AND lower(schema_name) = lower(?) AND lower(table_name) = ?",
                [schemas[one.tap], one.name],
            ).fetchall()
            present = {str(row[0]).lower(): str(row[0]) for row in found}
            _check(one, present, schemas, name)
            origin = (
                f'FROM warehouse."{schemas[one.tap]}"."{one.name}"' if present else "WHERE false"
            )
            connection.execute(
                f"CREATE VIEW source.{one.name} AS SELECT {_columns(one, present)} {origin}"
            )
    except duckdb.Error as error:
        raise WarehouseError(f"{name} cannot be read: {_first_line(error)}") from None


def _copy(
    connection: duckdb.DuckDBPyConnection,
    url: URL,
    schemas: Mapping[str, str],
    file: Path,
    name: str,
) -> None:
    """Copy what is needed of another database, as texts, a part at a time."""
    connection.execute(f"ATTACH {_quoted(str(file))} AS source")
    try:
        engine = create_engine(url)
    except (ImportError, NoSuchModuleError) as error:
        raise WarehouseError(
            f"The driver for this database is not installed ({error}). Install the package that "
            "brings it, such as psycopg[binary] for postgresql+psycopg."
        ) from None
    try:
        for one in SOURCES:
            present = _present(engine, one, schemas)
            _check(one, present, schemas, name)
            texts = ", ".join(f'"{column_name}" VARCHAR' for column_name in one.columns)
            connection.execute(f"CREATE TABLE source.{one.name}_text ({texts})")
            for rows in _rows(engine, one, present, schemas):
                _append(connection, one, rows)
            columns = _columns(one, {key: key for key in one.columns})
            connection.execute(
                f"CREATE VIEW source.{one.name} AS SELECT {columns} FROM source.{one.name}_text"  # noqa: S608
            )
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise WarehouseError(f"{name} cannot be read: {reason}") from None
    finally:
        engine.dispose()


def _present(engine: Engine, one: SourceTable, schemas: Mapping[str, str]) -> dict[str, str]:
    inspector = inspect(engine)
    schema = schemas[one.tap]
    names = (*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema))
    if one.name not in [name.lower() for name in names]:
        return {}
    found = inspector.get_columns(one.name, schema=schema)
    return {str(each["name"]).lower(): str(each["name"]) for each in found}


def _rows(
    engine: Engine, one: SourceTable, present: Mapping[str, str], schemas: Mapping[str, str]
) -> Iterator[list[dict[str, str | None]]]:
    if not present:
        return
    schema = schemas[one.tap]
    types = {
        str(each["name"]).lower(): each["type"]
        for each in inspect(engine).get_columns(one.name, schema=schema)
    }
    wanted = [name for name in one.columns if name in present]
    columns = [
        cast(column(present[name]), Text).label(name)
        if isinstance(types[name], JSON)
        else column(present[name]).label(name)
        for name in wanted
    ]
    query = select(*columns).select_from(table(one.name, schema=schema))
    with engine.connect().execution_options(yield_per=_ROWS_AT_ONCE) as connection:
        for part in connection.execute(query).partitions():
            yield [dict(zip(wanted, map(_text, row), strict=True)) for row in part]


def _append(
    connection: duckdb.DuckDBPyConnection, one: SourceTable, rows: list[dict[str, str | None]]
) -> None:
    """Lines of JSON are the quickest way into DuckDB that needs no further library."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as lines:
        lines.write(b"\n".join(map(msgspec.json.encode, rows)))
        lines.flush()
        columns = ", ".join(f"{_quoted(name)}: 'VARCHAR'" for name in one.columns)
        connection.execute(
            f"INSERT INTO source.{one.name}_text BY NAME SELECT * FROM read_json("  # noqa: S608
            f"{_quoted(lines.name)}, format = 'newline_delimited', columns = {{{columns}}}, "
            "maximum_object_size = 67108864)"
        )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)


def _check(
    one: SourceTable, present: Mapping[str, str], schemas: Mapping[str, str], name: str
) -> None:
    missing = [column_name for column_name in one.required if column_name not in present]
    if missing and (present or not one.optional):
        where = f"{schemas[one.tap]}.{one.name}"
        what = f"column {missing[0]} in" if present else "table"
        tap = "tap-stripe-ext" if one.tap == "stripe" else "tap-monstock"
        raise WarehouseError(
            f"{name} has no {what} {where}: load {tap} into it, or correct the setting "
            f"{one.tap}_schema"
        )


def _columns(one: SourceTable, present: Mapping[str, str]) -> str:
    return ", ".join(
        f'CAST("{present[name]}" AS {type_}) AS {_called(name)}'
        if name in present
        else f"CAST(NULL AS {type_}) AS {_called(name)}"
        for name, type_ in one.columns.items()
    )


def _called(name: str) -> str:
    return "deleted_at" if name == "_sdc_deleted_at" else name


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
