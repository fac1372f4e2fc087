"""Dirty orders worked off: read, derived, written, one order never by two workers.

Workers only talk to Monstock. This thread keeps the ledger: each time some of them are done, one
transaction stores all of their results, so that the cost of making things durable is shared.
"""

import logging
from collections import Counter, deque
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockProtocolError,
    MonstockUnauthorized,
    MonstockUncertain,
    MonstockUnreachable,
    UnreadableOrder,
)
from monstock_stripe_core.order import Order
from monstock_stripe_core.write_plan import Write
from sqlalchemy import Connection

from target_monstock.bookkeeping import (
    Done,
    keep_derived,
    keep_missing,
    keep_quote,
    keep_refusal,
    keep_written,
)
from target_monstock.derive import Derived, derive_orders
from target_monstock.ledger.orders import DirtyOrder, dirty_orders
from target_monstock.ledger.store import Ledger
from target_monstock.monstock import Monstock
from target_monstock.rules import Rules

_logger = logging.getLogger("target-monstock")

MOST_TRIES = 5
"""Times that an order which changes under our hands is read again before the next run."""

_GATHER_SECONDS = 0.02
"""While more waits than the workers can take, results are gathered so long for one transaction."""

_MOST_GARBLED = 5
"""Answers in a row that are not Monstock's at all before the run stops: the host is wrong."""


@dataclass(slots=True)
class Worked:
    """What working off came to."""

    derived: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Read:
    job: DirtyOrder
    order: Order | None
    error: MonstockStripeError | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    job: DirtyOrder
    derived: Derived
    order: Order
    done: tuple[Write, ...]
    error: MonstockStripeError | None = None

    @property
    def complete(self) -> bool:
        return len(self.done) == len(self.derived.plan.writes)


@dataclass(frozen=True, slots=True)
class _Plan:
    job: DirtyOrder
    derived: Derived


_Task: TypeAlias = Future[_Read | _Written]


