"""A target's content as tables of a database, named as the streams, as Singer targets make them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    Connection,
    Engine,
    Select,
    and_,
    column,
    create_engine,
    func,
    inspect,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.sql.elements import ColumnElement

from tap_stripe_ext.verify.received import CannotVerifyError, Held, Key

logger = logging.getLogger(__name__)

_DELETED_AT = "_sdc_deleted_at"
_EXTRACTED_AT = "_sdc_extracted_at"
_ROWS_AT_ONCE = 1000
# Below what any database takes as parameters of one query.
_KEYS_AT_ONCE = 200


class SqlReceived:
    """Tables of a database.

    Args:
        url: the SQLAlchemy URL.
        names: the streams of the tap.
        schema: the database's schema; if None, the only one that holds tables named as streams.

    Raises:
        CannotVerifyError: if the database cannot be read, or it is not clear which schema is meant.
    """

    def __init__(self, url: str, names: Collection[str], schema: str | None) -> None:
        self._engine = _engine(url)
        self._where = self._engine.url.render_as_string(hide_password=True)
        with self._readable():
            self._schema, self._tables = _tables_named(self._engine, set(names), schema)
            # By stream: the table's columns by their names as the tap knows them.
            self._columns = {
                stream: _columns_of(self._engine, name, self._schema)
                for stream, name in self._tables.items()
            }

    def streams(self) -> Collection[str]:
        """Return the streams that have a table."""
        return self._tables

    def held(self, stream: str, keys: tuple[str, ...]) -> Iterator[Held]:
        """Yield everything that the stream's table holds."""
        if stream not in self._tables:
            return
        wanted = [*keys, *self._present(stream, ("created", "deleted", _DELETED_AT))]
        with self._readable(), self._engine.connect() as connection:
            rows = connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(
                self._select(stream, wanted)
            )
            for row in rows:
                values = dict(zip(wanted, row, strict=True))
                created = values.get("created")
                yield Held(
                    self._key(stream, keys, values),
                    None if created is None else _seconds(created),
                    bool(values.get("deleted")) or values.get(_DELETED_AT) is not None,
                )

    def records(
        self, stream: str, keys: tuple[str, ...], wanted: Collection[Key]
    ) -> Mapping[Key, Mapping[str, Any]]:
        """Return the rows with these keys."""
        if stream not in self._tables:
            return {}
        names = list(self._columns[stream])
        found: dict[Key, Mapping[str, Any]] = {}
        listed = list(wanted)
        with self._readable(), self._engine.connect() as connection:
            for start in range(0, len(listed), _KEYS_AT_ONCE):
                some = listed[start : start + _KEYS_AT_ONCE]
                query = self._select(stream, names).where(self._is_one_of(stream, keys, some))
                for row in connection.execute(query):
                    values = dict(zip(names, row, strict=True))
                    found[self._key(stream, keys, values)] = values
        return found

    def columns(self, stream: str) -> Collection[str] | None:
        """Return the columns of the stream's table; none if it has no table."""
        return self._columns.get(stream, {})

    def state(self) -> Mapping[str, Any] | None:
        """Return None: a database does not keep it."""
        return None

    def latest(self) -> int | None:
        """Return when the newest row of all tables was extracted, else made."""
        moments: list[int] = []
        with self._readable(), self._engine.connect() as connection:
            for name in (_EXTRACTED_AT, "created"):
                moments += filter(
                    None, (self._newest(connection, stream, name) for stream in self._tables)
                )
                if moments:
                    return max(moments)
        return None

    def close(self) -> None:
        """Let go of the connections."""
        self._engine.dispose()

    def _newest(self, connection: Connection, stream: str, name: str) -> int | None:
        if name not in self._columns[stream]:
            return None
        query = select(func.max(self._column(stream, name))).select_from(self._table(stream))
        value = connection.execute(query).scalar()
        return None if value is None else _seconds(value)

    def _present(self, stream: str, names: Collection[str]) -> list[str]:
        return [name for name in names if name in self._columns[stream]]

    def _table(self, stream: str) -> Any:
        return table(self._tables[stream], schema=self._schema)

    def _column(self, stream: str, name: str) -> ColumnElement[Any]:
        found = self._columns[stream].get(name)
        if found is None:
            raise CannotVerifyError(
                f"The table {self._tables[stream]} of {self._where} has no column {name}, which "
                "is part of the stream's key. Was it received with other settings?"
            )
        return column(found)

    def _select(self, stream: str, names: Collection[str]) -> Select[Any]:
        columns = [self._column(stream, name) for name in names]
        return select(*columns).select_from(self._table(stream))

    def _is_one_of(
        self, stream: str, keys: tuple[str, ...], wanted: Collection[Key]
    ) -> ColumnElement[bool]:
        columns = [self._column(stream, name) for name in keys]
        if len(columns) == 1:
            return columns[0].in_([key[0] for key in wanted])
        return or_(
            *(
                and_(*(one == value for one, value in zip(columns, key, strict=True)))
                for key in wanted
            )
        )

    def _key(self, stream: str, keys: tuple[str, ...], values: Mapping[str, Any]) -> Key:
        lacking = [name for name in keys if values[name] is None]
        if lacking:
            raise CannotVerifyError(
                f"A row of {self._tables[stream]} in {self._where} has no {', '.join(lacking)}, "
                "which is part of the stream's key. Was it received with other settings?"
            )
        return tuple(values[name] for name in keys)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise CannotVerifyError(f"{self._where} cannot be read: {reason}") from None


