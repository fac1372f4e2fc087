"""Sinks: what this target takes, and what the mapper refused, which is reported."""

from collections.abc import Mapping

from singer_sdk.sinks import Sink
from target_common.sinks import PassingSink, RejectedSink

PAYMENTS = "order_payments"
PAYMENT_LINKS = "order_payment_links"

STREAMS = (PAYMENTS, PAYMENT_LINKS)
"""The streams that this target takes."""


class RejectedPaymentsSink(RejectedSink):
    """`rejected_payments`: `transaction_reference`, `version`, `reason`."""

    stream = PAYMENTS
    key = "transaction_reference"


class RejectedPaymentLinksSink(RejectedSink):
    """`rejected_payment_links`: `stripe_id`, `reason`."""

    stream = PAYMENT_LINKS
    key = "stripe_id"


SINKS: Mapping[str, type[Sink]] = {
    **dict.fromkeys(STREAMS, PassingSink),
    "rejected_payments": RejectedPaymentsSink,
    "rejected_payment_links": RejectedPaymentLinksSink,
}
"""By stream that comes in."""
