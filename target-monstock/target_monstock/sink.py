"""Sinks: `order_payments` is taken, `rejected_payments` is reported, others are not for us."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import Sink

from target_monstock.ingest import REFUSED

if TYPE_CHECKING:
    from target_monstock.target import TargetMonstock

STREAM = "order_payments"
REJECTED_STREAM = "rejected_payments"
"""What map-payments could not make payments of: `transaction_reference`, `version`, `reason`."""


class OrderPaymentsSink(Sink):
    """Hands records to the run as they come; the core judges them, one by one.

    The SDK's own check against the tap's SCHEMA is left out: it ends the run at the first bad
    record and writes the record into the log.
    """

    def __init__(
        self,
        target: "TargetMonstock",
        stream_name: str,
        schema: dict[str, Any],
        key_properties: Sequence[str] | None,
    ) -> None:
        super().__init__(target, stream_name, schema, key_properties)
        self._target = target

    def get_validator(self) -> None:
        """No validator: see above."""
        return

    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """A record without its key is refused by the core like any other bad one."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take a record."""
        self._target.take(record)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Make durable what was taken, and put it onto its orders."""
        self._target.flush()


class RejectedPaymentsSink(OrderPaymentsSink):
    """Hands on what the mapper refused, so that it is kept as an exception with its reason."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take the name of a payment and why it was refused."""
        reason = str(record.get("reason") or "the mapper gave no reason")
        reference = record.get("transaction_reference")
        self._target.take({"transaction_reference": reference, REFUSED: reason})


class IgnoredSink(Sink):
    """Drops the records of a stream that is not for this target."""

    def get_validator(self) -> None:
        """Nothing to check."""
        return

    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        return record

    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """Nothing to check."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:
        """Drop a record."""

    def process_batch(self, context: dict[str, Any]) -> None:
        """Nothing was kept."""
