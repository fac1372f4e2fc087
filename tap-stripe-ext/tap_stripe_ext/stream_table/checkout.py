"""How customers are asked to pay: Checkout Sessions, Payment Links, what they ship for."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

CHECKOUT: tuple[StreamRow, ...] = (
    StreamRow(
        name="checkout_sessions",
        path="/v1/checkout/sessions",
        object_name="checkout.session",
        model="stripe.checkout.Session",
        permission=permissions.CHECKOUT_SESSIONS,
        announced_by=(Announcement("checkout.session.*", "checkout.session"),),
        listed_by_created=True,  # no event tells of a new session
        edited_silently=True,  # there is no event checkout.session.updated
        by_default=True,
    ),
    StreamRow(
        name="checkout_session_line_items",
        path="/v1/checkout/sessions/{session}/line_items",
        object_name="item",
        model="stripe.LineItem",
        permission=permissions.CHECKOUT_SESSIONS,
        parent=Parent(
            "checkout_sessions",
            "session",
            "checkout_session",
            embedded="line_items",
            expanded=True,
        ),
        created_filter=False,
        announced_by=(Announcement("checkout.session.*", "checkout.session"),),
        listed_by_created=True,
        unnoticed="quantities that the customer changes, until the session is completed",
        by_default=True,
    ),
    StreamRow(
        name="payment_links",
        path="/v1/payment_links",
        object_name="payment_link",
        model="stripe.PaymentLink",
        permission=permissions.PAYMENT_LINKS,
        created_filter=False,
        announced_by=(Announcement("payment_link.*", "payment_link"),),
        by_default=True,
    ),
    StreamRow(
        name="payment_link_line_items",
        path="/v1/payment_links/{payment_link}/line_items",
        object_name="item",
        model="stripe.LineItem",
        permission=permissions.PAYMENT_LINKS,
        parent=Parent(
            "payment_links", "payment_link", "payment_link", embedded="line_items", expanded=True
        ),
        created_filter=False,
        announced_by=(Announcement("payment_link.*", "payment_link"),),
    ),
    StreamRow(
        name="shipping_rates",
        path="/v1/shipping_rates",
        object_name="shipping_rate",
        model="stripe.ShippingRate",
        permission=permissions.SHIPPING_RATES,
        listed_whole=True,
    ),
)
