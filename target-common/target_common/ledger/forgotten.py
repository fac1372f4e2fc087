"""What was erased from a ledger and must not come back with the next reading.

A subject is remembered by a keyed hash: whoever has only the table cannot say who it was, and
whoever has an id can ask whether it was erased.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from target_common.ledger.history import keep_value, read_value
from target_common.ledger.sql import chunks, upsert
from target_common.ledger.tables import forgotten

_KEY = "forgotten_key"


class Subject(StrEnum):
    """What can be remembered as erased."""

    PAYMENT = "payment"
    STRIPE_CUSTOMER = "stripe customer"
    ORDER = "order"
    MONSTOCK_CUSTOMER = "monstock customer"


def remember_forgotten(
    connection: Connection, subjects: Mapping[Subject, Iterable[str]], now: datetime
) -> None:
    """Remember that the person was erased from these subjects.

    Args:
        connection: inside a transaction.
        subjects: kind → ids.
        now: UTC.
    """
    key = read_value(connection, _KEY)
    if key is None:
        key = secrets.token_hex(32)
        keep_value(connection, _KEY, key)
    upsert(
        connection,
        forgotten,
        [
            {"digest": _digest(key, kind, name), "forgotten_at": now}
            for kind, names in subjects.items()
            for name in sorted(set(names))
        ],
        keep=("forgotten_at",),
    )


def forgotten_among(connection: Connection, kind: Subject, names: Iterable[str]) -> set[str]:
    """Those of these subjects from which the person was erased."""
    key = read_value(connection, _KEY)
    if key is None:
        return set()
    by_digest = {_digest(key, kind, name): name for name in names}
    found: set[str] = set()
    for chunk in chunks(by_digest):
        rows = connection.execute(select(forgotten.c.digest).where(forgotten.c.digest.in_(chunk)))
        found.update(by_digest[row.digest] for row in rows)
    return found


def _digest(key: str, kind: Subject, name: str) -> str:
    text = f"{kind.value} {name}".encode("utf-8", "replace")
    return hmac.new(bytes.fromhex(key), text, hashlib.sha256).hexdigest()
