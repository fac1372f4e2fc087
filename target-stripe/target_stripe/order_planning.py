"""The plan of an order's writes, from what was read for it. Asks neither Stripe nor the ledger."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order_record import OrderRecord, RecordPayment
from monstock_stripe_core.stripe_annotation import (
    Annotated,
    LastAnnotation,
    annotate,
    description_of,
    unannotate,
)
from monstock_stripe_core.stripe_collected import Collected, CollectionPlan, Phase
from monstock_stripe_core.stripe_collection import plan_collection
from monstock_stripe_core.stripe_collection_params import (
    intent_params,
    invoice_params,
    link_params,
)
from monstock_stripe_core.stripe_demand import CollectionRules, Demand, OrderAs
from monstock_stripe_core.stripe_intention import (
    REVISION_KEY,
    Intention,
    IntentionState,
    intention_key,
)
from monstock_stripe_core.stripe_payment_facts import PaymentFacts, contradictions, wrong_mode

from target_stripe.order_jobs import Act, OrderJob, OrderPlan, OrderRead, PaymentEdit


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what of it the ledger has to know before and beside.

    Attributes:
        intentions: as they are to be kept before anything is written.
        gone: payments on which nothing of ours stands any more.
    """

    plan: OrderPlan
    intentions: tuple[Intention, ...]
    gone: frozenset[str]


def plan_order(
    read: OrderRead,
    refused: Mapping[str, tuple[str, str]],
    rules: CollectionRules,
    now: datetime,
) -> Planned:
    """Plan what is to be written for an order.

    Args:
        read: for the order.
        refused: what Stripe refused before: target → digest of the write, and Stripe's words.
        rules: the tenant's settings.
        now: UTC.
    """
    notes = _notes(read, rules)
    collecting, changed, creates = _collecting(read, rules, now)
    exceptions = [*notes.exceptions, *collecting.exceptions]
    edits = [edit for edit in notes.edits if not _was_refused(edit, refused, read.job, exceptions)]
    steps = collecting.steps
    if any(_was_refused(step, refused, read.job, exceptions) for step in steps):
        steps, changed = (), []
    if creates is not None and _was_refused(creates, refused, read.job, exceptions):
        creates = None
    plan = OrderPlan(
        read.job,
        tuple(edits),
        steps,
        creates,
        again=collecting.again and bool(steps or creates),
        exceptions=tuple(exceptions),
        standing=notes.standing,
    )
    kept = (*changed, creates) if creates is not None else tuple(changed)
    return Planned(plan, kept, notes.gone)


def target_of(act: Act) -> str:
    """What a write is made on, as refusals remember it: an object, or a kind to be made."""
    if isinstance(act, PaymentEdit):
        return act.write.id
    return act.kind if isinstance(act, Intention) else act.object_id


def digest_of(act: Act) -> str:
    """A hash of a write: the same one is not tried again where Stripe refused it."""
    basis: object = act
    if isinstance(act, Intention):
        parameters = dict(act.parameters)
        metadata = dict(parameters.pop("metadata", {}))
        metadata.pop(REVISION_KEY, None)
        basis = (act.kind, sorted(parameters.items()), sorted(metadata.items()))
    elif isinstance(act, PaymentEdit):
        basis = (
            sorted(act.write.metadata.items()),
            act.write.description,
            act.write.order_reference,
        )
    else:
        content = act.demand.content if act.demand is not None else ""
        basis = (act.action, content, act.customer, act.annotation and repr(act.annotation))
    return hashlib.sha256(repr(basis).encode("utf-8", "replace")).hexdigest()


def refusal_of(order: OrderRecord, act: Act | None, message: str) -> ExceptionFound:
    """The exception for what Stripe refused; None: that the order's objects be read."""
    reference = act.reference if isinstance(act, PaymentEdit) else None
    return ExceptionFound(
        ExceptionKind.STRIPE_REFUSED,
        f"Stripe refused what order {order.order_number} needs: {message}",
        reference,
        order.order_id,
    )


def _was_refused(
    act: Act,
    refused: Mapping[str, tuple[str, str]],
    job: OrderJob,
    exceptions: list[ExceptionFound],
) -> bool:
    before = refused.get(target_of(act))
    if before is None or before[0] != digest_of(act):
        return False
    exceptions.append(refusal_of(job.record, act, before[1]))
    return True


# -- annotations --


@dataclass(slots=True)
class _Notes:
    edits: list[PaymentEdit]
    exceptions: list[ExceptionFound]
    standing: dict[str, LastAnnotation]
    gone: frozenset[str] = frozenset()


