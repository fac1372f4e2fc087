"""Stripe's customers looked for in Monstock; who is surely the same gets the Stripe id."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.customer_match import (
    CustomerMatch,
    CustomerState,
    Found,
    Known,
    match_customer,
)
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.stripe_customer import StripeCustomer
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.ledger.queue import DirtySubject
from target_common.work import SubjectWork

from target_monstock.customer_books import keep_created_or_linked, keep_matched
from target_monstock.customer_finding import CustomerFinder
from target_monstock.failures import Failure, Failures
from target_monstock.ledger.customers import QUEUE, StoredCustomer, facts_of, known_customers
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.monstock import Monstock
from target_monstock.rules import Rules
from target_monstock.settings import CustomersMode

WRITES = {CustomerState.LINK: "link", CustomerState.CREATE: "create"}
"""The states that mean a write, and what the audit and the summary call it."""


@dataclass(frozen=True, slots=True)
class CustomerPlan:
    """A Stripe customer, and who is to carry their id in Monstock."""

    job: DirtySubject
    stored: StoredCustomer
    match: CustomerMatch


@dataclass(frozen=True, slots=True)
class _Read:
    job: DirtySubject
    found: Found | None
    error: MonstockStripeError | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Written:
    plan: CustomerPlan
    customer: Customer | None
    error: MonstockStripeError | None = None


_Outcome: TypeAlias = _Read | _Written


@dataclass(slots=True)
class WorkedCustomers:
    """What working off came to."""

    matched: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)

    def __contains__(self, stripe_id: object) -> bool:
        """Whether a customer is not taken up any more for now."""
        return stripe_id in self.refused or stripe_id in self.busy

    def forget(self) -> None:
        """Forget what is about single customers."""
        self.refused.clear()
        self.busy.clear()


class CustomerWork(SubjectWork[DirtySubject, CustomerPlan, _Outcome]):
    """Works off the customers who are to be looked for.

    Args:
        ledger: open for writing.
        monstock: the tenant.
        workers: threads for the requests.
        concurrency: how many of them.
        rules: of this run.
        clock: the time, UTC.
        run_id: for the audit.
        stopping: whether somebody asked us to end.
        show: a dry run's way out: is given each plan, which is then not carried out.
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
        show: Callable[[CustomerPlan], None] | None = None,
    ) -> None:
        super().__init__(ledger, workers, concurrency, stopping)
        self._monstock = monstock
        self._rules = rules
        self._clock = clock
        self._run_id = run_id
        self._show = show
        self.worked = WorkedCustomers()
        self._finder = CustomerFinder(monstock)
        self._failures = Failures()
        self._stored: Mapping[str, StoredCustomer] = {}
        self._facts: Mapping[str, Known] = {}
        self._to_ask: set[str] = set()

    def work_off(self, limit: int) -> bool:
        """Look for some of the customers who are to be looked for, and write what is sure.

        Args:
            limit: how many at most.

        Returns:
            Whether there was one.

        Raises:
            MonstockError: Monstock cannot be asked any more; what was done until then is kept.
            LedgerError: the ledger cannot be written.
        """
        with self._ledger.transaction() as connection:
            jobs = QUEUE.some(connection, limit, skip=self.worked)
            self._stored = known_customers(connection, [job.subject for job in jobs])
            self._facts = facts_of(connection, self._stored.values())
        jobs = [job for job in jobs if job.subject in self._stored]
        self._to_ask.clear()
        self._finder.look_ahead(self._stored.keys(), self._all_wanted)
        self._work_off(jobs)
        return bool(jobs)

    def forget(self) -> None:
        """Forget what was refused or given up, and whom a list has shown."""
        self.worked.forget()
        self._failures.forget()
        self._finder.forget()

    def _all_wanted(self) -> list[StripeCustomer]:
        with self._ledger.transaction() as connection:
            wanted = [job.subject for job in QUEUE.dirty(connection)]
            return [one.customer for one in known_customers(connection, wanted).values()]

    def _match(self, stripe_id: str, found: Found, known: Known) -> CustomerMatch:
        may_create = self._rules.customers is CustomersMode.CREATE
        return match_customer(self._stored[stripe_id].customer, found, known, may_create=may_create)

    def _at_hand(self, job: DirtySubject) -> _Outcome | None:
        """What a list has shown already, where it leads to no write."""
        found = self._finder.seen(self._stored[job.subject].customer)
        if found is None or job.subject in self._to_ask:
            return None
        match = self._match(job.subject, found, self._facts[job.subject])
        return None if match.state in WRITES else _Read(job, found, listed=True)

    def _read(self, job: DirtySubject) -> _Outcome:
        try:
            return _Read(job, self._finder.find(self._stored[job.subject].customer))
        except MonstockStripeError as error:
            return _Read(job, None, error)

    def _write(self, plan: CustomerPlan) -> _Outcome:
        try:
            return _Written(plan, self._carry_out(plan))
        except MonstockStripeError as error:
            return _Written(plan, None, error)

    def _carry_out(self, plan: CustomerPlan) -> Customer:
        """Write the Stripe id, and nothing else, to a customer; or make one."""
        stripe, client = plan.stored.customer, self._monstock.client
        stripe_id = stripe.stripe_customer_id
        if plan.match.customer is not None:
            wanted = replace(plan.match.customer, stripe_customer_id=stripe_id)
            return client.update_customer(plan.match.customer, wanted)
        return client.create_customer(
            Customer(
                id="",
                updated_at=stripe.created_at,
                name=stripe.name,
                email=stripe.email,
                phone=stripe.phone,
                address=stripe.address,
                stripe_customer_id=stripe_id,
            )
        )

    def _keep(self, connection: Connection, outcomes: Sequence[_Outcome]) -> None:
        now = self._clock()
        done: list[tuple[CustomerPlan, Customer]] = []
        read: list[tuple[_Read, Found]] = []
        for outcome in outcomes:
            if outcome.error is not None:
                job = outcome.job if isinstance(outcome, _Read) else outcome.plan.job
                self._keep_error(connection, job, outcome.error, now)
            elif isinstance(outcome, _Written) and outcome.customer is not None:
                done.append((outcome.plan, outcome.customer))
                self.worked.writes[WRITES[outcome.plan.match.state]] += 1
            elif isinstance(outcome, _Read) and outcome.found is not None:
                self._failures.answered()
                read.append((outcome, outcome.found))
        keep_created_or_linked(connection, done, self._run_id, now)
        self.worked.matched += len(done)
        self._keep_read(connection, read, now)

    def _keep_read(
        self, connection: Connection, read: Sequence[tuple[_Read, Found]], now: datetime
    ) -> None:
        stored = known_customers(connection, [one.job.subject for one, _ in read])
        candidates = {one.job.subject: found.candidates for one, found in read}
        facts = facts_of(connection, stored.values(), candidates)
        plans: list[CustomerPlan] = []
        for one, found in read:
            stripe_id = one.job.subject
            if stripe_id not in stored:
                continue
            match = self._match(stripe_id, found, facts[stripe_id])
            if one.listed and match.state in WRITES:
                # By what came since it is a write, and the list is not fresh enough for one.
                self._to_ask.add(stripe_id)
                self._waiting.appendleft(one.job)
            else:
                plans.append(CustomerPlan(one.job, stored[stripe_id], match))
        dry = self._show is not None
        keep_matched(connection, plans, self._run_id, now, carry_out=not dry)
        for plan in plans:
            if plan.match.state not in WRITES:
                self.worked.matched += 1
            elif self._show is not None:
                self._show(plan)
                self.worked.writes[WRITES[plan.match.state]] += 1
            else:
                self._plans.append(plan)

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
            refusal = ExceptionFound(
                ExceptionKind.WRITE_REFUSED, str(error), customer_id=job.subject
            )
            renew_exceptions(connection, Source.WRITE, {job.subject: (refusal,)}, {}, now)
