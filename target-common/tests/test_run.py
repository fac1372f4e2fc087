"""A run that goes on: whose turn it is in a slice, and what shows that the other system works."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from monstock_stripe_core.errors import MonstockStripeError
from sqlalchemy import Connection
from target_common.ledger import Ledger, open_ledger
from target_common.ledger.queue import NO_BACKLOG, Backlog
from target_common.run import LedgerRun, utc_now
from target_common.slices import Slice
from target_common.testing import Ticks
from target_monstock.ledger import KIND


class Down(MonstockStripeError):
    """The other system does not answer."""


class WrongToken(Down):
    """It refuses us."""


@dataclass
class Settings:
    concurrency: int = 1
    sweep_interval: float = 60.0
    metrics_listen: str | None = None
    dry_run: bool = False
    dry_run_json: bool = False


@dataclass
class Summary:
    records: int = 0
    rejected: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    exceptions: Mapping[str, int] = field(default_factory=dict)

    def line(self, *, dry_run: bool) -> str:
        return f"dry run: {dry_run}"

    def as_data(self) -> Mapping[str, object]:
        return {}


ASKS, ASKS_NOTHING = True, False
"""Whether a job needs a request."""


class JobRun(LedgerRun):
    """Works on jobs of a second each; a sweep is made of pages of a quarter.

    Attributes:
        jobs: still to be done.
        failure: what each request meets.
        log: what was done.
        pages: of each sweep, each a request.
    """

    program: ClassVar[str] = "target-jobs"
    system: ClassVar[str] = "Monstock"
    remote_error: ClassVar[type[MonstockStripeError]] = Down
    person_errors: ClassVar[tuple[type[MonstockStripeError], ...]] = (WrongToken,)
    summary: Summary

    def __init__(self, ledger: Ledger, ticks: Ticks) -> None:
        self.summary = Summary()
        self.jobs: list[bool] = []
        self.failure: MonstockStripeError | None = None
        self.log: list[str] = []
        self.pages = 3
        self.asked = 0
        super().__init__(ledger, Settings(), clock=utc_now, show=print, ticks=ticks)
        self.ticks = ticks
        self._begin("test")

    def slice(self, *, input_waits: bool = False) -> bool:
        return self.work(Slice(lambda: input_waits, pours=True, clock=self.ticks))

    def _ask(self) -> None:
        if self.failure is not None:
            raise self.failure
        self.asked += 1

    def _work(self) -> None:
        while self.jobs:
            if self.jobs[0] is ASKS:
                self._ask()
            self.jobs.pop(0)
            self.ticks.now += 1.0
            self.log.append("job")
            if self._enough():
                return

    def _sweep(self) -> Iterator[object]:
        for _ in range(self.pages):
            self._ask()
            self.ticks.now += 0.25
            self.log.append("page")
            yield True
        self.log.append("swept")

    def _answers(self) -> int:
        return self.asked

    def _follow_settings(self, connection: Connection) -> None:
        pass

    def _take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        pass

    def _forget(self) -> None:
        self.log.append("new round")

    def _be_brief(self, *, brief: bool) -> None:
        self.log.append("brief" if brief else "patient")

    def _sum_up(self, connection: Connection) -> None:
        pass

    def _backlog(self, connection: Connection) -> Backlog:  # noqa: ARG002
        return NO_BACKLOG

    def _repeats(self) -> int:
        return 0

    def _plan_lines(self, *, as_json: bool) -> Iterable[str]:
        return [str(as_json)]

    def _left_over(self) -> list[str]:
        return []

    def _close_remote(self) -> None:
        pass


@pytest.fixture
def run(tmp_path: Path) -> Iterator[JobRun]:
    with open_ledger(f"sqlite:///{tmp_path}/ledger.db", KIND) as ledger:
        opened = JobRun(ledger, Ticks())
        yield opened
        opened.close()


def test_what_an_earlier_run_left_is_begun_although_nothing_comes(run: JobRun) -> None:
    run.jobs = [ASKS]
    assert run.rests() == 0

    assert not run.slice()

    assert run.log == ["job"]
    assert run.rests() > 30


def test_a_sweep_has_a_part_of_the_time_while_a_backlog_uses_up_every_slice(run: JobRun) -> None:
    run.jobs = [ASKS] * 1000
    run.pages = 6
    run.ticks.now = 60.0

    while "swept" not in run.log:
        assert run.slice()
        assert len(run.log) < 100

    turns = [*["job"] * 5, *["page"] * 4, *["job"] * 5, *["page"] * 2]
    assert run.log == ["new round", *turns, "swept"]


def test_input_that_never_pauses_leaves_a_sweep_a_step_every_five_seconds(run: JobRun) -> None:
    run.jobs = [ASKS] * 1000
    run.ticks.now = 60.0

    while "swept" not in run.log:
        assert run.slice(input_waits=True)
        assert len(run.log) < 100

    assert run.log == ["new round", *(["job"] * 5 + ["page"]) * 3, *["job"] * 5, "swept"]


def test_what_was_refused_is_tried_again_although_a_backlog_is_not_worked_off(run: JobRun) -> None:
    run.jobs = [ASKS] * 1000
    run.ticks.now = 60.0

    while run.ticks.now < 130.0:
        assert run.slice(input_waits=True)

    assert run.log.count("new round") == 2


def test_an_outage_is_not_over_because_there_was_nothing_to_ask(
    run: JobRun, caplog: pytest.LogCaptureFixture
) -> None:
    run.failure = Down("503")
    run.ticks.now = 60.0
    for _ in range(5):
        assert not run.slice()
        run.ticks.now += run.rests()
    assert len(caplog.messages) == 1
    assert "patient" not in run.log

    run.failure = None
    run.slice()

    assert caplog.messages[-1].startswith("Monstock works again after")
    assert run.log[-2:] == ["page", "patient"]


def test_an_outage_in_which_nothing_can_be_asked_is_looked_at_again_later(
    run: JobRun, caplog: pytest.LogCaptureFixture
) -> None:
    run.jobs = [ASKS]
    run.failure = Down("503")
    run.take("payments", [])
    assert not run.slice()
    run.ticks.now += run.rests()
    run.jobs, run.pages = [ASKS_NOTHING], 0

    assert not run.slice()

    assert run.rests() > 0
    assert len(caplog.messages) == 1
    run.jobs, run.failure = [ASKS_NOTHING, ASKS, ASKS], None
    run.ticks.now += run.rests()
    run.slice()
    assert caplog.messages[-1].startswith("Monstock works again after")
    assert run.jobs == [ASKS]


def test_a_refused_token_ends_the_run_although_a_record_before_needed_no_request(
    run: JobRun,
) -> None:
    run.jobs = [ASKS_NOTHING]
    run.take("payments", [])
    run.slice()
    run.jobs, run.failure = [ASKS], WrongToken("401")
    run.take("payments", [])

    run.slice()

    assert run.is_hopeless


def test_a_token_that_is_refused_later_is_waited_for(run: JobRun) -> None:
    run.jobs = [ASKS]
    run.take("payments", [])
    run.slice()
    run.jobs, run.failure = [ASKS], WrongToken("401")
    run.take("payments", [])

    run.slice()

    assert not run.is_hopeless
    assert run.rests() > 30
