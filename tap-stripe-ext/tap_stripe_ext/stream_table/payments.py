"""What the snapshots of `payments` are made of; the stream itself is no list of Stripe's."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement

PAYMENTS = "payments"
PAYMENTS_PERMISSIONS: tuple[str, ...] = (
    permissions.BALANCE_TRANSACTIONS,
    permissions.CHARGES,
    permissions.CHECKOUT_SESSIONS,
    permissions.DISPUTES,
    permissions.EVENTS,
    permissions.INVOICES,
    permissions.PAYMENT_LINKS,
    permissions.PAYMENT_INTENTS,
)
PAYMENT_INTENT_ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement("payment_intent.*", "payment_intent"),
    Announcement("charge.*", "charge", "payment_intent"),
    Announcement("charge.dispute.*", "dispute", "payment_intent"),
    Announcement("charge.refund.*", "refund", "payment_intent"),
    Announcement("refund.*", "refund", "payment_intent"),
    Announcement("checkout.session.*", "checkout.session", "payment_intent"),
    Announcement("invoice_payment.*", "invoice_payment", "payment.payment_intent"),
)
CHARGE_ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement("charge.*", "charge"),
    Announcement("charge.dispute.*", "dispute", "charge"),
    Announcement("charge.refund.*", "refund", "charge"),
    Announcement("refund.*", "refund", "charge"),
    Announcement("invoice_payment.*", "invoice_payment", "payment.charge"),
)
INVOICE_ANNOUNCEMENTS: tuple[Announcement, ...] = (
    Announcement("invoice.*", "invoice"),
    Announcement("invoice_payment.*", "invoice_payment", "invoice"),
)
