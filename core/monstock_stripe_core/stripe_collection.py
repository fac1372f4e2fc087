"""What collects an order's money at Stripe: made, followed and closed as the order asks.

Money that has come, or is on its way, is left alone, whatever the order asks.
"""

from collections.abc import Mapping
from types import MappingProxyType

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.payment import LinkRule
from monstock_stripe_core.stripe_annotation import Annotated, annotate
from monstock_stripe_core.stripe_collected import (
    Action,
    Collected,
    CollectionPlan,
    CollectionStep,
    Phase,
)
from monstock_stripe_core.stripe_demand import (
    CollectionRules,
    Delivery,
    Demand,
    OrderAs,
    Stance,
)
from monstock_stripe_core.stripe_intention import (
    SETTLED,
    Intention,
    IntentionState,
)
from monstock_stripe_core.stripe_payment_facts import payment_reference, wrong_mode

_CLOSES: Mapping[tuple[OrderAs, bool], Action] = MappingProxyType(
    {
        (OrderAs.PAYMENT_INTENT, False): Action.CANCEL,
        (OrderAs.INVOICE, True): Action.DELETE,
        (OrderAs.INVOICE, False): Action.VOID,
        (OrderAs.PAYMENT_LINK, False): Action.DEACTIVATE,
    }
)
"""How each kind is closed, drafts and others."""


