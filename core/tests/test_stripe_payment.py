"""A snapshot of Stripe's objects as a payment: status, captured, authorised, method, names."""

from datetime import UTC, datetime
from typing import Any

import pytest
from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.payment import Payment, PaymentStatus
from monstock_stripe_core.stripe_payment import payment_from_stripe
from monstock_stripe_core.testing import (
    NOON,
    NOON_SECONDS,
    stripe_charge,
    stripe_intent,
    stripe_invoice,
    stripe_refund,
    stripe_snapshot,
)

DECLINED = {
    "type": "card_error",
    "code": "card_declined",
    "decline_code": "insufficient_funds",
    "message": "Your card has insufficient funds.",
}
FAILED_CHARGE = stripe_charge(
    status="failed", paid=False, captured=False, amount_captured=0, failure_code="card_declined"
)
PENDING_CHARGE = stripe_charge(
    id="py_1",
    status="pending",
    paid=False,
    payment_method_details={"type": "sepa_debit", "sepa_debit": {"last4": "3000"}},
)
HELD_CHARGE = stripe_charge(
    captured=False,
    amount_captured=0,
    payment_method_details={
        "type": "card",
        "card": {"brand": "visa", "capture_before": NOON_SECONDS + 7 * 86400},
    },
)


def read(record: dict[str, Any]) -> Payment:
    payment = payment_from_stripe(record)
    assert payment is not None
    return payment


def unpaid_intent(status: str, **fields: Any) -> dict[str, Any]:
    return stripe_intent(
        **({"status": status, "amount_received": 0, "latest_charge": None} | fields)
    )


@pytest.mark.parametrize(
    ("intent", "charge", "status", "captured", "authorized"),
    [
        # nobody has tried yet, or the last try was declined
        (unpaid_intent("requires_payment_method"), None, "not_attempted", 0, 0),
        (
            unpaid_intent("requires_payment_method", last_payment_error=DECLINED),
            None,
            "failed",
            0,
            0,
        ),
        (
            unpaid_intent("requires_payment_method", last_payment_error=DECLINED),
            FAILED_CHARGE,
            "failed",
            0,
            0,
        ),
        (unpaid_intent("requires_confirmation"), None, "not_attempted", 0, 0),
        (unpaid_intent("requires_action"), None, "pending", 0, 0),
        (unpaid_intent("processing"), PENDING_CHARGE, "pending", 0, 0),
        # declined, then paid: the latest charge is the good one
        (stripe_intent(), stripe_charge(), "succeeded", 10000, 0),
        (stripe_intent(last_payment_error=DECLINED), stripe_charge(), "succeeded", 10000, 0),
        # held, captured in part and the rest released, captured more than once
        (
            unpaid_intent("requires_capture", amount_capturable=10000),
            HELD_CHARGE,
            "authorized",
            0,
            10000,
        ),
        (
            stripe_intent(amount_received=6000),
            stripe_charge(amount_captured=6000),
            "succeeded",
            6000,
            0,
        ),
        (
            stripe_intent(status="requires_capture", amount_received=6000, amount_capturable=4000),
            HELD_CHARGE,
            "authorized",
            6000,
            4000,
        ),
        # cancelled: of nothing, of an authorisation, after a part was captured
        (unpaid_intent("canceled"), None, "not_attempted", 0, 0),
        (unpaid_intent("canceled"), HELD_CHARGE, "canceled", 0, 0),
        (unpaid_intent("canceled", last_payment_error=DECLINED), None, "canceled", 0, 0),
        (
            stripe_intent(status="canceled", amount_received=6000),
            stripe_charge(amount_captured=6000),
            "succeeded",
            6000,
            0,
        ),
    ],
)
def test_a_payment_intent_comes_to(
    intent: dict[str, Any],
    charge: dict[str, Any] | None,
    status: str,
    captured: int,
    authorized: int,
) -> None:
    payment = read(stripe_snapshot(intent, charge))
    assert payment.status == PaymentStatus(status)
    assert payment.captured == captured
    assert payment.authorized == authorized


