"""Sinks that hand records on as they come, or what is known of refused ones, or drop them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.sinks import Sink

if TYPE_CHECKING:
    from target_common.target import LedgerTarget


REFUSED = "_refused"
"""Key of a record that its source has refused already; its value is the reason."""


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

    @property
    def is_full(self) -> bool:
        """Never: the target itself decides when what it took is made durable."""
        return False

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Take a record."""
        self._target.take(self.stream_name, record)

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Make durable what was taken."""
        self._target.store()


class RejectedSink(PassingSink):
    """Hands on what a mapper refused, so that it is kept as an exception with its reason.

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
