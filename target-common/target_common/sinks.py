"""Sinks that hand records on as they come, and one that drops them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from singer_sdk.sinks import Sink

if TYPE_CHECKING:
    from target_common.target import LedgerTarget


class PassingSink(Sink):
    """Hands records to the run as they come; the core judges them, one by one.

    The SDK's own check against the tap's SCHEMA is left out: it ends the run at the first bad
    record and writes the record into the log.
    """

    def __init__(
        self,
        target: "LedgerTarget",
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
        self._target.take(self.stream_name, record)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Make durable what was taken, and work on it."""
        self._target.flush()


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