def _notes(read: OrderRead, rules: CollectionRules) -> _Notes:
    """What is to be written on the order's payments, and on those that it left."""
    job, order = read.job, read.job.record
    notes = _Notes([], [], {})
    rows = {row.transaction_reference: row for row in order.payments if row.ours}
    for name in sorted(job.claims):
        payment, row = read.payments.get(name), rows[name]
        if payment is None:
            message = (
                f"Order {order.order_number} has a row of a payment that Stripe does not have."
            )
            kind = ExceptionKind.PAYMENT_NOT_FOUND
            notes.exceptions.append(ExceptionFound(kind, message, name, order.order_id))
            continue
        refusal = wrong_mode(payment.livemode, rules.expect_livemode, order.order_id, name)
        if refusal is not None:
            notes.exceptions.append(refusal)
            continue
        shared = name in job.shared
        notes.exceptions += contradictions(order, row, payment, shared=shared)
        if name in job.annotates:
            _annotate(notes, job, row, payment, rules)
    gone = set()
    for name in sorted(job.leaves):
        payment = read.payments.get(name)
        edits = [] if payment is None else _away(job, payment, rules)
        notes.edits += edits
        if not edits:
            gone.add(name)
    notes.gone = frozenset(gone)
    return notes


def _annotate(
    notes: _Notes,
    job: OrderJob,
    row: RecordPayment,
    payment: PaymentFacts,
    rules: CollectionRules,
) -> None:
    name, order = payment.reference, job.record
    last = job.last.get(name)
    intent = next((one for one in payment.things if one.kind == "payment_intent"), None)
    for thing in payment.things:
        beside = intent if thing.kind == "charge" else None
        step = annotate(thing, order, row.link_rule, rules.annotation, last, name, beside)
        if step.exception is not None:
            notes.exceptions.append(step.exception)
        if step.write is not None:
            notes.edits.append(PaymentEdit(name, payment.account_id, step.write))
    notes.standing[name] = _standing(payment.things, order, last, rules)


def _standing(
    things: tuple[Annotated, ...],
    order: OrderRecord,
    last: LastAnnotation | None,
    rules: CollectionRules,
) -> LastAnnotation:
    """What of ours stands on a payment before anything is written."""
    description = description_of(order.order_id, order.order_number, rules.annotation)
    described = any(thing.description == description for thing in things)
    referenced = any(thing.order_reference == order.order_number for thing in things)
    return LastAnnotation(
        description if described else (last.description if last else None),
        order.order_number if referenced else (last.order_reference if last else None),
    )


def _away(job: OrderJob, payment: PaymentFacts, rules: CollectionRules) -> list[PaymentEdit]:
    last = job.last.get(payment.reference, LastAnnotation())
    writes = (unannotate(thing, job.order_id, rules.annotation, last) for thing in payment.things)
    return [
        PaymentEdit(payment.reference, payment.account_id, write, takes_away=True)
        for write in writes
        if write is not None
    ]


# -- what collects --


def _collecting(
    read: OrderRead, rules: CollectionRules, now: datetime
) -> tuple[CollectionPlan, list[Intention], Intention | None]:
    """The plan, intentions that changed, and the one that is to be carried out."""
    job = read.job
    before, present, unanswered = job.intention, read.present, job.unanswered
    if unanswered is not None and not read.looked_for:
        return CollectionPlan(again=True), [], unanswered
    intention = before
    if unanswered is not None and read.found is None:
        intention = replace(unanswered, state=IntentionState.FAILED)
    elif unanswered is not None and read.found is not None:
        intention = replace(unanswered, state=IntentionState.OPEN, object_id=read.found.id)
        present = read.found
    elif read.found is not None:
        intention, present = _adopted(read.found, job, now), read.found
    plan = plan_collection(job.record, intention, present, job.customer, rules)
    if plan.state is not None and intention is not None:
        intention = replace(intention, state=plan.state)
    changed = [intention] if intention is not None and intention is not before else []
    if plan.creates is None:
        return plan, changed, None
    return plan, changed, _intended(plan.creates, job, intention, rules, now)


def _adopted(found: Collected, job: OrderJob, now: datetime) -> Intention:
    """An intention for what an earlier ledger made; who closed it is not known any more."""
    text = found.metadata.get(REVISION_KEY, "1")
    return Intention(
        kind=found.kind.value,
        subject=job.order_id,
        revision=int(text) if text.isdigit() else 1,
        key="",
        made_at=now,
        state=IntentionState.BY_HAND if found.phase is Phase.CLOSED else IntentionState.OPEN,
        object_id=found.id,
        sent=not found.draft,
    )


def _intended(
    demand: Demand,
    job: OrderJob,
    last: Intention | None,
    rules: CollectionRules,
    now: datetime,
) -> Intention:
    kind = rules.order_as
    revision = 1 if last is None else last.revision + 1
    return Intention(
        kind=kind.value,
        subject=job.order_id,
        revision=revision,
        key=intention_key(kind.value, rules.annotation.tenant, job.order_id, revision),
        parameters=_parameters(kind, demand, revision, job.customer, rules),
        made_at=now,
    )


def _parameters(
    kind: OrderAs, demand: Demand, revision: int, customer: str | None, rules: CollectionRules
) -> Mapping[str, object]:
    if kind is OrderAs.INVOICE and customer is not None:
        return dict(invoice_params(demand, revision, customer, rules.days_until_due))
    if kind is OrderAs.PAYMENT_INTENT:
        return dict(intent_params(demand, revision, customer))
    return dict(link_params(demand, revision))