@pytest.mark.parametrize(
    ("charge", "status", "captured", "authorized"),
    [
        (stripe_charge(), "succeeded", 10000, 0),
        (stripe_charge(amount_captured=7000, amount_refunded=3000), "succeeded", 7000, 0),
        (stripe_charge(status="failed", captured=False, amount_captured=0), "failed", 0, 0),
        # a debit on its way is "captured" as far as no second step is awaited: no money yet
        (stripe_charge(status="pending", captured=True, amount_captured=10000), "pending", 0, 0),
        (stripe_charge(status="failed", captured=True, amount_captured=10000), "failed", 0, 0),
        (stripe_charge(captured=False, amount_captured=0), "authorized", 0, 10000),
        # an uncaptured charge that ran out is refunded by Stripe
        (stripe_charge(captured=False, amount_captured=0, refunded=True), "canceled", 0, 0),
    ],
)
def test_a_charge_without_payment_intent_comes_to(
    charge: dict[str, Any], status: str, captured: int, authorized: int
) -> None:
    payment = read(stripe_snapshot(None, charge))
    assert payment.transaction_reference == "ch_1"
    assert payment.status == PaymentStatus(status)
    assert payment.captured == captured
    assert payment.authorized == authorized


def test_a_declined_payment_says_why() -> None:
    intent = unpaid_intent("requires_payment_method", last_payment_error=DECLINED)
    payment = read(stripe_snapshot(intent, FAILED_CHARGE))
    assert payment.failure == "insufficient_funds: Your card has insufficient funds."


def test_a_payment_that_succeeded_after_a_decline_says_nothing_of_it() -> None:
    payment = read(stripe_snapshot(stripe_intent(last_payment_error=DECLINED), stripe_charge()))
    assert payment.failure is None


def test_an_authorisation_says_until_when_it_can_be_captured() -> None:
    intent = unpaid_intent("requires_capture", amount_capturable=10000)
    payment = read(stripe_snapshot(intent, HELD_CHARGE))
    assert payment.authorized_until == datetime(2026, 10, 8, 12, tzinfo=UTC)


def test_money_that_was_captured_has_no_end() -> None:
    charge = {**HELD_CHARGE, "captured": True, "amount_captured": 10000}
    assert read(stripe_snapshot(stripe_intent(), charge)).authorized_until is None


def test_the_released_remainder_of_a_partial_capture_is_no_refund() -> None:
    release = stripe_refund(amount=4000, balance_transaction=None)
    payment = read(
        stripe_snapshot(
            stripe_intent(amount_received=6000),
            stripe_charge(amount_captured=6000, amount_refunded=4000),
            refunds=[release],
        )
    )
    assert (payment.captured, payment.refunded, payment.kept) == (6000, 0, 6000)


def test_a_refund_beside_the_released_remainder_counts() -> None:
    release = stripe_refund(id="re_1", amount=4000, balance_transaction=None)
    real = stripe_refund(id="re_2", amount=1000)
    payment = read(
        stripe_snapshot(
            stripe_intent(amount_received=6000),
            stripe_charge(amount_captured=6000, amount_refunded=5000),
            refunds=[real, release],
        )
    )
    assert (payment.captured, payment.refunded, payment.kept) == (6000, 1000, 5000)


@pytest.mark.parametrize(
    ("next_action", "since"),
    [
        ({"type": "use_stripe_sdk"}, NOON),
        ({"type": "redirect_to_url"}, NOON),
        (None, NOON),
        ({"type": "oxxo_display_details"}, None),
        ({"type": "boleto_display_details"}, None),
        ({"type": "konbini_display_details"}, None),
        ({"type": "multibanco_display_details"}, None),
        ({"type": "verify_with_microdeposits"}, None),
        ({"type": "display_bank_transfer_instructions"}, None),
    ],
)
def test_only_actions_of_minutes_grow_old(
    next_action: dict[str, Any] | None, since: datetime | None
) -> None:
    payment = read(stripe_snapshot(unpaid_intent("requires_action", next_action=next_action)))
    assert payment.status is PaymentStatus.PENDING
    assert payment.action_required_since == since


