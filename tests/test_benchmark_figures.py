"""What the benchmarks make of measured values: percentiles, and whether something stays flat."""

from __future__ import annotations

import pytest

from benchmarks.bad_callers import SHARES
from benchmarks.figures import at, course
from benchmarks.processes import name_of

HALF_AN_HOUR = range(0, 1_800, 5)


@pytest.mark.parametrize(
    ("part", "value"), [(0.0, 1.0), (0.5, 51.0), (0.9, 91.0), (0.99, 100.0), (1.0, 100.0)]
)
def test_percentile_is_the_value_below_which_a_part_lies(part: float, value: float) -> None:
    assert at([float(number) for number in range(1, 101)], part) == value


@pytest.mark.parametrize(
    ("values", "flat"),
    [
        (dict.fromkeys(HALF_AN_HOUR, 100.0), True),
        # It grows until it has settled, which is not looked at.
        ({now: min(100.0, 50.0 + now / 6) for now in HALF_AN_HOUR}, True),
        ({now: 100.0 + (4.0 if now % 20 else 0.0) for now in HALF_AN_HOUR}, True),
        # A leak of 6 % in 25 minutes.
        ({now: 100.0 + 6.0 * now / 1_500 for now in HALF_AN_HOUR}, False),
        # A step that stays.
        ({now: 100.0 if now < 1_200 else 106.0 for now in HALF_AN_HOUR}, False),
        # Two minutes of more in the middle of it.
        ({now: 120.0 if 900 <= now < 1_020 else 100.0 for now in HALF_AN_HOUR}, False),
        # One moment of more.
        ({now: 200.0 if now == 900 else 100.0 for now in HALF_AN_HOUR}, True),
        ({now: 100.0 if now < 1_200 else 90.0 for now in HALF_AN_HOUR}, False),
    ],
)
def test_flat_is_what_neither_grows_nor_shrinks_by_a_twentieth(
    values: dict[int, float], flat: bool
) -> None:
    found = course([(float(now), value) for now, value in values.items()], settled=300.0)

    assert found.is_flat(0.05) is flat


def test_course_tells_first_lowest_highest_and_drift() -> None:
    found = course([(float(now), 100.0 + now / 100) for now in HALF_AN_HOUR], settled=300.0)

    figures = (found.first, found.lowest, found.highest)
    assert figures == pytest.approx((103.575, 104.475, 117.675))
    assert found.drift == pytest.approx(14.95)


def test_two_minutes_are_too_few_to_judge() -> None:
    with pytest.raises(ValueError, match="three minutes"):
        course([(float(now), 1.0) for now in range(0, 400, 5)], settled=300.0)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["/v/bin/python3.11", "/v/bin/meltano", "--cwd", "/p", "run"], "meltano"),
        (["/v/bin/python", "-P", "-m", "tap_common.doorbell"], "tap_common.doorbell"),
        (["/v/bin/target-monstock", "--config", "/f.json"], "target-monstock"),
        (["/v/bin/python"], "python"),
        ([], "?"),
    ],
)
def test_a_process_is_called_by_its_program(command: list[str], name: str) -> None:
    assert name_of(command) == name


def test_the_kinds_of_bad_calls_are_all_of_them() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
