"""The streams, one row each: all that the tap knows of a list of Stripe's API stands here.

A further list of Stripe's is a further row; `python -m tap_stripe_ext.schemas` then writes its
schema from the types in the `stripe` package. Sources: Stripe API reference (each object's
chapter; 'Types of events'; 'Expanding responses') and Stripe docs, 'API key permissions'.
"""

from __future__ import annotations

from tap_stripe_ext.stream_table.billing import BILLING
from tap_stripe_ext.stream_table.catalogue import CATALOGUE
from tap_stripe_ext.stream_table.commerce import COMMERCE
from tap_stripe_ext.stream_table.money import MONEY
from tap_stripe_ext.stream_table.payments import (
    CHARGE_ANNOUNCEMENTS,
    INVOICE_ANNOUNCEMENTS,
    PAYMENT_INTENT_ANNOUNCEMENTS,
    PAYMENTS,
    PAYMENTS_PERMISSIONS,
)
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

__all__ = [
    "CHARGE_ANNOUNCEMENTS",
    "INVOICE_ANNOUNCEMENTS",
    "PAYMENTS",
    "PAYMENTS_PERMISSIONS",
    "PAYMENT_INTENT_ANNOUNCEMENTS",
    "STREAM_TABLE",
    "Announcement",
    "Parent",
    "StreamRow",
    "row_named",
]

STREAM_TABLE: tuple[StreamRow, ...] = (*COMMERCE, *CATALOGUE, *BILLING, *MONEY)

_BY_NAME = {row.name: row for row in STREAM_TABLE}


def row_named(name: str) -> StreamRow:
    """Return the row of the stream `name`.

    Raises:
        KeyError: if there is none.
    """
    return _BY_NAME[name]
