"""The `order_payments` record: what goes in comes out, what cannot be is refused by name."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.money import LARGEST_AMOUNT
from monstock_stripe_core.payment import LinkCandidate, LinkRule, Payment, PaymentStatus
from monstock_stripe_core.payment_record import (
    ORDER_PAYMENT_SCHEMA,
    conflicts,
    payment_digest,
    payment_from_record,
    payment_to_record,
    replaces,
)
from monstock_stripe_core.testing import NOON, example_payment

SMALLEST: dict[str, Any] = {
    "transaction_reference": "pi_1",
    "version": 1,
    "livemode": False,
    "created_at": "2026-10-01T12:00:00Z",
    "status": "succeeded",
    "currency": "EUR",
    "amount": 10000,
}


def test_a_record_needs_only_what_the_schema_requires() -> None:
    payment = payment_from_record(SMALLEST)
    assert payment == Payment(
        transaction_reference="pi_1",
        version=1,
        livemode=False,
        created_at=NOON,
        status=PaymentStatus.SUCCEEDED,
        currency="EUR",
        amount=10000,
    )


def test_the_schema_requires_what_it_says() -> None:
    assert sorted(ORDER_PAYMENT_SCHEMA["required"]) == sorted(SMALLEST)
    assert set(ORDER_PAYMENT_SCHEMA["properties"]) == set(payment_to_record(example_payment()))


@pytest.mark.parametrize("name", sorted(SMALLEST))
def test_a_missing_field_is_named(name: str) -> None:
    with pytest.raises(PaymentError, match=f"field '{name}' is missing"):
        payment_from_record({key: value for key, value in SMALLEST.items() if key != name})
    with pytest.raises(PaymentError, match=f"field '{name}' is missing"):
        payment_from_record(SMALLEST | {name: None})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"transaction_reference": ""}, "transaction_reference must be a text"),
        ({"transaction_reference": 7}, "transaction_reference must be a text"),
        ({"transaction_reference": "x" * 256}, "transaction_reference must be a text"),
        ({"version": -1}, "version must lie between"),
        ({"version": 2**63}, "version must lie between"),
        ({"version": 1.0}, "version must be a whole number"),
        ({"version": True}, "version must be a whole number"),
        ({"livemode": "false"}, "livemode must be true or false"),
        ({"livemode": 0}, "livemode must be true or false"),
        ({"dispute_open": 1}, "dispute_open must be true or false"),
        ({"status": "paid"}, "status is one of not_attempted, pending"),
        ({"currency": "XYZ"}, "unknown currency 'XYZ'"),
        ({"currency": 978}, "currency must be a three-letter text"),
        ({"amount": 100.0}, "amount must be a whole number"),
        ({"amount": Decimal("100.5")}, "amount must be a whole number"),
        ({"amount": "100"}, "amount must be a whole number"),
        ({"amount": True}, "amount must be a whole number"),
        ({"amount": -1}, "amount must lie between"),
        ({"amount": 2**63}, "amount must lie between"),
        ({"amount": 10**5000}, "amount must lie between"),
        ({"captured": 10**20}, "captured must lie between"),
        ({"refunded": 1}, "more than captured"),
        ({"captured": 5, "disputed": 6}, "more than captured"),
        ({"captured": 5, "refunded": 3, "dispute_lost": 3}, "more than captured"),
        ({"captured": 5, "refunded": 3, "refund_pending": 4}, "refund_pending is part of refunded"),
        ({"status": "failed", "captured": 5}, "captured is 5, yet status is failed"),
        ({"status": "canceled", "captured": 5}, "captured is 5, yet status is canceled"),
        ({"status": "canceled", "authorized": 5}, "authorized is what can still be captured"),
        ({"authorized": 5}, "authorized is what can still be captured"),
        ({"fee": 5}, "fee is given without fee_currency"),
        ({"fee": 0.5, "fee_currency": "EUR"}, "fee must be a whole number"),
        ({"fee": 2**63, "fee_currency": "EUR"}, "fee must lie between"),
        ({"net": True, "fee_currency": "EUR"}, "net must be a whole number"),
        ({"fee_currency": "DOGE"}, "unknown currency 'DOGE'"),
        ({"created_at": "yesterday"}, "created_at is not a date and time"),
        ({"created_at": 1790856000}, "created_at must be a date and time"),
        ({"captured_at": "0001-01-01T00:00:00+14:00"}, "captured_at lies outside"),
        ({"references": "pi_1"}, "references must be a list"),
        ({"flags": {"a": 1}}, "flags must be a list"),
        ({"metadata": "x"}, "metadata must hold names and values, not str"),
        ({"method": 5}, "method must be a text or null"),
        ({"customer_email": ["a@x.fr"]}, "customer_email must be a text or null"),
        ({"link_candidates": [{"order_id": "ord_1"}]}, "rule of link_candidates is one of"),
        (
            {"link_candidates": [{"rule": "hearsay", "order_id": "ord_1"}]},
            "rule of link_candidates is one of",
        ),
        ({"link_candidates": [{"rule": "metadata"}]}, "each names one of"),
        (
            {"link_candidates": [{"rule": "metadata", "order_id": "a", "order_number": "b"}]},
            "each names one of",
        ),
        ({"link_candidates": [{"rule": "metadata", "order_id": 7}]}, "are texts"),
        ({"link_candidates": [{"rule": "metadata", "order_number": ""}]}, "are texts"),
        ({"link_candidates": ["ord_1"]}, "link_candidates must hold names and values, not str"),
        ({"link_candidates": 7}, "link_candidates must be a list, not int"),
    ],
)
def test_what_cannot_be_a_payment_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(PaymentError) as refusal:
        payment_from_record(SMALLEST | fields)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-01T12:00:00Z", NOON),
        ("2026-10-01T12:00:00+00:00", NOON),
        ("2026-10-01T14:00:00+02:00", NOON),
        ("2026-10-01T12:00:00", NOON),
        ("2026-10-01 12:00:00.000000", NOON),
        (datetime(2026, 10, 1, 12), NOON),  # noqa: DTZ001 - a naive time is what is tested
        ("2026-10-01", datetime(2026, 10, 1, tzinfo=UTC)),
    ],
)
def test_times_are_utc_also_where_they_do_not_say_so(text: object, moment: datetime) -> None:
    payment = payment_from_record(SMALLEST | {"created_at": text})
    assert payment.created_at == moment
    assert payment.created_at.tzinfo is UTC


def test_a_currency_may_come_in_small_letters() -> None:
    assert payment_from_record(SMALLEST | {"currency": "jpy"}).currency == "JPY"


def test_fields_that_the_schema_does_not_name_are_left_alone() -> None:
    assert payment_from_record(SMALLEST | {"warehouse": "Lyon"}) == payment_from_record(SMALLEST)


def test_hostile_metadata_is_text() -> None:
    hostile = {"a": "\x00\ud800\u202e" * 3000, "b": 1.5, "c": None, "d": {"e": "f"}}
    payment = payment_from_record(SMALLEST | {"metadata": hostile})
    assert all(isinstance(value, str) for value in payment.metadata.values())
    assert len(payment_digest(payment)) == 64


texts = st.text(max_size=20)
moments = st.integers(0, 4_000_000_000_000_000).map(
    lambda microseconds: datetime.fromtimestamp(0, UTC) + timedelta(microseconds=microseconds)
)
some_amount = st.integers(0, LARGEST_AMOUNT)


@st.composite
def candidates(draw: st.DrawFn) -> LinkCandidate:
    field = draw(st.sampled_from(["order_id", "order_number", "channel_reference"]))
    reference = draw(st.text(min_size=1, max_size=20))
    tenant = draw(st.none() | st.text(min_size=1, max_size=5))
    return LinkCandidate(draw(st.sampled_from(LinkRule)), tenant=tenant, **{field: reference})


@st.composite
def any_payment(draw: st.DrawFn) -> Payment:
    status = draw(st.sampled_from(PaymentStatus))
    taken = status in (PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORIZED, PaymentStatus.PENDING)
    captured = draw(some_amount) if taken else 0
    refunded = draw(st.integers(0, captured))
    lost = draw(st.integers(0, captured - refunded))
    fee_currency = draw(st.none() | st.sampled_from(["EUR", "JPY", "KWD"]))
    signed = st.none() | st.integers(-LARGEST_AMOUNT, LARGEST_AMOUNT)
    return Payment(
        transaction_reference=draw(st.text(min_size=1, max_size=30)),
        references=tuple(draw(st.lists(texts, max_size=3))),
        version=draw(some_amount),
        account_id=draw(st.none() | texts),
        livemode=draw(st.booleans()),
        created_at=draw(moments),
        status=status,
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD", "ISK", "MGA"])),
        amount=draw(some_amount),
        authorized=draw(some_amount) if status is PaymentStatus.AUTHORIZED else 0,
        authorized_until=draw(st.none() | moments),
        action_required_since=draw(st.none() | moments),
        captured=captured,
        captured_at=draw(st.none() | moments),
        funded=draw(some_amount),
        refunded=refunded,
        refund_pending=draw(st.integers(0, refunded)),
        refund_failed=draw(some_amount),
        disputed=draw(st.integers(0, captured - refunded - lost)),
        dispute_open=draw(st.booleans()),
        dispute_lost=lost,
        fee=draw(signed) if fee_currency else None,
        fee_currency=fee_currency,
        net=draw(signed) if fee_currency else None,
        method=draw(st.none() | texts),
        method_detail=draw(st.none() | texts),
        failure=draw(st.none() | texts),
        flags=tuple(draw(st.lists(texts, max_size=2))),
        link_candidates=tuple(draw(st.lists(candidates(), max_size=3))),
        customer_id=draw(st.none() | texts),
        customer_email=draw(st.none() | texts),
        description=draw(st.none() | texts),
        metadata=MappingProxyType(draw(st.dictionaries(texts, texts, max_size=3))),
        products=tuple(draw(st.lists(texts, max_size=2))),
    )


@given(any_payment())
def test_a_payment_survives_its_record_and_the_line(payment: Payment) -> None:
    record = payment_to_record(payment)
    assert payment_from_record(record) == payment
    assert payment_from_record(json.loads(json.dumps(record))) == payment


@given(any_payment())
def test_every_record_keeps_the_schema(payment: Payment) -> None:
    jsonschema.Draft202012Validator(ORDER_PAYMENT_SCHEMA).validate(payment_to_record(payment))


@given(any_payment(), some_amount)
def test_the_digest_says_everything_but_the_version(payment: Payment, version: int) -> None:
    record = payment_to_record(payment)
    again = payment_from_record(record | {"version": version})
    assert payment_digest(again) == payment_digest(payment)
    other = payment_from_record(record | {"livemode": not payment.livemode})
    assert payment_digest(other) != payment_digest(payment)


@pytest.mark.parametrize(
    ("new", "old", "taken", "read_again"),
    [
        (example_payment(version=1), None, True, False),
        (example_payment(version=2), example_payment(version=1), True, False),
        (example_payment(version=1), example_payment(version=2), False, False),
        (example_payment(version=1), example_payment(version=1), False, False),
        # states go backwards: only the version orders snapshots
        (
            example_payment(version=2, status=PaymentStatus.PENDING),
            example_payment(version=1),
            True,
            False,
        ),
    ],
)
def test_the_greater_version_wins(
    new: Payment, old: Payment | None, taken: bool, read_again: bool
) -> None:
    assert replaces(new, old) is taken
    assert conflicts(new, old) is read_again


def test_of_two_unlike_snapshots_of_one_version_always_the_same_wins() -> None:
    one, other = example_payment(refunded=0), example_payment(refunded=1)
    assert replaces(one, other) is not replaces(other, one)
    assert conflicts(one, other)
    assert conflicts(other, one)


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(ORDER_PAYMENT_SCHEMA)
