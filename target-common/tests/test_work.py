"""Subjects are worked off in parallel, in transactions that several of them share."""

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock

import pytest
from monstock_stripe_core.errors import MonstockStripeError
from sqlalchemy import Connection
from target_common.ledger import Ledger, open_ledger
from target_common.work import SubjectWork
from target_monstock.ledger import KIND


class Countdown(SubjectWork[str, str, str]):
    """Reads a subject, then writes it; what is kept is noted."""

    def __init__(self, ledger: Ledger, workers: ThreadPoolExecutor, concurrency: int) -> None:
        super().__init__(ledger, workers, concurrency, lambda: False)
        self.log: list[str] = []
        self.at_hand: set[str] = set()
        self.bad: set[str] = set()
        self.now: Counter[str] = Counter()
        self.most_at_once = 0
        self.lock = Lock()
        self.meeting: Barrier | None = None

    def work_off(self, jobs: Sequence[str]) -> None:
        self._work_off(jobs)

    def _at_hand(self, job: str) -> str | None:
        return f"read {job}" if job in self.at_hand else None

    def _read(self, job: str) -> str:
        with self.lock:
            self.now[job] += 1
            self.most_at_once = max(self.most_at_once, self.now[job])
        if self.meeting is not None:
            self.meeting.wait(timeout=10)
        with self.lock:
            self.now[job] -= 1
        return f"read {job}"

    def _write(self, plan: str) -> str:
        return f"wrote {plan}"

    def _keep(self, connection: Connection, outcomes: Sequence[str]) -> None:
        assert connection.in_transaction()
        for outcome in outcomes:
            self.log.append(outcome)
            word, subject = outcome.split()
            if subject in self.bad:
                self._fatal = MonstockStripeError(f"{subject} is bad")
            elif word == "read":
                self._plans.append(subject)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Countdown]:
    with (
        open_ledger(f"sqlite:///{tmp_path}/ledger.db", KIND) as ledger,
        ThreadPoolExecutor(4) as workers,
    ):
        yield Countdown(ledger, workers, 4)


def test_every_subject_is_read_then_written(work: Countdown) -> None:
    subjects = [f"s{number}" for number in range(200)]

    work.work_off(subjects)

    assert sorted(work.log) == sorted(
        [f"read {one}" for one in subjects] + [f"wrote {one}" for one in subjects]
    )
    assert all(work.log.index(f"read {one}") < work.log.index(f"wrote {one}") for one in subjects)
    assert work.most_at_once == 1


def test_four_workers_read_four_subjects_at_once(work: Countdown) -> None:
    work.meeting = Barrier(4)

    work.work_off(["a", "b", "c", "d"])

    assert len(work.log) == 8


def test_what_is_at_hand_is_not_read(work: Countdown) -> None:
    work.at_hand = {"a"}
    work.meeting = Barrier(1)

    work.work_off(["a"])

    assert work.log == ["read a", "wrote a"]
    assert work.now == {}


def test_a_failure_of_the_whole_ends_the_work_when_what_is_in_hand_is_kept(
    work: Countdown,
) -> None:
    work.bad = {"s0"}

    with pytest.raises(MonstockStripeError, match="s0 is bad"):
        work.work_off([f"s{number}" for number in range(500)])

    assert "read s0" in work.log
    assert len(work.log) < 100  # what no worker had begun is not begun any more


def test_input_is_taken_while_a_backlog_is_worked_off(work: Countdown) -> None:
    work.meanwhile = lambda: work.log.append("input was taken")

    work.work_off([f"s{number}" for number in range(500)])

    written = [number for number, one in enumerate(work.log) if one.startswith("wrote")]
    taken = [number for number, one in enumerate(work.log) if one.startswith("input")]
    assert taken[0] < written[100]
    assert len([one for one in taken if one < written[-1]]) >= 3


def test_work_goes_on_although_the_slice_was_used_up_before(work: Countdown) -> None:
    work.pausing = lambda: True

    work.work_off([f"s{number}" for number in range(500)])

    written = [one for one in work.log if one.startswith("wrote")]
    assert 4 <= len(written) < 100
