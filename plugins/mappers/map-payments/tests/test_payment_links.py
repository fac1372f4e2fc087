"""Invoices and Payment Links in, places where orders can be paid out."""

import json
from io import StringIO
from typing import Any

import pytest
from map_payments.mapper import MapPayments
from monstock_stripe_core.payment_link_record import PAYMENT_LINK_SCHEMA, payment_link_from_record
from monstock_stripe_core.testing import NOON_SECONDS

Message = dict[str, Any]

INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "created": NOON_SECONDS,
    "hosted_invoice_url": "https://invoice.stripe.com/i/1",
    "livemode": False,
    "metadata": {"monstock_order_id": "ord_1"},
    "status": "open",
}
LINK = {
    "id": "plink_1",
    "object": "payment_link",
    "active": True,
    "livemode": False,
    "metadata": {"monstock_order_number": "SO-1"},
    "restrictions": None,
    "url": "https://buy.stripe.com/1",
}


def record(stream: str, content: Any, extracted: str | None = None) -> Message:
    message = {"type": "RECORD", "stream": stream, "record": content}
    return message | ({"time_extracted": extracted} if extracted else {})


def run(capsys: pytest.CaptureFixture[str], *messages: Message, **config: Any) -> list[Message]:
    """What comes out for what goes in."""
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    MapPayments(config=config).listen(StringIO(lines))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_invoices_and_payment_links_become_one_stream(capsys: pytest.CaptureFixture[str]) -> None:
    schema, invoice, link = run(
        capsys,
        record("invoices", INVOICE, "2026-10-01T12:00:00.000007+00:00"),
        record("payment_links", LINK, "2026-10-01T14:00:00.000007+02:00"),
    )

    assert schema == {
        "type": "SCHEMA",
        "stream": "order_payment_links",
        "schema": PAYMENT_LINK_SCHEMA,
        "key_properties": ["stripe_id"],
    }
    assert invoice["record"] == {
        "stripe_id": "in_1",
        "version": NOON_SECONDS * 1_000_000 + 7,
        "kind": "invoice",
        "state": "open",
        "livemode": False,
        "order_id": "ord_1",
        "order_number": None,
        "tenant": None,
        "url": "https://invoice.stripe.com/i/1",
        "created_at": "2026-10-01T12:00:00Z",
        "account_id": None,
    }
    assert (link["record"]["kind"], link["record"]["version"]) == (
        "payment_link",
        NOON_SECONDS * 1_000_000 + 7,
    )
    assert payment_link_from_record(link["record"]).order_number == "SO-1"


def test_a_reading_without_its_time_counts_from_when_it_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first, second = (
        run(capsys, record("invoices", INVOICE))[-1]["record"]["version"] for _ in range(2)
    )
    assert NOON_SECONDS * 1_000_000 / 2 < first < second


def test_those_that_name_no_order_give_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    schemas = run(
        capsys,
        record("invoices", INVOICE | {"metadata": {}}),
        record("payment_links", LINK | {"metadata": {"order": "7"}}),
    )
    assert [message["type"] for message in schemas] == ["SCHEMA"]


def test_one_that_cannot_be_is_kept_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, record("invoices", INVOICE | {"status": "lost"}), record("invoices", []))

    assert [message["record"] for message in out if message["type"] == "RECORD"] == [
        {
            "stripe_id": "in_1",
            "reason": "invoice in_1: status is one of draft, open, inactive, uncollectible, paid, "
            "void, deleted, completed, not 'lost'",
        },
        {"stripe_id": "None", "reason": "not a Stripe object but a list"},
    ]


def test_a_stream_that_is_not_wanted_passes_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    message = record("invoices", INVOICE)
    assert run(capsys, message, invoice_stream="", payment_link_stream="") == [message]


def test_an_invoice_of_our_own_has_no_account(capsys: pytest.CaptureFixture[str]) -> None:
    own, connected = (
        run(capsys, record("invoices", INVOICE | {"account_id": "acct_1", "own_account": whose}))
        for whose in (True, False)
    )
    assert own[-1]["record"]["account_id"] is None
    assert connected[-1]["record"]["account_id"] == "acct_1"
