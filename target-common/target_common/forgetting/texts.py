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
    wanted = sorted({one.lower() for value in values for one in spellings(value)})
    counts = {
        f"{column.table.name}.{column.name}": _erase_in(connection, column, wanted, pattern)
        for column in columns
    }
    return {name: count for name, count in counts.items() if count}


def _erase_in(
    connection: Connection, column: Column[Any], wanted: Sequence[str], pattern: re.Pattern[str]
) -> int:
    table = column.table
    key = list(table.primary_key)
    count = 0
    for chunk in chunks(wanted, 200):  # SQLite takes expressions up to a depth of 1000
        likely = or_(*(func.lower(column).contains(one, autoescape=True) for one in chunk))
        for *at, text in connection.execute(select(*key, column.label("text")).where(likely)).all():
            erased = pattern.sub(ERASED, text)
            if erased != text:
                count += 1
                here = [one == value for one, value in zip(key, at, strict=True)]
                _replace(connection, column, here, erased)
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
