"""The plan of a dry run, as a table for people or as JSON lines for programs."""

import json
from collections.abc import Iterator, Sequence

from monstock_stripe_core.stripe_intention import Intention
from target_common.tables import table

from target_stripe.order_jobs import Act, OrderPlan, PaymentEdit
from target_stripe.outcome import PlannedWrite

_HEADINGS = ("subject", "write", "object", "detail")


def planned_writes(plan: OrderPlan) -> Iterator[PlannedWrite]:
    """An order's writes as a dry run shows them."""
    record = plan.job.record
    acts: list[Act] = [*plan.edits, *plan.steps]
    acts += [plan.creates] if plan.creates is not None else []
    for act in acts:
        action, object_id, detail = _shown(act)
        yield PlannedWrite(
            f"order {record.order_number}", action, object_id, detail, order_id=record.order_id
        )


def plan_lines(writes: Sequence[PlannedWrite], *, as_json: bool) -> Iterator[str]:
    """The plan, line by line.

    Args:
        writes: that would be made.
        as_json: one JSON object for each write instead of a table.
    """
    if as_json:
        for each in writes:
            yield json.dumps(
                {
                    "order_id": each.order_id or None,
                    "customer_id": each.customer_id or None,
                    "write": each.action,
                    "object_id": each.object_id or None,
                    "detail": each.detail,
                }
            )
        return
    if not writes:
        yield "Dry run: nothing differs, 0 writes would be made."
        return
    yield f"Dry run: {len(writes)} writes would be made; none was."
    yield from table(
        _HEADINGS, [(each.subject, each.action, each.object_id, each.detail) for each in writes]
    )


def _shown(act: Act) -> tuple[str, str, str]:
    if isinstance(act, PaymentEdit):
        parts = [*act.write.metadata]
        parts += ["description"] if act.write.description is not None else []
        parts += ["order reference"] if act.write.order_reference is not None else []
        action = "take annotation away" if act.takes_away else "annotate"
        return action, act.write.id, ", ".join(parts)
    if isinstance(act, Intention):
        return "make", "", f"{act.kind}, revision {act.revision}"
    amount = f"{act.demand.amount} {act.demand.currency}" if act.demand is not None else ""
    return act.action.value.replace("_", " "), act.object_id, amount
