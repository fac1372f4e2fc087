"""What is made, followed, closed and left alone of that which collects an order's money."""

from dataclasses import replace
from typing import Any

import pytest
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import OrderRecord, RecordLine
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_collected import (
    Action,
    Collected,
    CollectionPlan,
    Phase,
)
from monstock_stripe_core.stripe_collection import plan_collection
from monstock_stripe_core.stripe_demand import (
    CollectionRules,
    Delivery,
    OrderAs,
    demand_of,
)
from monstock_stripe_core.stripe_intention import Intention, IntentionState
from monstock_stripe_core.testing import example_record, example_record_row

INTENT, INVOICE, LINK = OrderAs.PAYMENT_INTENT, OrderAs.INVOICE, OrderAs.PAYMENT_LINK
KINDS = (INTENT, INVOICE, LINK)
ORDER = example_record(customer_id="cust_1")
DEARER = replace(ORDER, total=12000)
CANCELLED = replace(ORDER, state=OrderState.CANCELLED)
PAID_ROW = example_record_row(transaction_reference="pi_1")


def rules(kind: OrderAs, **fields: Any) -> CollectionRules:
    return CollectionRules(order_as=kind, **fields)


def made(kind: OrderAs, state: IntentionState = IntentionState.OPEN, **fields: Any) -> Intention:
    """The intention that made `shown`."""
    plain: dict[str, Any] = {"object_id": f"{kind}_1", "sent": True}
    return Intention(kind.value, "ord_1", 1, "key", state=state, **(plain | fields))


def shown(kind: OrderAs, order: OrderRecord = ORDER, **fields: Any) -> Collected:
    """Something that asks for what an order asks for, and that nobody has paid."""
    demand = demand_of(order, kind, rules(kind))
    plain: dict[str, Any] = {
        "kind": kind,
        "id": f"{kind}_1",
        "phase": Phase.OPEN,
        "livemode": False,
        "amount": 0 if kind is LINK else demand.amount,
        "currency": demand.currency,
        "metadata": demand.metadata,
        "content": demand.content,
        "description": demand.description or None,
        "order_reference": order.order_number,
        "customer": "cus_1",
        "paid_by": frozenset({"pi_1"}),
        "received": 0,
    }
    return Collected(**(plain | fields))


def plan(
    order: OrderRecord,
    current: Intention | None,
    present: Collected | None,
    kind: OrderAs,
    **settings: Any,
) -> CollectionPlan:
    return plan_collection(order, current, present, "cus_1", rules(kind, **settings))


def actions(found: CollectionPlan) -> list[Action]:
    return [step.action for step in found.steps]


def kinds(found: CollectionPlan) -> list[ExceptionKind]:
    return [each.kind for each in found.exceptions]


@pytest.mark.parametrize("kind", KINDS)
def test_an_order_to_be_paid_is_collected_by_something_new(kind: OrderAs) -> None:
    found = plan(ORDER, None, None, kind)

    assert found.creates == demand_of(ORDER, kind, rules(kind))
    assert (found.steps, found.again, found.exceptions) == ((), True, ())


def test_orders_that_are_only_annotated_are_not_collected() -> None:
    assert plan(ORDER, None, None, OrderAs.ANNOTATE) == CollectionPlan()


def test_an_invoice_needs_a_customer() -> None:
    found = plan_collection(ORDER, None, None, None, rules(INVOICE))

    assert kinds(found) == [ExceptionKind.CUSTOMER_MISSING]
    assert found.creates is None
    assert plan_collection(ORDER, None, None, None, rules(LINK)).creates is not None


@pytest.mark.parametrize("kind", KINDS)
def test_what_asks_for_the_right_thing_is_left_as_it_is(kind: OrderAs) -> None:
    assert plan(ORDER, made(kind), shown(kind), kind) == CollectionPlan()


