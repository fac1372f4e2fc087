"""One run of a target, as far as it is the same whatever it writes to."""

import logging
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol

from monstock_stripe_core.errors import MonstockStripeError
from sqlalchemy import Connection

from target_common.errors import RunIncompleteError
from target_common.ledger.history import begin_run, end_run
from target_common.ledger.store import Ledger

_logger = logging.getLogger("singer-target")


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


class RunSettings(Protocol):
    """What every target lets its user set."""

    @property
    def concurrency(self) -> int:
        """How many requests are under way at the same time."""

    @property
    def dry_run(self) -> bool:
        """Whether the plan is shown and nothing changed."""

    @property
    def dry_run_json(self) -> bool:
        """Whether the plan is shown as JSON lines."""


class RunSummary(Protocol):
    """What a run did."""

    def line(self, *, dry_run: bool) -> str:
        """In one line, for people."""

    def as_data(self) -> Mapping[str, object]:
        """JSON-ready, for the ledger."""


class LedgerRun(ABC):
    """A run from its first record to its summary. Open it, feed it, finish it, close it.

    Whoever derives from it calls `_begin` at the end of its own `__init__`.

    Args:
        ledger: open for writing; closed by `close`.
        settings: of the run.
        clock: the time, UTC.
        show: takes the lines of a dry run's plan.

    Attributes:
        remote_error: what the other system's failures are; such a failure ends the work, and what
            is left of it is in the ledger.
        summary: what was done so far.
        stopping: set from outside to end the run soon.
    """

    remote_error: ClassVar[type[MonstockStripeError]]
    summary: RunSummary

    def __init__(
        self,
        ledger: Ledger,
        settings: RunSettings,
        *,
        clock: Callable[[], datetime],
        show: Callable[[str], None],
    ) -> None:
        self.stopping = False
        self._ledger = ledger
        self._given = settings
        self._clock = clock
        self._show = show
        self._problems: list[str] = []
        self._notes: list[str] = []
        self._closed = False
        self._run_id = str(uuid.uuid4())
        self._workers = ThreadPoolExecutor(settings.concurrency, thread_name_prefix="worker")

    @property
    def is_dry(self) -> bool:
        """Whether the plan is shown and nothing changed."""
        return self._given.dry_run

    def _begin(self, version: str) -> None:
        """Note that the run began, and what follows from changed settings.

        Raises:
            LedgerError: the ledger cannot be written; the run is closed.
        """
        try:
            with self._ledger.transaction() as connection:
                begin_run(connection, self._run_id, version, self._clock())
                self._follow_settings(connection)
        except BaseException:
            self.close()
            raise

    @abstractmethod
    def take(self, stream: str, records: Sequence[Mapping[str, Any]]) -> None:
        """Put records into the ledger; when this returns, they survive any crash.

        Raises:
            LedgerError: none of them is kept.
        """

    def place(self) -> None:
        """Work on what came, as far as the other system lets us.

        A dry run waits until all has come, so that each subject is planned once.
        """
        if self.is_dry or self._problems or self.stopping:
            return
        self._attempt(self._work)

    def finish(self) -> None:
        """Do all that is left, and say what was done.

        Raises:
            RunIncompleteError: something is left to do; all of it is kept in the ledger.
            LedgerError: the ledger cannot be written.
        """
        if not self._problems and not self.stopping:
            self._attempt(self._work_to_the_end)
        with self._ledger.transaction() as connection:
            self._sum_up(connection)
            end_run(connection, self._run_id, self.summary.as_data(), self._clock())
        if self.is_dry and not self._problems:
            for line in self._plan_lines(as_json=self._given.dry_run_json):
                self._show(line)
        _logger.info("%s", self.summary.line(dry_run=self.is_dry))
        problems = [*self._notes, *self._problems, *self._left_over()]
        if problems:
            raise RunIncompleteError("The run is not complete: " + " ".join(problems))

    def note_problem(self, problem: str) -> None:
        """Something outside made the run incomplete; the rest goes on."""
        self._notes.append(problem)

    def close(self) -> None:
        """Let go of threads, connections and the lock; harmless when it was done before."""
        if self._closed:
            return
        self._closed = True
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

    @abstractmethod
    def _follow_settings(self, connection: Connection) -> None:
        """Have decided again what settings decide that changed since the last run."""

    @abstractmethod
    def _work(self) -> None:
        """Work on what the ledger says is to be done."""

    @abstractmethod
    def _work_to_the_end(self) -> None:
        """Work on it for the last time in this run."""

    @abstractmethod
    def _sum_up(self, connection: Connection) -> None:
        """Put into the summary what the ledger knows."""

    @abstractmethod
    def _plan_lines(self, *, as_json: bool) -> Iterable[str]:
        """The plan of a dry run."""

    @abstractmethod
    def _left_over(self) -> list[str]:
        """What is left to do, in sentences."""

    @abstractmethod
    def _close_remote(self) -> None:
        """Close the connections to the other system."""
