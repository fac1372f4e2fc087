"""The core of commerce: payments, what reverses them, and what they are asked for."""

from __future__ import annotations

from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

COMMERCE: tuple[StreamRow, ...] = (
    StreamRow(
        name="balance_transactions",
        path="/v1/balance_transactions",
        object_name="balance_transaction",
        model="stripe.BalanceTransaction",
        permission="Balance transaction sources: Read (rak_balance_transaction_source_read)",
        by_default=True,
        listed_by_created=True,
    ),
    StreamRow(
        name="charges",
        path="/v1/charges",
        object_name="charge",
        model="stripe.Charge",
        permission="Charges and Refunds: Read (rak_charge_read)",
        by_default=True,
        announced_by=(
            Announcement("charge.*", "charge"),
            Announcement("charge.dispute.*", "dispute", "charge"),
            Announcement("charge.refund.*", "refund", "charge"),
            Announcement("refund.*", "refund", "charge"),
        ),
        expansions=("refunds",),
        nested_lists=("refunds",),
    ),
    StreamRow(
        name="checkout_sessions",
        path="/v1/checkout/sessions",
        object_name="checkout.session",
        model="stripe.checkout.Session",
        permission="Checkout Sessions: Read (rak_checkout_session_read)",
        by_default=True,
        announced_by=(Announcement("checkout.session.*", "checkout.session"),),
        listed_by_created=True,  # no event tells of a new session
    ),
    StreamRow(
        name="customers",
        path="/v1/customers",
        object_name="customer",
        model="stripe.Customer",
        permission="Customers: Read (rak_customer_read)",
        by_default=True,
        announced_by=(Announcement("customer.*", "customer"),),
        deletable=True,
    ),
    StreamRow(
        name="disputes",
        path="/v1/disputes",
        object_name="dispute",
        model="stripe.Dispute",
        permission="Disputes: Read (rak_dispute_read)",
        by_default=True,
        announced_by=(Announcement("charge.dispute.*", "dispute"),),
    ),
    StreamRow(
        name="events",
        path="/v1/events",
        object_name="event",
        model="stripe.Event",
        permission="Events: Read (rak_event_read)",
        by_default=True,
    ),
    StreamRow(
        name="invoices",
        path="/v1/invoices",
        object_name="invoice",
        model="stripe.Invoice",
        permission="Invoices: Read (rak_invoice_read)",
        by_default=True,
        announced_by=(
            Announcement("invoice.*", "invoice"),
            Announcement("invoice_payment.*", "invoice_payment", "invoice"),
        ),
        # Not in the object unless asked for, since API version 2025-03-31.
        expansions=("amount_paid_off_stripe",),
        nested_lists=("lines",),
        deletable=True,
    ),
    StreamRow(
        name="payment_intents",
        path="/v1/payment_intents",
        object_name="payment_intent",
        model="stripe.PaymentIntent",
        permission="PaymentIntents: Read (rak_payment_intent_read)",
        by_default=True,
        announced_by=(
            Announcement("payment_intent.*", "payment_intent"),
            Announcement("charge.*", "charge", "payment_intent"),
        ),
        edited_silently=True,  # there is no event payment_intent.updated
    ),
    StreamRow(
        name="refunds",
        path="/v1/refunds",
        object_name="refund",
        model="stripe.Refund",
        permission="Charges and Refunds: Read (rak_charge_read)",
        by_default=True,
        announced_by=(
            Announcement("refund.*", "refund"),
            Announcement("charge.refund.*", "refund"),
        ),
        listed_by_created=True,  # refund.created was not sent for all methods until 2024
    ),
    StreamRow(
        name="checkout_session_line_items",
        path="/v1/checkout/sessions/{session}/line_items",
        object_name="item",
        model="stripe.LineItem",
        permission="Checkout Sessions: Read (rak_checkout_session_read)",
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
    ),
    StreamRow(
        name="payment_links",
        path="/v1/payment_links",
        object_name="payment_link",
        model="stripe.PaymentLink",
        permission="Payment Links: Read (rak_payment_link_read)",
        created_filter=False,
        announced_by=(Announcement("payment_link.*", "payment_link"),),
    ),
    StreamRow(
        name="payment_link_line_items",
        path="/v1/payment_links/{payment_link}/line_items",
        object_name="item",
        model="stripe.LineItem",
        permission="Payment Links: Read (rak_payment_link_read)",
        parent=Parent(
            "payment_links", "payment_link", "payment_link", embedded="line_items", expanded=True
        ),
        created_filter=False,
        announced_by=(Announcement("payment_link.*", "payment_link"),),
    ),
    StreamRow(
        name="payment_methods",
        path="/v1/payment_methods",
        object_name="payment_method",
        model="stripe.PaymentMethod",
        permission="PaymentMethods: Read (rak_payment_method_read)",
        created_filter=False,
        announced_by=(Announcement("payment_method.*", "payment_method"),),
    ),
    StreamRow(
        name="setup_intents",
        path="/v1/setup_intents",
        object_name="setup_intent",
        model="stripe.SetupIntent",
        permission="SetupIntents: Read (rak_setup_intent_read)",
        announced_by=(Announcement("setup_intent.*", "setup_intent"),),
        edited_silently=True,  # there is no event setup_intent.updated
    ),
    StreamRow(
        name="setup_attempts",
        path="/v1/setup_attempts",
        object_name="setup_attempt",
        model="stripe.SetupAttempt",
        permission="SetupIntents: Read (rak_setup_intent_read)",
        parent=Parent("setup_intents", "setup_intent", "setup_intent"),
        announced_by=(Announcement("setup_intent.*", "setup_intent"),),
    ),
)
