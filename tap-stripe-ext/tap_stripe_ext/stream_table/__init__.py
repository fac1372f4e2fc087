"""The streams, one row each: all that the tap knows of a list of Stripe's API stands here.

A further list of Stripe's is a further row; `python -m tap_stripe_ext.schemas` then writes its
schema from the types in the `stripe` package. Sources: Stripe API reference (each object's
chapter; 'Types of events'; 'Expanding responses') and Stripe docs, 'API key permissions'.
"""

from __future__ import annotations

from tap_stripe_ext.stream_table.billing import BILLING
from tap_stripe_ext.stream_table.catalogue import CATALOGUE
from tap_stripe_ext.stream_table.checkout import CHECKOUT
from tap_stripe_ext.stream_table.climate import CLIMATE
from tap_stripe_ext.stream_table.commerce import COMMERCE
from tap_stripe_ext.stream_table.connect import CONNECT
from tap_stripe_ext.stream_table.customers import CUSTOMERS
from tap_stripe_ext.stream_table.files import FILES
from tap_stripe_ext.stream_table.issuing import ISSUING
from tap_stripe_ext.stream_table.left_out import LEFT_OUT
from tap_stripe_ext.stream_table.money import MONEY
from tap_stripe_ext.stream_table.payments import (
    CHARGE_ANNOUNCEMENTS,
    INVOICE_ANNOUNCEMENTS,
    PAYMENT_INTENT_ANNOUNCEMENTS,
    PAYMENTS,
    PAYMENTS_PERMISSIONS,
)
from tap_stripe_ext.stream_table.radar import RADAR
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow
from tap_stripe_ext.stream_table.settings import SETTINGS
from tap_stripe_ext.stream_table.tax import TAX
from tap_stripe_ext.stream_table.terminal import TERMINAL
from tap_stripe_ext.stream_table.treasury import TREASURY
from tap_stripe_ext.stream_table.usage import USAGE
from tap_stripe_ext.stream_table.verification import VERIFICATION

__all__ = [
    "CHARGE_ANNOUNCEMENTS",
    "INVOICE_ANNOUNCEMENTS",
    "LEFT_OUT",
    "PAYMENTS",
    "PAYMENTS_PERMISSIONS",
    "PAYMENT_INTENT_ANNOUNCEMENTS",
    "STREAM_TABLE",
    "Announcement",
    "Parent",
    "StreamRow",
    "row_named",
]

STREAM_TABLE: tuple[StreamRow, ...] = (
    *COMMERCE,
    *CHECKOUT,
    *CUSTOMERS,
    *CATALOGUE,
    *BILLING,
    *USAGE,
    *TAX,
    *MONEY,
    *CONNECT,
    *RADAR,
    *VERIFICATION,
    *ISSUING,
    *TREASURY,
    *TERMINAL,
    *FILES,
    *SETTINGS,
    *CLIMATE,
)

_BY_NAME = {row.name: row for row in STREAM_TABLE}


def row_named(name: str) -> StreamRow:
    """Return the row of the stream `name`.

    Raises:
        KeyError: if there is none.
    """
    return _BY_NAME[name]
