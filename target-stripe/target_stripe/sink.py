"""Sinks: what this target takes, and what the mapper refused, which is reported."""

from collections.abc import Mapping

from singer_sdk.sinks import Sink
from target_common.sinks import PassingSink, RejectedSink

from target_stripe.ingest import CUSTOMERS, ORDERS


class RejectedOrdersSink(RejectedSink):
    """`rejected_orders`: `order_id`, `reason`."""

    stream = ORDERS
    key = "order_id"


class RejectedCustomersSink(RejectedSink):
    """`rejected_customers`: `customer_id`, `reason`."""

    stream = CUSTOMERS
    key = "customer_id"


SINKS: Mapping[str, type[Sink]] = {
    ORDERS: PassingSink,
    CUSTOMERS: PassingSink,
    "rejected_orders": RejectedOrdersSink,
    "rejected_customers": RejectedCustomersSink,
}
"""By stream that comes in."""
