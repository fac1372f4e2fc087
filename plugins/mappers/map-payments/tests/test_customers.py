"""Stripe's customers in, what Monstock may know of them out."""

import json
from io import StringIO
from typing import Any

import pytest
from map_payments.mapper import MapPayments
from monstock_stripe_core.stripe_customer_record import (
    STRIPE_CUSTOMER_SCHEMA,
    stripe_customer_from_record,
)
from monstock_stripe_core.testing import NOON_SECONDS

Message = dict[str, Any]

CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "address": None,
    "created": NOON_SECONDS,
    "email": "ann@example.com",
    "livemode": False,
    "metadata": {"monstock_customer_id": "con_1"},
    "name": "Ann",
    "phone": None,
}


def run(capsys: pytest.CaptureFixture[str], *records: Any, **config: Any) -> list[Message]:
    """What comes out for what goes in."""
    messages = [
        {
            "type": "RECORD",
            "stream": "customers",
            "record": one,
            "time_extracted": "2026-10-01T12:00:00+00:00",
        }
        for one in records
    ]
    MapPayments(config=config).listen(StringIO("".join(json.dumps(m) + "\n" for m in messages)))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_customer_is_passed_on_with_whom_their_metadata_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    schema, customer = run(capsys, CUSTOMER)

    assert (schema["stream"], schema["schema"], schema["key_properties"]) == (
        "stripe_customers",
        STRIPE_CUSTOMER_SCHEMA,
        ["stripe_customer_id"],
    )
    assert customer["record"]["version"] == NOON_SECONDS * 1_000_000
    read = stripe_customer_from_record(customer["record"])
    assert (read.email, read.monstock_customer_id) == ("ann@example.com", "con_1")


def test_one_who_was_deleted_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    gone = CUSTOMER | {"deleted": True, "_sdc_deleted_at": "2026-10-01T12:00:00Z"}
    assert run(capsys, gone)[-1]["record"]["deleted"] is True


def test_one_that_cannot_be_is_kept_with_its_reason_and_without_its_content(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _, schema, refused = run(capsys, CUSTOMER | {"created": None})

    assert schema["stream"] == "rejected_stripe_customers"
    assert refused["record"] == {
        "stripe_customer_id": "cus_1",
        "reason": "customer cus_1: created must be a whole number, not NoneType",
    }


def test_they_pass_as_they_are_where_nobody_wants_them_turned(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (message,) = run(capsys, CUSTOMER, customer_stream="")
    assert message["record"] == CUSTOMER
