"""What SQLite and PostgreSQL say in the same words, and the little they do not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, TextClause, bindparam, text

T = TypeVar("T")

CHUNK = 1000
"""Parameters in one IN (…): well below SQLite's 32,766 and PostgreSQL's 65,535."""

LONGEST_REFERENCE = 255
"""No order number, id or transaction reference is longer; a longer text can match none."""


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values in lists of at most `size`."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk


def upsert(
    connection: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    keep: Sequence[str] = (),
) -> None:
    """Insert rows, or where their primary key is there, overwrite their other columns.

    Args:
        connection: inside a transaction.
        table: the table; every row names the same columns.
        rows: none is fine.
        keep: columns that stay as they are where the row was there before.
    """
    if rows:
        connection.execute(_upsert(table, tuple(rows[0]), tuple(keep)), list(rows))


@lru_cache
def _upsert(table: Table, names: tuple[str, ...], keep: tuple[str, ...]) -> TextClause:
    """The statement, which SQLite and PostgreSQL take in the same words.

    As text, for SQLAlchemy compiles its own insert with a conflict clause anew for each call.
    """
    key = [column.name for column in table.primary_key]
    changed = [f'"{name}" = excluded."{name}"' for name in names if name not in {*key, *keep}]
    action = f"UPDATE SET {', '.join(changed)}" if changed else "NOTHING"
    columns, values = _quoted(names), ", ".join(f":{name}" for name in names)
    return text(
        f'INSERT INTO "{table.name}" ({columns}) VALUES ({values}) '  # noqa: S608 - our own names
        f"ON CONFLICT ({_quoted(key)}) DO {action}"
    ).bindparams(*(bindparam(name, type_=table.c[name].type) for name in names))


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def storable(text: str) -> str:
    """The text without what a database cannot keep: NUL characters and lone surrogates."""
    return text.replace("\0", "�").encode("utf-8", "replace").decode("utf-8")


def unnamed(text: str) -> str:
    """A storable text in the place of one that can name nothing; it can name nothing either."""
    printable = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return "\ufffd" + printable[: LONGEST_REFERENCE - 1]


def is_reference(value: object) -> bool:
    """Whether a value can name anything: a short text of printable characters."""
    return isinstance(value, str) and 0 < len(value) <= LONGEST_REFERENCE and value.isprintable()
