"""Records of orders and customers: read strictly, refused in words."""

from datetime import UTC, datetime
from typing import Any

import pytest
from monstock_stripe_core.customer_record import Address, CustomerRecord, customer_from_record
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_record import (
    OrderRecord,
    RecordLine,
    RecordPayment,
    order_from_record,
)
from monstock_stripe_core.payment import PaymentStatus

TIME = datetime(2026, 11, 20, 10, tzinfo=UTC)
LEAST: dict[str, Any] = {
    "order_id": "ord_1",
    "order_number": "SO-1",
    "state": "validated",
    "currency": "eur",
    "total": 1200,
    "updated_at": "2026-11-20T11:00:00+01:00",
}


def test_the_least_that_an_order_says() -> None:
    assert order_from_record(LEAST) == OrderRecord(
        "ord_1", "SO-1", OrderState.VALIDATED, "EUR", 1200, TIME
    )


def test_all_that_an_order_can_say() -> None:
    record = LEAST | {
        "kind": "quote",
        "amount_due": 200,
        "payment_status": "partially_paid",
        "customer_id": "c1",
        "customer_email": " ann@example.com ",
        "customer_name": "",
        "lines": [
            {"description": "Chair", "quantity": 2.50, "total": 1200, "tax": 200,
             "tax_rate": "20.0"}
        ],
        "payments": [
            {"transaction_reference": "pi_1", "currency": "EUR", "amount": 1000,
             "status": "succeeded", "link_rule": "decision", "ours": True},
            {"transaction_reference": None, "currency": "EUR", "amount": 5, "status": None,
             "link_rule": "of a later version", "ours": False},
        ],
        "deleted": None,
        "something_else": 1,
    }  # fmt: skip

    assert order_from_record(record) == OrderRecord(
        "ord_1", "SO-1", OrderState.VALIDATED, "EUR", 1200, TIME, "quote", 200,
        OrderPaymentStatus.PARTIALLY_PAID, "c1", "ann@example.com", None,
        (RecordLine("Chair", 1200, "2.5", 200, "20"),),
        (
            RecordPayment("pi_1", "EUR", 1000, PaymentStatus.SUCCEEDED, "decision"),
            RecordPayment(None, "EUR", 5, None, "monstock", ours=False),
        ),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"order_id": ""}, "order_id"),
        ({"order_id": "a\nb"}, "order_id"),
        ({"order_id": "x" * 256}, "order_id"),
        ({"state": "lost"}, "state must be one of draft, validated"),
        ({"total": 12.0}, "total must be integer, not float"),
        ({"total": True}, "total must be integer, not bool"),
        ({"total": "1200"}, "total must be integer, not str"),
        ({"total": 2**63}, "total"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XXX"}, "currency"),
        ({"updated_at": "soon"}, "updated_at is not a date"),
        ({"payment_status": "settled"}, "payment_status"),
        ({"lines": [{"description": "x", "total": 1.5}]}, "lines"),
        ({"lines": [{"description": "x", "total": 1, "quantity": "many"}]}, "quantity"),
        ({"lines": [{"description": "x", "total": 1, "quantity": "NaN"}]}, "quantity"),
        ({"payments": [{"amount": 1, "currency": "nope"}]}, "currency"),
        ({"payments": {"a": 1}}, "payments must be array or null"),
    ],
)
def test_an_order_that_breaks_its_schema_is_refused_with_the_fields_name(
    change: dict[str, Any], message: str
) -> None:
    with pytest.raises(RecordError, match=message):
        order_from_record(LEAST | change)


def test_a_missing_field_is_named() -> None:
    record = {name: value for name, value in LEAST.items() if name != "total"}
    with pytest.raises(RecordError, match="lacks the field 'total'"):
        order_from_record(record)


def test_a_refusal_does_not_repeat_what_a_customer_is_called() -> None:
    record = {"customer_id": "c1", "updated_at": "2026-11-20", "name": ["Ann Secret"]}
    with pytest.raises(RecordError) as refused:
        customer_from_record(record)
    assert "Secret" not in str(refused.value)


def test_a_customer_with_an_address() -> None:
    record = {
        "customer_id": "c1",
        "updated_at": "2026-11-20T10:00:00",
        "name": "Ann\0",
        "phone": " ",
        "address": {"city": "Lyon", "line1": "", "country": "FR", "planet": "Earth"},
    }
    assert customer_from_record(record) == CustomerRecord(
        "c1", TIME, name="Ann�", address=Address(city="Lyon", country="FR")
    )


def test_an_empty_address_is_none() -> None:
    record = {"customer_id": "c1", "updated_at": "2026-11-20", "address": {"city": " "}}
    assert customer_from_record(record).address is None
