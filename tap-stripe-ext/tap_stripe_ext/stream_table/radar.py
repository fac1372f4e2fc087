"""Radar: what looks like fraud, and the lists to tell it by."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

RADAR: tuple[StreamRow, ...] = (
    StreamRow(
        name="early_fraud_warnings",
        path="/v1/radar/early_fraud_warnings",
        object_name="radar.early_fraud_warning",
        model="stripe.radar.EarlyFraudWarning",
        permission=permissions.EARLY_FRAUD_WARNINGS,
        announced_by=(Announcement("radar.early_fraud_warning.*", "radar.early_fraud_warning"),),
    ),
    StreamRow(
        name="reviews",
        path="/v1/reviews",
        object_name="review",
        model="stripe.Review",
        permission=permissions.REVIEWS,
        announced_by=(Announcement("review.*", "review"),),
        unnoticed="reviews closed before the first run: Stripe lists open ones only",
    ),
    StreamRow(
        name="value_lists",
        path="/v1/radar/value_lists",
        object_name="radar.value_list",
        model="stripe.radar.ValueList",
        permission=permissions.VALUE_LISTS,
        listed_whole=True,
    ),
    StreamRow(
        name="value_list_items",
        path="/v1/radar/value_list_items",
        object_name="radar.value_list_item",
        model="stripe.radar.ValueListItem",
        permission=permissions.VALUE_LISTS,
        parent=Parent("value_lists", "value_list", "value_list", embedded="list_items"),
        listed_whole=True,
    ),
)