def test_a_processing_debit_does_not_grow_old() -> None:
    payment = read(stripe_snapshot(unpaid_intent("processing"), PENDING_CHARGE))
    assert payment.action_required_since is None
    assert payment.method == "sepa_debit"


def bank_transfer(remaining: int | None, **fields: Any) -> dict[str, Any]:
    instructions = {"amount_remaining": remaining, "currency": "eur"}
    return unpaid_intent(
        "requires_action",
        payment_method_types=["customer_balance"],
        next_action={
            "type": "display_bank_transfer_instructions",
            "display_bank_transfer_instructions": instructions,
        },
        **fields,
    )


@pytest.mark.parametrize(("remaining", "funded"), [(10000, 0), (2500, 7500), (None, 0)])
def test_a_partly_funded_transfer_is_pending_with_what_came(
    remaining: int | None, funded: int
) -> None:
    payment = read(stripe_snapshot(bank_transfer(remaining)))
    assert payment.status is PaymentStatus.PENDING
    assert (payment.captured, payment.funded) == (0, funded)
    assert payment.holds_money is (funded > 0)


@pytest.mark.parametrize(
    ("customer", "flags"),
    [
        ({"id": "cus_1", "cash_balance": {"available": {"eur": 500}}}, ("cash_balance_surplus",)),
        ({"id": "cus_1", "cash_balance": {"available": {"eur": 0}}}, ()),
        ({"id": "cus_1", "cash_balance": {"available": {"usd": 500}}}, ()),
        ({"id": "cus_1", "cash_balance": {"available": None}}, ()),
        ({"id": "cus_1", "cash_balance": None}, ()),
        ("cus_1", ()),
    ],
)
def test_a_surplus_in_the_customers_cash_balance_is_flagged(
    customer: object, flags: tuple[str, ...]
) -> None:
    intent = stripe_intent(customer=customer, payment_method_types=["customer_balance"])
    payment = read(stripe_snapshot(intent, stripe_charge()))
    assert payment.flags == flags
    assert payment.customer_id == "cus_1"


def test_a_card_payment_does_not_mind_the_cash_balance() -> None:
    customer = {"id": "cus_1", "cash_balance": {"available": {"eur": 500}}}
    assert read(stripe_snapshot(stripe_intent(customer=customer), stripe_charge())).flags == ()


def test_the_fee_is_unknown_until_the_money_is_booked() -> None:
    payment = read(stripe_snapshot(stripe_intent(), stripe_charge(balance_transaction="txn_1")))
    assert (payment.fee, payment.fee_currency, payment.net) == (None, None, None)


def test_the_fee_comes_in_its_own_currency() -> None:
    booked = {
        "id": "txn_1",
        "currency": "jpy",
        "amount": 16500,
        "fee": 594,
        "net": 15906,
        "created": NOON_SECONDS + 60,
    }
    payment = read(stripe_snapshot(stripe_intent(), stripe_charge(balance_transaction=booked)))
    assert (payment.fee, payment.fee_currency, payment.net) == (594, "JPY", 15906)
    assert (payment.captured, payment.currency) == (10000, "EUR")
    assert payment.captured_at == datetime(2026, 10, 1, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("currency", "stripe_amount", "amount"),
    [
        ("jpy", 500, 500),
        ("kwd", 1230, 1230),
        ("isk", 150000, 1500),
        ("ugx", 500000, 5000),
        ("mga", 1200, 120000),
        ("usd", 1, 1),
        ("eur", 999999999999, 999999999999),
    ],
)
def test_all_amounts_of_a_payment_are_iso_minor_units(
    currency: str, stripe_amount: int, amount: int
) -> None:
    intent = stripe_intent(currency=currency, amount=stripe_amount, amount_received=stripe_amount)
    refund = stripe_refund(currency=currency, amount=stripe_amount)
    payment = read(stripe_snapshot(intent, stripe_charge(), refunds=[refund]))
    assert payment.currency == currency.upper()
    assert (payment.amount, payment.captured, payment.refunded) == (amount, amount, amount)


