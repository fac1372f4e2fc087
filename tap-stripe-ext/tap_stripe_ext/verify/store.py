"""Keeps what a comparison has found so far in a temporary SQLite file: memory stays bounded.

An object may come several times: one that changes while Stripe is listed is emitted again, and the
last word counts.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Any

from tap_stripe_ext.reader import decode, encode
from tap_stripe_ext.verify.received import Held, Key

_ROWS_AT_ONCE = 1000
_TABLES = """
CREATE TABLE held (stream TEXT, key TEXT, created INTEGER, gone INTEGER, copies INTEGER,
    PRIMARY KEY (stream, key)) WITHOUT ROWID;
CREATE TABLE listed (stream TEXT, key TEXT, created INTEGER, outcome TEXT, fields TEXT, raw BLOB,
    PRIMARY KEY (stream, key)) WITHOUT ROWID;
CREATE TABLE awaited (stream TEXT, key TEXT, PRIMARY KEY (stream, key)) WITHOUT ROWID;
"""
# One row for each object that either side knows, with what became of it.
_FOUND = """
SELECT listed.key, listed.created, listed.outcome, listed.fields, held.copies,
    EXISTS (SELECT 1 FROM awaited
        WHERE awaited.stream = listed.stream AND awaited.key = listed.key)
FROM listed LEFT JOIN held ON held.stream = listed.stream AND held.key = listed.key
WHERE listed.stream = :stream AND NOT (listed.outcome = 'gone' AND coalesce(held.gone, 1))
UNION ALL
SELECT held.key, held.created, 'extra', '', held.copies,
    EXISTS (SELECT 1 FROM awaited WHERE awaited.stream = held.stream AND awaited.key = held.key)
FROM held LEFT JOIN listed ON listed.stream = held.stream AND listed.key = held.key
WHERE held.stream = :stream AND NOT held.gone AND listed.key IS NULL
"""


class Outcome(StrEnum):
    """What was found of one object."""

    EQUAL = "equal"
    MISSING = "missing"
    EXTRA = "extra"
    DIFFERENT = "different"
    GONE = "gone"
    """Stripe says that it was deleted."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One object as the tap emitted it, compared.

    Args:
        key: the values of its key fields.
        created: its `created`, if it has one.
        outcome: how it compares.
        fields: those that differ.
        raw: its JSON, to be compared again; empty where it is equal.
    """

    key: Key
    created: int | None
    outcome: Outcome
    fields: tuple[str, ...] = ()
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Found:
    """One object that either side knows.

    Args:
        key: the values of its key fields.
        created: its `created`, if it has one.
        outcome: how it compares.
        fields: those that differ.
        copies: how often the target holds it.
        awaited: whether the tap's next run would bring it.
    """

    key: Key
    created: int | None
    outcome: Outcome
    fields: tuple[str, ...]
    copies: int
    awaited: bool


class Store:
    """What a comparison has found. For one thread at a time."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="tap-stripe-ext-verify-")
        self._database = open_scratch(Path(self._folder.name) / "found.sqlite", _TABLES)

    def hold(self, stream: str, records: Iterable[Held]) -> None:
        """Keep what the target holds of a stream."""
        rest = iter(records)
        while some := list(islice(rest, _ROWS_AT_ONCE)):
            self._database.executemany(
                "INSERT INTO held VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET "
                "copies = copies + 1, gone = min(gone, excluded.gone)",
                [(stream, key_text(one.key), one.created, one.gone) for one in some],
            )

    def see(self, stream: str, objects: Iterable[Seen]) -> None:
        """Keep how objects compare; what was known of them before no longer counts."""
        self._database.executemany(
            "INSERT OR REPLACE INTO listed VALUES (?, ?, ?, ?, ?, ?)",
            [
                (stream, key_text(one.key), one.created, one.outcome, ",".join(one.fields), one.raw)
                for one in objects
            ],
        )

    def await_(self, stream: str, keys: Iterable[Key]) -> None:
        """Note that the tap's next run would bring these objects."""
        self._database.executemany(
            "INSERT OR IGNORE INTO awaited VALUES (?, ?)",
            [(stream, key_text(key)) for key in keys],
        )

    def not_equal(self, stream: str) -> Iterator[list[Seen]]:
        """Yield the objects that are missing or differ, some at a time."""
        after = ""
        while True:
            rows = self._database.execute(
                "SELECT key, created, outcome, raw FROM listed WHERE stream = ? AND key > ? "
                "AND outcome IN ('missing', 'different') ORDER BY key LIMIT ?",
                (stream, after, _ROWS_AT_ONCE),
            ).fetchall()
            if not rows:
                return
            after = rows[-1][0]
            yield [
                Seen(key_of(key), created, Outcome(outcome), raw=raw)
                for key, created, outcome, raw in rows
            ]

    def found(self, stream: str) -> Iterator[Found]:
        """Yield every object of a stream that either side knows and that is not gone from both."""
        for key, created, outcome, fields, copies, awaited in self._database.execute(
            _FOUND, {"stream": stream}
        ):
            yield Found(
                key_of(key),
                created,
                Outcome.EXTRA if outcome == Outcome.GONE else Outcome(outcome),
                tuple(fields.split(",")) if fields else (),
                copies or 0,
                bool(awaited),
            )

    def close(self) -> None:
        """Remove the file."""
        self._database.close()
        self._folder.cleanup()


def open_scratch(path: Path, tables: str) -> sqlite3.Connection:
    """Return a new database that need not survive anything."""
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {tables}")
    return database


def key_text(key: Key) -> str:
    """Return a key as text."""
    return encode(key).decode()


def key_of(text: str) -> Key:
    """Return the key that was made text."""
    values: list[Any] = decode(text.encode())
    return tuple(values)
