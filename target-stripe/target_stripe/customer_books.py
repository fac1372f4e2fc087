"""What working on customers leaves in the ledger, inside the transaction of whoever calls."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.stripe_customer_plan import (
    CustomerFacts,
    CustomerPlan,
    CustomerRules,
    base_of,
)
from monstock_stripe_core.stripe_intention import (
    Intention,
    IntentionState,
    intention_key,
)
from sqlalchemy import Connection

from target_stripe.customer_jobs import (
    CustomerJob,
    CustomerOutcome,
    CustomerWritePlan,
    CustomerWritten,
)
from target_stripe.customer_params import create_params, refusal_digest
from target_stripe.ledger.customers import QUEUE, customers_looked_at, save_found
from target_stripe.ledger.exceptions import Source, renew_exceptions
from target_stripe.ledger.history import AuditEntry, append_audit
from target_stripe.ledger.intentions import (
    CUSTOMER,
    forget_refusals,
    refused_writes,
    save_intentions,
    save_refusal,
)
from target_stripe.outcome import Worked


class CustomerBooks:
    """Keeps what becomes of customers; what can wait is stored together by `flush`.

    Args:
        rules: the tenant's settings.
        run_id: for the audit.
        worked: is added to.

    Attributes:
        touched: customers of which another one at Stripe is known than before.
    """

    def __init__(self, rules: CustomerRules, run_id: str, worked: Worked) -> None:
        self._rules = rules
        self._run_id = run_id
        self._worked = worked
        self._taken: dict[str, str] = {}
        self._refused: Mapping[str, Mapping[str, tuple[str, str]]] = {}
        self._exceptions: dict[str, list[ExceptionFound]] = {}
        self._settled: list[CustomerJob] = []
        self._audit: list[AuditEntry] = []
        self.touched: set[str] = set()

    def prepare(
        self, connection: Connection, customer_ids: Iterable[str], taken: Mapping[str, str]
    ) -> None:
        """Look up what the plans of these customers depend on.

        Args:
            connection: inside a transaction.
            customer_ids: Monstock's.
            taken: Stripe's ids that are known to be whose.
        """
        self._taken = dict(taken)
        self._refused = refused_writes(connection, customer_ids, of_customers=True)

    def is_free(self, stripe_id: str, customer_id: str) -> bool:
        """Whether a customer at Stripe is not known to be another one of Monstock's."""
        return self._taken.get(stripe_id) in {None, customer_id}

    def planned(self, connection: Connection, job: CustomerJob, plan: CustomerPlan) -> CustomerPlan:
        """Keep what a plan found; return what of it is to be done."""
        name = job.customer_id
        found = plan.found
        if found is not None and not self.is_free(found.id, name):
            plan = CustomerPlan(exception=_taken(found, name, self._taken[found.id]))
        exceptions = [] if plan.exception is None else [plan.exception]
        target = plan.write.id if plan.write else CUSTOMER
        before = self._refused.get(name, {}).get(target)
        acts = bool(plan.write) or plan.creates
        if acts and before and before[0] == refusal_digest(plan, job.known.record):
            exceptions.append(_refusal(name, before[1]))
            plan = CustomerPlan(found=plan.found)
            acts = False
        self._exceptions[name] = exceptions
        if plan.found is not None:
            # Durable before the write, so that no other customer takes the same one.
            self._taken[plan.found.id] = name
            base = job.known.base if acts else base_of(job.known.record)
            if (plan.found.id, base) != (job.known.stripe_id, job.known.base):
                save_found(connection, {name: (plan.found.id, base)})
            if plan.found.id != job.known.stripe_id:
                self.touched.add(name)
        return plan

    def intend(
        self, connection: Connection, job: CustomerJob, plan: CustomerPlan, now: datetime
    ) -> CustomerWritePlan:
        """Make a write durable as an intention, where it makes a customer."""
        if not plan.creates:
            return CustomerWritePlan(job, plan)
        if job.unanswered is not None:
            return CustomerWritePlan(job, plan, job.unanswered)
        name, record = job.customer_id, job.known.record
        revision = 1 if job.intention is None else job.intention.revision + 1
        intention = Intention(
            kind=CUSTOMER,
            subject=name,
            revision=revision,
            key=intention_key(CUSTOMER, self._rules.tenant, name, revision),
            parameters=dict(create_params(record, revision, self._rules)),
            made_at=now,
        )
        save_intentions(connection, [intention], now)
        base = base_of(record)
        save_found(connection, {name: (None, base)})
        known = replace(job.known, base=base)
        return CustomerWritePlan(replace(job, known=known, intention=intention), plan, intention)

    def written(
        self, connection: Connection, one: CustomerWritten, facts: CustomerFacts, now: datetime
    ) -> bool:
        """Keep what was written; say whether there is more to write."""
        job, intention = one.job, one.planned.intention
        record, base = job.known.record, base_of(job.known.record)
        self._worked.writes["customer changed" if intention is None else "customer created"] += 1
        forget_refusals(connection, {job.customer_id: [facts.id, CUSTOMER]}, of_customers=True)
        more = False
        if intention is None:
            self._note(job, facts, "update", "Stripe did not say what Monstock says.")
        else:
            self._note(job, facts, "create", "Monstock's customer has none at Stripe.")
            made = replace(intention, state=IntentionState.OPEN, object_id=facts.id)
            save_intentions(connection, [made], now)
            more = job.known.base != base_of(record)
            base = job.known.base or base
        save_found(connection, {job.customer_id: (facts.id, base)})
        self.touched.add(job.customer_id)
        if not more:
            self.settle(job)
        return more

    def adopt(
        self, connection: Connection, job: CustomerJob, facts: CustomerFacts, now: datetime
    ) -> None:
        """An intention turned out to have made this customer."""
        if job.intention is not None:
            made = replace(job.intention, state=IntentionState.OPEN, object_id=facts.id)
            save_intentions(connection, [made], now)

    def give_up(self, connection: Connection, job: CustomerJob, now: datetime) -> None:
        """Nothing was made by an intention: the next one may be."""
        if job.intention is not None:
            failed = replace(job.intention, state=IntentionState.FAILED)
            save_intentions(connection, [failed], now)

    def refused(
        self, connection: Connection, outcome: CustomerOutcome, message: str, now: datetime
    ) -> None:
        """Keep that Stripe did not let us read or write a customer."""
        job = outcome.job
        name = job.customer_id
        if isinstance(outcome, CustomerWritten):
            plan, intention = outcome.planned.plan, outcome.planned.intention
            target = plan.write.id if plan.write else CUSTOMER
            digest = refusal_digest(plan, job.known.record)
            save_refusal(connection, name, target, digest, message, of_customer=True)
            if intention is not None:
                failed = replace(intention, state=IntentionState.FAILED, refusal=message)
                save_intentions(connection, [failed], now)
        self._exceptions[name] = [_refusal(name, message)]
        self._worked.refused[f"customer {name}"] = message
        self._settled.append(job)

    def settle(self, job: CustomerJob) -> None:
        """A customer is as it should be, as far as we can make it."""
        self._settled.append(job)
        self._worked.planned += 1

    def flush(self, connection: Connection, now: datetime) -> None:
        """Store what was gathered."""
        renew_exceptions(connection, Source.CUSTOMER, self._exceptions, now)
        append_audit(connection, self._run_id, self._audit, now)
        QUEUE.clean(connection, [job.work for job in self._settled])
        customers_looked_at(connection, [job.customer_id for job in self._settled], now)
        self._exceptions, self._audit, self._settled = {}, [], []

    def _note(self, job: CustomerJob, facts: CustomerFacts, action: str, why: str) -> None:
        self._audit.append(AuditEntry(facts.id, action, why, customer_id=job.customer_id))


def _refusal(customer_id: str, message: str) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.STRIPE_REFUSED,
        f"Stripe refused the customer: {message}",
        customer_id=customer_id,
    )


def _taken(facts: CustomerFacts, customer_id: str, other: str) -> ExceptionFound:
    return ExceptionFound(
        ExceptionKind.CUSTOMER_AMBIGUOUS,
        f"{facts.id} at Stripe is Monstock's customer {other} already.",
        customer_id=customer_id,
    )
