"""How the account is set up, and what serves tests and integrations."""

from __future__ import annotations

from tap_stripe_ext.stream_table import permissions
from tap_stripe_ext.stream_table.row import Announcement, StreamRow

SETTINGS: tuple[StreamRow, ...] = (
    StreamRow(
        name="apple_pay_domains",
        path="/v1/apple_pay/domains",
        object_name="apple_pay_domain",
        model="stripe.ApplePayDomain",
        permission=permissions.APPLE_PAY_DOMAINS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="forwarding_requests",
        path="/v1/forwarding/requests",
        object_name="forwarding.request",
        model="stripe.forwarding.Request",
        permission=permissions.FORWARDING,
        listed_by_created=True,
    ),
    StreamRow(
        name="payment_method_configurations",
        path="/v1/payment_method_configurations",
        object_name="payment_method_configuration",
        model="stripe.PaymentMethodConfiguration",
        permission=permissions.PAYMENT_METHOD_CONFIGURATIONS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="payment_method_domains",
        path="/v1/payment_method_domains",
        object_name="payment_method_domain",
        model="stripe.PaymentMethodDomain",
        permission=permissions.PAYMENT_METHOD_DOMAINS,
        created_filter=False,
        listed_whole=True,
    ),
    StreamRow(
        name="test_clocks",
        path="/v1/test_helpers/test_clocks",
        object_name="test_helpers.test_clock",
        model="stripe.test_helpers.TestClock",
        permission=permissions.TEST_CLOCKS,
        created_filter=False,
        announced_by=(Announcement("test_helpers.test_clock.*", "test_helpers.test_clock"),),
        deletable=True,
    ),
    StreamRow(
        name="webhook_endpoints",
        path="/v1/webhook_endpoints",
        object_name="webhook_endpoint",
        model="stripe.WebhookEndpoint",
        permission=permissions.WEBHOOKS,
        created_filter=False,
        listed_whole=True,
    ),
)