def plan_collection(
    order: OrderRecord,
    demand: Demand,
    current: Intention | None,
    present: Collected | None,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """Plan what an order asks of that which collects it.

    Args:
        order: as Monstock has it.
        demand: what it asks for, of the kind that collects it.
        current: the last intention; its answer is known. None: there was none.
        present: what it made, as it is now; None where it is gone, or is settled.
        customer: Stripe's id of the order's customer, where it is known.
        rules: the tenant's settings.
    """
    if current is None or current.state in SETTLED:
        return _without(order, demand, current, customer, rules)
    if present is None or present.phase is Phase.CLOSED:
        return _closed(order, demand, current, customer, rules)
    refusal = wrong_mode(present.livemode, rules.expect_livemode, order.order_id, present.id)
    if refusal is not None:
        return CollectionPlan(exceptions=(refusal,))
    if present.phase is Phase.PAYING:
        return CollectionPlan(exceptions=_paid_though_cancelled(order, present.id))
    if present.phase is Phase.PAID:
        return _paid(order, demand, present, customer, rules)
    if current.state is IntentionState.CLOSING:
        return _close(present)
    if demand.stance is Stance.WAIT:
        return CollectionPlan()
    fits = demand.fits and (present.amount, present.currency) == (demand.amount, demand.currency)
    if demand.stance is Stance.CLOSE and not fits:
        plan = _close(present)
        return CollectionPlan(plan.steps, plan.state, again=True, exceptions=_said(demand))
    if demand.stance is Stance.CLOSE:
        return CollectionPlan(exceptions=_said(demand))
    return _follow(order, demand, current, present, customer, rules)


def _said(demand: Demand) -> tuple[ExceptionFound, ...]:
    return () if demand.exception is None else (demand.exception,)


def _without(
    order: OrderRecord,
    demand: Demand,
    last: Intention | None,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """Nothing is there to be followed."""
    if last is not None and last.state is IntentionState.PAID:
        left_alone = _paid_though_cancelled(order, last.object_id or "")
        if left_alone:
            return CollectionPlan(exceptions=left_alone)
    if rules.order_as is OrderAs.ANNOTATE:
        return CollectionPlan()
    if demand.stance is not Stance.COLLECT:
        return CollectionPlan(exceptions=_said(demand))
    if last is not None and last.state is IntentionState.BY_HAND:
        return CollectionPlan(exceptions=(_by_hand(order, last),))
    if rules.order_as is OrderAs.INVOICE and customer is None:
        message = (
            f"The invoice of order {order.order_number} needs a customer at Stripe, "
            "and there is none that it could be."
        )
        found = ExceptionFound(ExceptionKind.CUSTOMER_MISSING, message, order_id=order.order_id)
        return CollectionPlan(exceptions=(found,))
    return CollectionPlan(creates=True, again=True)


def _closed(
    order: OrderRecord,
    demand: Demand,
    current: Intention,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """It was closed, or is gone: by us, or by somebody else, whose will it is then."""
    if current.state is IntentionState.CLOSING:
        after = _without(order, demand, None, customer, rules)
        return CollectionPlan(
            state=IntentionState.CLOSED,
            creates=after.creates,
            again=after.again,
            exceptions=after.exceptions,
        )
    collecting = demand.stance is Stance.COLLECT
    exceptions = (_by_hand(order, current),) if collecting else _said(demand)
    return CollectionPlan(state=IntentionState.BY_HAND, exceptions=exceptions)


def _by_hand(order: OrderRecord, current: Intention) -> ExceptionFound:
    message = (
        f"{current.object_id} was closed at Stripe by somebody else while order "
        f"{order.order_number} is to be paid; it is not made anew."
    )
    return ExceptionFound(ExceptionKind.CLOSED_BY_HAND, message, order_id=order.order_id)


def _paid(
    order: OrderRecord,
    demand: Demand,
    present: Collected,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """It has been paid. What is due beyond that is asked for once the order counts the payment."""
    if demand.stance is not Stance.COLLECT:
        return CollectionPlan(
            state=IntentionState.PAID if demand.stance is Stance.CLOSE else None,
            exceptions=_paid_though_cancelled(order, present.id) or _said(demand),
        )
    references = (payment_reference(row.transaction_reference) for row in order.payments)
    counted = {one.id for one in references if one is not None}
    if not counted & (present.paid_by | {present.id}):
        return CollectionPlan()
    after = _without(order, demand, None, customer, rules)
    return CollectionPlan(
        state=IntentionState.PAID,
        creates=after.creates,
        again=after.again,
        exceptions=after.exceptions,
    )


def _paid_though_cancelled(order: OrderRecord, object_id: str) -> tuple[ExceptionFound, ...]:
    gone = order.deleted or order.state is OrderState.CANCELLED
    if not gone or order.payment_status is OrderPaymentStatus.REFUNDED:
        return ()
    message = (
        f"{object_id} was paid, or is being paid, and order {order.order_number} is "
        f"{'deleted' if order.deleted else 'cancelled'}; it was left alone."
    )
    found = ExceptionFound(ExceptionKind.CANCELLED_ORDER_PAID, message, None, order.order_id)
    return (found,)


def _close(present: Collected) -> CollectionPlan:
    action = _CLOSES[present.kind, present.draft]
    step = CollectionStep(action, present.kind, present.id)
    return CollectionPlan((step,), IntentionState.CLOSING, again=True)


def _follow(
    order: OrderRecord,
    demand: Demand,
    current: Intention,
    present: Collected,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """It is open, and the order is to be paid: make the one what the other asks for."""
    if present.kind is OrderAs.PAYMENT_INTENT:
        plan = _follow_intent(demand, present, customer)
    elif present.currency != demand.currency or _other_customer(present, customer):
        return _close(present)
    elif present.kind is OrderAs.INVOICE and present.draft:
        plan = _follow_draft(order, demand, present, rules)
    elif present.content != demand.content:
        return _close(present)
    elif present.kind is OrderAs.INVOICE and rules.delivery is Delivery.SEND and not current.sent:
        plan = CollectionPlan((CollectionStep(Action.SEND, present.kind, present.id),))
    else:
        plan = CollectionPlan()
    note = _annotation(order, present, rules)
    return CollectionPlan(
        steps=(*note.steps, *plan.steps),
        again=plan.again,
        exceptions=(*note.exceptions, *plan.exceptions),
    )


def _other_customer(present: Collected, customer: str | None) -> bool:
    invoiced = present.kind is OrderAs.INVOICE
    return invoiced and customer is not None and present.customer != customer


def _follow_intent(demand: Demand, present: Collected, customer: str | None) -> CollectionPlan:
    adds_customer = customer if present.customer is None else None
    same = (present.amount, present.currency) == (demand.amount, demand.currency)
    if same and adds_customer is None:
        return CollectionPlan()
    step = CollectionStep(Action.AMOUNT, present.kind, present.id, demand, adds_customer)
    return CollectionPlan((step,))


def _follow_draft(
    order: OrderRecord, demand: Demand, present: Collected, rules: CollectionRules
) -> CollectionPlan:
    def step(action: Action, lines: tuple[str, ...] = ()) -> CollectionStep:
        return CollectionStep(action, present.kind, present.id, demand, lines=lines)

    if present.content != demand.content or not present.lines:
        removed = (step(Action.REMOVE_LINES, present.lines),) if present.lines else ()
        return CollectionPlan((*removed, step(Action.ADD_LINES)), again=True)
    if present.amount != demand.amount:
        message = (
            f"Draft invoice {present.id} comes to {present.amount} in Stripe's units of "
            f"{present.currency}, and for order {order.order_number} {demand.amount} are due: "
            "somebody added to it or took from it. It was left as it is."
        )
        found = ExceptionFound(ExceptionKind.LINES_DO_NOT_ADD_UP, message, order_id=order.order_id)
        return CollectionPlan(exceptions=(found,))
    if rules.delivery is Delivery.DRAFT:
        return CollectionPlan()
    steps = (step(Action.FINALIZE),)
    return CollectionPlan((*steps, step(Action.SEND)) if rules.delivery is Delivery.SEND else steps)


def _annotation(order: OrderRecord, present: Collected, rules: CollectionRules) -> CollectionPlan:
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
    step = CollectionStep(Action.ANNOTATE, present.kind, present.id, annotation=done.write)
    return CollectionPlan((step,), exceptions=exceptions)
