"""Collecting: each step about what is there, and what becomes of its intention."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import OrderRecord, RecordLine, RecordPayment
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_collected import Action, Collected, Phase
from monstock_stripe_core.stripe_collection import plan_collection
from monstock_stripe_core.stripe_demand import (
    CollectionRules,
    Delivery,
    OrderAs,
    demand_of,
)
from monstock_stripe_core.stripe_intention import Intention, IntentionState, intention_key, is_aged

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ORDER = OrderRecord("ord_1", "SO-1", OrderState.VALIDATED, "EUR", 1000, NOW)
RULES = CollectionRules(order_as=OrderAs.PAYMENT_INTENT)
INVOICES = CollectionRules(order_as=OrderAs.INVOICE)
LINKS = CollectionRules(order_as=OrderAs.PAYMENT_LINK)
ROW = RecordPayment("pi_9", "EUR", 400, PaymentStatus.SUCCEEDED)


def made(kind: OrderAs = OrderAs.PAYMENT_INTENT, **fields: Any) -> Intention:
    return replace(
        Intention(kind.value, "ord_1", 1, "key", state=IntentionState.OPEN, object_id="x_1"),
        **fields,
    )


def present(kind: OrderAs = OrderAs.PAYMENT_INTENT, **fields: Any) -> Collected:
    demand = demand_of(ORDER, kind, replace(RULES, order_as=kind))
    plain = Collected(
        kind,
        "x_1",
        Phase.OPEN,
        livemode=False,
        amount=1000,
        currency="eur",
        metadata=demand.metadata,
        content=demand.content,
        description="Order SO-1",
        order_reference="SO-1",
        customer="cus_1",
    )
    return replace(plain, **fields)


INVOICE, LINK = OrderAs.INVOICE, OrderAs.PAYMENT_LINK
DRAFT = {"draft": True, "lines": ("il_1",)}
SENT = made(INVOICE, sent=True)
CANCELLED = {"state": OrderState.CANCELLED}


@pytest.mark.parametrize(
    ("order", "current", "there", "actions"),
    [
        ({}, made(), present(), []),
        ({"total": 1200}, made(), present(), ["amount"]),
        ({"currency": "USD"}, made(), present(), ["amount"]),
        ({"order_number": "SO-2"}, made(), present(), ["annotate"]),
        ({}, made(), present(customer=None), ["amount"]),
        (CANCELLED, made(), present(), ["cancel"]),
        ({"amount_due": 0}, made(), present(), ["cancel"]),
        (CANCELLED, made(), present(phase=Phase.PAYING), []),
        (CANCELLED, made(), present(phase=Phase.PAID), []),
        ({"payment_status": OrderPaymentStatus.PENDING}, made(), present(), []),
        ({}, made(state=IntentionState.CLOSING), present(), ["cancel"]),
        ({}, SENT, present(INVOICE), []),
        ({}, made(INVOICE), present(INVOICE), ["send"]),
        ({}, SENT, present(INVOICE, **DRAFT), ["finalize", "send"]),
        ({}, SENT, present(INVOICE, draft=True, amount=0), []),
        ({}, SENT, present(INVOICE, draft=True, content=""), ["add_lines"]),
        ({}, SENT, present(INVOICE, draft=True, content="1000 eur old", lines=("il_1",)),
         ["remove_lines", "add_lines"]),
        ({}, SENT, present(INVOICE, draft=True, lines=("il_1", "il_2")),
         ["remove_lines", "add_lines"]),
        ({}, SENT, present(INVOICE, amount=1100, **DRAFT), []),
        ({"total": 1200}, SENT, present(INVOICE), ["void"]),
        (CANCELLED, SENT, present(INVOICE), ["void"]),
        (CANCELLED, SENT, present(INVOICE, **DRAFT), ["delete"]),
        ({}, SENT, present(INVOICE, customer="cus_2"), ["void"]),
        ({}, SENT, present(INVOICE, customer="cus_2", **DRAFT), ["delete"]),
        ({"lines": (RecordLine("x", 1),)}, SENT, present(INVOICE), []),
        ({"lines": (RecordLine("x", 1),)}, SENT, present(INVOICE, amount=900), ["void"]),
        ({}, made(LINK), present(LINK), []),
        ({"total": 1200}, made(LINK), present(LINK), ["deactivate"]),
        ({"order_number": "SO-2"}, made(LINK), present(LINK), ["deactivate"]),
        ({"state": OrderState.SHIPPED}, made(LINK), present(LINK), ["annotate"]),
        (CANCELLED, made(LINK), present(LINK), ["deactivate"]),
        (CANCELLED, made(LINK), present(LINK, phase=Phase.PAID), []),
    ],
)  # fmt: skip
def test_what_is_done_about_what_collects(
    order: dict[str, Any], current: Intention, there: Collected, actions: list[str]
) -> None:
    rules = replace(RULES, order_as=OrderAs(current.kind))

    plan = plan_collection(replace(ORDER, **order), current, there, "cus_1", rules)

    assert [step.action.value for step in plan.steps] == actions
    if set(actions) & {"cancel", "void", "delete", "deactivate"}:
        assert plan.state is IntentionState.CLOSING


@pytest.mark.parametrize(
    ("order", "current", "there", "state", "creates"),
    [
        ({}, None, None, None, True),
        (CANCELLED, None, None, None, False),
        ({}, made(state=IntentionState.FAILED), None, None, True),
        ({}, made(state=IntentionState.CLOSED), None, None, True),
        ({}, made(state=IntentionState.PAID), None, None, True),
        ({}, made(state=IntentionState.BY_HAND), None, None, False),
        ({}, made(), None, "by_hand", False),
        ({}, made(), present(phase=Phase.CLOSED), "by_hand", False),
        ({}, made(state=IntentionState.CLOSING), present(phase=Phase.CLOSED), "closed", True),
        ({}, made(state=IntentionState.CLOSING), None, "closed", True),
        (CANCELLED, made(state=IntentionState.CLOSING), None, "closed", False),
        ({}, made(), present(phase=Phase.PAID), None, False),
        (
            {"payments": (replace(ROW, transaction_reference="acct_1/pi_1"),), "amount_due": 600},
            made(), present(phase=Phase.PAID, paid_by=frozenset({"pi_1"})), "paid", True,
        ),
        (
            {"payments": (replace(ROW, transaction_reference="pi_1"),), "amount_due": 0},
            made(), present(phase=Phase.PAID, paid_by=frozenset({"pi_1"})), "paid", False,
        ),
        ({"amount_due": 0}, made(), present(phase=Phase.PAID), None, False),
    ],
)  # fmt: skip
def test_what_becomes_of_an_intention_and_whether_another_is_made(
    order: dict[str, Any],
    current: Intention | None,
    there: Collected | None,
    state: str | None,
    creates: bool,
) -> None:
    plan = plan_collection(replace(ORDER, **order), current, there, "cus_1", RULES)

    assert plan.state == state
    assert (plan.creates is not None) is creates
    assert plan.steps == ()


def test_nothing_is_made_where_orders_are_only_annotated() -> None:
    rules = replace(RULES, order_as=OrderAs.ANNOTATE)
    assert plan_collection(ORDER, None, None, None, rules).creates is None
    other = present(amount=1, content="1 eur old")
    assert plan_collection(ORDER, made(), other, None, rules).steps


def test_an_object_of_the_other_mode_is_not_touched() -> None:
    rules = replace(RULES, expect_livemode=True)
    plan = plan_collection(replace(ORDER, total=1200), made(), present(), None, rules)
    assert plan.steps == ()
    assert [found.kind for found in plan.exceptions] == ["wrong_mode"]


def test_a_draft_that_staff_is_to_finish_is_left_to_them() -> None:
    rules = replace(INVOICES, delivery=Delivery.DRAFT)
    plan = plan_collection(ORDER, made(INVOICE), present(INVOICE, **DRAFT), "cus_1", rules)
    assert plan.steps == ()


_phases = st.sampled_from(list(Phase))
_states = st.sampled_from(
    [IntentionState.OPEN, IntentionState.CLOSING, IntentionState.BY_HAND, IntentionState.PAID]
)


@given(
    st.builds(
        lambda state, due, status, deleted: replace(
            ORDER, state=state, amount_due=due, payment_status=status, deleted=deleted
        ),
        st.sampled_from(list(OrderState)),
        st.sampled_from([None, -1, 0, 49, 900, 1000]),
        st.sampled_from([None, *OrderPaymentStatus]),
        st.booleans(),
    ),
    st.sampled_from([OrderAs.PAYMENT_INTENT, INVOICE, LINK]),
    _phases,
    _states,
    st.booleans(),
)
def test_money_that_came_or_is_coming_is_never_touched_and_never_asked_for_twice(
    order: OrderRecord, kind: OrderAs, phase: Phase, state: IntentionState, draft: bool
) -> None:
    there = present(kind, phase=phase, draft=draft and kind is INVOICE)
    rules = replace(RULES, order_as=kind)

    plan = plan_collection(order, made(kind, state=state), there, "cus_1", rules)

    if phase in {Phase.PAYING, Phase.PAID} and state in {
        IntentionState.OPEN,
        IntentionState.CLOSING,
    }:
        assert plan.steps == ()
        assert plan.creates is None
    if plan.creates is not None:  # never two that are open
        assert phase in {Phase.CLOSED, Phase.SPENT} or state is IntentionState.PAID
    closes = {Action.CANCEL, Action.VOID, Action.DELETE, Action.DEACTIVATE}
    if order.deleted and state is IntentionState.OPEN and phase is Phase.OPEN:
        assert {step.action for step in plan.steps} <= closes
        assert len(plan.steps) == 1


# -- intentions --


def test_a_key_is_the_same_for_the_same_thing_and_no_other() -> None:
    keys = {
        intention_key(kind, tenant, subject, revision)
        for kind in ("invoice", "customer")
        for tenant in (None, "lyon")
        for subject in ("a", "é", "x" * 300, "y" * 300)
        for revision in (1, 2)
    }
    assert len(keys) == 32
    assert max(map(len, keys)) <= 255
    assert intention_key("invoice", "lyon", "a", 1) == "lyon:invoice:a:1"


@pytest.mark.parametrize(("hours", "aged"), [(0, False), (22, False), (23, True), (100, True)])
def test_an_intention_is_aged_before_stripe_may_forget_its_key(hours: int, aged: bool) -> None:

    assert is_aged(made(made_at=NOW), NOW + timedelta(hours=hours)) is aged
