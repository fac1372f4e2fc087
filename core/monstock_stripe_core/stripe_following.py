"""Following an order by that which collects it and is not paid yet: edited, sent or replaced."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.payment import LinkRule
from monstock_stripe_core.stripe_annotation import Annotated, annotate
from monstock_stripe_core.stripe_collected import (
    Action,
    Collected,
    CollectionPlan,
    CollectionStep,
)
from monstock_stripe_core.stripe_demand import CollectionRules, Delivery, Demand, OrderAs, asked
from monstock_stripe_core.stripe_intention import Intention, IntentionState

_CLOSES: Mapping[tuple[OrderAs, bool], Action] = MappingProxyType(
    {
        (OrderAs.PAYMENT_INTENT, False): Action.CANCEL,
        (OrderAs.INVOICE, True): Action.DELETE,
        (OrderAs.INVOICE, False): Action.VOID,
        (OrderAs.PAYMENT_LINK, False): Action.DEACTIVATE,
    }
)
"""How each kind is closed, drafts and others."""


def close(present: Collected) -> CollectionPlan:
    """Close something that is open."""
    action = _CLOSES[present.kind, present.draft]
    step = CollectionStep(action, present.kind, present.id)
    return CollectionPlan((step,), IntentionState.CLOSING, again=True)


def follow(
    order: OrderRecord,
    demand: Demand,
    current: Intention,
    present: Collected,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """It is open, and the order is to be paid: make the one what the other asks for."""
    asks_right = (present.amount, present.currency) == (demand.amount, demand.currency)
    if present.edited and not asks_right and not _written_twice(demand, present):
        return CollectionPlan(exceptions=(_edited(order, demand, present),))
    note = _annotation(order, demand, present, rules)
    if note.exceptions:
        return note
    if present.kind is OrderAs.PAYMENT_INTENT:
        plan = _follow_intent(demand, present, customer)
    elif present.currency != demand.currency or _other_customer(present, customer):
        return close(present)
    elif present.kind is OrderAs.INVOICE and present.draft:
        plan = _follow_draft(demand, present, rules)
    elif present.content != demand.content:
        return close(present)
    elif present.kind is OrderAs.INVOICE and rules.delivery is Delivery.SEND and not current.sent:
        plan = CollectionPlan((CollectionStep(Action.SEND, present.kind, present.id),))
    else:
        plan = CollectionPlan()
    return replace(plan, steps=(*note.steps, *plan.steps))


def _written_twice(demand: Demand, present: Collected) -> bool:
    """Whether a draft has our lines more than once: a call took effect late, after its repeat."""
    more = len(present.lines) > len(demand.lines)
    return present.draft and more and present.content == demand.content


def _edited(order: OrderRecord, demand: Demand, present: Collected) -> ExceptionFound:
    message = (
        f"{present.id} asks for {present.amount} in Stripe's units of {present.currency.upper()}, "
        f"not for the {present.asked} that it was made for: somebody changed it, or a discount or "
        f"tax of the Stripe account applies. Of order {order.order_number} {demand.amount} are "
        "due. It was left as it is."
    )
    return ExceptionFound(ExceptionKind.CHANGED_BY_HAND, message, order_id=order.order_id)


def _other_customer(present: Collected, customer: str | None) -> bool:
    invoiced = present.kind is OrderAs.INVOICE
    return invoiced and customer is not None and present.customer != customer


def _follow_intent(demand: Demand, present: Collected, customer: str | None) -> CollectionPlan:
    adds_customer = customer if present.customer is None else None
    same = present.content.startswith(f"{asked(demand.amount, demand.currency)} ")
    if same and adds_customer is None:
        return CollectionPlan()
    step = CollectionStep(Action.AMOUNT, present.kind, present.id, demand, adds_customer)
    return CollectionPlan((step,))


def _follow_draft(demand: Demand, present: Collected, rules: CollectionRules) -> CollectionPlan:
    """Its content is emptied with its lines and written with them: half a change has none."""

    def step(action: Action, lines: tuple[str, ...] = ()) -> CollectionStep:
        return CollectionStep(action, present.kind, present.id, demand, lines=lines)

    if present.content != demand.content or _written_twice(demand, present):
        removed = (step(Action.REMOVE_LINES, present.lines),) if present.lines else ()
        return CollectionPlan((*removed, step(Action.ADD_LINES)), again=True)
    if rules.delivery is Delivery.DRAFT:
        return CollectionPlan()
    steps = (step(Action.FINALIZE),)
    return CollectionPlan((*steps, step(Action.SEND)) if rules.delivery is Delivery.SEND else steps)


def _annotation(
    order: OrderRecord, demand: Demand, present: Collected, rules: CollectionRules
) -> CollectionPlan:
    """What it says of the order, as on any payment."""
    thing = Annotated(
        present.kind.value,
        present.id,
        present.metadata,
        present.description,
        present.order_reference,
    )
    rule = LinkRule.METADATA.value
    done = annotate(thing, order, rule, rules.annotation, None, present.id)
    exceptions = () if done.exception is None else (done.exception,)
    if done.write is None:
        return CollectionPlan(exceptions=exceptions)
    step = CollectionStep(Action.ANNOTATE, present.kind, present.id, demand, annotation=done.write)
    return CollectionPlan((step,), exceptions=exceptions)
