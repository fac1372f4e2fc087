"""Sinks: `order_payments` is taken, `rejected_payments` is reported."""

from typing import Any

from target_common.sinks import PassingSink

from target_monstock.ingest import REFUSED

STREAM = "order_payments"
REJECTED_STREAM = "rejected_payments"
"""What map-payments could not make payments of: `transaction_reference`, `version`, `reason`."""


class RejectedPaymentsSink(PassingSink):
    """Hands on what the mapper refused, so that it is kept as an exception with its reason."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the name of a payment and why it was refused."""
        reason = str(record.get("reason") or "the mapper gave no reason")
        reference = record.get("transaction_reference")
        self._target.take(STREAM, {"transaction_reference": reference, REFUSED: reason})
