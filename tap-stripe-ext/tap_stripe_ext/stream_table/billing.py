"""Invoices, what is on them and what pays them, subscriptions and quotes."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

BILLING: tuple[StreamRow, ...] = (
    StreamRow(
        name="credit_notes",
        path="/v1/credit_notes",
        object_name="credit_note",
        model="stripe.CreditNote",
        permission=permissions.CREDIT_NOTES,
        announced_by=(Announcement("credit_note.*", "credit_note"),),
        nested_lists=("lines",),
        by_default=True,
    ),
    StreamRow(
        name="credit_note_line_items",
        path="/v1/credit_notes/{credit_note}/lines",
        object_name="credit_note_line_item",
        model="stripe.CreditNoteLineItem",
        permission=permissions.CREDIT_NOTES,
        parent=Parent("credit_notes", "credit_note", "credit_note", embedded="lines"),
        created_filter=False,
        announced_by=(Announcement("credit_note.*", "credit_note"),),
    ),
    StreamRow(
        name="invoices",
        path="/v1/invoices",
        object_name="invoice",
        model="stripe.Invoice",
        permission=permissions.INVOICES,
        announced_by=(
            Announcement("invoice.*", "invoice"),
            Announcement("invoice_payment.*", "invoice_payment", "invoice"),
        ),
        # Not in the object unless asked for, since API version 2025-03-31.
        expansions=("amount_paid_off_stripe",),
        nested_lists=("lines",),
        deletable=True,
        by_default=True,
    ),
    StreamRow(
        name="invoice_items",
        path="/v1/invoiceitems",
        object_name="invoiceitem",
        model="stripe.InvoiceItem",
        permission=permissions.INVOICES,
        announced_by=(Announcement("invoiceitem.*", "invoiceitem"),),
        edited_silently=True,  # there is no event invoiceitem.updated
        deletable=True,
    ),
    StreamRow(
        name="invoice_line_items",
        path="/v1/invoices/{invoice}/lines",
        object_name="line_item",
        model="stripe.InvoiceLineItem",
        permission=permissions.INVOICES,
        parent=Parent("invoices", "invoice", "invoice", embedded="lines"),
        created_filter=False,
        announced_by=(
            Announcement("invoice.*", "invoice"),
            Announcement("invoiceitem.*", "invoiceitem", "invoice"),
        ),
        deletable=True,
        unnoticed="lines after the first ten that were taken off a draft",
        by_default=True,
    ),
    StreamRow(
        name="invoice_payments",
        path="/v1/invoice_payments",
        object_name="invoice_payment",
        model="stripe.InvoicePayment",
        permission=permissions.INVOICES,
        announced_by=(Announcement("invoice_payment.*", "invoice_payment"),),
        listed_by_created=True,  # the one event is that it was paid
        edited_silently=True,  # also when it is canceled
        by_default=True,
    ),
    StreamRow(
        name="invoice_rendering_templates",
        path="/v1/invoice_rendering_templates",
        object_name="invoice_rendering_template",
        model="stripe.InvoiceRenderingTemplate",
        permission=permissions.INVOICE_TEMPLATES,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="quotes",
        path="/v1/quotes",
        object_name="quote",
        model="stripe.Quote",
        permission=permissions.QUOTES,
        created_filter=False,
        announced_by=(Announcement("quote.*", "quote"),),
        listed_whole=True,  # there is no event quote.updated
    ),
    StreamRow(
        name="quote_line_items",
        path="/v1/quotes/{quote}/line_items",
        object_name="item",
        model="stripe.LineItem",
        permission=permissions.QUOTES,
        parent=Parent("quotes", "quote", "quote", embedded="line_items", expanded=True),
        created_filter=False,
        announced_by=(Announcement("quote.*", "quote"),),
        listed_whole=True,
    ),
    StreamRow(
        name="quote_upfront_line_items",
        path="/v1/quotes/{quote}/computed_upfront_line_items",
        object_name="item",
        model="stripe.LineItem",
        permission=permissions.QUOTES,
        parent=Parent(
            "quotes", "quote", "quote", embedded="computed.upfront.line_items", expanded=True
        ),
        keys=("quote", "id"),
        created_filter=False,
        announced_by=(Announcement("quote.*", "quote"),),
        listed_whole=True,
    ),
    StreamRow(
        name="subscriptions",
        path="/v1/subscriptions",
        object_name="subscription",
        model="stripe.Subscription",
        permission=permissions.SUBSCRIPTIONS,
        parameters=(("status", "all"),),  # else those that were canceled are left out
        announced_by=(
            Announcement("customer.subscription.*", "subscription"),
            Announcement("customer.discount.*", "discount", "subscription"),
        ),
        nested_lists=("items",),
        by_default=True,
    ),
    StreamRow(
        name="subscription_items",
        path="/v1/subscription_items",
        object_name="subscription_item",
        model="stripe.SubscriptionItem",
        permission=permissions.SUBSCRIPTIONS,
        parent=Parent("subscriptions", "subscription", "subscription", embedded="items"),
        created_filter=False,
        announced_by=(Announcement("customer.subscription.*", "subscription"),),
        deletable=True,
    ),
    StreamRow(
        name="subscription_schedules",
        path="/v1/subscription_schedules",
        object_name="subscription_schedule",
        model="stripe.SubscriptionSchedule",
        permission=permissions.SUBSCRIPTIONS,
        announced_by=(Announcement("subscription_schedule.*", "subscription_schedule"),),
    ),
)
