"""Taxes: codes, ids, rates, and where they are collected."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, StreamRow

TAX: tuple[StreamRow, ...] = (
    StreamRow(
        name="tax_codes",
        path="/v1/tax_codes",
        object_name="tax_code",
        model="stripe.TaxCode",
        permission=permissions.TAX_CODES,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="tax_ids",  # the account's own; those of customers are `customer_tax_ids`
        path="/v1/tax_ids",
        object_name="tax_id",
        model="stripe.TaxId",
        permission=permissions.TAX_IDS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="tax_locations",
        path="/v1/tax/locations",
        object_name="tax.location",
        model="stripe.tax.Location",
        permission=permissions.TAX_LOCATIONS,
        parameters=(("type", "performance"),),  # required, and there is no other type
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="tax_rates",
        path="/v1/tax_rates",
        object_name="tax_rate",
        model="stripe.TaxRate",
        permission=permissions.TAX_RATES,
        announced_by=(Announcement("tax_rate.*", "tax_rate"),),
    ),
    StreamRow(
        name="tax_registrations",
        path="/v1/tax/registrations",
        object_name="tax.registration",
        model="stripe.tax.Registration",
        permission=permissions.TAX_SETTINGS,
        parameters=(("status", "all"),),
        created_filter=False,
        listed_whole=True,
    ),
)
