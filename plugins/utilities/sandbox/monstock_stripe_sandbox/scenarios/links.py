"""How a payment says which order it pays, and what happens where it says too little or too much."""

from __future__ import annotations

from monstock_stripe_sandbox.scenarios.stage import (
    Later,
    Outcome,
    Script,
    Stage,
    is_now,
    scenario,
)
from monstock_stripe_sandbox.truth import ExceptionTruth, RowTruth


@scenario("order number in the metadata")
def number_in_metadata(stage: Stage) -> Script:
    order = stage.order(3490, number="SO-2026-61001")
    payment = stage.stripe.payment_intent(
        3490, "eur", metadata={"monstock_order_number": "SO-2026-61001"}
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "The number names the order as well as the id does.",
        (is_now(order, "paid", RowTruth(payment, 3490), due=0),),
    )


@scenario("order id and number that agree")
def id_and_number(stage: Stage) -> Script:
    order = stage.order(2990, number="SO-2026-61002")
    payment = stage.stripe.payment_intent(
        2990,
        "eur",
        metadata={"monstock_order_id": order, "monstock_order_number": "SO-2026-61002"},
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "Two keys for one order are one candidate.",
        (is_now(order, "paid", RowTruth(payment, 2990), due=0),),
    )


@scenario("metadata on the charge alone")
def charge_metadata(stage: Stage) -> Script:
    order = stage.order(5150)
    payment = stage.stripe.payment_intent(5150, "eur")
    charge = stage.stripe.succeed(payment)
    yield Later(minutes=10)
    stage.stripe.edit_charge(charge, metadata={"monstock_order_id": order})
    yield Outcome(
        "The Charge's metadata ranks with the PaymentIntent's, which says nothing.",
        (is_now(order, "paid", RowTruth(payment, 5150), due=0),),
    )


@scenario("order_reference in the payment details")
def order_reference(stage: Stage) -> Script:
    order = stage.order(4350, number="SO-2026-61003")
    payment = stage.stripe.payment_intent(4350, "eur", order_reference="SO-2026-61003")
    stage.stripe.succeed(payment)
    yield Outcome(
        "payment_details.order_reference is the third rank, and the only one present.",
        (is_now(order, "paid", RowTruth(payment, 4350), due=0),),
    )


@scenario("no link at all")
def no_link(stage: Stage) -> Script:
    order = stage.order(9450, customer_email="lea@example.com")
    customer = stage.stripe.customer("lea@example.com", "Léa Fontaine")
    payment = stage.stripe.payment_intent(
        9450, "eur", customer=customer, receipt_email="lea@example.com"
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "Same customer, currency and amount only suggest a link, for a person to confirm.",
        (is_now(order, "unpaid", due=9450),),
        (ExceptionTruth("unlinked", payment),),
    )


@scenario("no link, and no money either")
def no_link_no_money(stage: Stage) -> Script:
    order = stage.order(1490)
    payment = stage.stripe.payment_intent(1490, "eur")
    stage.stripe.decline(payment, "card_declined")
    yield Outcome(
        "A failed payment of nobody's holds no money: no exception.",
        (is_now(order, "unpaid", due=1490),),
    )


@scenario("linked in the Dashboard")
def linked_in_dashboard(stage: Stage) -> Script:
    order = stage.order(6350)
    payment = stage.stripe.payment_intent(6350, "eur")
    stage.stripe.succeed(payment)
    yield Outcome(
        "The payment names no order.",
        (is_now(order, "unpaid", due=6350),),
        (ExceptionTruth("unlinked", payment),),
    )
    stage.stripe.edit_payment_intent(payment, metadata={"monstock_order_id": order})
    yield Outcome(
        "A person wrote the key in the Dashboard, which makes no event.",
        (is_now(order, "paid", RowTruth(payment, 6350), due=0),),
    )


@scenario("relinked in the Dashboard")
def relinked_in_dashboard(stage: Stage) -> Script:
    wrong = stage.order(11900)
    right = stage.order(11900)
    payment = stage.paid(wrong, 11900)
    yield Outcome(
        "Linked to the order that its metadata names.",
        (
            is_now(wrong, "paid", RowTruth(payment, 11900), due=0),
            is_now(right, "unpaid", due=11900),
        ),
    )
    stage.stripe.edit_payment_intent(payment, metadata={"monstock_order_id": right})
    yield Outcome(
        "The PaymentIntent's own key wins over its Charge's old copy: the row changes orders.",
        (
            is_now(wrong, "unpaid", due=11900),
            is_now(right, "paid", RowTruth(payment, 11900), due=0),
        ),
    )


