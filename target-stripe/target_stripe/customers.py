"""Dirty customers worked off: found at Stripe, planned, written, one never by two workers."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime, timedelta

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.stripe_customer_calls import (
    create_customer,
    retrieve_customer,
    update_customer,
)
from monstock_stripe_core.stripe_customer_plan import (
    CustomerFacts,
    CustomerPlan,
    CustomerRules,
    customer_facts,
    is_named,
    plan_known,
    plan_unknown,
)
from monstock_stripe_core.stripe_errors import StripeNotFoundError
from monstock_stripe_core.stripe_intention import KEY_LIVES, Intention, is_aged
from monstock_stripe_core.stripe_lookup import made_between
from monstock_stripe_core.stripe_writer import StripeWriter
from sqlalchemy import Connection
from target_common.ledger import Ledger
from target_common.work import SubjectWork

from target_stripe.customer_books import CustomerBooks
from target_stripe.customer_jobs import (
    CustomerJob,
    CustomerOutcome,
    CustomerRead,
    CustomerWritePlan,
    CustomerWritten,
)
from target_stripe.customer_params import intended_params, shown_write, update_params
from target_stripe.directory import CustomerDirectory
from target_stripe.failures import Failure, failure_of
from target_stripe.ledger.customers import QUEUE, known_customers, shared_emails, taken_ids
from target_stripe.ledger.intentions import CUSTOMER, last_intentions
from target_stripe.outcome import PlannedWrite, Worked

_FRESH = timedelta(seconds=60)
"""What was read so lately is compared with before a write; older things are read again."""

VISIBLE_AFTER = 10.0
"""Seconds after which what was made stands in Stripe's lists, with much to spare."""


