"""Worlds of random trade on both sides, both pipelines in any order, faults and cuts.

In the end both systems say what the world knows to be true, nothing done by hand is undone, and a
further run of both writes nothing.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from world.plan import Plan, plans
from world.play import playing

MODES = ("annotate", "payment_intent", "invoice", "payment_link")


def played(order_as: str, examples: int) -> None:
    """Play so many worlds."""

    @given(plans(order_as))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def play_one(plan: Plan) -> None:
        with tempfile.TemporaryDirectory() as folder, playing(plan, Path(folder)) as play:
            for running in plan.runs:
                play.run(running)
            play.come_to_rest()
            assert play.differences() == []
            assert play.writes_of_a_round() == 0

    play_one()


@pytest.mark.parametrize("order_as", MODES)
def test_worlds_end_true_and_silent(order_as: str) -> None:
    played(order_as, 3)


@pytest.mark.slow
@pytest.mark.parametrize("order_as", MODES)
def test_many_worlds_end_true_and_silent(order_as: str) -> None:
    played(order_as, 50)