def test_a_payment_is_named_by_its_intent_and_known_by_its_charge() -> None:
    payment = read(stripe_snapshot(stripe_intent(id="pi_7"), stripe_charge(id="ch_7")))
    assert payment.transaction_reference == "pi_7"
    assert payment.references == ("pi_7", "ch_7")


def test_a_connected_accounts_payment_carries_its_account() -> None:
    payment = read(stripe_snapshot(stripe_intent(), stripe_charge(), account_id="acct_9"))
    assert payment.transaction_reference == "acct_9/pi_1"
    assert payment.account_id == "acct_9"
    assert payment.references == ("pi_1", "ch_1")


def test_our_own_payment_keeps_its_name_where_the_record_names_our_account() -> None:
    plain = read(stripe_snapshot(stripe_intent(), stripe_charge()))

    named = read(
        stripe_snapshot(stripe_intent(), stripe_charge(), account_id="acct_0", own_account=True)
    )

    assert named == plain
    assert named.account_id is None


def test_account_beside_our_own_is_a_connected_one() -> None:
    payment = read(
        stripe_snapshot(stripe_intent(), stripe_charge(), account_id="acct_9", own_account=False)
    )

    assert payment.transaction_reference == "acct_9/pi_1"


@pytest.mark.parametrize(
    ("details", "types", "method", "detail"),
    [
        ({"type": "card", "card": {"brand": "visa", "last4": "4242"}}, ["card"], "card", "visa"),
        ({"type": "sepa_debit", "sepa_debit": {"last4": "30"}}, ["card"], "sepa_debit", None),
        ({"type": "ach_debit", "ach_debit": {"bank_name": "B"}}, [], "ach_debit", "B"),
        (None, ["ideal"], "ideal", None),
        (None, ["card", "ideal"], None, None),
    ],
)
def test_the_method_is_what_was_used_never_a_number(
    details: dict[str, Any] | None, types: list[str], method: str | None, detail: str | None
) -> None:
    intent = stripe_intent(payment_method_types=types)
    payment = read(stripe_snapshot(intent, stripe_charge(payment_method_details=details)))
    assert (payment.method, payment.method_detail) == (method, detail)


@pytest.mark.parametrize(
    ("intent", "charge", "more", "email"),
    [
        ({"receipt_email": "a@x.fr"}, {"billing_details": {"email": "b@x.fr"}}, {}, "a@x.fr"),
        ({}, {"billing_details": {"email": "b@x.fr"}}, {}, "b@x.fr"),
        ({}, {}, {"checkout_sessions": [{"customer_details": {"email": "c@x.fr"}}]}, "c@x.fr"),
        ({}, {}, {"checkout_sessions": [{"customer_details": None}]}, None),
        ({}, {}, {"invoices": [{"customer_email": "d@x.fr"}]}, "d@x.fr"),
        ({}, {}, {}, None),
    ],
)
def test_the_customers_address_is_looked_for_wherever_it_may_stand(
    intent: dict[str, Any], charge: dict[str, Any], more: dict[str, Any], email: str | None
) -> None:
    snapshot = stripe_snapshot(stripe_intent(**intent), stripe_charge(**charge), **more)
    assert read(snapshot).customer_email == email


def without(record: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != name}