class OrderWork:
    """Works off what is dirty in the ledger.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        workers: threads for the requests.
        concurrency: how many of them.
        rules: of this run.
        clock: the time, UTC.
        run_id: for the audit.
        stopping: whether somebody asked us to end.
        show: a dry run's way out: is given each order's plan, which is then not carried out.
    """

    def __init__(
        self,
        ledger: Ledger,
        monstock: Monstock,
        workers: Executor,
        concurrency: int,
        rules: Rules,
        clock: Callable[[], datetime],
        run_id: str,
        *,
        stopping: Callable[[], bool] = lambda: False,
        show: Callable[[Derived], None] | None = None,
    ) -> None:
        self._ledger = ledger
        self._monstock = monstock
        self._workers = workers
        self._at_once = concurrency * 8
        self._rules = rules
        self._clock = clock
        self._run_id = run_id
        self._stopping = stopping
        self._show = show
        self.worked = Worked()
        self._tries: Counter[str] = Counter()
        self._waiting: deque[DirtyOrder] = deque()
        self._plans: deque[_Plan] = deque()
        self._fatal: MonstockStripeError | None = None
        self._garbled = 0

    def work_off(self, fresh: Mapping[str, Order]) -> None:
        """Derive every dirty order and write what differs.

        Args:
            fresh: orders that were read a moment ago. They are used unread where a condition
                guards their writes.

        Raises:
            MonstockError: Monstock cannot be asked any more; what was done until then is kept.
            LedgerError: the ledger cannot be written.
        """
        with self._ledger.transaction() as connection:
            self._waiting = deque(
                job
                for job in dirty_orders(connection)
                if job.order_id not in self.worked.refused and job.order_id not in self.worked.busy
            )
        unread = dict(fresh)
        running: set[_Task] = set()
        while True:
            ready = self._start(running, unread)
            if not running and not ready:
                break
            if running:
                finished, running = self._gather(running, at_once=bool(ready))
                outcomes: list[_Read | _Written] = [*ready, *(one.result() for one in finished)]
            else:
                outcomes = list(ready)
            with self._ledger.transaction() as connection:
                self._keep(connection, outcomes)
        if self._fatal is not None:
            fatal, self._fatal = self._fatal, None
            raise fatal

    def _gather(self, running: set[_Task], *, at_once: bool) -> tuple[set[_Task], set[_Task]]:
        """What is done and what is not: as soon as something is, or a little later if all wait."""
        if at_once:
            return wait(running, timeout=0)
        if self._waiting or self._plans:
            finished, left = wait(running, timeout=_GATHER_SECONDS)
            if finished:
                return finished, left
        return wait(running, return_when=FIRST_COMPLETED)

    def _start(self, running: set[_Task], unread: dict[str, Order]) -> list[_Read]:
        """Give the workers what there is to do; return what needs no reading."""
        ready: list[_Read] = []
        if self._fatal is not None or self._stopping():
            self._waiting.clear()
            self._plans.clear()
        while self._plans and len(running) < self._at_once:
            plan = self._plans.popleft()
            running.add(self._workers.submit(self._write, plan))
        while self._waiting and len(running) + len(ready) < self._at_once:
            job = self._waiting.popleft()
            order = unread.pop(job.order_id, None)
            if order is not None and order.etag is not None:
                ready.append(_Read(job, order))
            else:
                running.add(self._workers.submit(self._read, job))
        return ready

    def _read(self, job: DirtyOrder) -> _Read:
        try:
            return _Read(job, self._monstock.order(job.order_id))
        except MonstockStripeError as error:
            return _Read(job, None, error)

    def _write(self, plan: _Plan) -> _Written:
        order = plan.derived.order
        done: list[Write] = []
        for write in plan.derived.plan.writes:
            if self._stopping():
                break
            try:
                order = self._monstock.write(order, write)
            except MonstockStripeError as error:
                return _Written(plan.job, plan.derived, order, tuple(done), error)
            done.append(write)
        return _Written(plan.job, plan.derived, order, tuple(done))

    def _keep(self, connection: Connection, outcomes: list[_Read | _Written]) -> None:
        now = self._clock()
        written = [one for one in outcomes if isinstance(one, _Written)]
        read = [one for one in outcomes if isinstance(one, _Read)]
        self._keep_written(connection, written, now)
        self._keep_read(connection, read, now)

    def _keep_written(self, connection: Connection, written: list[_Written], now: datetime) -> None:
        done = [
            Done(one.job, one.derived, one.order, one.done, complete=one.complete)
            for one in written
        ]
        keep_written(connection, done, self._run_id, now)
        for one in written:
            self.worked.writes.update(_action(write) for write in one.done)
            self.worked.derived += one.complete
            if one.error is not None:
                self._keep_error(connection, one.job, one.error, now)

    def _keep_read(self, connection: Connection, read: list[_Read], now: datetime) -> None:
        missing = [one.job for one in read if one.order is None and one.error is None]
        keep_missing(connection, missing, now)
        quotes = [(one.job, one.order) for one in read if one.order and one.order.kind != "order"]
        keep_quote(connection, quotes, now)
        for one in read:
            if one.error is not None:
                self._keep_error(connection, one.job, one.error, now)
            else:
                self._garbled = 0
        real = {
            one.order.id: (one.job, one.order)
            for one in read
            if one.order and one.order.kind == "order"
        }
        derived = derive_orders(
            connection,
            [order for _, order in real.values()],
            self._rules,
            self._monstock.client.as_stored,
            now,
        )
        if self._show is not None:
            for each in derived:
                if each.plan.writes:
                    self._show(each)
                    self.worked.writes.update(_action(write) for write in each.plan.writes)
        keep_derived(
            connection,
            [(real[each.order.id][0], each) for each in derived],
            self._run_id,
            now,
            carry_out=self._show is None,
        )
        for each in derived:
            if each.unknown:
                self.worked.held.add(each.order.id)
            else:
                self.worked.held.discard(each.order.id)
            if each.plan.writes and self._show is None:
                self._plans.append(_Plan(real[each.order.id][0], each))
            else:
                self.worked.derived += 1

    def _keep_error(
        self, connection: Connection, job: DirtyOrder, error: MonstockStripeError, now: datetime
    ) -> None:
        """Sort a failure: of one order, of a moment, or of Monstock as a whole."""
        if isinstance(error, MonstockConflict | MonstockUncertain):
            self._tries[job.order_id] += 1
            if self._tries[job.order_id] < MOST_TRIES:
                self._waiting.appendleft(job)
            else:
                self.worked.busy.add(job.order_id)
            return
        if isinstance(error, MonstockUnreachable | MonstockUnauthorized):
            self._fatal = self._fatal or error
            return
        if isinstance(error, MonstockProtocolError) and not isinstance(error, UnreadableOrder):
            self._garbled += 1
            if self._garbled >= _MOST_GARBLED:
                self._fatal = self._fatal or error
                return
        self.worked.refused[job.order_id] = str(error)
        refusal = ExceptionFound(ExceptionKind.WRITE_REFUSED, str(error), None, job.order_id)
        keep_refusal(connection, job, refusal, now)


def _action(write: Write) -> str:
    return ACTIONS[type(write).__name__]


ACTIONS = {
    "PutPayment": "put",
    "AdoptPayment": "adopt",
    "DeletePayment": "delete",
    "PatchOrder": "patch",
}
"""What the audit and the summary call each kind of write."""
