"""The mapper on a Singer stream: payments in, payments of orders out."""

import json
from io import StringIO
from typing import Any

import pytest
from map_payments.mapper import MapPayments
from mapper_common.errors import InputError
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA, payment_from_record
from monstock_stripe_core.testing import (
    invoice_snapshot,
    stripe_charge,
    stripe_intent,
    stripe_invoice,
    stripe_snapshot,
)
from singer_sdk.exceptions import ConfigValidationError, MappingError

Message = dict[str, Any]

SCHEMA: Message = {
    "type": "SCHEMA",
    "stream": "payments",
    "schema": {"type": "object", "properties": {"id": {"type": "string"}}},
    "key_properties": ["id"],
}
SNAPSHOT = stripe_snapshot(
    stripe_intent(metadata={"monstock_order_number": "SO-1", "warehouse": "Lyon"}), stripe_charge()
)
BAD = stripe_snapshot(stripe_intent(id="pi_bad", currency="xyz"), stripe_charge())


def record(content: Any, stream: str = "payments") -> Message:
    return {"type": "RECORD", "stream": stream, "record": content}


def run(capsys: pytest.CaptureFixture[str], *messages: Message, **config: Any) -> list[Message]:
    """What comes out for what goes in."""
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    MapPayments(config=config).listen(StringIO(lines))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def records(messages: list[Message], stream: str = "order_payments") -> list[dict[str, Any]]:
    return [
        message["record"]
        for message in messages
        if message["type"] == "RECORD" and message["stream"] == stream
    ]


def test_a_snapshot_becomes_a_payment_of_an_order(capsys: pytest.CaptureFixture[str]) -> None:
    schema, payment = run(capsys, SCHEMA, record(SNAPSHOT))
    assert schema == {
        "type": "SCHEMA",
        "stream": "order_payments",
        "schema": ORDER_PAYMENT_SCHEMA,
        "key_properties": ["transaction_reference"],
    }
    assert payment["stream"] == "order_payments"
    assert payment["record"]["transaction_reference"] == "pi_1"
    assert payment["record"]["captured"] == 10000
    assert payment["record"]["link_candidates"][0]["order_number"] == "SO-1"
    assert payment_from_record(payment["record"]).captured == 10000


def test_a_record_without_its_schema_is_mapped_too(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, record(SNAPSHOT))
    assert [message["type"] for message in out] == ["SCHEMA", "RECORD"]


