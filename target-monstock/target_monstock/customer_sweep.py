"""Customers who changed in Monstock: those of Stripe's to whom it may matter are looked for again.

Somebody new, another e-mail address, a Stripe id entered or taken away by hand: the truth follows
either side.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from monstock_stripe_core.customer import Customer
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.forgotten import Subject, forgotten_among
from target_common.ledger.history import keep_value, read_value
from target_common.ledger.sql import chunks

from target_monstock.ledger.customers import QUEUE, those_concerned
from target_monstock.monstock import Monstock

BOOKMARK = "customer_sweep_bookmark"
_SEEN = "customer_sweep_seen"
"""Customers within the overlap that were looked at, so that a quiet run asks about nobody."""

_OVERLAP = timedelta(seconds=60)
"""They may become visible later than their `updated_at` says, and clocks differ a little."""

_AT_A_TIME = 100
_MOST_SEEN = 1000


def sweep_customers(
    ledger: Ledger,
    monstock: Monstock,
    first_since: datetime,
    clock: Callable[[], datetime],
    draw: Callable[[Iterator[list[Customer]]], Iterator[list[Customer]]] = iter,
) -> Iterator[int]:
    """Look at every customer who changed in Monstock since the last time, a page at a time.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        first_since: where the first sweep begins: all whom the ledger knows are looked for anyway.
        clock: the time, UTC.
        draw: how pages are waited for.

    Yields:
        How many on a page had changed.

    Raises:
        MonstockError: Monstock cannot be asked; the bookmark is as far as was settled.
        LedgerError: the ledger cannot be written.
    """
    with ledger.transaction() as connection:
        text = read_value(connection, BOOKMARK)
        seen: dict[str, list[str]] = json.loads(read_value(connection, _SEEN) or "{}")
    newest = datetime.fromisoformat(text) if text else first_since
    listed = monstock.client.customers_updated_since(
        newest - _OVERLAP if text else newest, on_unreadable=_told_where_looked_for
    )
    for page in draw(chunks(listed, _AT_A_TIME)):
        now = clock()
        newest = min(max(newest, *(one.updated_at for one in page)), now)
        with ledger.transaction() as connection:
            ids = [one.id for one in page]
            forgotten = forgotten_among(connection, Subject.MONSTOCK_CUSTOMER, ids)
        known = [one for one in page if one.id not in forgotten]
        new = [one for one in known if seen.get(one.id) != _look(one)]
        seen |= {one.id: _look(one) for one in known}
        edge = (newest - _OVERLAP).isoformat()
        seen = {name: look for name, look in seen.items() if look[0] >= edge}
        with ledger.transaction() as connection:
            QUEUE.mark(connection, those_concerned(connection, new), "changed in Monstock", now)
            keep_value(connection, BOOKMARK, newest.isoformat())
            keep_value(connection, _SEEN, json.dumps(dict(list(seen.items())[-_MOST_SEEN:])))
        yield len(new)
    if text is None:
        with ledger.transaction() as connection:
            keep_value(connection, BOOKMARK, newest.isoformat())


def forget_seen(connection: Connection, ids: Iterable[str]) -> None:
    """Forget that customers of Monstock were looked at."""
    seen = json.loads(read_value(connection, _SEEN) or "{}")
    kept = {name: look for name, look in seen.items() if name not in set(ids)}
    if kept != seen:
        keep_value(connection, _SEEN, json.dumps(kept))


def _look(customer: Customer) -> list[str]:
    """What tells whether somebody has changed since: times of some tenants are whole seconds."""
    content = repr(replace(customer, etag=None)).encode("utf-8", "replace")
    return [customer.updated_at.isoformat(), hashlib.sha256(content).hexdigest()[:16]]


def _told_where_looked_for(_error: object) -> None:
    """One who cannot be read is told where they are looked for by themselves."""
