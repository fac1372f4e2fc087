"""Payments and what reverses them."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, Parent, StreamRow

COMMERCE: tuple[StreamRow, ...] = (
    StreamRow(
        name="balance_transactions",
        path="/v1/balance_transactions",
        object_name="balance_transaction",
        model="stripe.BalanceTransaction",
        permission=permissions.BALANCE_TRANSACTIONS,
        listed_by_created=True,
        settles=True,
        by_default=True,
    ),
    StreamRow(
        name="charges",
        path="/v1/charges",
        object_name="charge",
        model="stripe.Charge",
        permission=permissions.CHARGES,
        announced_by=(
            Announcement("charge.*", "charge"),
            Announcement("charge.dispute.*", "dispute", "charge"),
            Announcement("charge.refund.*", "refund", "charge"),
            Announcement("refund.*", "refund", "charge"),
        ),
        expansions=("refunds",),
        nested_lists=("refunds",),
        by_default=True,
    ),
    StreamRow(
        name="disputes",
        path="/v1/disputes",
        object_name="dispute",
        model="stripe.Dispute",
        permission=permissions.DISPUTES,
        announced_by=(Announcement("charge.dispute.*", "dispute"),),
        by_default=True,
    ),
    StreamRow(
        name="events",
        path="/v1/events",
        object_name="event",
        model="stripe.Event",
        permission=permissions.EVENTS,
    ),
    StreamRow(
        name="payment_intents",
        path="/v1/payment_intents",
        object_name="payment_intent",
        model="stripe.PaymentIntent",
        permission=permissions.PAYMENT_INTENTS,
        announced_by=(
            Announcement("payment_intent.*", "payment_intent"),
            Announcement("charge.*", "charge", "payment_intent"),
        ),
        edited_silently=True,  # there is no event payment_intent.updated
        by_default=True,
    ),
    StreamRow(
        name="payment_intent_line_items",
        path="/v1/payment_intents/{intent}/amount_details_line_items",
        object_name="payment_intent_amount_details_line_item",
        model="stripe.PaymentIntentAmountDetailsLineItem",
        permission=permissions.PAYMENT_INTENTS,
        parent=Parent(
            "payment_intents",
            "intent",
            "payment_intent",
            embedded="amount_details.line_items",
            expanded=True,
        ),
        created_filter=False,
        announced_by=(Announcement("payment_intent.*", "payment_intent"),),
        unnoticed="lines that are edited before the payment's next event",
    ),
    StreamRow(
        name="payment_methods",
        path="/v1/payment_methods",
        object_name="payment_method",
        model="stripe.PaymentMethod",
        permission=permissions.PAYMENT_METHODS,
        created_filter=False,
        announced_by=(Announcement("payment_method.*", "payment_method"),),
        unnoticed="new ones until they are attached to a customer",
    ),
    StreamRow(
        name="payment_records",
        path="/v1/payment_records",
        object_name="payment_record",
        model="stripe.PaymentRecord",
        permission=permissions.PAYMENT_RECORDS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="payment_attempt_records",
        path="/v1/payment_attempt_records",
        object_name="payment_attempt_record",
        model="stripe.PaymentAttemptRecord",
        permission=permissions.PAYMENT_RECORDS,
        parent=Parent("payment_records", "payment_record", "payment_record"),
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="refunds",
        path="/v1/refunds",
        object_name="refund",
        model="stripe.Refund",
        permission=permissions.CHARGES,
        announced_by=(
            Announcement("refund.*", "refund"),
            Announcement("charge.refund.*", "refund"),
        ),
        listed_by_created=True,  # refund.created was not sent for all methods until 2024
        by_default=True,
    ),
    StreamRow(
        name="setup_attempts",
        path="/v1/setup_attempts",
        object_name="setup_attempt",
        model="stripe.SetupAttempt",
        permission=permissions.SETUP_INTENTS,
        parent=Parent("setup_intents", "setup_intent", "setup_intent"),
        announced_by=(Announcement("setup_intent.*", "setup_intent"),),
    ),
    StreamRow(
        name="setup_intents",
        path="/v1/setup_intents",
        object_name="setup_intent",
        model="stripe.SetupIntent",
        permission=permissions.SETUP_INTENTS,
        announced_by=(Announcement("setup_intent.*", "setup_intent"),),
        edited_silently=True,  # there is no event setup_intent.updated
    ),
)
