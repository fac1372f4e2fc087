import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from monstock_stripe_core.discrepancy import Reason
from reconcile_world import (
    ALONE,
    RIGHT,
    TOGETHER,
    Plant,
    World,
    findings,
    right_single,
    run_on,
)

EVERY = (*RIGHT, *ALONE, *TOGETHER)


def test_each_reason_is_found_alone_and_together(tmp_path: Path) -> None:
    world = World()
    for total, plant in enumerate(EVERY, 12_345):
        plant(world, total)
    result = run_on(world, tmp_path)
    assert findings(result) == world.expected
    assert {one.reason for one in world.expected} >= set(Reason) - {Reason.CHANGED_BY_HAND}
    assert (result.agrees, result.exit_status) == (False, 1)


def test_right_orders_agree(tmp_path: Path) -> None:
    world = World()
    for total, plant in enumerate(RIGHT * 3, 5000):
        plant(world, total)
    result = run_on(world, tmp_path)
    assert findings(result) == set()
    assert (result.agrees, result.exit_status) == (True, 0)


@pytest.mark.slow
@pytest.mark.parametrize("plant", EVERY, ids=lambda plant: plant.__name__)
def test_each_plant_is_found_among_right_orders(plant: Plant, tmp_path: Path) -> None:
    world = World()
    for right in RIGHT:
        right(world, 5000)
    plant(world, 12_345)
    for right in RIGHT:
        right(world, 7000)
    result = run_on(world, tmp_path)
    assert findings(result) == world.expected
    assert result.agrees == (not world.expected)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(EVERY), st.integers(1001, 99_999)), max_size=40))
def test_exactly_what_is_planted_is_found(planted: list[tuple[Plant, int]]) -> None:
    world = World()
    right_single(world, 5000)
    for plant, total in planted:
        plant(world, total)
    with TemporaryDirectory() as folder:
        assert findings(run_on(world, Path(folder))) == world.expected


@pytest.mark.slow
def test_each_reason_three_times_alone_and_together_among_10000_right_orders(
    tmp_path: Path,
) -> None:
    dice = random.Random(7)
    planted = [plant for plant in (*ALONE, *TOGETHER) for _ in range(3)]
    planted += dice.choices(RIGHT, k=10_000)
    dice.shuffle(planted)
    world = World()
    for plant in planted:
        plant(world, dice.randint(1001, 99_999))
    found = findings(run_on(world, tmp_path))
    assert found - world.expected == set(), "invented"
    assert world.expected - found == set(), "missed"
    reasons = [one.reason for one in found]
    assert min(reasons.count(reason) for reason in reasons) >= 3