@pytest.mark.parametrize(
    ("kind", "draft", "action"),
    [
        (INTENT, False, Action.CANCEL),
        (INVOICE, True, Action.DELETE),
        (INVOICE, False, Action.VOID),
        (LINK, False, Action.DEACTIVATE),
    ],
)
@pytest.mark.parametrize(
    "order",
    [
        CANCELLED,
        replace(ORDER, deleted=True),
        replace(ORDER, amount_due=0),
        replace(ORDER, payment_status=OrderPaymentStatus.PAID),
        replace(ORDER, amount_due=20),
    ],
    ids=["cancelled", "deleted", "nothing due", "paid otherwise", "too little to charge"],
)
def test_what_is_open_is_closed_when_nothing_is_to_be_asked_for(
    order: OrderRecord, kind: OrderAs, draft: bool, action: Action
) -> None:
    found = plan(order, made(kind), shown(kind, draft=draft), kind)

    assert actions(found) == [action]
    assert (found.state, found.again) == (IntentionState.CLOSING, True)


@pytest.mark.parametrize("kind", KINDS)
def test_an_order_that_is_not_to_be_decided_on_leaves_what_is_open(kind: OrderAs) -> None:
    cash = example_record_row(transaction_reference=None, status=PaymentStatus.PENDING)
    for order in (
        replace(DEARER, state=OrderState.DRAFT),
        replace(DEARER, payments=(cash,)),
        replace(DEARER, payment_status=OrderPaymentStatus.PARTIALLY_REFUNDED),
    ):
        assert plan(order, made(kind), shown(kind), kind) == CollectionPlan()


@pytest.mark.parametrize(
    ("kind", "draft", "wanted"),
    [
        (INTENT, False, [Action.AMOUNT]),
        (INVOICE, True, [Action.REMOVE_LINES, Action.ADD_LINES]),
        (INVOICE, False, [Action.VOID]),
        (LINK, False, [Action.DEACTIVATE]),
    ],
)
@pytest.mark.parametrize("order", [DEARER, replace(ORDER, amount_due=4000)])
def test_a_change_before_payment_is_followed(
    order: OrderRecord, kind: OrderAs, draft: bool, wanted: list[Action]
) -> None:
    present = shown(kind, draft=draft, lines=("il_1",) if draft else ())

    found = plan(order, made(kind), present, kind)

    assert actions(found) == wanted
    assert found.exceptions == ()


def test_a_customer_who_abandoned_a_payment_does_not_keep_the_amount_as_it_was() -> None:
    row = example_record_row(status=PaymentStatus.PENDING)
    order = replace(DEARER, payments=(row,), payment_status=OrderPaymentStatus.PENDING)

    assert actions(plan(order, made(INTENT), shown(INTENT), INTENT)) == [Action.AMOUNT]


def test_what_is_being_closed_is_closed_even_if_it_would_fit_again() -> None:
    found = plan(ORDER, made(LINK, IntentionState.CLOSING), shown(LINK), LINK)

    assert actions(found) == [Action.DEACTIVATE]


@pytest.mark.parametrize("kind", KINDS)
def test_what_we_closed_makes_way_for_the_next(kind: OrderAs) -> None:
    closing = made(kind, IntentionState.CLOSING)

    found = plan(DEARER, closing, shown(kind, phase=Phase.CLOSED), kind)

    assert found.state is IntentionState.CLOSED
    assert found.creates is not None
    assert found.creates.amount == 12000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("gone", [True, False])
def test_what_somebody_else_closed_is_reported_and_not_made_anew(kind: OrderAs, gone: bool) -> None:
    present = None if gone else shown(kind, phase=Phase.CLOSED)
    found = plan(ORDER, made(kind), present, kind)

    assert found.state is IntentionState.BY_HAND
    assert kinds(found) == [ExceptionKind.CLOSED_BY_HAND]
    assert found.creates is None

    kept = made(kind, IntentionState.BY_HAND)
    part_paid = replace(ORDER, amount_due=4000)
    for order in (ORDER, part_paid, DEARER):
        later = plan(order, kept, None, kind)
        assert kinds(later) == [ExceptionKind.CLOSED_BY_HAND]
        assert later.creates is None


def test_a_cancelled_order_agrees_with_who_closed_what_collected_it() -> None:
    found = plan(CANCELLED, made(INVOICE), shown(INVOICE, phase=Phase.CLOSED), INVOICE)

    assert (found.state, found.exceptions) == (IntentionState.CLOSED, ())


