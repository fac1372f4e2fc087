"""Dirty orders worked off: read, planned, written, one order never by two workers."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.stripe_collected import CollectionStep
from monstock_stripe_core.stripe_demand import CollectionRules, OrderAs
from monstock_stripe_core.stripe_intention import Intention
from monstock_stripe_core.stripe_writer import StripeWriter
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.queue import DirtySubject
from target_common.work import SubjectWork

from target_stripe.failures import Failure, failure_of
from target_stripe.ledger.customers import stripe_ids
from target_stripe.ledger.intentions import last_intentions
from target_stripe.ledger.orders import (
    QUEUE,
    annotated_with,
    annotations_of,
    claimants,
    claims_of,
    order_records,
)
from target_stripe.order_books import OrderBooks
from target_stripe.order_jobs import (
    Acted,
    OrderJob,
    OrderOutcome,
    OrderPlan,
    OrderRead,
    OrderWritten,
)
from target_stripe.order_planning import digest_of, plan_order
from target_stripe.order_reading import OrderReader
from target_stripe.order_writing import OrderWriter
from target_stripe.outcome import PlannedWrite, Worked
from target_stripe.plan_report import planned_writes


class OrderWork(SubjectWork[OrderJob, OrderPlan, OrderOutcome]):
    """Works off the orders that are dirty in the ledger.

    Args:
        ledger: open for writing.
        stripe: of the key's own account.
        account_id: the account that collects.
        workers: threads for the requests.
        concurrency: how many of them.
        rules: the tenant's settings.
        clock: the time, UTC.
        sleep: waits for so many seconds.
        run_id: for the audit.
        worked: is added to.
        stopping: whether somebody asked us to end.
        show: a dry run's way out: is given each write, which is then not made.
    """

    def __init__(
        self,
        ledger: Ledger,
        stripe: StripeWriter,
        account_id: str | None,
        workers: Executor,
        concurrency: int,
        rules: CollectionRules,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        run_id: str,
        worked: Worked,
        *,
        stopping: Callable[[], bool],
        show: Callable[[PlannedWrite], None] | None,
    ) -> None:
        super().__init__(ledger, workers, concurrency, stopping)
        self._rules = rules
        self._clock = clock
        self._show = show
        self._worked = worked
        self._reader = OrderReader(stripe, account_id, rules, clock, sleep)
        self._writer = OrderWriter(stripe, account_id, stopping)
        self._books = OrderBooks(run_id, worked)
        self._refused_once: set[tuple[str, str]] = set()

    def some(self, connection: Connection, limit: int, first: Iterable[str]) -> list[DirtySubject]:
        """Some of the dirty orders.

        Args:
            connection: inside a transaction.
            limit: how many at most.
            first: those that go before others.
        """
        skip = self._worked.done_with("order")
        return QUEUE.some(connection, limit, first=first, skip=skip)

    def work_off(self, dirty: Iterable[DirtySubject]) -> None:
        """Plan dirty orders and write what differs.

        Raises:
            StripeApiError: Stripe cannot be asked any more; what was done until then is kept.
            LedgerError: the ledger cannot be written.
        """
        with self._ledger.transaction() as connection:
            jobs = self._jobs(connection, dirty)
        self._work_off(jobs)

    def forget(self) -> None:
        """Forget what was refused once."""
        self._refused_once.clear()

    def _jobs(self, connection: Connection, dirty: Iterable[DirtySubject]) -> list[OrderJob]:
        works = {one.subject: one for one in dirty}
        records = order_records(connection, works)
        claims = claims_of(connection, records)
        annotated = annotated_with(connection, records)
        names = {name for several in (claims, annotated) for each in several.values()
                 for name in each}  # fmt: skip
        owners = claimants(connection, names)
        last = {name: one.last for name, one in annotations_of(connection, names).items()}
        intentions = last_intentions(connection, records, of_customers=False)
        wanted = {one.customer_id for one in records.values() if one.customer_id}
        customers = stripe_ids(connection, wanted)
        jobs = []
        for order_id, record in records.items():
            own = frozenset(claims.get(order_id, ()))
            left = annotated.get(order_id, set()) - own
            jobs.append(
                OrderJob(
                    work=works[order_id],
                    record=record,
                    claims=own,
                    annotates=frozenset(name for name in own if owners[name][0] == order_id),
                    leaves=frozenset(name for name in left if name not in owners),
                    shared=frozenset(name for name in own if len(owners[name]) > 1),
                    last={name: last[name] for name in own | left if name in last},
                    intention=intentions.get(order_id),
                    customer=customers.get(record.customer_id or ""),
                )
            )
        return jobs

    # -- working --

    def _at_hand(self, job: OrderJob) -> OrderOutcome | None:
        nothing_to_read = not job.claims and not job.leaves and not self._may_collect(job)
        return OrderRead(job) if nothing_to_read else None

    def _may_collect(self, job: OrderJob) -> bool:
        if job.intention is None:
            return self._rules.order_as is not OrderAs.ANNOTATE
        return job.unanswered is not None or job.followed is not None

    def _read(self, job: OrderJob) -> OrderOutcome:
        return self._reader.read(job)

    def _write(self, plan: OrderPlan) -> OrderOutcome:
        return self._writer.write(plan)

    # -- keeping --

    def _keep(self, connection: Connection, outcomes: Sequence[OrderOutcome]) -> None:
        now = self._clock()
        again: list[OrderJob] = []
        for one in outcomes:
            if isinstance(one, OrderWritten):
                again += self._keep_written(connection, one)
        read = [one for one in outcomes if isinstance(one, OrderRead)]
        self._books.prepare(connection, [one.job.order_id for one in read])
        for each in read:
            again += self._keep_read(connection, each, now)
        self._books.flush(connection, now)
        self._take_up(connection, again)

    def _keep_read(self, connection: Connection, read: OrderRead, now: datetime) -> list[OrderJob]:
        """Plan what was read; return the job if it has to be read again."""
        job = read.job
        if read.error is not None:
            return self._keep_failure(connection, job, None, read.error)
        refused = self._books.refused_of(job.order_id)
        planned = plan_order(read, refused, self._rules, now)
        self._books.keep_plan(planned, carries_out=self._show is None)
        if self._show is not None:
            for write in planned_writes(planned.plan):
                self._show(write)
                self._worked.writes[write.action] += 1
            self._books.settle(job)
        elif planned.plan.acts:
            self._plans.append(planned.plan)
        elif planned.plan.again:
            return [job]
        else:
            self._books.settle(job)
        return []

    def _keep_written(self, connection: Connection, done: OrderWritten) -> list[OrderJob]:
        """Keep what was written; return the job if there is more to do."""
        plan, job = done.plan, done.job
        wanted = len(plan.edits) + len(plan.steps) + (plan.creates is not None)
        failed = self._books.written(connection, done)
        again: list[OrderJob] = []
        if failed:
            self._books.exceptions_of(plan)
        for one in failed:
            if one.error is not None:
                again += self._keep_failure(connection, job, one, one.error)
        if again or self._fatal is not None:
            return again[:1]
        if len(done.acted) < wanted and not failed:
            return []  # we were asked to end: the order stays dirty
        if plan.again and not failed:
            return [job]
        self._books.settle(job)
        return []

    def _keep_failure(
        self,
        connection: Connection,
        job: OrderJob,
        acted: Acted | None,
        error: MonstockStripeError,
    ) -> list[OrderJob]:
        act = acted.act if acted is not None else None
        failure = failure_of(error)
        if failure is Failure.WHOLE:
            self._fatal = self._fatal or error
            return []
        if failure is Failure.UNSURE and isinstance(act, Intention):
            return [replace(job, looks=True)]
        if failure is not Failure.REFUSED:
            return [job]
        if isinstance(act, CollectionStep):
            # Perhaps it is no longer what it was when it was read: it was paid, or closed.
            name = (job.order_id, digest_of(act))
            if name not in self._refused_once:
                self._refused_once.add(name)
                return [job]
        self._books.refuse(connection, job, act, str(error))
        if act is None:
            self._books.settle(job)
        return []

    def _take_up(self, connection: Connection, again: Sequence[OrderJob]) -> None:
        """Have orders read and planned again, as the ledger has them now."""
        tried = [job for job in again if self._worked.tries_again("order", job.order_id)]
        looks = {job.order_id for job in tried if job.looks}
        for job in self._jobs(connection, [job.work for job in tried]):
            self._waiting.appendleft(replace(job, looks=job.order_id in looks))