class CustomerWork(SubjectWork[CustomerJob, CustomerWritePlan, CustomerOutcome]):
    """Works off the customers that are dirty in the ledger.

    Args:
        ledger: open for writing.
        stripe: of the account whose customers they are.
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
        workers: Executor,
        concurrency: int,
        rules: CustomerRules,
        clock: Callable[[], datetime],
        sleep: Callable[[float], None],
        run_id: str,
        worked: Worked,
        *,
        stopping: Callable[[], bool],
        show: Callable[[PlannedWrite], None] | None,
    ) -> None:
        super().__init__(ledger, workers, concurrency, stopping)
        self._stripe = stripe
        self._rules = rules
        self._clock = clock
        self._sleep = sleep
        self._show = show
        self._worked = worked
        self._directory = CustomerDirectory(stripe, rules, workers)
        self._books = CustomerBooks(rules, run_id, worked)

    def take_touched(self) -> set[str]:
        """Customers of which another one at Stripe is known than before; each is told once."""
        touched, self._books.touched = self._books.touched, set()
        return touched

    def work_off(self, limit: int) -> bool:
        """Plan some of the dirty customers and write what differs.

        Args:
            limit: how many at most.

        Returns:
            Whether there was one.

        Raises:
            StripeApiError: Stripe cannot be asked any more; what was done until then is kept.
            LedgerError: the ledger cannot be written.
        """
        with self._ledger.transaction() as connection:
            jobs = self._jobs(connection, limit)
        if not jobs:
            return False
        self._directory.prepare(
            [one.customer_id for one in jobs if one.stripe_id is None and not one.unanswered],
            [one.stripe_id for one in jobs if one.stripe_id is not None],
            self._clock(),
        )
        self._work_off(jobs)
        return True

    def forget(self) -> None:
        """Forget who was seen at Stripe: they may change at any time."""
        self._directory = CustomerDirectory(self._stripe, self._rules, self._workers)

    def _jobs(self, connection: Connection, limit: int) -> list[CustomerJob]:
        dirty = QUEUE.some(connection, limit, skip=self._worked.done_with("customer"))
        ids = [one.subject for one in dirty]
        known = known_customers(connection, ids)
        intended = last_intentions(connection, ids, of_customers=True)
        return [
            CustomerJob(one, known[one.subject], intended.get(one.subject))
            for one in dirty
            if one.subject in known
        ]

    # -- reading --

    def _at_hand(self, job: CustomerJob) -> CustomerOutcome | None:
        now = self._clock()
        if job.reads:
            return None
        if job.unanswered is not None:
            return None if is_aged(job.unanswered, now) else CustomerRead(job, now)
        if job.stripe_id is not None:
            seen = self._directory.seen(job.stripe_id)
            return None if seen is None else CustomerRead(job, seen.at, facts=seen.facts)
        named = self._directory.named(job.customer_id)
        email = job.known.record.email
        if named or not self._rules.match_by_email or not email:
            at = min((one.at for one in named), default=now)
            return CustomerRead(job, at, named=tuple(one.facts for one in named))
        with_email = self._directory.with_email(email)
        return None if with_email is None else CustomerRead(job, now, with_email=tuple(with_email))

    def _read(self, job: CustomerJob) -> CustomerOutcome:
        now = self._clock()
        try:
            if job.unanswered is not None:
                found = self._looked_for(job, job.unanswered)
                return CustomerRead(job, now, named=found, looked_for=True)
            if job.stripe_id is not None:
                return CustomerRead(job, now, facts=self._facts(job.stripe_id))
            named = self._directory.named(job.customer_id)
            if named:
                again = (self._facts(one.facts.id) for one in named)
                return CustomerRead(job, now, named=tuple(one for one in again if one is not None))
            email = job.known.record.email
            if not self._rules.match_by_email or not email:
                return CustomerRead(job, now)
            found = tuple(self._directory.ask_for_email(email))
            return CustomerRead(job, now, with_email=found)
        except MonstockStripeError as error:
            return CustomerRead(job, now, error=error)

    def _facts(self, stripe_id: str) -> CustomerFacts | None:
        try:
            return customer_facts(retrieve_customer(self._stripe, stripe_id))
        except StripeNotFoundError:
            return None

    def _looked_for(self, job: CustomerJob, intention: Intention) -> tuple[CustomerFacts, ...]:
        """What was made by an intention whose key is of no use any more."""
        made_at = intention.made_at or self._clock()
        for attempt in range(2):
            if attempt:
                self._sleep(VISIBLE_AFTER)
            listed = made_between(self._stripe, CUSTOMER, made_at, made_at + KEY_LIVES)
            facts = map(customer_facts, listed)
            found = tuple(one for one in facts if is_named(one, job.customer_id, self._rules))
            if found or is_aged(intention, self._clock()):
                break
        return found

    # -- writing --

    def _write(self, plan: CustomerWritePlan) -> CustomerOutcome:
        try:
            if plan.intention is not None:
                params = intended_params(plan.intention)
                made = create_customer(self._stripe, params, plan.intention.key)
                return CustomerWritten(plan, customer_facts(made))
            write = plan.plan.write
            if write is None:
                raise TypeError("a plan without a write is not written")
            changed = update_customer(self._stripe, write.id, update_params(write))
            return CustomerWritten(plan, customer_facts(changed))
        except MonstockStripeError as error:
            return CustomerWritten(plan, error=error)

    # -- keeping --

    def _keep(self, connection: Connection, outcomes: Sequence[CustomerOutcome]) -> None:
        now = self._clock()
        books = self._books
        for one in outcomes:
            if one.error is not None:
                self._keep_failure(connection, one, one.error, now)
            elif isinstance(one, CustomerWritten) and one.facts is not None:
                self._directory.keep(one.facts, now)
                if books.written(connection, one, one.facts, now):
                    self._take_up(connection, one.job)
        read = [one for one in outcomes if isinstance(one, CustomerRead) and one.error is None]
        self._keep_read(connection, read, now)
        books.flush(connection, now)

    def _keep_read(
        self, connection: Connection, read: Sequence[CustomerRead], now: datetime
    ) -> None:
        if not read:
            return
        emails = [one.job.known.record.email for one in read if one.with_email]
        shared = shared_emails(connection, [email.casefold() for email in emails if email])
        seen = {each.id for one in read for each in (*one.named, *one.with_email)}
        seen |= {one.facts.id for one in read if one.facts is not None}
        taken = taken_ids(connection, seen)
        self._books.prepare(connection, [one.job.customer_id for one in read], taken)
        for one in read:
            if one.looked_for and not one.named:
                self._books.give_up(connection, one.job, now)
                self._take_up(connection, one.job)
                continue
            if one.looked_for:
                self._books.adopt(connection, one.job, one.named[0], now)
            plan = self._planned(one, shared)
            if (plan.write or plan.creates) and now - one.at > _FRESH and not one.job.reads:
                self._waiting.appendleft(replace(one.job, reads=True))
                continue
            self._keep_plan(connection, one.job, plan, now)

    def _planned(self, one: CustomerRead, shared: set[str]) -> CustomerPlan:
        job, record, base = one.job, one.job.known.record, one.job.known.base
        if one.looked_for:
            return plan_known(record, one.named[0], base, self._rules)
        if job.unanswered is not None:
            return CustomerPlan(creates=True)
        if job.stripe_id is not None:
            return plan_known(record, one.facts, base, self._rules)
        return plan_unknown(
            record,
            one.named,
            [each for each in one.with_email if self._books.is_free(each.id, job.customer_id)],
            self._rules,
            needed=job.known.needed,
            shares_email=(record.email or "").casefold() in shared,
        )

    def _keep_plan(
        self, connection: Connection, job: CustomerJob, plan: CustomerPlan, now: datetime
    ) -> None:
        plan = self._books.planned(connection, job, plan)
        if not plan.write and not plan.creates:
            self._books.settle(job)
        elif self._show is not None:
            self._show(shown_write(job.known.record, plan))
            self._worked.writes["customer created" if plan.creates else "customer changed"] += 1
            self._books.settle(job)
        else:
            self._plans.append(self._books.intend(connection, job, plan, now))

    def _keep_failure(
        self,
        connection: Connection,
        outcome: CustomerOutcome,
        error: MonstockStripeError,
        now: datetime,
    ) -> None:
        failure = failure_of(error)
        if failure is Failure.WHOLE:
            self._fatal = self._fatal or error
        elif failure is Failure.REFUSED:
            self._books.refused(connection, outcome, str(error), now)
        else:
            self._take_up(connection, outcome.job)

    def _take_up(self, connection: Connection, job: CustomerJob) -> None:
        """Have a customer read and planned again, as the ledger has it now."""
        if not self._worked.tries_again("customer", job.customer_id):
            return
        known = known_customers(connection, [job.customer_id])[job.customer_id]
        intended = last_intentions(connection, [job.customer_id], of_customers=True)
        self._waiting.appendleft(
            CustomerJob(job.work, known, intended.get(job.customer_id), reads=True)
        )
