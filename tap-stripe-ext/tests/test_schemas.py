"""The committed schemas against the stripe package, and what they promise."""

from __future__ import annotations

import json

import jsonschema
import pytest
from stripe import _object_classes as object_classes
from tap_stripe_ext.schemas import load_schema
from tap_stripe_ext.schemas.compose import all_schemas
from tap_stripe_ext.schemas.from_model import schema_of
from tap_stripe_ext.schemas.model_source import find_model
from tap_stripe_ext.stream_table import STREAM_TABLE

SCHEMAS = all_schemas()
KEYWORDS = {"type", "properties", "items", "additionalProperties", "format", "description"}
TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_committed_schema_is_what_the_pinned_package_says(name):
    assert load_schema(name) == SCHEMAS[name], "stale: run `make schemas`"


@pytest.mark.parametrize("name", ["balance_transactions", "customers", "persons", "refunds"])
def test_schema_is_a_valid_schema(name):
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_is_made_of_nothing_else_than_those_that_are_valid(name):
    """The whole check takes a second for each of the large ones."""
    waiting = [SCHEMAS[name]]
    while waiting:
        schema = waiting.pop()
        assert schema.keys() <= KEYWORDS
        types = schema.get("type", [])
        assert set(types if isinstance(types, list) else [types]) <= TYPES
        waiting += schema.get("properties", {}).values()
        waiting += [schema[one] for one in ("items", "additionalProperties") if one in schema]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_schema_takes_a_field_that_stripe_adds_tomorrow(name):
    assert "additionalProperties" not in SCHEMAS[name]


def test_expandable_is_an_id_where_it_is_not_expanded():
    assert SCHEMAS["refunds"]["properties"]["charge"]["type"] == ["string", "null"]


def test_expandable_is_the_object_where_it_is_expanded():
    transaction = SCHEMAS["payments"]["properties"]["charge"]["properties"]["balance_transaction"]

    assert transaction["properties"]["fee"] == {"type": "integer"}


def test_enumeration_is_a_plain_string_since_stripe_adds_values():
    schema = schema_of(find_model("stripe.PaymentIntent"))

    assert schema["properties"]["status"]["type"] == "string"
    assert "enum" not in json.dumps(schema)


def test_unix_time_stays_an_integer():
    assert SCHEMAS["charges"]["properties"]["created"]["type"] == "integer"


def test_deletable_stream_says_when_an_object_was_deleted():
    assert SCHEMAS["customers"]["properties"]["_sdc_deleted_at"]["format"] == "date-time"
    assert "_sdc_deleted_at" not in SCHEMAS["charges"]["properties"]


def test_list_that_is_compared_as_a_whole_says_what_has_vanished():
    assert SCHEMAS["value_lists"]["properties"]["deleted"]["type"] == ["boolean", "null"]


def test_nested_record_names_its_parent():
    line = SCHEMAS["checkout_session_line_items"]["properties"]

    assert line["checkout_session"]["type"] == "string"


def test_what_is_filed_under_a_parent_keeps_stripes_description():
    assert "invoice" in SCHEMAS["invoice_line_items"]["properties"]["invoice"]["description"]


@pytest.mark.parametrize("row", STREAM_TABLE, ids=lambda row: row.name)
def test_row_names_the_object_and_class_that_belong_together(row):
    assert find_model(row.model).object_name == row.object_name
    module, class_name = object_classes.OBJECT_CLASSES[row.object_name]
    assert row.model.rsplit(".", 1)[1] == class_name, module
