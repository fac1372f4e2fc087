"""Usage-based billing: meters, credits, alerts; and the customer portal."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, StreamRow

USAGE: tuple[StreamRow, ...] = (
    StreamRow(
        name="billing_alerts",
        path="/v1/billing/alerts",
        object_name="billing.alert",
        model="stripe.billing.Alert",
        permission=permissions.ALERTS,
        created_filter=False,
        announced_by=(
            Announcement("billing.alert.triggered", "billing.alert_triggered", "alert.id"),
        ),
        listed_whole=True,
    ),
    StreamRow(
        name="credit_balance_transactions",
        path="/v1/billing/credit_balance_transactions",
        object_name="billing.credit_balance_transaction",
        model="stripe.billing.CreditBalanceTransaction",
        permission=permissions.CREDIT_GRANTS,
        created_filter=False,
        announced_by=(
            Announcement(
                "billing.credit_balance_transaction.*", "billing.credit_balance_transaction"
            ),
        ),
    ),
    StreamRow(
        name="credit_grants",
        path="/v1/billing/credit_grants",
        object_name="billing.credit_grant",
        model="stripe.billing.CreditGrant",
        permission=permissions.CREDIT_GRANTS,
        created_filter=False,
        announced_by=(Announcement("billing.credit_grant.*", "billing.credit_grant"),),
    ),
    StreamRow(
        name="customer_portal_configurations",
        path="/v1/billing_portal/configurations",
        object_name="billing_portal.configuration",
        model="stripe.billing_portal.Configuration",
        permission=permissions.CUSTOMER_PORTAL,
        created_filter=False,
        announced_by=(
            Announcement("billing_portal.configuration.*", "billing_portal.configuration"),
        ),
    ),
    StreamRow(
        name="feedback_options",
        path="/v1/billing/feedback_options",
        object_name="billing.feedback_option",
        model="stripe.billing.FeedbackOption",
        permission=permissions.FEEDBACK_OPTIONS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="meters",
        path="/v1/billing/meters",
        object_name="billing.meter",
        model="stripe.billing.Meter",
        permission=permissions.METERS,
        created_filter=False,
        announced_by=(Announcement("billing.meter.*", "billing.meter"),),
    ),
)
