"""The table of streams against Stripe's types of events, and in itself."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase

import pytest
from stripe import _object_classes as object_classes
from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.schemas.from_model import schema_of
from tap_stripe_ext.schemas.model_source import find_model, read_model
from tap_stripe_ext.stream_table import (
    CHARGE_ANNOUNCEMENTS,
    INVOICE_ANNOUNCEMENTS,
    PAYMENT_INTENT_ANNOUNCEMENTS,
    PAYMENTS,
    STREAM_TABLE,
    row_named,
)

# Events that change no object of any stream, and why.
TELLS_OF_NO_STREAM = {
    "account.*": "stands in the connected account's own log, and its lists are read whole",
    "balance.available": "the balance is no list",
    "balance_settings.updated": "the settings are no list",
    "billing_portal.session.created": "sessions of the portal cannot be listed",
    "capability.updated": "stands in the connected account's own log",
    "cash_balance.funds_available": "the balance is no list; its transactions have events",
    "financial_connections.authorization.*": "authorizations cannot be listed",
    "mandate.updated": "mandates cannot be listed",
    "person.*": "stands in the connected account's own log",
    "reserve.*": "reserves cannot be listed",
    "tax.settings.updated": "the settings are no list",
}

# Events that are as good as one that ends in ".created".
TELLS_OF_NEW_ONES = (
    "charge.failed",
    "charge.pending",
    "charge.succeeded",
    "entitlements.active_entitlement_summary.updated",
    "payment_method.attached",
    "review.opened",
)

# Airbyte's source-stripe, by its own names where ours are others.
STREAMS_OF_AIRBYTE = {
    name: name
    for name in [
        "accounts",
        "application_fees",
        "application_fee_refunds",
        "authorizations",
        "balance_transactions",
        "bank_accounts",
        "cardholders",
        "cards",
        "charges",
        "checkout_sessions",
        "checkout_session_line_items",
        "coupons",
        "credit_notes",
        "customer_balance_transactions",
        "customers",
        "disputes",
        "early_fraud_warnings",
        "events",
        "external_account_bank_accounts",
        "external_account_cards",
        "file_links",
        "files",
        "invoice_items",
        "invoice_line_items",
        "invoices",
        "payment_intents",
        "payment_methods",
        "payouts",
        "payout_balance_transactions",
        "promotion_codes",
        "persons",
        "plans",
        "prices",
        "products",
        "refunds",
        "reviews",
        "setup_attempts",
        "setup_intents",
        "shipping_rates",
        "subscription_items",
        "subscription_schedules",
        "subscriptions",
        "top_ups",
        "transactions",
        "transfers",
        "transfer_reversals",
    ]
} | {
    "checkout_sessions_line_items": "checkout_session_line_items",
    "application_fees_refunds": "application_fee_refunds",
}


def published_event_types() -> set[str]:
    model = find_model("stripe.Event")
    annotation = next(field.annotation for field in model.fields if field.name == "type")
    return {
        node.value
        for node in ast.walk(annotation)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }


EVENT_TYPES = published_event_types()


def each_row(rows=STREAM_TABLE):
    return pytest.mark.parametrize("row", rows, ids=lambda row: row.name)


def announcing(row) -> set[str]:
    return {
        one
        for one in EVENT_TYPES
        if any(fnmatchcase(one, announcement.types) for announcement in row.announced_by)
    }


def test_the_package_publishes_its_event_types():
    assert "payment_intent.succeeded" in EVENT_TYPES
    assert "payment_intent.updated" not in EVENT_TYPES


@each_row()
def test_each_announcement_is_of_events_that_exist(row):
    for announcement in row.announced_by:
        assert any(fnmatchcase(one, announcement.types) for one in EVENT_TYPES), announcement


@each_row()
def test_each_announcement_names_an_id_that_such_an_object_has(row):
    """Each field on the way exists in the kind of object that the event carries."""
    for announcement in row.announced_by:
        module, class_name = object_classes.OBJECT_CLASSES[announcement.object_name]
        *outer, last = announcement.id_field.split(".")
        properties = schema_of(read_model(module, (class_name,)))["properties"]
        for name in outer:
            properties = properties[name]["properties"]
        assert last in properties, announcement


def test_each_published_event_announces_something_or_it_is_said_why_not():
    announced = {one for row in STREAM_TABLE for one in announcing(row)}
    excused = {
        one for one in EVENT_TYPES if any(fnmatchcase(one, types) for types in TELLS_OF_NO_STREAM)
    }

    assert EVENT_TYPES - announced - excused == set()
    assert announced & excused == set()
    for types in TELLS_OF_NO_STREAM:
        assert any(fnmatchcase(one, types) for one in EVENT_TYPES), types


@each_row()
def test_new_objects_are_found(row):
    by_event = any(one.endswith(".created") or one in TELLS_OF_NEW_ONES for one in announcing(row))

    assert by_event or row.listed_by_created or row.listed_whole or row.name == "events"


@each_row([row for row in STREAM_TABLE if row.listed_by_created or row.edited_silently])
def test_what_is_looked_for_by_created_can_be(row):
    timed = row if row.parent is None else row_named(row.parent.stream)

    assert timed.created_filter


def test_deletable_streams_are_those_with_a_deleted_event():
    """A canceled subscription is still there; a whole list shows by itself what is gone."""
    deletable = {row.name for row in STREAM_TABLE if row.deletable}
    # An event of the parent has what was there before, so that what is gone can be told.
    told_by_the_parent = {"invoice_line_items", "subscription_items"}

    assert deletable - told_by_the_parent | {"subscriptions"} == {
        row.name
        for row in STREAM_TABLE
        for announcement in row.announced_by
        if announcement.object_name == row.object_name
        and any(
            fnmatchcase(one, announcement.types) and one.endswith(".deleted") for one in EVENT_TYPES
        )
    }


@pytest.mark.parametrize(
    "prefix",
    [
        "payment_intent.",
        "charge.",
        "refund.",
        "checkout.session.",
        "invoice.",
        "invoice_payment.",
    ],
)
def test_each_event_about_a_payment_announces_a_payment(prefix):
    announcements = (
        *PAYMENT_INTENT_ANNOUNCEMENTS,
        *CHARGE_ANNOUNCEMENTS,
        *INVOICE_ANNOUNCEMENTS,
    )
    for event_type in (one for one in EVENT_TYPES if one.startswith(prefix)):
        assert any(fnmatchcase(event_type, one.types) for one in announcements), event_type


def test_names_and_lists_are_unique():
    assert len({row.name for row in STREAM_TABLE} | {PAYMENTS}) == len(STREAM_TABLE) + 1
    lists = {(row.path, row.parameters, row.parent) for row in STREAM_TABLE}
    assert len(lists) == len(STREAM_TABLE)


def test_each_stream_of_airbyte_is_there():
    assert set(STREAMS_OF_AIRBYTE.values()) <= {row.name for row in STREAM_TABLE}


def test_airbytes_names_for_issuing_mean_the_same():
    for name in ("authorizations", "cardholders", "cards", "transactions"):
        assert row_named(name).path == f"/v1/issuing/{name}"


def test_about_twenty_streams_are_selected_by_default():
    by_default = {row.name for row in STREAM_TABLE if row.by_default}

    assert {"charges", "customers", "invoices", "payment_intents", "refunds"} <= by_default
    assert len(by_default) <= 24


def test_no_expansion_is_deeper_than_four_levels():
    for row in STREAM_TABLE:
        embedded = row.parent.embedded if row.parent and row.parent.expanded else None
        for path in (*row.expansions, *([embedded] if embedded else [])):
            assert len(f"data.{path}".split(".")) <= 4


@each_row()
def test_keys_are_fields_that_are_always_there(row):
    properties = load_schema(row.name)["properties"]

    for key in row.keys:
        assert properties[key]["type"] == "string"
    if row.parent is not None:
        assert properties[row.parent.id_field]["type"] == "string"


@each_row()
def test_no_field_of_stripes_is_in_the_way_of_the_account(row):
    assert "account_id" not in load_schema(row.name)["properties"]


@each_row()
def test_permission_is_one_to_read(row):
    name, _, rest = row.permission.partition(": Read")

    assert name
    assert rest == "" or (rest.startswith(" (rak_") and rest.endswith("_read)"))


def test_unknown_stream_is_a_key_error():
    with pytest.raises(KeyError):
        row_named("orders")
