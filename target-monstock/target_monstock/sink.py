"""Sinks: what this target takes, and what the mapper refused, which is reported."""

from collections.abc import Mapping

from singer_sdk.sinks import Sink
from target_common.sinks import PassingSink, RejectedSink

PAYMENTS = "order_payments"
PAYMENT_LINKS = "order_payment_links"
STRIPE_CUSTOMERS = "stripe_customers"

STREAMS = (PAYMENTS, PAYMENT_LINKS, STRIPE_CUSTOMERS)
"""The streams that this target takes."""


class RejectedPaymentsSink(RejectedSink):
    """`rejected_payments`: `transaction_reference`, `version`, `reason`."""

    stream = PAYMENTS
    key = "transaction_reference"


class RejectedPaymentLinksSink(RejectedSink):
    """`rejected_payment_links`: `stripe_id`, `reason`."""

    stream = PAYMENT_LINKS
    key = "stripe_id"


class RejectedStripeCustomersSink(RejectedSink):
    """`rejected_stripe_customers`: `stripe_customer_id`, `reason`."""

    stream = STRIPE_CUSTOMERS
    key = "stripe_customer_id"


SINKS: Mapping[str, type[Sink]] = {
    **dict.fromkeys(STREAMS, PassingSink),
    "rejected_payments": RejectedPaymentsSink,
    "rejected_payment_links": RejectedPaymentLinksSink,
    "rejected_stripe_customers": RejectedStripeCustomersSink,
}
"""By stream that comes in."""