@pytest.mark.parametrize(("kind", "draft"), [(INTENT, False), (INVOICE, True), (INVOICE, False)])
@pytest.mark.parametrize("order", [ORDER, DEARER], ids=["as it was", "changed"])
def test_an_amount_that_somebody_else_changed_stands_and_is_reported(
    order: OrderRecord, kind: OrderAs, draft: bool
) -> None:
    present = shown(kind, draft=draft, amount=9000, lines=("il_1",))

    found = plan(order, made(kind), present, kind)

    assert found.steps == ()
    assert kinds(found) == [ExceptionKind.CHANGED_BY_HAND]


def test_who_changed_the_amount_to_what_is_due_is_agreed_with() -> None:
    found = plan(DEARER, made(INTENT), shown(INTENT, amount=12000), INTENT)

    assert actions(found) == [Action.AMOUNT]
    assert found.exceptions == ()


def test_what_collected_a_cancelled_order_is_closed_whoever_changed_it() -> None:
    found = plan(CANCELLED, made(INTENT), shown(INTENT, amount=9000), INTENT)

    assert actions(found) == [Action.CANCEL]


def test_half_a_change_of_a_draft_is_finished() -> None:
    empty = shown(INVOICE, draft=True, content="", amount=0, lines=())

    found = plan(ORDER, made(INVOICE), empty, INVOICE)

    assert actions(found) == [Action.ADD_LINES]


def test_lines_that_came_twice_are_written_again() -> None:
    lines = ("il_1", "il_2")
    twice = shown(INVOICE, draft=True, amount=20000, lines=lines)

    found = plan(ORDER, made(INVOICE), twice, INVOICE)

    assert actions(found) == [Action.REMOVE_LINES, Action.ADD_LINES]
    assert found.steps[0].lines == lines


@pytest.mark.parametrize(
    ("delivery", "wanted"),
    [
        (Delivery.DRAFT, []),
        (Delivery.FINALIZE, [Action.FINALIZE]),
        (Delivery.SEND, [Action.FINALIZE, Action.SEND]),
    ],
)
def test_a_draft_is_delivered_as_the_setting_says(delivery: Delivery, wanted: list[Action]) -> None:
    present = shown(INVOICE, draft=True, lines=("il_1",))

    assert actions(plan(ORDER, made(INVOICE), present, INVOICE, delivery=delivery)) == wanted


def test_an_invoice_that_was_not_sent_yet_is_sent_once() -> None:
    waiting = made(INVOICE, sent=False)

    assert actions(plan(ORDER, waiting, shown(INVOICE), INVOICE)) == [Action.SEND]
    assert plan(ORDER, waiting, shown(INVOICE), INVOICE, delivery=Delivery.FINALIZE).steps == ()


def test_lines_that_do_not_add_up_stop_an_invoice_and_close_the_one_that_is_wrong() -> None:
    wrong = replace(ORDER, lines=(RecordLine("Chair", 9999),))

    before = plan(wrong, None, None, INVOICE)
    assert (before.creates, kinds(before)) == (None, [ExceptionKind.LINES_DO_NOT_ADD_UP])

    fits = plan(wrong, made(INVOICE), shown(INVOICE), INVOICE)
    assert (fits.steps, kinds(fits)) == ((), [ExceptionKind.LINES_DO_NOT_ADD_UP])

    dearer = plan(replace(wrong, total=12000), made(INVOICE), shown(INVOICE), INVOICE)
    assert actions(dearer) == [Action.VOID]


def test_another_customer_gets_another_invoice() -> None:
    for draft, action in ((True, Action.DELETE), (False, Action.VOID)):
        present = shown(INVOICE, customer="cus_2", draft=draft)
        assert actions(plan(ORDER, made(INVOICE), present, INVOICE)) == [action]


def test_another_currency_is_another_invoice_but_the_same_payment() -> None:
    dollars = replace(ORDER, currency="USD")

    assert actions(plan(dollars, made(INVOICE), shown(INVOICE), INVOICE)) == [Action.VOID]
    assert actions(plan(dollars, made(LINK), shown(LINK), LINK)) == [Action.DEACTIVATE]
    assert actions(plan(dollars, made(INTENT), shown(INTENT), INTENT)) == [Action.AMOUNT]


def test_what_somebody_made_another_orders_is_left_alone() -> None:
    theirs = {"monstock_order_id": "ord_2"}

    found = plan(DEARER, made(INTENT), shown(INTENT, metadata=theirs), INTENT)

    assert (found.steps, kinds(found)) == ((), [ExceptionKind.OTHER_ORDER_NAMED])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("phase", [Phase.PAYING, Phase.PAID])
