"""Whatever dies, fails or goes astray, each payment ends up on its order once (`make chaos`)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from chaos.ending import tracebacks
from chaos.market import Sizes
from chaos.plan import SHARES, SMALL, plan, shared
from chaos.run import run

SMALL_SIZES = Sizes(
    payments=300,
    rate=30,
    gap=0.5,
    # Nothing rings for what was lost, or for what staff do: it is looked for soon.
    settings={
        "TAP_STRIPE_EXT_POLL_INTERVAL": "3",
        "TAP_STRIPE_EXT_POLL_INTERVAL_IDLE": "3",
        "TARGET_MONSTOCK_SWEEP_INTERVAL": "3",
    },
)


def test_300_payments_and_10_faults_end_with_every_order_right(root: Path, tmp_path: Path) -> None:
    outcome = run(root, tmp_path, 7, plan(7, SMALL), SMALL_SIZES)
    assert outcome.problems == []
    assert outcome.struck == SMALL
    assert outcome.bit == SMALL
    assert outcome.payments == 300
    assert outcome.writes == 0


def test_a_seed_chooses_the_same_faults_each_time_and_another_one_others() -> None:
    counts = shared(200)
    assert plan(3, counts) == plan(3, counts)
    assert plan(3, counts) != plan(4, counts)


@pytest.mark.parametrize("faults", [1, 7, 40, 199, 200, 1000])
def test_faults_of_all_kinds_add_up_to_what_was_asked_for(faults: int) -> None:
    counts = shared(faults)
    assert sum(counts.values()) == faults
    assert Counter(one.kind for one in plan(1, counts)) == Counter(counts)
    for kind, share in SHARES.items():
        assert abs(counts[kind] - faults * share / sum(SHARES.values())) <= 1


def test_two_hundred_faults_leave_no_kind_out() -> None:
    assert shared(200) == dict(SHARES)


BOX = """meltano
╭───────────────────── Traceback (most recent call last) ──────────────────────╮
│ {where}                                                                      │
╰──────────────────────────────────────────────────────────────────────────────╯
"""
DEAD_PLUGIN = BOX.format(where=".py:333 in _write_line_writer")


@pytest.mark.parametrize(
    ("log", "count"),
    [
        ("nothing happened", 0),
        (DEAD_PLUGIN, 0),
        (BOX.format(where=".py:48 in default"), 1),
        (DEAD_PLUGIN + BOX.format(where=".py:48 in default") + DEAD_PLUGIN, 1),
        (DEAD_PLUGIN + "[info] tap-stripe-ext Traceback (most recent call last):", 1),
    ],
)
def test_tracebacks_count_but_for_those_of_meltano_about_a_plugin_that_died(
    log: str, count: int
) -> None:
    assert tracebacks(log) == count