def _engine(url: str) -> Engine:
    try:
        return create_engine(make_url(url))
    except (ImportError, NoSuchModuleError) as error:
        raise CannotVerifyError(
            f"The driver for this database is not installed ({error}). Install the package that "
            "brings it beside tap-stripe-ext, such as psycopg[binary] for postgresql+psycopg."
        ) from None
    except ArgumentError:
        raise CannotVerifyError(
            "This is no SQLAlchemy URL; it must look like postgresql+psycopg://user@host/database."
        ) from None


def _tables_named(
    engine: Engine, names: set[str], schema: str | None
) -> tuple[str | None, dict[str, str]]:
    """Find the schema, and in it the table of each stream."""
    inspector = inspect(engine)

    def tables(one: str | None) -> dict[str, str]:
        every = [*inspector.get_table_names(schema=one), *inspector.get_view_names(schema=one)]
        return {name.lower(): name for name in every if name.lower() in names}

    if schema is not None:
        return schema, tables(schema)
    found = tables(None)
    if found and _is_reachable(engine, next(iter(found.values()))):
        return None, found
    holding = {one: found for one in inspector.get_schema_names() if (found := tables(one))}
    if len(holding) > 1:
        raise CannotVerifyError(
            f"Several schemas of {engine.url.render_as_string(hide_password=True)} hold tables "
            f"of this tap: {', '.join(sorted(holding))}. Say which one is meant with "
            "--verify-schema."
        )
    for only, found in holding.items():
        logger.info("The tables are read from the schema %s.", only)
        return only, found
    return None, {}


def _is_reachable(engine: Engine, name: str) -> bool:
    """Tell whether a table is found without its schema.

    The driver of DuckDB lists the tables of all schemas where those of the default one are meant.
    """
    try:
        _columns_of(engine, name, None)
    except SQLAlchemyError:
        return False
    return True


def _columns_of(engine: Engine, name: str, schema: str | None) -> dict[str, str]:
    """Return a table's columns, by their names in lower case.

    Asked of the table itself: not every driver's reflection keeps up with its database.
    """
    query = select(text("*")).select_from(table(name, schema=schema)).where(text("1 = 0"))
    with engine.connect() as connection:
        names = connection.execute(query).keys()
        return {one.lower(): one for one in names}


def _seconds(value: Any) -> int:
    """Return a moment as seconds since 1970; a target's times without a zone are in UTC."""
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return int((value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, date):
        return int(datetime(value.year, value.month, value.day, tzinfo=UTC).timestamp())
    if isinstance(value, (int, float, Decimal)):
        return int(value)
    raise CannotVerifyError(f"A time in a table is {value!r}, which is none.")