@pytest.mark.parametrize("state", [IntentionState.OPEN, IntentionState.CLOSING])
@pytest.mark.parametrize(
    "order", [ORDER, DEARER, replace(ORDER, amount_due=0), CANCELLED], ids=lambda one: one.state
)
def test_money_that_came_or_is_on_its_way_is_never_touched(
    kind: OrderAs, phase: Phase, state: IntentionState, order: OrderRecord
) -> None:
    received = 10000 if phase is Phase.PAID else 0
    present = shown(kind, phase=phase, received=received)

    found = plan(order, made(kind, state), present, kind)

    assert (found.steps, found.creates) == ((), None)
    gone = order.state is OrderState.CANCELLED
    assert kinds(found) == ([ExceptionKind.CANCELLED_ORDER_PAID] if gone else [])


@pytest.mark.parametrize(
    "row",
    [
        example_record_row(status=PaymentStatus.FAILED),
        example_record_row(status=PaymentStatus.PENDING),
        example_record_row(status=PaymentStatus.CANCELED),
        example_record_row(transaction_reference="pi_2", amount=1),
        example_record_row(amount=4000),
        example_record_row(currency="USD"),
    ],
    ids=["failed attempt", "still pending", "canceled", "another", "a part", "other currency"],
)
def test_nothing_more_is_asked_for_until_the_order_counts_what_was_paid(row: Any) -> None:
    order = replace(DEARER, payments=(row,), amount_due=12000)

    found = plan(order, made(INTENT), shown(INTENT, phase=Phase.PAID, received=10000), INTENT)

    assert (found.state, found.creates) == (None, None)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_due_beyond_a_counted_payment_is_asked_for_by_something_new(kind: OrderAs) -> None:
    order = replace(DEARER, payments=(PAID_ROW,), amount_due=2000)

    found = plan(order, made(kind), shown(kind, phase=Phase.PAID, received=10000), kind)

    assert found.state is IntentionState.PAID
    assert found.creates is not None
    assert found.creates.amount == 2000


def test_a_payment_that_the_order_does_not_count_yet_is_not_forgotten() -> None:
    """Else a cancelled order that is revived would be asked for twice."""
    paid = shown(INTENT, phase=Phase.PAID, received=10000)

    assert plan(CANCELLED, made(INTENT), paid, INTENT).state is None
    counted = replace(CANCELLED, payments=(PAID_ROW,))
    assert plan(counted, made(INTENT), paid, INTENT).state is IntentionState.PAID


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"received": 9000, "amount": 9000}, ExceptionKind.AMOUNT_MISMATCH),
        ({"received": 10000, "currency": "usd"}, ExceptionKind.CURRENCY_MISMATCH),
    ],
)
def test_other_money_than_was_asked_for_is_reported_and_the_rest_not_asked_for(
    fields: dict[str, Any], kind: ExceptionKind
) -> None:
    row = example_record_row(amount=9000)
    order = replace(ORDER, payments=(row,), amount_due=1000)

    found = plan(order, made(INTENT), shown(INTENT, phase=Phase.PAID, **fields), INTENT)

    assert (found.creates, kinds(found)) == (None, [kind])


def test_a_link_whose_payment_failed_for_good_makes_way_for_another() -> None:
    row = example_record_row(status=PaymentStatus.FAILED)
    order = replace(ORDER, payments=(row,), payment_status=OrderPaymentStatus.FAILED)

    found = plan(order, made(LINK), shown(LINK, phase=Phase.SPENT), LINK)

    assert found.state is IntentionState.CLOSED
    assert found.creates is not None


def test_an_object_of_the_other_mode_is_left_alone() -> None:
    live = shown(INVOICE, livemode=True)

    found = plan(CANCELLED, made(INVOICE), live, INVOICE, expect_livemode=False)

    assert (found.steps, kinds(found)) == ((), [ExceptionKind.WRONG_MODE])


def test_what_is_open_is_followed_as_what_it_is_when_the_setting_changes() -> None:
    found = plan(DEARER, made(INTENT), shown(INTENT), LINK)

    assert actions(found) == [Action.AMOUNT]