GOOD = stripe_snapshot(stripe_intent(), stripe_charge())


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (without(GOOD, "object"), "KeyError: 'object'"),
        (GOOD | {"object": "setup_intent"}, "unknown object 'setup_intent'"),
        (GOOD | {"payment_intent": None, "charge": None}, "KeyError: 'currency'"),
        (GOOD | {"payment_intent": "pi_1"}, "not a snapshot"),
        (GOOD | {"refunds": [None]}, "not a snapshot"),
        (GOOD | {"refunds": 7}, "not a snapshot"),
        (GOOD | {"checkout_sessions": ["cs_1"]}, "not a snapshot"),
        (GOOD | {"id": 7}, "id must be a text"),
        (GOOD | {"id": ""}, "id must be a text"),
        (GOOD | {"version": 1.5}, "version must be a whole number"),
        (GOOD | {"version": True}, "version must be a whole number"),
        (GOOD | {"version": None}, "version must be a whole number"),
        (GOOD | {"version": -1}, "version must lie between"),
        (GOOD | {"livemode": "false"}, "livemode must be true or false"),
        (stripe_snapshot(stripe_intent(created=1.5)), "created must be a whole number"),
        (stripe_snapshot(stripe_intent(created=10**18)), "not a snapshot"),
        (stripe_snapshot(stripe_intent(amount_received=100.0)), "amount_received must be a whole"),
        (stripe_snapshot(stripe_intent(amount_received=True)), "amount_received must be a whole"),
        (stripe_snapshot(stripe_intent(amount_received=False)), "amount_received must be a whole"),
        (stripe_snapshot(stripe_intent(amount_received=0.0)), "amount_received must be a whole"),
        (stripe_snapshot(stripe_intent(amount="100")), "amount must be a whole number"),
        (stripe_snapshot(stripe_intent(amount=2**63)), "beyond 64 bits"),
        (stripe_snapshot(stripe_intent(amount=-5)), "amount must lie between"),
        (stripe_snapshot(stripe_intent(currency="xyz")), "unknown currency 'XYZ'"),
        (stripe_snapshot(stripe_intent(currency=None)), "currency must be a three-letter text"),
        (stripe_snapshot(stripe_intent(currency="isk", amount=1050)), "not a whole number of ISK"),
        (stripe_snapshot(stripe_intent(status="half_paid")), "unknown status 'half_paid'"),
    ],
)
def test_what_cannot_be_a_payment_is_refused_by_name(record: dict[str, Any], reason: str) -> None:
    with pytest.raises(PaymentError) as refusal:
        payment_from_stripe(record)
    assert reason in str(refusal.value)
    assert str(refusal.value).startswith(f"payment {record['id']}: ")


@pytest.mark.parametrize("record", [[], None, "pi_1", 7])
def test_what_is_no_record_is_refused(record: Any) -> None:
    with pytest.raises(PaymentError, match="not a snapshot of Stripe's objects"):
        payment_from_stripe(record)


def test_a_refusal_is_short_however_long_the_nonsense() -> None:
    with pytest.raises(PaymentError) as refusal:
        payment_from_stripe(GOOD | {"id": "p" * 100_000, "object": "x" * 100_000})
    assert len(str(refusal.value)) < 500


def test_hostile_texts_pass_as_texts() -> None:
    metadata = {"note": "'; DROP TABLE orders; --" * 400, "\u202e": "\x00\ud800", "n": 1.5}
    intent = stripe_intent(metadata=metadata, description="<script>" * 1000)
    payment = read(stripe_snapshot(intent, stripe_charge()))
    assert payment.metadata["\u202e"] == "\x00\ud800"
    assert payment.metadata["n"] == "1.5"
    assert payment.captured == 10000


def test_products_of_sessions_and_invoices_are_the_payments_products() -> None:
    record = stripe_snapshot(
        stripe_intent(),
        stripe_charge(),
        checkout_sessions=[{"id": "cs_1", "products": ["prod_b", "prod_a"]}],
        invoices=[stripe_invoice(products=["prod_a"])],
    )

    payment = payment_from_stripe(record)

    assert payment is not None
    assert payment.products == ("prod_a", "prod_b")
