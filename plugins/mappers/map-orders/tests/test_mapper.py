"""The mapper on a Singer stream: Monstock's records in, target-stripe's out."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from map_orders.mapper import MapOrders
from monstock_stripe_core.customer_record import CUSTOMER_SCHEMA, customer_from_record
from monstock_stripe_core.order import OrderState
from monstock_stripe_core.order_record import ORDER_SCHEMA, order_from_record

Message = dict[str, Any]
README = Path(__file__).parent.parent / "README.md"
NO_DEFAULT = "\u2013"

ORDER: Message = {
    "id": "ord_1",
    "number": "SO-1",
    "kind": "order",
    "state": "validated",
    "raw_state": "validé",
    "currency": "EUR",
    "total": 12000,
    "amount_due": 2000,
    "payment_status": "partially_paid",
    "customer_id": "con_1",
    "customer_email": "a@example.com",
    "customer_name": "A",
    "lines": [
        {
            "description": "Goods",
            "quantity": "2",
            "total": 12000,
            "tax": 2000,
            "tax_rate": "20",
            "sku": "X",
        }
    ],
    "payments": [
        {
            "row_id": "pay_1",
            "method": "stripe",
            "transaction_reference": "pi_1",
            "currency": "EUR",
            "amount": 10000,
            "status": "succeeded",
            "link_rule": "metadata",
            "ours": True,
        }
    ],
    "updated_at": "2026-11-20T10:00:00Z",
}
CUSTOMER: Message = {
    "id": "con_1",
    "name": "A",
    "email": "a@example.com",
    "phone": None,
    "address": {"line1": "1 rue X", "city": "Lyon", "country": "FR"},
    "stripe_customer_id": "cus_1",
    "updated_at": "2026-11-20T10:00:00Z",
}


def record(stream: str, content: Any) -> Message:
    return {"type": "RECORD", "stream": stream, "record": content}


def run(capsys: pytest.CaptureFixture[str], *messages: Message, **config: Any) -> list[Message]:
    """What comes out for what goes in."""
    lines = "".join(json.dumps(message) + "\n" for message in messages)
    MapOrders(config=config).listen(StringIO(lines))
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_an_order_becomes_what_stripe_is_to_know_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    schema, order = run(capsys, record("orders", ORDER))
    assert (schema["stream"], schema["schema"]) == ("orders", ORDER_SCHEMA)
    assert schema["key_properties"] == ["order_id"]
    known = order_from_record(order["record"])
    assert (known.order_id, known.order_number, known.state) == (
        "ord_1",
        "SO-1",
        OrderState.VALIDATED,
    )
    assert (known.total, known.amount_due, known.currency) == (12000, 2000, "EUR")
    assert (known.lines[0].quantity, known.lines[0].tax, known.lines[0].tax_rate) == (
        "2",
        2000,
        "20",
    )
    assert (known.payments[0].transaction_reference, known.payments[0].link_rule) == (
        "pi_1",
        "metadata",
    )
    assert not known.deleted


def test_a_customer_becomes_what_stripe_is_to_know_of_him(
    capsys: pytest.CaptureFixture[str],
) -> None:
    schema, customer = run(capsys, record("customers", CUSTOMER))
    assert schema["schema"] == CUSTOMER_SCHEMA
    known = customer_from_record(customer["record"])
    assert (known.customer_id, known.stripe_customer_id) == ("con_1", "cus_1")
    assert known.address is not None
    assert known.address.city == "Lyon"


@pytest.mark.parametrize(("stream", "content"), [("orders", ORDER), ("customers", CUSTOMER)])
def test_what_was_deleted_says_so(
    stream: str, content: Message, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = {**content, "_sdc_deleted_at": "2026-11-21T10:00:00Z"}
    assert run(capsys, record(stream, gone))[-1]["record"]["deleted"] is True


def test_rows_by_themselves_are_dropped_and_other_streams_pass(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = record("stock", {"sku": "X"})
    out = run(capsys, record("order_payments", {"order_id": "ord_1"}), other)
    assert [one for one in out if one["type"] == "RECORD"] == [other]


def test_a_users_filter_leaves_orders_out(capsys: pytest.CaptureFixture[str]) -> None:
    maps = {"orders": {"__filter__": "order_number.startswith('WEB-')"}}
    web = {**ORDER, "number": "WEB-1"}
    out = run(capsys, record("orders", ORDER), record("orders", web), stream_maps=maps)
    assert [one["record"]["order_number"] for one in out if one["type"] == "RECORD"] == ["WEB-1"]


def test_an_order_that_a_users_map_cannot_take_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    maps = {"orders": {"rate": "total / amount_due"}}
    out = run(capsys, record("orders", {**ORDER, "amount_due": 0}), stream_maps=maps)
    (said,) = [one for one in out if one["type"] == "RECORD"]
    assert said["stream"] == "rejected_orders"
    assert "stream_maps" in said["record"]["reason"]


def test_the_readme_names_every_setting_with_its_default() -> None:
    documented = {
        name: row.split("|")[2].strip()
        for row in README.read_text().splitlines()
        if row.startswith("| `")
        for name in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    schema = {"properties": dict(MapOrders.config_jsonschema["properties"])}
    MapOrders.append_builtin_config(schema)
    assert sorted(documented) == sorted(schema["properties"])
    for name in ("orders_stream", "customers_stream"):
        assert documented[name] == f"`{schema['properties'][name]['default']}`"
    assert documented["stream_maps"] == NO_DEFAULT