def test_an_invoice_that_a_payment_intent_paid_makes_no_record(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert records(run(capsys, SCHEMA, record(invoice_snapshot(stripe_invoice())))) == []


@pytest.mark.parametrize(
    "message",
    [
        {"type": "STATE", "value": {"bookmarks": {"payments": {"events": ["a"]}}}},
        {"type": "SCHEMA", "stream": "refunds", "schema": {"type": "object"}, "key_properties": []},
        {"type": "RECORD", "stream": "refunds", "record": {"id": "re_1", "amount": 1}},
        {"type": "ACTIVATE_VERSION", "stream": "refunds", "version": 7},
    ],
)
def test_states_and_other_streams_pass_as_they_are(
    capsys: pytest.CaptureFixture[str], message: Message
) -> None:
    assert run(capsys, message) == [message]


def test_a_table_version_of_snapshots_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    version = {"type": "ACTIVATE_VERSION", "stream": "payments", "version": 7}
    assert run(capsys, version) == []


def test_a_bad_snapshot_is_kept_with_its_reason_and_the_others_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = run(capsys, SCHEMA, record(BAD), record(SNAPSHOT), record([]), record(BAD))
    refused = {
        "transaction_reference": "pi_bad",
        "version": 1,
        "reason": "payment pi_bad: unknown currency 'XYZ': expected an ISO 4217 code like 'EUR'",
    }
    nothing = {
        "transaction_reference": "None",
        "version": None,
        "reason": "not a snapshot of Stripe's objects but a list",
    }
    assert records(out, "rejected_payments") == [refused, nothing, refused]
    assert [one["transaction_reference"] for one in records(out)] == ["pi_1"]
    schemas = [message["stream"] for message in out if message["type"] == "SCHEMA"]
    assert schemas == ["order_payments", "rejected_payments"]


def test_hostile_texts_come_out_as_they_went_in(capsys: pytest.CaptureFixture[str]) -> None:
    note = "\x00\ud800\u202e'; DROP TABLE orders; --" * 400
    (payment,) = records(run(capsys, record(stripe_snapshot(stripe_intent(metadata={"n": note})))))
    assert payment["metadata"] == {"n": note}


def test_settings_say_where_else_to_look_for_the_order(capsys: pytest.CaptureFixture[str]) -> None:
    snapshot = stripe_snapshot(stripe_intent(metadata={"order_id": "1001"}, description="SO-7"))
    (payment,) = records(
        run(
            capsys,
            record(snapshot),
            shop_metadata_keys=["order_id"],
            description_pattern=r"SO-\d+",
        )
    )
    assert [
        (one["rule"], one["channel_reference"] or one["order_number"] or one["order_id"])
        for one in payment["link_candidates"]
    ] == [("shop_metadata", "1001"), ("description", "SO-7"), ("description", "SO-7")]


def test_the_source_stream_may_have_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(capsys, record(SNAPSHOT, "stripe_payments"), source_stream="stripe_payments")
    assert len(records(out)) == 1


def test_stream_maps_add_remove_and_rename_fields(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        "warehouse": "metadata.get('warehouse')",
        "metadata": None,
        "email": "customer_email",
        "customer_email": None,
    }
    schema, payment = run(capsys, SCHEMA, record(SNAPSHOT), stream_maps={"order_payments": fields})
    assert payment["record"]["warehouse"] == "Lyon"
    assert "warehouse" in schema["schema"]["properties"]
    for removed in ("metadata", "customer_email"):
        assert removed not in payment["record"]
        assert removed not in schema["schema"]["properties"]
    assert payment["record"]["captured"] == 10000


def test_stream_maps_give_the_stream_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(
        capsys, SCHEMA, record(SNAPSHOT), stream_maps={"order_payments": {"__alias__": "money"}}
    )
    assert [message["stream"] for message in out] == ["money", "money"]


def test_stream_maps_keep_only_the_fields_they_name(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {
        "transaction_reference": "transaction_reference",
        "captured": "captured",
        "__else__": None,
    }
    (payment,) = records(run(capsys, record(SNAPSHOT), stream_maps={"order_payments": fields}))
    assert payment == {"transaction_reference": "pi_1", "captured": 10000}


def test_stream_maps_keep_only_the_streams_they_name(capsys: pytest.CaptureFixture[str]) -> None:
    maps: dict[str, Any] = {"order_payments": {}, "__else__": None}
    out = run(capsys, SCHEMA, record(SNAPSHOT), record(BAD), stream_maps=maps)
    assert {message["stream"] for message in out} == {"order_payments"}
    nothing = run(capsys, SCHEMA, record(SNAPSHOT), stream_maps={"order_payments": None})
    assert nothing == []


def test_stream_maps_leave_out_records_by_filter(capsys: pytest.CaptureFixture[str]) -> None:
    maps = {"order_payments": {"__filter__": "metadata.get('warehouse') == 'Nice'"}}
    assert records(run(capsys, record(SNAPSHOT), stream_maps=maps)) == []


def test_a_payment_that_the_stream_maps_cannot_take_does_not_stop_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    maps = {"order_payments": {"city": "metadata.get('warehouse').upper()"}}
    without = stripe_snapshot(stripe_intent(id="pi_2"), stripe_charge())
    out = run(capsys, SCHEMA, record(without), record(SNAPSHOT), stream_maps=maps)
    assert [one["city"] for one in records(out)] == ["LYON"]
    (refused,) = records(out, "rejected_payments")
    assert refused["transaction_reference"] == "pi_2"
    assert "setting stream_maps cannot be applied" in refused["reason"]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"description_pattern": "("}, "setting description_pattern is no regular expression"),
        ({"shop_metadata_keys": "order_id"}, "config['shop_metadata_keys']"),
        ({"source_stream": 7}, "config['source_stream']"),
    ],
)
def test_a_wrong_setting_is_named(config: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigValidationError) as refusal:
        MapPayments(config=config)
    assert message in " ".join(refusal.value.errors)


def test_a_stream_map_that_cannot_be_read_is_a_wrong_setting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(MappingError, match="nope"):
        run(capsys, SCHEMA, stream_maps={"order_payments": {"x": "nope(("}})


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"type": "RECORD", "stream": "paym', "line 2 of the input is cut off or is no JSON"),
        ("<html>", "is cut off or is no JSON"),
        ("", "is cut off or is no JSON"),
        ("[1, 2]", "is no Singer message"),
        ('{"stream": "payments"}', "is no Singer message"),
        ('{"type": "BATCH", "stream": "payments"}', "has the type 'BATCH'"),
        ('{"type": "RECORD", "stream": "payments"}', "is a RECORD message without 'record'"),
        ("[" * 100_000, "is cut off or is no JSON"),
        ('{"type": ' + "9" * 5000 + "}", "is cut off or is no JSON"),
    ],
)
def test_a_line_that_is_no_message_ends_the_run_by_its_number(
    capsys: pytest.CaptureFixture[str], line: str, reason: str
) -> None:
    lines = json.dumps(record(SNAPSHOT)) + "\n" + line + "\n"
    with pytest.raises(InputError) as refusal:
        MapPayments(config={}).listen(StringIO(lines))
    assert reason in refusal.value.message
    assert "paym" not in refusal.value.message.replace("payments", "")
    assert len(capsys.readouterr().out.splitlines()) == 2


def test_payments_of_connected_accounts_come_out_beside_our_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    schema = SCHEMA | {"key_properties": ["account_id", "id"]}
    own = SNAPSHOT | {"account_id": "acct_0", "own_account": True}
    connected = SNAPSHOT | {"account_id": "acct_1", "own_account": False}
    bad = BAD | {"account_id": "acct_1", "own_account": False}

    messages = run(capsys, schema, record(own), record(connected), record(bad))

    assert [(one["transaction_reference"], one["account_id"]) for one in records(messages)] == [
        ("pi_1", None),
        ("acct_1/pi_1", "acct_1"),
    ]
    (rejected,) = records(messages, "rejected_payments")
    assert rejected["transaction_reference"] == "acct_1/pi_bad"
