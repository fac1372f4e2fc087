"""What collects an order's money at Stripe: made, followed and closed as the order asks.

Money that has come, or is on its way, is left alone, whatever the order asks.
"""

from dataclasses import replace

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import from_stripe, to_decimal_text
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import OrderRecord
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_collected import (
    Collected,
    CollectionPlan,
    Phase,
)
from monstock_stripe_core.stripe_demand import (
    CollectionRules,
    Demand,
    OrderAs,
    Stance,
    demand_of,
    is_of,
)
from monstock_stripe_core.stripe_following import close, follow
from monstock_stripe_core.stripe_intention import (
    SETTLED,
    Intention,
    IntentionState,
)
from monstock_stripe_core.stripe_payment_facts import wrong_mode


def plan_collection(
    order: OrderRecord,
    current: Intention | None,
    present: Collected | None,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """Plan what an order asks of that which collects it.

    Args:
        order: as Monstock has it.
        current: the last intention; its answer is known. None: there was none.
        present: what it made, as it is now; None where it is gone, or is settled.
        customer: Stripe's id of the order's customer, where it is known.
        rules: the tenant's settings.
    """
    if current is None or current.state in SETTLED:
        return _without(order, current, customer, rules)
    own = present.paid_by if present is not None else ()
    demand = demand_of(order, OrderAs(current.kind), rules, own)
    if present is None or present.phase is Phase.CLOSED:
        return _closed(order, demand, current, customer, rules)
    refusal = wrong_mode(present.livemode, rules.expect_livemode, order.order_id, present.id)
    if refusal is not None:
        return CollectionPlan(exceptions=(refusal,))
    if present.phase is Phase.PAYING:
        return CollectionPlan(exceptions=_paid_though_cancelled(order, present.id))
    if present.phase is Phase.PAID:
        return _paid(order, demand, current, present, customer, rules)
    if present.phase is Phase.SPENT:
        return _settled(order, current, IntentionState.CLOSED, customer, rules)
    return _open(order, demand, current, present, customer, rules)


def _open(
    order: OrderRecord,
    demand: Demand,
    current: Intention,
    present: Collected,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """Nobody has paid it yet."""
    if current.state is IntentionState.CLOSING:
        return close(present)
    if demand.stance is Stance.COLLECT:
        return follow(order, demand, current, present, customer, rules)
    fits = demand.fits and (present.amount, present.currency) == (demand.amount, demand.currency)
    if demand.stance is Stance.WAIT or fits:
        return CollectionPlan(exceptions=_said(demand))
    return replace(close(present), exceptions=_said(demand))


def _said(demand: Demand) -> tuple[ExceptionFound, ...]:
    return () if demand.exception is None else (demand.exception,)


def _without(
    order: OrderRecord,
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
    demand = demand_of(order, rules.order_as, rules)
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
    return CollectionPlan(creates=demand, again=True)


def _settled(
    order: OrderRecord,
    current: Intention,
    state: IntentionState,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """Nothing is left to follow of it; there may be something new to ask for."""
    after = _without(order, replace(current, state=state), customer, rules)
    return replace(after, state=state)


def _closed(
    order: OrderRecord,
    demand: Demand,
    current: Intention,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """It was closed, or is gone: by us, or by somebody else, whose will it is then."""
    if current.state is IntentionState.CLOSING or demand.stance is Stance.CLOSE:
        return _settled(order, current, IntentionState.CLOSED, customer, rules)
    exceptions = (_by_hand(order, current),) if demand.stance is Stance.COLLECT else ()
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
    current: Intention,
    present: Collected,
    customer: str | None,
    rules: CollectionRules,
) -> CollectionPlan:
    """It has been paid. What is due beyond that is asked for once the order counts the payment."""
    counted = _counts(order, present)
    if demand.stance is not Stance.COLLECT:
        return CollectionPlan(
            state=IntentionState.PAID if counted else None,
            exceptions=_paid_though_cancelled(order, present.id) or _said(demand),
        )
    odd = _paid_oddly(order, demand, present)
    if odd is not None:
        return CollectionPlan(exceptions=(odd,))
    if not counted:
        return CollectionPlan()
    return _settled(order, current, IntentionState.PAID, customer, rules)


def _counts(order: OrderRecord, present: Collected) -> bool:
    """Whether the order has all the money: not a row of an attempt before, nor one still pending.

    Until then what Monstock says is due is due no more.
    """
    rows = [
        row
        for row in order.payments
        if is_of(row, present.paid_by)
        and row.status in {None, PaymentStatus.SUCCEEDED}
        and row.currency == present.currency.upper()
    ]
    if present.received is None:
        return bool(rows)
    received = from_stripe(present.received, present.currency.upper(), what="what was received")
    return bool(rows) and sum(row.amount for row in rows) >= received


def _paid_oddly(order: OrderRecord, demand: Demand, present: Collected) -> ExceptionFound | None:
    """Why nothing more is asked for though something is due: other money came than was asked."""
    number = order.order_number
    if present.currency != demand.currency:
        message = (
            f"{present.id} was paid in {present.currency.upper()}, order {number} is in "
            f"{order.currency}; nothing more was asked for."
        )
        return ExceptionFound(ExceptionKind.CURRENCY_MISMATCH, message, order_id=order.order_id)
    if present.received is None or present.asked in {None, present.received}:
        return None
    asked, received = (
        to_decimal_text(from_stripe(units, order.currency), order.currency)
        for units in (present.asked, present.received)
    )
    message = (
        f"{present.id} was made for {asked} {order.currency} of order {number} and brought in "
        f"{received}; nothing more was asked for."
    )
    return ExceptionFound(ExceptionKind.AMOUNT_MISMATCH, message, order_id=order.order_id)


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
