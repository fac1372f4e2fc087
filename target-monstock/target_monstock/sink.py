"""Sinks: what this target takes, and what the mapper refused, which is reported."""

from collections.abc import Mapping
from typing import Any, ClassVar

from singer_sdk.sinks import Sink
from target_common.sinks import PassingSink

from target_monstock.ingest import REFUSED

PAYMENTS = "order_payments"
PAYMENT_LINKS = "order_payment_links"

STREAMS = (PAYMENTS, PAYMENT_LINKS)
"""The streams that this target takes."""


class RejectedSink(PassingSink):
    """Hands on what the mapper refused, so that it is kept as an exception with its reason.

    Attributes:
        stream: the one that the record would have belonged to.
        key: the field of both that names the record.
    """

    stream: ClassVar[str]
    key: ClassVar[str]

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the name of a record and why it was refused."""
        reason = str(record.get("reason") or "the mapper gave no reason")
        self._target.take(self.stream, {self.key: record.get(self.key), REFUSED: reason})


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
