"""Subjects worked off in parallel: read, planned, written, one subject never by two workers.

Workers only talk to the other system. This thread keeps the ledger: each time some of them are
done, one transaction stores all of their results, so that the cost of making things durable is
shared.
"""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor, Future, wait
from typing import Generic, TypeVar

from monstock_stripe_core.errors import MonstockStripeError
from sqlalchemy import Connection

from target_common.ledger.store import Ledger
from target_common.waiting import nothing, some_done

_GATHER_SECONDS = 0.02
"""While workers have more than one in hand, results are gathered so long for one transaction."""

_GATHER_SECONDS_OF_MANY = 0.1
"""The same while so much is in hand that nobody waits for any one of them."""

_FOR_EACH_WORKER = 32
"""Subjects in hand for each worker: enough that none waits while a transaction is written, and that
few transactions are."""

_READS_FOR_EACH_WORKER = 4
"""So many of them are being read: a write does not wait behind more reads."""

Job = TypeVar("Job")
Plan = TypeVar("Plan")
Outcome = TypeVar("Outcome")


class SubjectWork(ABC, Generic[Job, Plan, Outcome]):
    """Works off jobs, each about a subject of its own.

    A job is read, then kept: what was read becomes a plan, which is durable before it is written.
    What was written is kept too.

    Args:
        ledger: open for writing.
        workers: threads for the requests.
        concurrency: how many of them.
        stopping: whether somebody asked us to end.

    Attributes:
        pausing: whether to begin nothing more for now; what is left stays in the ledger.
        meanwhile: called while workers have something to do: what happens just now does not wait
            until a backlog is worked off.
    """

    def __init__(
        self,
        ledger: Ledger,
        workers: Executor,
        concurrency: int,
        stopping: Callable[[], bool],
    ) -> None:
        self._ledger = ledger
        self._workers = workers
        self._at_once = concurrency * _FOR_EACH_WORKER
        self._reads_at_once = concurrency * _READS_FOR_EACH_WORKER
        self._stopping = stopping
        self.pausing: Callable[[], bool] = _never
        self.meanwhile: Callable[[], None] = nothing
        self._reads: set[Future[Outcome]] = set()
        self._waiting: deque[Job] = deque()
        self._plans: deque[Plan] = deque()
        self._fatal: MonstockStripeError | None = None

    @abstractmethod
    def _at_hand(self, job: Job) -> Outcome | None:
        """What a job is about, where it needs no reading."""

    @abstractmethod
    def _read(self, job: Job) -> Outcome:
        """Read what a job is about; called by a worker, raises nothing that can be expected."""

    @abstractmethod
    def _write(self, plan: Plan) -> Outcome:
        """Carry out a plan; called by a worker, raises nothing that can be expected."""

    @abstractmethod
    def _keep(self, connection: Connection, outcomes: Sequence[Outcome]) -> None:
        """Store what was read and written, and put what follows into `_plans` or `_waiting`."""

    def _work_off(self, jobs: Iterable[Job]) -> None:
        """Work off these jobs and what they lead to.

        Raises:
            MonstockStripeError: `_fatal`, as soon as what was in hand is done and kept.
            LedgerError: the ledger cannot be written.
        """
        self._waiting = deque(jobs)
        running: set[Future[Outcome]] = set()
        begun = False  # a slice that was used up before still works on something
        while True:
            ready = self._start(running, may_pause=begun)
            begun = True
            if not running and not ready:
                break
            outcomes = list(ready)
            if running:
                self.meanwhile()
                finished, running = self._gather(running, at_once=bool(ready))
                outcomes += [one.result() for one in finished]
            with self._ledger.transaction() as connection:
                self._keep(connection, outcomes)
        if self._fatal is not None:
            fatal, self._fatal = self._fatal, None
            raise fatal

    def _gather(
        self, running: set[Future[Outcome]], *, at_once: bool
    ) -> tuple[set[Future[Outcome]], set[Future[Outcome]]]:
        """What is done and what is not, as soon as something is; of several a little later."""
        if at_once:
            return wait(running, timeout=0)
        if len(running) > 1:
            many = len(running) > self._at_once // 2
            seconds = _GATHER_SECONDS_OF_MANY if many else _GATHER_SECONDS
            finished, left = wait(running, timeout=seconds)
            if finished:
                return finished, left
        return some_done(running, self.meanwhile)

    def _start(self, running: set[Future[Outcome]], *, may_pause: bool) -> list[Outcome]:
        """Give the workers what there is to do; return what needs no reading."""
        ready: list[Outcome] = []
        if self._fatal is not None or self._stopping():
            self._waiting.clear()
            self._plans.clear()
            running -= {one for one in running if one.cancel()}
        elif may_pause and (self._waiting or self._reads) and self.pausing():
            self._waiting.clear()
            running -= {one for one in self._reads if one.cancel()}
        self._reads &= running
        while self._plans and len(running) < self._at_once:
            running.add(self._workers.submit(self._write, self._plans.popleft()))
        while self._waiting and len(running) + len(ready) < self._at_once:
            job = self._waiting[0]
            known = self._at_hand(job)
            if known is None and len(self._reads) >= self._reads_at_once:
                break
            self._waiting.popleft()
            if known is not None:
                ready.append(known)
            else:
                reading = self._workers.submit(self._read, job)
                self._reads.add(reading)
                running.add(reading)
        return ready


def _never() -> bool:
    return False
