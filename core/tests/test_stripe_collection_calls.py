"""Making, changing and closing what collects, over HTTP, whatever becomes of the answers."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.order_record import OrderRecord, RecordLine
from monstock_stripe_core.stripe_annotation import AnnotationRules
from monstock_stripe_core.stripe_calls import RetryPolicy
from monstock_stripe_core.stripe_collected import (
    Action,
    Collected,
    Phase,
    intent_collected,
    invoice_collected,
    link_collected,
)
from monstock_stripe_core.stripe_collection import plan_collection
from monstock_stripe_core.stripe_collection_calls import (
    carry_out,
    payments_through,
    read_intent,
    read_invoice,
    read_link,
)
from monstock_stripe_core.stripe_collection_params import (
    intent_params,
    invoice_params,
    link_note_params,
    link_params,
)
from monstock_stripe_core.stripe_demand import (
    CollectionRules,
    Delivery,
    OrderAs,
    demand_of,
)
from monstock_stripe_core.stripe_endings import (
    cancel_intent,
    delete_draft,
    finalize_invoice,
    void_invoice,
)
from monstock_stripe_core.stripe_errors import (
    StripeKeyReusedError,
    StripeNotFoundError,
    StripeRejectedError,
    StripeReplayedError,
)
from monstock_stripe_core.stripe_intention import Intention, IntentionState
from monstock_stripe_core.stripe_lookup import made_between, with_metadata
from monstock_stripe_core.stripe_making import (
    kept_intent_params,
    kept_invoice_params,
    kept_link_params,
    make,
)
from monstock_stripe_core.stripe_pacing import RateLimits
from monstock_stripe_core.stripe_writer import StripeWriter
from monstock_stripe_core.testing import example_record
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

QUICK = RetryPolicy(attempts=4, wait_initial=0.0, wait_max=0.01, wait_jitter=0.0)
INTENT, INVOICE, LINK = OrderAs.PAYMENT_INTENT, OrderAs.INVOICE, OrderAs.PAYMENT_LINK
ORDER = example_record(
    lines=(
        RecordLine("Chair", 9000, "2", 1500, "20"),
        RecordLine("Shipping", 2000, tax=190, tax_rate="10.5"),
        RecordLine("Voucher", -1000),
    )
)
DEARER = replace(ORDER, total=12000, lines=(*ORDER.lines, RecordLine("Cushion", 2000)))


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def stripe(sandbox: RunningSandbox) -> Iterator[StripeWriter]:
    made = StripeWriter(
        "sk_test_sandbox", api_base=sandbox.stripe_url, limits=RateLimits(0, 0), retries=QUICK
    )
    yield made
    made.close()


@pytest.fixture
def customer(sandbox: RunningSandbox) -> str:
    return sandbox.stripe.customer("ann@example.com", "Ann")


def rules(kind: OrderAs, **fields: Any) -> CollectionRules:
    return CollectionRules(order_as=kind, annotation=AnnotationRules(tenant="acme"), **fields)


def intended(kind: OrderAs, customer: str, order: OrderRecord = ORDER) -> Intention:
    demand = demand_of(order, kind, rules(kind))
    parameters: dict[OrderAs, Any] = {
        INTENT: intent_params(demand, 1, customer),
        INVOICE: invoice_params(demand, 1, customer, 30),
        LINK: link_params(demand, 1),
    }
    kept = json.loads(json.dumps(parameters[kind]))
    return Intention(kind.value, "ord_1", 1, f"acme:{kind}:ord_1:1", kept)


def present(stripe: StripeWriter, kind: OrderAs, identifier: str) -> Collected:
    if kind is INTENT:
        return intent_collected(read_intent(stripe, identifier))
    if kind is LINK:
        return link_collected(read_link(stripe, identifier), payments_through(stripe, identifier))
    invoice, lines = read_invoice(stripe, identifier)
    return invoice_collected(invoice, lines, paying=False)


def follow(
    stripe: StripeWriter, order: OrderRecord, current: Intention, customer: str, **fields: Any
) -> tuple[Intention, list[Action]]:
    """Carry out what the order asks of something that was made; return what that was."""
    kind = OrderAs(current.kind)
    done: list[Action] = []
    for _ in range(5):
        now = present(stripe, kind, current.object_id or "")
        plan = plan_collection(order, current, now, customer, rules(kind, **fields))
        current = replace(current, state=plan.state or current.state)
        for step in plan.steps:
            carry_out(stripe, step, f"{step.action}:{step.object_id}")
            done.append(step.action)
            current = replace(current, sent=current.sent or step.action is Action.SEND)
        if not plan.again:
            return current, done
    raise AssertionError("there is always more to do")


def opened(stripe: StripeWriter, kind: OrderAs, customer: str) -> Intention:
    made = make(stripe, intended(kind, customer))
    return replace(intended(kind, customer), state=IntentionState.OPEN, object_id=made["id"])


def all_made(sandbox: RunningSandbox, kind: OrderAs) -> list[Any]:
    return list(sandbox.stripe.all(kind.value))


KINDS = pytest.mark.parametrize("kind", [INTENT, INVOICE, LINK])


@KINDS
@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut_before", method="POST", times=2),
        Fault("cut_after", method="POST", times=2),
        Fault("half_json", method="POST", times=2),
        Fault("status", method="POST", status=429, retry_after=0, times=2),
        Fault("status", method="POST", status=503, times=2),
    ],
    ids=lambda fault: f"{fault.kind}-{fault.status}",
)
def test_it_is_made_once_whatever_happens_to_the_answers(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str, kind: OrderAs, fault: Fault
) -> None:
    sandbox.stripe_controls.set_faults(fault)

    first = make(stripe, intended(kind, customer))
    again = make(stripe, intended(kind, customer))

    assert first["id"] == again["id"]
    assert [one["id"] for one in all_made(sandbox, kind)] == [first["id"]]


@KINDS
def test_a_failure_that_stripe_keeps_is_told_and_what_was_made_is_looked_for(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str, kind: OrderAs
) -> None:
    sandbox.stripe_controls.set_faults(Fault("status", method="POST", status=500, times=1))
    with pytest.raises(StripeReplayedError):
        make(stripe, intended(kind, customer))
    now = datetime.now(UTC)
    assert list(made_between(stripe, kind.value, now, now)) == []

    made = make(stripe, replace(intended(kind, customer), key="another"))

    assert [one["id"] for one in made_between(stripe, kind.value, now, now)] == [made["id"]]
    if kind is not LINK:
        hour = timedelta(hours=1)
        assert list(made_between(stripe, kind.value, now - 2 * hour, now - hour)) == []


@KINDS
def test_a_key_that_stands_for_something_else_is_told(
    stripe: StripeWriter, customer: str, kind: OrderAs
) -> None:
    make(stripe, intended(kind, customer))

    with pytest.raises(StripeKeyReusedError):
        make(stripe, intended(kind, customer, replace(DEARER, order_number="SO-2")))


def test_kept_parameters_are_the_ones_that_were_meant() -> None:
    for kind, read in (
        (INTENT, kept_intent_params),
        (INVOICE, kept_invoice_params),
        (LINK, kept_link_params),
    ):
        kept = dict(intended(kind, "cus_1").parameters)
        assert read(kept) == kept
        with pytest.raises(RecordError, match="unknown field `tip`"):
            read({**kept, "tip": 1})
        with pytest.raises(RecordError, match="Expected `object`, got `str`"):
            read({**kept, "metadata": "none"})
    assert "customer" not in kept_intent_params(
        intent_params(demand_of(ORDER, INTENT, rules(INTENT)), 1, None)
    )


def test_an_invoice_is_written_finalized_and_mailed_once(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    made, done = follow(stripe, ORDER, opened(stripe, INVOICE, customer), customer)

    assert done == [Action.ADD_LINES, Action.FINALIZE, Action.SEND]
    invoice, lines = read_invoice(stripe, made.object_id or "")
    assert (invoice["status"], invoice["total"], invoice["amount_due"]) == ("open", 10000, 10000)
    assert {(tax["amount"], tax["taxable_amount"]) for tax in invoice["total_taxes"]} == {
        (1500, 7500),
        (190, 1810),
    }
    assert {(line["description"], line["amount"]) for line in lines} == {
        ("2 × Chair", 9000),  # noqa: RUF001
        ("Shipping", 2000),
        ("Voucher", -1000),
    }
    assert invoice["metadata"]["monstock_order_id"] == "ord_1"
    assert follow(stripe, ORDER, made, customer)[1] == []
    forgotten = replace(made, sent=False)
    assert follow(stripe, ORDER, forgotten, customer)[1] == [Action.SEND]
    mails = [event for event in sandbox.stripe.all("event") if event["type"] == "invoice.sent"]
    assert len(mails) == 1


def test_an_invoice_is_not_mailed_again_although_many_others_were_since(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    sandbox.stripe_controls.set_faults(
        Fault("status", method="POST", status=500, path="/v1/invoices/*/send", times=1)
    )
    made, _ = follow(stripe, ORDER, opened(stripe, INVOICE, customer), customer)
    other = sandbox.stripe.invoice(500, "eur", customer=customer)
    for _ in range(150):
        sandbox.stripe.send_invoice(other)

    assert follow(stripe, ORDER, replace(made, sent=False), customer)[1] == [Action.SEND]

    sent = sandbox.stripe.present("/v1/events", type="invoice.sent")
    mails = [event for event in sent if event["data"]["object"]["id"] == made.object_id]
    assert len(mails) == 1
    assert len(sent) == 151


def test_what_came_otherwise_is_taken_off_an_invoice(stripe: StripeWriter, customer: str) -> None:
    part_paid = replace(ORDER, amount_due=2500)

    made, _ = follow(stripe, part_paid, opened(stripe, INVOICE, customer), customer)

    invoice, lines = read_invoice(stripe, made.object_id or "")
    assert invoice["total"] == 2500
    assert ("Already paid", -7500) in {(line["description"], line["amount"]) for line in lines}


def test_a_drafts_lines_follow_the_order_back_and_forth(
    stripe: StripeWriter, customer: str
) -> None:
    made = opened(stripe, INVOICE, customer)
    for order, wanted in (
        (ORDER, [Action.ADD_LINES]),
        (DEARER, [Action.REMOVE_LINES, Action.ADD_LINES]),
        (ORDER, [Action.REMOVE_LINES, Action.ADD_LINES]),
        (ORDER, []),
    ):
        made, done = follow(stripe, order, made, customer, delivery=Delivery.DRAFT)
        assert done == wanted
        now = present(stripe, INVOICE, made.object_id or "")
        assert (now.amount, len(now.lines)) == (order.total, len(order.lines))


def test_an_invoice_of_many_lines_is_read_to_its_end(stripe: StripeWriter, customer: str) -> None:
    many = replace(ORDER, total=24900, lines=(RecordLine("Nail", 100),) * 249)

    made, done = follow(
        stripe, many, opened(stripe, INVOICE, customer), customer, delivery=Delivery.DRAFT
    )

    assert done == [Action.ADD_LINES]
    assert len(present(stripe, INVOICE, made.object_id or "").lines) == 249


@pytest.mark.parametrize("fault", ["cut_after", "status"])
@pytest.mark.parametrize("kind", [INTENT, INVOICE, LINK])
def test_a_change_is_followed_and_what_is_open_closed_whatever_happens_to_the_answers(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str, kind: OrderAs, fault: str
) -> None:
    made = opened(stripe, kind, customer)
    status = 500 if fault == "status" else 0

    def step_by_step(order: OrderRecord) -> list[Action]:
        nonlocal made
        sandbox.stripe_controls.set_faults(Fault(fault, method="POST", status=status, times=1))
        made, done = follow(stripe, order, made, customer, delivery=Delivery.FINALIZE)
        return done

    step_by_step(ORDER)
    if kind is INTENT:
        assert step_by_step(DEARER) == [Action.AMOUNT]
        assert present(stripe, kind, made.object_id or "").amount == 12000
    step_by_step(replace(ORDER, deleted=True))

    assert present(stripe, kind, made.object_id or "").phase is Phase.CLOSED


def test_a_payment_gets_its_customer_later(stripe: StripeWriter, customer: str) -> None:
    demand = demand_of(ORDER, INTENT, rules(INTENT))
    before = replace(intended(INTENT, customer), parameters=dict(intent_params(demand, 1, None)))
    made = replace(before, state=IntentionState.OPEN, object_id=make(stripe, before)["id"])

    assert follow(stripe, ORDER, made, customer)[1] == [Action.AMOUNT]
    assert present(stripe, INTENT, made.object_id or "").customer == customer


def test_what_is_done_already_is_done(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    payment = sandbox.stripe.payment_intent(1200, "eur")
    draft = make(stripe, intended(INVOICE, customer))["id"]
    for _ in range(2):
        cancel_intent(stripe, payment)
        delete_draft(stripe, draft)
    made, _ = follow(
        stripe,
        ORDER,
        opened_again(stripe, customer),
        customer,
        delivery=Delivery.FINALIZE,
    )
    finalize_invoice(stripe, made.object_id or "")
    for _ in range(2):
        void_invoice(stripe, made.object_id or "")

    assert present(stripe, INTENT, payment).phase is Phase.CLOSED
    with pytest.raises(StripeNotFoundError):
        read_invoice(stripe, draft)
    assert present(stripe, INVOICE, made.object_id or "").phase is Phase.CLOSED


def opened_again(stripe: StripeWriter, customer: str) -> Intention:
    before = replace(intended(INVOICE, customer), key="another", revision=2)
    return replace(before, state=IntentionState.OPEN, object_id=make(stripe, before)["id"])


def test_what_cannot_be_ended_any_more_is_told(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    payment = sandbox.stripe.payment_intent(1200, "eur")
    sandbox.stripe.succeed(payment)
    made, _ = follow(stripe, ORDER, opened(stripe, INVOICE, customer), customer)
    sandbox.stripe.pay_invoice(made.object_id or "")

    for end, identifier in (
        (cancel_intent, payment),
        (void_invoice, made.object_id or ""),
        (delete_draft, made.object_id or ""),
    ):
        with pytest.raises(StripeRejectedError):
            end(stripe, identifier)


def test_a_link_says_all_of_its_order_on_what_is_paid_through_it(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    made = opened(stripe, LINK, customer)
    shipped = replace(ORDER, state=type(ORDER.state).SHIPPED)

    assert follow(stripe, shipped, made, customer)[1] == [Action.ANNOTATE]
    payment = sandbox.stripe.pay_link(made.object_id or "")

    paid = present(stripe, LINK, made.object_id or "")
    assert (paid.phase, paid.received, paid.asked) == (Phase.PAID, 10000, 10000)
    assert paid.paid_by == {payment}
    assert read_intent(stripe, payment)["metadata"] == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "SO-1",
        "monstock_order_status": "shipped",
        "monstock_tenant": "acme",
        "monstock_link_rule": "metadata; ord_1; SO-1",
    }


def test_a_link_is_what_its_payment_is(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    made = opened(stripe, LINK, customer)
    link = made.object_id or ""
    assert present(stripe, LINK, link).phase is Phase.OPEN

    payment = sandbox.stripe.pay_link(link, method="sepa_debit", paid=False)
    assert present(stripe, LINK, link).phase is Phase.PAYING

    sandbox.stripe.fail_processing(payment)
    assert present(stripe, LINK, link).phase is Phase.SPENT

    assert link_collected(read_link(stripe, link), ()).phase is Phase.PAID


def test_a_paid_invoice_names_what_paid_it(
    stripe: StripeWriter, sandbox: RunningSandbox, customer: str
) -> None:
    made, _ = follow(stripe, ORDER, opened(stripe, INVOICE, customer), customer)
    invoice = made.object_id or ""
    payment = sandbox.stripe.pay_invoice(invoice)

    paid = present(stripe, INVOICE, invoice)

    assert (paid.phase, paid.received, paid.asked) == (Phase.PAID, 10000, 10000)
    assert paid.paid_by == {payment, invoice}


def test_a_search_is_followed_to_its_end(stripe: StripeWriter, sandbox: RunningSandbox) -> None:
    made = {
        sandbox.stripe.payment_intent(100 + number, "eur", metadata={"monstock_order_id": "ORD_1"})
        for number in range(105)
    }
    sandbox.stripe.payment_intent(100, "eur", metadata={"monstock_order_id": "ord_1"})

    found = with_metadata(stripe, "payment_intent", "monstock_order_id", ["ORD_1", "ORD_2"])

    assert {one["id"] for one in found} == made


def test_a_links_payments_are_always_told_all_of_the_order() -> None:
    """Stripe replaces their metadata as a whole."""
    demand = demand_of(ORDER, LINK, rules(LINK))

    params = link_note_params(demand, {"monstock_order_status": "shipped"})

    assert params["metadata"] == {"monstock_order_status": "shipped"}
    assert params["payment_intent_data"] == {
        "metadata": dict(demand.metadata),
        "description": "Order SO-1",
    }
