"""What looking for Stripe's customers leaves in the ledger, in the transaction of whoever calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monstock_stripe_core.customer import Customer
from monstock_stripe_core.customer_match import CustomerState
from sqlalchemy import Connection

from target_monstock.ledger.customers import QUEUE, known_customers, save_states
from target_monstock.ledger.exceptions import Source, renew_exceptions
from target_monstock.ledger.history import AuditEntry, append_audit

if TYPE_CHECKING:
    from target_monstock.customers import CustomerPlan

_TO_WRITE = (CustomerState.LINK, CustomerState.CREATE)

_WHY = {
    "metadata": "Stripe's metadata name this customer.",
    "email": "Nobody else has this e-mail address, at Stripe or in Monstock.",
    "paid": "Monstock did not know them, and they paid for something of ours.",
}


def keep_matched(
    connection: Connection,
    plans: Sequence[CustomerPlan],
    run_id: str,
    now: datetime,
    *,
    carry_out: bool,
) -> None:
    """Store what was found: who is linked, what is about to be written, what waits for a person.

    Args:
        connection: inside a transaction.
        plans: customers with the verdict on them.
        run_id: for the audit.
        now: UTC.
        carry_out: False in a dry run, where plans are not carried out.
    """
    if not plans:
        return
    save_states(connection, [_after_matching(plan) for plan in plans], now)
    append_audit(connection, run_id, [_found(plan) for plan in plans if _was_done(plan)], now)
    renew_exceptions(
        connection,
        Source.CUSTOMER,
        {plan.job.subject: plan.match.exceptions for plan in plans},
        {},
        now,
    )
    settled = [p.job for p in plans if p.match.state not in _TO_WRITE or not carry_out]
    QUEUE.clean(connection, settled)
    renew_exceptions(connection, Source.WRITE, {job.subject: () for job in settled}, {}, now)


def keep_created_or_linked(
    connection: Connection,
    done: Sequence[tuple[CustomerPlan, Customer]],
    run_id: str,
    now: datetime,
) -> None:
    """Store what Monstock took."""
    if not done:
        return
    # What was read of them meanwhile stays.
    known = known_customers(connection, [plan.job.subject for plan, _ in done])
    save_states(
        connection,
        [
            replace(stored, state=CustomerState.LINKED, linked_to=customer.id, intended=None)
            for plan, customer in done
            if (stored := known.get(plan.job.subject)) is not None
        ],
        now,
    )
    append_audit(connection, run_id, [_entry(plan, customer) for plan, customer in done], now)
    jobs = [plan.job for plan, _ in done]
    QUEUE.clean(connection, jobs)
    renew_exceptions(connection, Source.WRITE, {job.subject: () for job in jobs}, {}, now)


def _after_matching(plan: CustomerPlan) -> Any:
    match, stored = plan.match, plan.stored
    customer_id = match.customer.id if match.customer else None
    if match.state in _TO_WRITE:
        return replace(stored, state=match.state, intended=customer_id or "")
    linked_to = customer_id if match.state is CustomerState.LINKED else stored.linked_to
    return replace(stored, state=match.state, linked_to=linked_to, intended=None)


def _was_done(plan: CustomerPlan) -> bool:
    """Whether an earlier write, of whose end nobody knows, is found to have had its effect."""
    match, intended = plan.match, plan.stored.intended
    if match.state is not CustomerState.LINKED or match.customer is None or intended is None:
        return False
    return intended in ("", match.customer.id)


def _found(plan: CustomerPlan) -> AuditEntry:
    why = "An earlier write had its effect although its answer was lost."
    return _audited(plan, "found", why, plan.match.customer)


def _entry(plan: CustomerPlan, customer: Customer) -> AuditEntry:
    made = plan.match.state is CustomerState.CREATE
    action = "create" if made else "link"
    return _audited(plan, action, _WHY[plan.match.rule or "paid"], customer)


def _audited(plan: CustomerPlan, action: str, why: str, customer: Customer | None) -> AuditEntry:
    """Ids alone: what else a new contact got stands in Monstock."""
    stripe_id = plan.job.subject
    after = {"id": customer and customer.id, "stripe_customer_id": stripe_id}
    before = None if action == "create" else after | {"stripe_customer_id": None}
    return AuditEntry("", "", action, None, why, before, after, stripe_id)
