"""What working on orders leaves in the ledger, inside the transaction of whoever calls."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from monstock_stripe_core.exception_kind import ExceptionFound
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.stripe_annotation import LastAnnotation
from monstock_stripe_core.stripe_collected import Action
from monstock_stripe_core.stripe_intention import Intention, IntentionState
from sqlalchemy import Connection
from target_common.ledger.exceptions import Amount

from target_stripe.ledger.exceptions import Source, renew_exceptions
from target_stripe.ledger.history import AuditEntry, append_audit
from target_stripe.ledger.intentions import (
    forget_refusals,
    last_intentions,
    refused_writes,
    save_intentions,
    save_refusal,
)
from target_stripe.ledger.orders import QUEUE, Annotation, looked_at, save_annotations
from target_stripe.order_jobs import (
    Act,
    Acted,
    OrderJob,
    OrderPlan,
    OrderWritten,
    PaymentEdit,
)
from target_stripe.order_planning import Planned, digest_of, refusal_of, target_of
from target_stripe.outcome import Worked


class OrderBooks:
    """Keeps what becomes of orders; what can wait is stored together by `flush`.

    Args:
        run_id: for the audit.
        worked: is added to.
    """

    def __init__(self, run_id: str, worked: Worked) -> None:
        self._run_id = run_id
        self._worked = worked
        self._refused: Mapping[str, Mapping[str, tuple[str, str]]] = {}
        self._exceptions: dict[str, list[ExceptionFound]] = {}
        self._amounts: dict[str, Amount] = {}
        self._annotations: dict[str, Annotation | None] = {}
        self._intentions: list[Intention] = []
        self._settled: list[OrderJob] = []
        self._audit: list[AuditEntry] = []

    def prepare(self, connection: Connection, order_ids: Iterable[str]) -> None:
        """Look up what the plans of these orders depend on."""
        self._refused = refused_writes(connection, order_ids, of_customers=False)

    def refused_of(self, order_id: str) -> Mapping[str, tuple[str, str]]:
        """What Stripe refused of an order: target → digest of the write, and its words."""
        return self._refused.get(order_id, {})

    def keep_plan(self, planned: Planned, *, carries_out: bool) -> None:
        """Keep what a plan found and intends."""
        job = planned.plan.job
        self._exceptions[job.order_id] = list(planned.plan.exceptions)
        self._amounts |= _amounts(job.record)
        if not carries_out:
            return
        self._intentions += planned.intentions
        for name, last in planned.plan.standing.items():
            if job.last.get(name) != last or any(e.reference == name for e in planned.plan.edits):
                self._annotations[name] = Annotation(job.order_id, last)
        for name in planned.gone:
            self._annotations[name] = None

    def written(self, connection: Connection, done: OrderWritten) -> list[Acted]:
        """Keep what Stripe took; return what failed."""
        job = done.job
        taken = [one for one in done.acted if one.error is None]
        for one in taken:
            self._worked.writes[_counted(one.act)] += 1
            self._audit.append(_entry(job, one))
        if self._refused.get(job.order_id):
            targets = [target_of(one.act) for one in taken]
            forget_refusals(connection, {job.order_id: targets}, of_customers=False)
        self._keep_annotations(done)
        self._keep_intention(connection, done.plan, taken)
        return [one for one in done.acted if one.error is not None]

    def _keep_annotations(self, done: OrderWritten) -> None:
        plan = done.plan
        by_name: dict[str, list[Acted]] = {}
        for one in done.acted:
            if isinstance(one.act, PaymentEdit):
                by_name.setdefault(one.act.reference, []).append(one)
        for name, several in by_name.items():
            edits = [one.act for one in several if isinstance(one.act, PaymentEdit)]
            failed = any(one.error is not None for one in several)
            if all(edit.takes_away for edit in edits):
                if not failed:
                    self._annotations[name] = None
                continue
            last = plan.standing.get(name, LastAnnotation())
            for one, edit in zip(several, edits, strict=True):
                if one.error is None:
                    last = LastAnnotation(
                        edit.write.description or last.description,
                        edit.write.order_reference or last.order_reference,
                    )
            self._annotations[name] = Annotation(plan.job.order_id, last)

    def _keep_intention(self, connection: Connection, plan: OrderPlan, taken: list[Acted]) -> None:
        for one in taken:
            if isinstance(one.act, Intention):
                made = replace(one.act, state=IntentionState.OPEN, object_id=one.object_id)
                self._intentions.append(made)
        sent = any(getattr(one.act, "action", None) is Action.SEND for one in taken)
        if sent:
            order_id = plan.job.order_id
            current = last_intentions(connection, [order_id], of_customers=False).get(order_id)
            if current is not None:
                self._intentions.append(replace(current, sent=True))

    def refuse(self, connection: Connection, job: OrderJob, act: Act | None, message: str) -> None:
        """Keep that Stripe did not take a write, or did not let an order be read."""
        if act is not None:
            save_refusal(
                connection, job.order_id, target_of(act), digest_of(act), message,
                of_customer=False,
            )  # fmt: skip
            if isinstance(act, Intention):
                failed = replace(act, state=IntentionState.FAILED, refusal=message)
                self._intentions.append(failed)
        found = refusal_of(job.record, act, message)
        self._exceptions.setdefault(job.order_id, []).append(found)
        self._worked.refused[f"order {job.order_id}"] = message

    def exceptions_of(self, plan: OrderPlan) -> None:
        """Show again what a plan found, beside what comes of writing it."""
        self._exceptions.setdefault(plan.job.order_id, list(plan.exceptions))

    def settle(self, job: OrderJob) -> None:
        """An order is as it should be, as far as we can make it."""
        self._settled.append(job)
        self._worked.planned += 1

    def flush(self, connection: Connection, now: datetime) -> None:
        """Store what was gathered."""
        save_intentions(connection, self._intentions, now)
        save_annotations(connection, self._annotations, now)
        renew_exceptions(connection, Source.ORDER, self._exceptions, now, self._amounts)
        append_audit(connection, self._run_id, self._audit, now)
        QUEUE.clean(connection, [job.work for job in self._settled])
        looked_at(connection, [job.order_id for job in self._settled], now)
        self._intentions, self._audit, self._settled = [], [], []
        self._exceptions, self._amounts, self._annotations = {}, {}, {}


_WORDS = {
    Action.AMOUNT: "collection changed",
    Action.ANNOTATE: "collection changed",
    Action.REMOVE_LINES: "collection changed",
    Action.ADD_LINES: "collection changed",
    Action.FINALIZE: "invoice finalised",
    Action.SEND: "invoice sent",
    Action.CANCEL: "collection closed",
    Action.DELETE: "collection closed",
    Action.VOID: "collection closed",
    Action.DEACTIVATE: "collection closed",
}
"""What the summary calls each step."""

_CHANGES = {
    Action.AMOUNT: "The order asks for another amount.",
    Action.ANNOTATE: "It did not say of the order what Monstock says.",
    Action.REMOVE_LINES: "The order has other lines.",
    Action.ADD_LINES: "The order's lines were not on it.",
    Action.FINALIZE: "The invoice is complete.",
    Action.SEND: "The invoice is final.",
}


def _counted(act: Act) -> str:
    if isinstance(act, PaymentEdit):
        return "annotation taken away" if act.takes_away else "payment annotated"
    if isinstance(act, Intention):
        return "collection made"
    return _WORDS[act.action]


def _entry(job: OrderJob, one: Acted) -> AuditEntry:
    act = one.act
    content: dict[str, Any]
    if isinstance(act, PaymentEdit):
        action = "unannotate" if act.takes_away else "annotate"
        why = (
            "The payment no longer belongs to this order."
            if act.takes_away
            else "The payment did not say of its order what Monstock says."
        )
        content = {
            "metadata": dict(act.write.metadata),
            "description": act.write.description,
            "order_reference": act.write.order_reference,
        }
    elif isinstance(act, Intention):
        action, why = "create", "The order is to be paid and nothing collects it."
        content = {"kind": act.kind, "revision": act.revision}
    else:
        action = act.action.value
        why = _CHANGES.get(act.action, "The order no longer asks for it.")
        content = {"amount": act.demand.amount} if act.demand is not None else {}
    return AuditEntry(one.object_id, action, why, order_id=job.order_id, content=content)


def _amounts(record: OrderRecord) -> dict[str, Amount]:
    amounts = {record.order_id: Amount(record.total, record.currency)}
    for row in record.payments:
        if row.transaction_reference:
            amounts[row.transaction_reference] = Amount(row.amount, row.currency)
    return amounts
