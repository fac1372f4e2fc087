"""Which event types an endpoint is registered for."""

from __future__ import annotations

import pytest
from tap_stripe_ext.notices import notice_of
from tap_stripe_ext.stream_table import STREAM_TABLE
from tap_stripe_ext.webhooks.event_types import published_types, types_for


def test_payments_are_told_of_by_the_events_of_what_they_are_made_of():
    kinds = {one.rpartition(".")[0] for one in types_for(["payments"])}

    assert kinds == {
        "charge",
        "charge.dispute",
        "charge.refund",
        "checkout.session",
        "invoice",
        "invoice_payment",
        "payment_intent",
        "refund",
    }
    assert "payment_intent.succeeded" in types_for(["payments"])


def test_an_event_about_another_kind_of_object_is_left_out():
    assert types_for(["customers"]) == (
        "customer.created",
        "customer.deleted",
        "customer.discount.created",
        "customer.discount.deleted",
        "customer.discount.updated",
        "customer.updated",
    )


def test_several_streams_need_the_types_of_each():
    both = set(types_for(["customers"])) | set(types_for(["products"]))

    assert set(types_for(["products", "customers"])) == both


@pytest.mark.parametrize("row", STREAM_TABLE, ids=lambda row: row.name)
def test_a_stream_with_announcements_has_published_types(row):
    types = types_for([row.name])

    assert bool(types) == bool(row.announced_by or row.name == "events")
    assert set(types) <= {*published_types(), "*"}


def test_every_type_that_brings_something_is_registered():
    wanted = set(types_for(row.name for row in STREAM_TABLE if row.name != "events"))
    for row in STREAM_TABLE:
        for announcement in row.announced_by:
            for one in published_types():
                subject = {"id": "x_1", "object": announcement.object_name, "created": 1}
                event = {"id": "evt_1", "created": 1, "type": one, "data": {"object": subject}}
                if one in wanted or one == "issuing_authorization.request":
                    continue
                assert notice_of(event, [row], payments=True).targets == (), one


def test_all_events_are_all_types():
    assert types_for(["payments", "events"]) == ("*",)


def test_the_question_whether_a_card_may_be_charged_is_never_registered_for():
    assert types_for(["authorizations"]) == (
        "issuing_authorization.created",
        "issuing_authorization.updated",
    )


def test_unknown_stream_is_named():
    with pytest.raises(KeyError, match="orders"):
        types_for(["orders"])
