"""The table of streams against what the stripe package publishes."""

from __future__ import annotations

import ast
from fnmatch import fnmatchcase

import pytest
from tap_stripe_ext.schemas.model_source import find_model
from tap_stripe_ext.stream_table import (
    CHARGE_ANNOUNCEMENTS,
    INVOICE_ANNOUNCEMENTS,
    PAYMENT_INTENT_ANNOUNCEMENTS,
    STREAM_TABLE,
    row_named,
)


def published_event_types() -> set[str]:
    model = find_model("stripe.Event")
    annotation = next(field.annotation for field in model.fields if field.name == "type")
    return {
        node.value
        for node in ast.walk(annotation)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }


EVENT_TYPES = published_event_types()


def test_the_package_publishes_its_event_types():
    assert "payment_intent.succeeded" in EVENT_TYPES
    assert "payment_intent.updated" not in EVENT_TYPES


@pytest.mark.parametrize("row", STREAM_TABLE, ids=lambda row: row.name)
def test_each_announcement_is_of_events_that_exist(row):
    for announcement in row.announced_by:
        assert any(fnmatchcase(one, announcement.types) for one in EVENT_TYPES), announcement


@pytest.mark.parametrize("row", STREAM_TABLE, ids=lambda row: row.name)
def test_each_event_of_the_object_itself_announces_it(row):
    own = {one for one in EVENT_TYPES if one.startswith(f"{row.object_name}.")}
    for event_type in own:
        assert any(fnmatchcase(event_type, one.types) for one in row.announced_by), event_type


def test_deletable_streams_are_those_with_a_deleted_event():
    deletable = {row.name for row in STREAM_TABLE if row.deletable}

    assert deletable == {
        row.name for row in STREAM_TABLE if f"{row.object_name}.deleted" in EVENT_TYPES
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


def test_names_and_paths_are_unique():
    assert len({row.name for row in STREAM_TABLE}) == len(STREAM_TABLE)
    lists = {
        (row.path, row.parameters, row.parent and row.parent.parameter) for row in STREAM_TABLE
    }
    assert len(lists) == len(STREAM_TABLE)


def test_no_expansion_is_deeper_than_four_levels():
    for row in STREAM_TABLE:
        assert all(len(f"data.{path}".split(".")) <= 4 for path in row.expansions)


def test_unknown_stream_is_a_key_error():
    with pytest.raises(KeyError):
        row_named("orders")