@scenario("ambiguous: metadata against metadata")
def ambiguous_sources(stage: Stage) -> Script:
    one = stage.order(8800)
    other = stage.order(8800)
    session = stage.stripe.checkout_session(
        8800,
        "eur",
        metadata={"monstock_order_id": other},
        payment_intent_metadata={"monstock_order_id": one},
    )
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "PaymentIntent and Checkout Session name different orders with the same authority.",
        (is_now(one, "unpaid", due=8800), is_now(other, "unpaid", due=8800)),
        (ExceptionTruth("ambiguous_link", payment),),
    )


@scenario("ambiguous: id against number")
def ambiguous_keys(stage: Stage) -> Script:
    one = stage.order(7250)
    other = stage.order(7250, number="SO-2026-61004")
    payment = stage.stripe.payment_intent(
        7250,
        "eur",
        metadata={"monstock_order_id": one, "monstock_order_number": "SO-2026-61004"},
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "Two keys of one rank name two orders.",
        (is_now(one, "unpaid", due=7250), is_now(other, "unpaid", due=7250)),
        (ExceptionTruth("ambiguous_link", payment),),
    )


@scenario("ambiguous: one number, two orders")
def ambiguous_number(stage: Stage) -> Script:
    one = stage.order(6120, number="SO-2026-61005")
    other = stage.order(6120, number="SO-2026-61005")
    payment = stage.stripe.payment_intent(
        6120, "eur", metadata={"monstock_order_number": "SO-2026-61005"}
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "Two orders bear the number: neither is paid before a person says which.",
        (is_now(one, "unpaid", due=6120), is_now(other, "unpaid", due=6120)),
        (ExceptionTruth("ambiguous_link", payment),),
    )
    stage.monstock.edit_order(other, number="SO-2026-61006")
    yield Outcome(
        "Staff gave one of them a number of its own.",
        (
            is_now(one, "paid", RowTruth(payment, 6120), due=0),
            is_now(other, "unpaid", due=6120),
        ),
    )


@scenario("another tenant's key")
def other_tenant(stage: Stage) -> Script:
    order = stage.order(5050, number="SO-2026-61007")
    payment = stage.stripe.payment_intent(
        5050,
        "eur",
        metadata={"monstock_order_number": "SO-2026-61007", "monstock_tenant": "lyon"},
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "The key names another tenant's order of the same number: not ours, no exception.",
        (is_now(order, "unpaid", due=5050),),
    )


@scenario("a shop's own order_id")
def shop_metadata(stage: Stage) -> Script:
    order = stage.order(4880, channel_reference="10482")
    payment = stage.stripe.payment_intent(4880, "eur", metadata={"order_id": "10482"})
    stage.stripe.succeed(payment)
    yield Outcome(
        "A shop plugin's number is off by default: it links nothing.",
        (is_now(order, "unpaid", due=4880),),
        (ExceptionTruth("unlinked", payment),),
    )


@scenario("weaker reference that disagrees")
def weaker_disagrees(stage: Stage) -> Script:
    named = stage.order(3950)
    other = stage.order(3950)
    session = stage.stripe.checkout_session(
        3950,
        "eur",
        client_reference_id=other,
        payment_intent_metadata={"monstock_order_id": named},
    )
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "The metadata outranks the client_reference_id, whose disagreement is a flag.",
        (
            is_now(named, "paid", RowTruth(payment, 3950), due=0),
            is_now(other, "unpaid", due=3950),
        ),
        (ExceptionTruth("link_disagreement", payment),),
    )


@scenario("order that comes after its payment")
def order_comes_later(stage: Stage) -> Script:
    payment = stage.stripe.payment_intent(
        16700, "eur", metadata={"monstock_order_number": "SO-2026-62001"}
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "Its order is not there yet: the payment waits.",
        (),
        (ExceptionTruth("waiting_for_order", payment),),
    )
    order = stage.order(16700, number="SO-2026-62001")
    yield Outcome(
        "The order came, and nothing happened at Stripe.",
        (is_now(order, "paid", RowTruth(payment, 16700), due=0),),
    )


