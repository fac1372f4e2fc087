"""Dirty orders worked off: read, derived, written, one order never by two workers."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order import Order
from monstock_stripe_core.writes import Write
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.queue import DirtySubject
from target_common.work import SubjectWork

from target_monstock.bookkeeping import (
    Done,
    keep_derived,
    keep_missing,
    keep_quote,
    keep_refusal,
    keep_written,
)
from target_monstock.derive import Derived, derive_orders
from target_monstock.failures import Failure, Failures
from target_monstock.fresh import FreshOrders
from target_monstock.ledger.orders import QUEUE
from target_monstock.monstock import Monstock
from target_monstock.rules import Rules


@dataclass(slots=True)
class Worked:
    """What working off came to."""

    derived: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    held: set[str] = field(default_factory=set)

    def __contains__(self, order_id: object) -> bool:
        """Whether an order is not taken up any more for now."""
        return order_id in self.refused or order_id in self.busy

    def forget(self) -> None:
        """Forget what is about single orders."""
        self.refused.clear()
        self.busy.clear()
        self.held.clear()


@dataclass(frozen=True, slots=True)
class _Read:
    job: DirtySubject
    order: Order | None
    error: MonstockStripeError | None = None


@dataclass(frozen=True, slots=True)
class _Written:
    job: DirtySubject
    derived: Derived
    order: Order
    done: tuple[Write, ...]
    error: MonstockStripeError | None = None

    @property
    def complete(self) -> bool:
        return len(self.done) == len(self.derived.plan.writes)


@dataclass(frozen=True, slots=True)
class _Plan:
    job: DirtySubject
    derived: Derived


_Outcome: TypeAlias = _Read | _Written


class OrderWork(SubjectWork[DirtySubject, _Plan, _Outcome]):
    """Works off what is dirty in the ledger.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        workers: threads for the requests.
        concurrency: how many of them.
        rules: of this run.
        clock: the time, UTC.
        run_id: for the audit.
        fresh: orders that need not be read again.
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
        fresh: FreshOrders,
        *,
        stopping: Callable[[], bool] = lambda: False,
        show: Callable[[Derived], None] | None = None,
    ) -> None:
        super().__init__(ledger, workers, concurrency, stopping)
        self._monstock = monstock
        self._rules = rules
        self._clock = clock
        self._run_id = run_id
        self._show = show
        self.worked = Worked()
        self._failures = Failures()
        self._fresh = fresh

    def work_off(self, limit: int, first: Iterable[str]) -> bool:
        """Derive some of the dirty orders and write what differs.

        Args:
            limit: how many at most.
            first: those that go before others.

        Returns:
            Whether there was one to be worked on.

        Raises:
            MonstockError: Monstock cannot be asked any more; what was done until then is kept.
            LedgerError: the ledger cannot be written.
        """
        with self._ledger.transaction() as connection:
            jobs = QUEUE.some(connection, limit, first=first, skip=self.worked)
        self._work_off(jobs)
        return bool(jobs)

    def forget(self) -> None:
        """Forget what was refused or given up: it is tried again."""
        self.worked.forget()
        self._failures.forget()

    def _at_hand(self, job: DirtySubject) -> _Outcome | None:
        order = self._fresh.take(job.subject)
        return None if order is None else _Read(job, order)

    def _read(self, job: DirtySubject) -> _Outcome:
        try:
            return _Read(job, self._monstock.order(job.subject))
        except MonstockStripeError as error:
            return _Read(job, None, error)

    def _write(self, plan: _Plan) -> _Outcome:
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

    def _keep(self, connection: Connection, outcomes: Sequence[_Outcome]) -> None:
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
                self._failures.answered()
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
        self, connection: Connection, job: DirtySubject, error: MonstockStripeError, now: datetime
    ) -> None:
        failure = self._failures.sort(job.subject, error)
        if failure is Failure.AGAIN:
            self._waiting.appendleft(job)
        elif failure is Failure.BUSY:
            self.worked.busy.add(job.subject)
        elif failure is Failure.FATAL:
            self._fatal = self._fatal or error
        else:
            self.worked.refused[job.subject] = str(error)
            refusal = ExceptionFound(ExceptionKind.WRITE_REFUSED, str(error), None, job.subject)
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
