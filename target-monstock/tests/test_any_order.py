"""Of readings that come in any order, in batches of any size, the newest counts: in the ledger."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.write_plan import WriteRules
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_monstock.ingest import Ingested, ingest
from target_monstock.ingest_customers import ingest_customers
from target_monstock.ingest_links import ingest_links
from target_monstock.ledger import open_ledger
from target_monstock.ledger.customers import known_customers
from target_monstock.ledger.payment_links import known_links
from target_monstock.ledger.payments import known_payments
from target_monstock.rules import Rules, rules_of
from target_monstock.settings import read_settings
from target_monstock.testing import order_payment, payment_link, stripe_customer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONFIG = {"base_url": "http://127.0.0.1:9", "api_token": "t", "customers": "link"}
RULES = rules_of(read_settings(CONFIG), WriteRules(), StatusRules(), "")
NAMES = count(1)

Take = Callable[[Ledger, Sequence[Mapping[str, Any]], Rules, datetime], Ingested]


@dataclass(frozen=True)
class Stream:
    """Records that differ in one thing, and what the ledger has of them: it and the version."""

    take: Take
    record: Callable[[str, int, bool], dict[str, Any]]
    kept: Callable[[Connection, str], tuple[bool, int]]


def payment_kept(connection: Connection, name: str) -> tuple[bool, int]:
    payment = known_payments(connection, [name])[name].payment
    return payment.amount == 2000, payment.version


def customer_kept(connection: Connection, name: str) -> tuple[bool, int]:
    customer = known_customers(connection, [name])[name].customer
    return customer.phone is None, customer.version


def link_kept(connection: Connection, name: str) -> tuple[bool, int]:
    link = known_links(connection, [name])[name].link
    return link.order_id == "ord_2", link.version


STREAMS = {
    "order_payments": Stream(
        ingest,
        lambda name, version, other: order_payment(name, 2000 if other else 1000, version=version),
        payment_kept,
    ),
    "stripe_customers": Stream(
        ingest_customers,
        lambda name, version, other: stripe_customer(
            name, version=version, phone=None if other else "+33 1 00 00 00 00"
        ),
        customer_kept,
    ),
    "order_payment_links": Stream(
        ingest_links,
        lambda name, version, other: payment_link(
            name, "ord_2" if other else "ord_1", version=version
        ),
        link_kept,
    ),
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    path: Path = tmp_path_factory.mktemp("any_order") / "ledger.db"
    with open_ledger(f"sqlite:///{path}") as opened:
        yield opened


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[tuple[int, bool]]]:
    """Batches of readings, each a version and which of two things it says."""
    said = list(enumerate(draw(st.lists(st.booleans(), min_size=1, max_size=5)), 1))
    again = draw(st.lists(st.sampled_from(said), max_size=2))
    coming = draw(st.permutations([*said, *again]))
    size = draw(st.integers(1, 3))
    return [coming[start : start + size] for start in range(0, len(coming), size)]


@pytest.mark.parametrize("stream", STREAMS.values(), ids=STREAMS)
@example(batches=[[(1, False)], [(3, False)], [(2, True)]])
@given(batches=arrivals())
@settings(max_examples=60, deadline=None)
def test_the_newest_reading_counts_in_whatever_order_they_come(
    ledger: Ledger, stream: Stream, batches: Sequence[Sequence[tuple[int, bool]]]
) -> None:
    name = f"one_{next(NAMES)}"
    for batch in batches:
        stream.take(ledger, [stream.record(name, *reading) for reading in batch], RULES, NOW)

    version, other = max(reading for batch in batches for reading in batch)
    with ledger.transaction() as connection:
        assert stream.kept(connection, name) == (other, version)
