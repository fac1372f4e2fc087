"""Random histories: whatever happens at Stripe while runs come and go, are cut, fail and go on,
what the target holds in the end is what Stripe lists.

Time is simulated, for Stripe and for the tap alike. What a target holds is compared with
`StripeWorld.present`, which shares no code with the tap; snapshots of payments, which only the
tap makes, with those of a fresh first run.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from histories.plan import COMMERCE, EVENTS, History, Reading, histories
from histories.play import playing, schema_of
from hypothesis import HealthCheck, given, settings
from monstock_stripe_sandbox.stripe_world import StripeWorldError
from tap_stripe_ext.stream_table import STREAM_TABLE, row_named

NAMES = tuple(row.name for row in STREAM_TABLE if row.name != EVENTS)


@pytest.fixture(autouse=True, scope="module")
def small_schemas() -> Iterator[None]:
    """Spare the SDK's work on the real schemas, half a second for each stream and run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tap_stripe_ext.streams.load_schema", schema_of)
        yield


def played(streams: tuple[str, ...], examples: int, most: int | None = None) -> set[str]:
    """Play so many histories; return the streams of which a target held something at an end."""
    held: set[str] = set()

    @given(histories(streams, most))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def play_one(history: History) -> None:
        with playing(history) as play:
            play.play()
            held.update(name for name, rows in play.target.rows.items() if rows)

    play_one()
    return held


@pytest.mark.parametrize("name", NAMES)
def test_stream_is_kept_equal_through_its_life(name: str):
    row = row_named(name)
    with playing(History((name,))) as play:

        def act_and_compare(*acts: Any) -> None:
            for act in acts:
                with suppress(StripeWorldError):  # Stripe knows no such thing
                    act(row)
            play.trade.wait(3_600)
            play.read(Reading(), (name,))
            play.compare()

        act_and_compare(play.trade.create, play.trade.create)
        assert play.target.rows[name]
        act_and_compare(play.trade.create)
        act_and_compare(play.trade.change)
        act_and_compare(play.trade.delete)
        assert play.read(Reading(), (name,)).record_count == 0


def test_histories_of_commerce_end_equal():
    assert played(COMMERCE, 20) == set(COMMERCE)


@pytest.mark.parametrize("first", range(0, len(NAMES), 12))
def test_histories_end_equal(first: int):
    assert played(NAMES[first : first + 12], 3, most=4)


@pytest.mark.slow
def test_many_histories_of_commerce_end_equal():
    assert played(COMMERCE, 100) == set(COMMERCE)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, len(NAMES), 6))
def test_many_histories_end_equal(first: int):
    streams = NAMES[first : first + 6]
    assert played(streams, 20) == set(streams)