@scenario("strong reference without an order, weak one with")
def waits_rather_than_falls_through(stage: Stage) -> Script:
    bystander = stage.order(2250)
    session = stage.stripe.checkout_session(
        2250,
        "eur",
        client_reference_id=bystander,
        payment_intent_metadata={"monstock_order_number": "SO-2026-62002"},
    )
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "The metadata's order is not there: the payment waits, it does not take a weaker rule.",
        (is_now(bystander, "unpaid", due=2250),),
        (ExceptionTruth("waiting_for_order", payment),),
    )


@scenario("quote that becomes an order")
def quote(stage: Stage) -> Script:
    order = stage.order(34500, kind="quote", status="draft")
    payment = stage.paid(order, 34500)
    yield Outcome(
        "A quote is no order until it is validated: the payment waits.",
        (is_now(order, "unpaid", due=34500, state="draft"),),
        (ExceptionTruth("waiting_for_order", payment),),
    )
    stage.monstock.edit_order(order, kind="order", status="validated")
    yield Outcome(
        "The customer signed; staff validated.",
        (is_now(order, "paid", RowTruth(payment, 34500), due=0),),
    )


@scenario("payment of the wrong mode")
def wrong_mode(stage: Stage) -> Script:
    order = stage.order(9990)
    payment = stage.intent(order, 9990, livemode=True)
    stage.stripe.succeed(payment)
    yield Outcome(
        "A payment of the other mode is refused, in whichever direction.",
        (is_now(order, "unpaid", due=9990),),
        (ExceptionTruth("wrong_mode", payment),),
    )


@scenario("hostile text for an order number")
def hostile_reference(stage: Stage) -> Script:
    bystander = stage.order(1990)
    hostile = "SO-2026-00001' OR '1'='1 <script>/../%2e%2e?ids=*&number=\u202e\u0007 🧾\n"
    payment = stage.stripe.payment_intent(
        1990,
        "eur",
        metadata={"monstock_order_id": hostile, "monstock_order_number": hostile * 6},
        description=hostile * 12,
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "No order is named like that: the payment waits, and nobody else's order is touched.",
        (is_now(bystander, "unpaid", due=1990),),
        (ExceptionTruth("waiting_for_order", payment),),
    )


@scenario("two orders in one key")
def two_in_one_key(stage: Stage) -> Script:
    one = stage.order(1290)
    other = stage.order(1290)
    payment = stage.stripe.payment_intent(
        2580, "eur", metadata={"monstock_order_id": f"{one},{other}"}
    )
    stage.stripe.succeed(payment)
    yield Outcome(
        "A list is no order's id, even where an API takes lists: the payment waits.",
        (is_now(one, "unpaid", due=1290), is_now(other, "unpaid", due=1290)),
        (ExceptionTruth("waiting_for_order", payment),),
    )


@scenario("annotation of ours against evidence")
def annotation(stage: Stage) -> Script:
    annotated = stage.order(4450, number="SO-2026-61021")
    named = stage.order(4450)
    session = stage.stripe.checkout_session(
        4450,
        "eur",
        metadata={"monstock_order_id": named},
        payment_intent_metadata={
            "monstock_order_id": annotated,
            "monstock_order_number": "SO-2026-61021",
            "monstock_link_rule": f"client_reference_id; {annotated}; SO-2026-61021",
        },
    )
    payment = stage.stripe.complete_checkout(session)
    yield Outcome(
        "An annotation keeps the rank of the rule it rests on, below the session's metadata.",
        (
            is_now(annotated, "unpaid", due=4450),
            is_now(named, "paid", RowTruth(payment, 4450), due=0),
        ),
        (ExceptionTruth("link_disagreement", payment),),
    )


SCENARIOS = (
    number_in_metadata,
    id_and_number,
    charge_metadata,
    order_reference,
    no_link,
    no_link_no_money,
    linked_in_dashboard,
    relinked_in_dashboard,
    ambiguous_sources,
    ambiguous_keys,
    ambiguous_number,
    other_tenant,
    shop_metadata,
    weaker_disagrees,
    order_comes_later,
    waits_rather_than_falls_through,
    quote,
    wrong_mode,
    hostile_reference,
    two_in_one_key,
    annotation,
)
