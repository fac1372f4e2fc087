"""Invoices, what is on them and what pays them, and subscriptions."""

from __future__ import annotations

from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

_INVOICES = "Invoices: Read (rak_invoice_read)"
_SUBSCRIPTIONS = "Subscriptions: Read (rak_subscription_read)"

BILLING: tuple[StreamRow, ...] = (
    StreamRow(
        name="credit_notes",
        path="/v1/credit_notes",
        object_name="credit_note",
        model="stripe.CreditNote",
        permission="Credit Notes: Read (rak_credit_note_read)",
        announced_by=(Announcement("credit_note.*", "credit_note"),),
        nested_lists=("lines",),
    ),
    StreamRow(
        name="credit_note_line_items",
        path="/v1/credit_notes/{credit_note}/lines",
        object_name="credit_note_line_item",
        model="stripe.CreditNoteLineItem",
        permission="Credit Notes: Read (rak_credit_note_read)",
        parent=Parent("credit_notes", "credit_note", "credit_note", embedded="lines"),
        created_filter=False,
        announced_by=(Announcement("credit_note.*", "credit_note"),),
    ),
    StreamRow(
        name="invoice_items",
        path="/v1/invoiceitems",
        object_name="invoiceitem",
        model="stripe.InvoiceItem",
        permission=_INVOICES,
        announced_by=(Announcement("invoiceitem.*", "invoiceitem"),),
        edited_silently=True,  # there is no event invoiceitem.updated
        deletable=True,
    ),
    StreamRow(
        name="invoice_line_items",
        path="/v1/invoices/{invoice}/lines",
        object_name="line_item",
        model="stripe.InvoiceLineItem",
        permission=_INVOICES,
        parent=Parent("invoices", "invoice", "invoice", embedded="lines"),
        created_filter=False,
        announced_by=(
            Announcement("invoice.*", "invoice"),
            Announcement("invoiceitem.*", "invoiceitem", "invoice"),
        ),
    ),
    StreamRow(
        name="invoice_payments",
        path="/v1/invoice_payments",
        object_name="invoice_payment",
        model="stripe.InvoicePayment",
        permission=_INVOICES,
        announced_by=(Announcement("invoice_payment.*", "invoice_payment"),),
        listed_by_created=True,  # the one event is that it was paid
        edited_silently=True,  # also when it is canceled
    ),
    StreamRow(
        name="subscriptions",
        path="/v1/subscriptions",
        object_name="subscription",
        model="stripe.Subscription",
        permission=_SUBSCRIPTIONS,
        parameters=(("status", "all"),),  # else those that were canceled are left out
        announced_by=(Announcement("customer.subscription.*", "subscription"),),
        nested_lists=("items",),
    ),
    StreamRow(
        name="subscription_items",
        path="/v1/subscription_items",
        object_name="subscription_item",
        model="stripe.SubscriptionItem",
        permission=_SUBSCRIPTIONS,
        parent=Parent("subscriptions", "subscription", "subscription", embedded="items"),
        created_filter=False,
        announced_by=(Announcement("customer.subscription.*", "subscription"),),
    ),
)
