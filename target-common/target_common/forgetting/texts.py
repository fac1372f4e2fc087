"""Looks through every text of a ledger, so that nothing is left where nobody thought of it."""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
    String,
    delete,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from target_common.forgetting.person import ERASED, pattern_of, spellings
from target_common.ledger.sql import chunks


def text_columns(metadata: MetaData) -> list[Column[Any]]:
    """Every column of a ledger in which a text can stand."""
    return [
        column
        for table in metadata.sorted_tables
        for column in table.c
        if isinstance(column.type, String)
    ]


def erase_values(
    connection: Connection, columns: Iterable[Column[Any]], values: Collection[str]
) -> dict[str, int]:
    """Put `(erased)` for each of the values, wherever it stands in these columns.

    Args:
        connection: inside a transaction.
        columns: of the ledger's tables.
        values: that stand for a person.

    Returns:
        Table and column → in how many rows something was found.
    """
    pattern = pattern_of(values)
    if pattern is None:
        return {}
    likely = _likely(values)
    counts = {
        f"{column.table.name}.{column.name}": _erase_in(connection, column, likely, pattern)
        for column in columns
    }
    return {name: count for name, count in counts.items() if count}


def _likely(values: Collection[str]) -> list[list[str]]:
    """What the database looks for before the pattern does; an empty list lets every text through.

    SQLite knows small letters and capitals of ASCII only: it would not find `Ö` by `ö`.
    """
    if not all(value.isascii() for value in values):
        return [[]]
    every = sorted({one.lower() for value in values for one in spellings(value)})
    return [list(chunk) for chunk in chunks(every, 200)]  # SQLite: expressions up to 1000 deep


def _erase_in(
    connection: Connection,
    column: Column[Any],
    likely: Iterable[Sequence[str]],
    pattern: re.Pattern[str],
) -> int:
    table = column.table
    key = list(table.primary_key)
    texts = select(*key, column.label("text")).where(column.is_not(None))
    count = 0
    for chunk in likely:
        if chunk:
            found = or_(*(func.lower(column).contains(one, autoescape=True) for one in chunk))
            rows = connection.execute(texts.where(found))
        else:
            rows = connection.execute(texts)
        for *at, text in [row for row in rows if pattern.search(row.text)]:
            count += 1
            here = [one == value for one, value in zip(key, at, strict=True)]
            _replace(connection, column, here, pattern.sub(ERASED, text))
    return count


def _replace(
    connection: Connection, column: Column[Any], here: list[ColumnElement[bool]], text: str
) -> None:
    """Store a text; a row that becomes like another one by it is not needed twice."""
    table = column.table
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(*here).values({column.name: text}))
    except IntegrityError:
        connection.execute(delete(table).where(*here))
