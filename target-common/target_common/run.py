"""One run of a target, as far as it is the same whatever it writes to."""

import logging
import threading
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, ClassVar

from monstock_stripe_core.errors import MonstockStripeError
from sqlalchemy import Connection

from target_common.errors import RunIncompleteError
from target_common.ledger.history import begin_run, end_run, keep_progress
from target_common.ledger.queue import Backlog
from target_common.ledger.store import Ledger
from target_common.metrics import Figures, Metrics
from target_common.outage import Outage
from target_common.progress import Progress
from target_common.run_protocols import RunSettings, RunSummary
from target_common.slices import Endless, Slice
from target_common.sweeping import Sweeping
from target_common.timing import NEVER, Timer
from target_common.waiting import nothing

_logger = logging.getLogger("singer-target")

_METRICS_EVERY = 10.0
"""Seconds."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class LedgerRun(ABC):
    """A run from its first record to its summary. Open it, feed it, finish it, close it.

    It may last for weeks: work is done in slices between which new records are taken, a failing
    system is waited for, and a sweep looks now and then at what changed there.

    Whoever derives from it calls `_begin` at the end of its own `__init__`.

    Args:
        ledger: open for writing; closed by `close`.
        settings: of the run.
        clock: the time, UTC.
        show: takes the lines of a dry run's plan.
        ticks: seconds of a steady clock.

    Attributes:
        program: the target's name.
        system: the other system's name.
        remote_error: what its failures are; such a failure ends the work for now, and what is left
            of it is in the ledger.
        person_errors: those of them that a person has to do something about.
        summary: what was done so far.
        meanwhile: called now and then while workers have something to do.
    """

    program: ClassVar[str]
    system: ClassVar[str]
    remote_error: ClassVar[type[MonstockStripeError]]
    person_errors: ClassVar[tuple[type[MonstockStripeError], ...]]
    summary: RunSummary

    def __init__(
        self,
        ledger: Ledger,
        settings: RunSettings,
        *,
        clock: Callable[[], datetime],
        show: Callable[[str], None],
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.meanwhile: Callable[[], None] = nothing
        self._stopping = threading.Event()
        self._ledger = ledger
        self._given = settings
        self._clock = clock
        self._show = show
        self._ticks = ticks
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._closed = False
        self._run_id = str(uuid.uuid4())
        self._workers = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="worker")
        self._outage = Outage(self.system)
        self._sweeping = Sweeping(settings.sweep_interval, ticks())
        self._progress = Progress(lambda: self.summary.as_data(), ticks())
        self._slice: Slice | Endless = Endless()
        self._probing = False
        self._pending = True  # what an earlier run left
        self._answers_before = 0
        self._has_worked = False
        self._worked_at: float | None = None
        self._metrics: Metrics | None = None
        self._metrics_timer = Timer(_METRICS_EVERY, ticks() - _METRICS_EVERY)

    @property
    def stopping(self) -> bool:
        """Whether somebody asked for an end of the run; set from outside, also in a signal."""
        return self._stopping.is_set()

    @stopping.setter
    def stopping(self, asked: bool) -> None:
        if asked:
            self._stopping.set()

    @property
    def has_news(self) -> bool:
        """Whether there is something to do that the work under way, or the last, did not see."""
        return self._pending

    @property
    def is_hopeless(self) -> bool:
        """Whether the other system refused us before anything ever worked."""
        return bool(self._problems)

    @property
    def is_dry(self) -> bool:
        """Whether the plan is shown and nothing changed."""
        return self._given.dry_run

    def _begin(self, version: str) -> None:
        """Note that the run began, and what follows from changed settings.

        Raises:
            LedgerError: the ledger cannot be written; the run is closed.
            SettingError: metrics_listen cannot be used; the run is closed.
        """
        try:
            if self._given.metrics_listen:
                self._metrics = Metrics(self.program, self._given.metrics_listen)
            with self._ledger.transaction() as connection:
                begin_run(connection, self._run_id, version, self._clock())
                self._follow_settings(connection)
        except BaseException:
            self.close()
            raise

    def take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records into the ledger; when this returns, they survive any crash.

        Raises:
            LedgerError: none of them is kept.
        """
        self._take(stream, records)
        self._pending = True

    def work(self, slice_: Slice) -> bool:
        """Work for a slice on what came and what is due, as far as the other system lets us.

        A dry run waits until all has come, so that each subject is planned once.

        Returns:
            Whether something is left that can be worked on at once.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        now = self._ticks()
        if self.is_dry or self.stopping or self.is_hopeless:
            return False
        self._note_progress(now)
        self._show_metrics(now)
        if self._outage.rests(now) > 0:
            return False
        if self._sweeping.is_due(now):
            self._forget()  # what was refused or given up until now is tried again
            self._sweeping.begin(self._sweep(), now)
        if not self._pending and not self._sweeping.is_under_way:
            return False
        self._slice = slice_
        self._probing = self._outage.error is not None
        self._pending = False
        self._answers_before = self._answers()
        try:
            self._work()
            self._sweep_on()
        except self.remote_error as error:
            self._failed(error)
            return False
        finally:
            self._slice = Endless()
            self._probing, probed = False, self._probing
        self._pending = self._pending or slice_.was_cut or probed
        if self._is_answered:
            self._note_answer()
        elif probed and not slice_.was_cut:
            self._outage.put_off(self._ticks())
            return False
        if self._outage.error is None:
            self._worked_at = self._clock().timestamp()
        return self._pending or self._sweeping.is_under_way

    def rests(self) -> float:
        """Seconds until `work` has something to do although nothing came."""
        if self.is_dry or self.stopping or self.is_hopeless:
            return NEVER
        now = self._ticks()
        if self._outage.error is not None:
            due = self._outage.rests(now)
        else:
            due = 0.0 if self._pending else self._sweeping.rests(now)
        shown = NEVER if self._metrics is None else self._metrics_timer.rests(now)
        return min(due, shown, self._progress.rests(now))

    def finish(self) -> None:
        """Do all that is left, and say what was done.

        Raises:
            RunIncompleteError: something is left to do; all of it is kept in the ledger.
            LedgerError: the ledger cannot be written.
        """
        if not self._problems and not self.stopping:
            self._be_brief(brief=False)
            self._attempt(self._work_to_the_end)
        self._note_end()
        if self.is_dry and not self._problems:
            for line in self._plan_lines(as_json=self._given.dry_run_json):
                self._show(line)
        _logger.info("%s", self.summary.line(dry_run=self.is_dry))
        problems = [*self._notes, *self._problems, *self._left_over()]
        if problems:
            raise RunIncompleteError("The run is not complete: " + " ".join(problems))

    def stop(self) -> None:
        """End because somebody asked for it: what came is kept, and what was done is noted.

        Raises:
            LedgerError: the ledger cannot be written.
        """
        self._note_end()
        _logger.info("ended: %s", self.summary.line(dry_run=self.is_dry))

    def _nap(self, seconds: float) -> None:
        """Wait between attempts at the other system, unless the run is to end."""
        self._stopping.wait(seconds)

    def note_problem(self, problem: str) -> None:
        """Something outside made the run incomplete; the rest goes on."""
        self._notes.append(problem)

    def close(self) -> None:
        """Let go of threads, connections and the lock; harmless when it was done before."""
        if self._closed:
            return
        self._closed = True
        if self._metrics is not None:
            self._metrics.close()
        self._workers.shutdown(wait=True, cancel_futures=True)
        self._close_remote()
        self._ledger.close()

    def _attempt(self, step: Callable[[], None]) -> None:
        """A step that the other system may break off: the ledger holds what is left of it."""
        try:
            step()
        except self.remote_error as error:
            kept = "" if self.is_dry else " What came is kept in the ledger; run again."
            self._problems.append(f"{error}{kept}")

    def _failed(self, error: MonstockStripeError) -> None:
        """The other system broke off: wait, or end if it never let us do anything."""
        needs_person = isinstance(error, self.person_errors)
        if needs_person and not self._has_worked:
            self._problems.append(f"{error} What came is kept in the ledger; run again.")
            return
        self._be_brief(brief=True)
        self._sweeping.break_off()
        self._pending = True
        said = self._outage.failed(str(error), self._ticks(), needs_person=needs_person)
        if said:
            _logger.warning("%s", said)

    @property
    def _is_answered(self) -> bool:
        """Whether the other system answered in this slice: work that asks nothing shows nothing."""
        return self._answers() > self._answers_before

    @property
    def _is_probed(self) -> bool:
        """Whether this was an attempt at a failing system, and it succeeded."""
        return self._probing and self._is_answered

    def _note_answer(self) -> None:
        self._has_worked = True
        said = self._outage.worked(self._ticks())
        if said:
            self._be_brief(brief=False)
            _logger.warning("%s", said)

    def _sweep_on(self) -> None:
        """Go on with a sweep, and work on what it found."""
        sweeping = self._sweeping
        sweeping.begin_turn(self._ticks())
        while sweeping.is_under_way and not self._is_probed and not self.stopping:
            if not sweeping.has_turn(self._slice, self._ticks()):
                return
            has_more = sweeping.step()
            sweeping.took_step(self._ticks())
            if not has_more:
                if not self._slice.is_over():
                    self._work()
                sweeping.note_end(self._clock().timestamp())

    def _work_to_the_end(self) -> None:
        """Work on everything for the last time in this run."""
        if self._sweeping.rounds:
            self._forget()
        if not self.is_dry:  # a plan shows each subject once, as it is after the sweep
            self._work()
        for _ in self._sweep():
            if self.stopping:
                return
        self._work()

    def _enough(self) -> bool:
        """Whether a step of the work was enough for now; asked where something is left."""
        return self._is_probed or self.stopping or self._slice.is_over()

    def _is_slice_over(self) -> bool:
        return self._slice.is_over()

    def _note_progress(self, now: float) -> None:
        """A run of weeks is killed some day: what it did until then is in the ledger."""
        if not self._progress.is_due(now):
            return
        with self._ledger.transaction() as connection:
            self._sum_up(connection)
            self._progress.keep(
                now,
                lambda figures: keep_progress(connection, self._run_id, figures),
                lambda: self.summary.line(dry_run=False),
            )

    def _show_metrics(self, now: float) -> None:
        """Bring what is served up to date, now and then: a scrape asks nothing of the ledger."""
        if self._metrics is None or not self._metrics_timer.is_due(now):
            return
        self._metrics_timer.restart(now)
        with self._ledger.transaction() as connection:
            self._sum_up(connection)
            backlog = self._backlog(connection)
        summary = self.summary
        self._metrics.show(
            Figures(
                records=summary.records,
                refused=summary.rejected,
                writes=dict(summary.writes),
                backlog=backlog,
                exceptions=dict(summary.exceptions),
                failures=self._outage.failures,
                repeats=self._repeats(),
                is_up=self._outage.error is None,
                retry_in=self._outage.rests(now),
                worked_at=self._worked_at,
                swept_at=self._sweeping.ended_at,
            )
        )

    def _note_end(self) -> None:
        with self._ledger.transaction() as connection:
            self._sum_up(connection)
            end_run(connection, self._run_id, self.summary.as_data(), self._clock())

    @abstractmethod
    def _follow_settings(self, connection: Connection) -> None:
        """Have decided again what settings decide that changed since the last run."""

    @abstractmethod
    def _take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records into the ledger, durably."""

    @abstractmethod
    def _work(self) -> None:
        """Work on what the ledger says is to be done, until `_enough`."""

    @abstractmethod
    def _sweep(self) -> Iterator[object]:
        """Look at what changed elsewhere and what time brings, step by step; never yields None."""

    @abstractmethod
    def _forget(self) -> None:
        """Forget what this run gave up, so that it is tried again, and what only takes memory."""

    @abstractmethod
    def _be_brief(self, *, brief: bool) -> None:
        """Whether each request is made once only, since whoever asks waits and comes back."""

    @abstractmethod
    def _sum_up(self, connection: Connection) -> None:
        """Put into the summary what the ledger knows."""

    @abstractmethod
    def _backlog(self, connection: Connection) -> Backlog:
        """What is still to be worked on."""

    @abstractmethod
    def _repeats(self) -> int:
        """How many requests to the other system were made again."""

    @abstractmethod
    def _answers(self) -> int:
        """How many requests the other system itself answered, if only by refusing just these."""

    @abstractmethod
    def _plan_lines(self, *, as_json: bool) -> Iterable[str]:
        """The plan of a dry run."""

    @abstractmethod
    def _left_over(self) -> list[str]:
        """What is left to do, in sentences."""

    @abstractmethod
    def _close_remote(self) -> None:
        """Close the connections to the other system."""
