"""The scenarios end as their authors wrote: real processes, two acts of trade, three runs."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.check import exception_differences
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.pipeline import BarePipe, PaymentsPipe, executable
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox


@dataclass(frozen=True)
class Stood:
    """How things stood after one run, and what it asked for."""

    orders: tuple[str, ...]
    exceptions: tuple[str, ...]
    contents: dict[str, dict[str, Any]]
    state: dict[str, Any] | None
    stripe_requests: int
    monstock_requests: int
    monstock_writes: int


@dataclass(frozen=True)
class Story:
    """An afternoon and a run, an evening and a run, and a third run with nothing new."""

    afternoon: Stood
    evening: Stood
    third: Stood


@pytest.fixture(scope="module", params=[7, pytest.param(2026, marks=pytest.mark.slow)])
def story(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, catalog: Path
) -> Story:
    """The whole story, told once for all tests of this file."""
    with running_sandbox(seed=request.param, scenarios=True) as sandbox:
        pipe = PaymentsPipe(
            tmp_path_factory.mktemp("story"), sandbox.stripe_url, sandbox.monstock_url
        )
        pipe.catalog = catalog
        afternoon = run(pipe, sandbox)
        assert sandbox.trade() == "evening"
        evening = run(pipe, sandbox)
        return Story(afternoon, evening, run(pipe, sandbox))


def run(pipe: BarePipe, sandbox: RunningSandbox) -> Stood:
    """Run the pipeline once and look at what it left."""
    sandbox.stripe_controls.reset_counters()
    sandbox.monstock_controls.reset_counters()
    ended = pipe.run()
    assert ended.ok, ended.stderr
    return Stood(
        orders=tuple(map(str, sandbox.check())),
        exceptions=tuple(
            map(str, exception_differences(shown_exceptions(pipe), sandbox.exceptions()))
        ),
        contents=monstock_contents(sandbox.monstock),
        state=ended.state,
        stripe_requests=sandbox.stripe_controls.requests,
        monstock_requests=sandbox.monstock_controls.requests,
        monstock_writes=sandbox.monstock_controls.writes,
    )


def shown_exceptions(pipe: BarePipe) -> list[dict[str, Any]]:
    """What `target-monstock exceptions` lists."""
    config = str(pipe.folder / "target.config.json")
    command = [executable("target-monstock"), "exceptions", "--config", config, "--format", "json"]
    shown: list[dict[str, Any]] = json.loads(
        subprocess.run(command, capture_output=True, check=True).stdout
    )
    return shown


def test_after_the_afternoon_every_order_is_as_it_must_be(story: Story) -> None:
    assert story.afternoon.orders == ()


def test_after_the_afternoon_the_right_exceptions_are_shown(story: Story) -> None:
    assert story.afternoon.exceptions == ()


def test_after_the_evening_every_order_is_as_it_must_be(story: Story) -> None:
    assert story.evening.orders == ()


def test_after_the_evening_the_right_exceptions_are_shown(story: Story) -> None:
    assert story.evening.exceptions == ()


def test_the_evening_costs_less_than_the_afternoon(story: Story) -> None:
    assert 0 < story.evening.monstock_writes < story.afternoon.monstock_writes / 2


def test_a_third_run_with_nothing_new_writes_nothing(story: Story) -> None:
    assert story.third.monstock_writes == 0


def test_a_third_run_with_nothing_new_changes_nothing(story: Story) -> None:
    assert story.third.contents == story.evening.contents
    assert story.third.orders == ()
    assert story.third.exceptions == ()


def test_a_third_run_asks_little(story: Story) -> None:
    """Not an order, not a payment by itself: lists of what changed, and no more."""
    assert story.third.monstock_requests <= 5
    assert story.third.stripe_requests <= 10
