"""Schemas are made of the profile: neither they nor records have what the tenant has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from monstock_stripe_core.profile import Profile, load_profile
from monstock_stripe_core.profile_records import LineFields
from monstock_stripe_sandbox.testing import RunningSandbox
from tap_common.testing import TapRun
from tap_monstock.fields import known_fields, schema_of
from tap_monstock.stream_table import STREAM_TABLE

Tap = Callable[..., TapRun]

ROWS = {row.name: row for row in STREAM_TABLE}


def schema(stream: str, profile: Profile) -> dict[str, Any]:
    return schema_of(known_fields(ROWS[stream].fields, profile))


def properties(stream: str, profile: Profile) -> set[str]:
    return set(schema(stream, profile)["properties"])


def described(schema: dict[str, Any]) -> bool:
    """Whether each property says what it means, those inside of others too."""
    return all(
        part.get("description") and described(part) and described(part.get("items", {}))
        for part in schema.get("properties", {}).values()
    )


@pytest.mark.parametrize("stream", ROWS)
def test_every_field_is_described(stream: str) -> None:
    assert described(schema(stream, load_profile("monstock")))


def test_the_french_tenant_keeps_neither_fees_nor_currencies_nor_rules_but_marks() -> None:
    default, french = load_profile("monstock"), load_profile("monstock-fr")
    only_default = {"fee", "fee_currency", "link_rule"}
    rows = "order_payments"
    assert properties(rows, default) - properties(rows, french) == only_default
    for stream in ROWS:
        assert properties(stream, french) - properties(stream, default) == {"_sdc_deleted_at"}
    inner = [schema("orders", one)["properties"]["payments"]["items"] for one in (default, french)]
    assert set(inner[0]["properties"]) - set(inner[1]["properties"]) == only_default


def test_what_a_profile_leaves_out_is_left_out() -> None:
    profile = load_profile("monstock")
    assert profile.orders.lines is not None
    fields = LineFields("description", None, "total_amount", None, None)
    lines = replace(profile.orders.lines, fields=fields)
    orders = replace(profile.orders, lines=lines, fields=replace(profile.orders.fields, kind=None))
    plain = schema("orders", replace(profile, orders=orders))["properties"]
    assert set(plain["lines"]["items"]["properties"]) == {"description", "total"}
    assert "kind" in plain, "without it every row is an order, and says so"
    without = replace(profile, orders=replace(orders, lines=None))
    assert "lines" not in properties("orders", without)


def test_a_customer_without_any_part_of_an_address_has_none() -> None:
    profile = load_profile("monstock")
    assert profile.customers is not None
    parts: dict[str, Any] = dict.fromkeys(
        ("line1", "line2", "postal_code", "city", "state", "country")
    )
    fields = replace(profile.customers.fields, **parts)
    profile = replace(profile, customers=replace(profile.customers, fields=fields))
    assert "address" not in properties("customers", profile)


def test_records_are_as_their_schema_says(sandbox: RunningSandbox, tap: Tap) -> None:
    world = sandbox.monstock
    customer = world.customer("Ann", address={"city": "Lyon"})
    order = world.order(5, "EUR", customer_id=customer, lines=[("a", "1.5", 5, 1, "5.5")])
    world.record_payment(order, 5)
    world.order(5, "EUR", payment_status=None)
    run = tap()
    schemas = {m["stream"]: m["schema"] for m in run.messages if m["type"] == "SCHEMA"}
    assert run.record_count == 4
    for message in run.messages:
        if message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            Draft202012Validator(schemas[stream], format_checker=FormatChecker()).validate(record)
            assert set(record) == set(schemas[stream]["properties"])
