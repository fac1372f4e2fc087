"""The streams that come out."""

from collections.abc import Mapping
from typing import Any

ORDER_PAYMENTS = "order_payments"
REJECTED_PAYMENTS = "rejected_payments"

REJECTED_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["transaction_reference", "reason"],
    "properties": {
        "transaction_reference": {"type": "string"},
        "version": {"type": ["integer", "null"]},
        "reason": {"type": "string", "description": "What made the snapshot no payment."},
    },
}


def rejected_record(record: Mapping[str, Any], error: Exception) -> dict[str, Any]:
    """What is said of a snapshot that was refused: its name and why, nothing of its content."""
    version = record.get("version")
    return {
        "transaction_reference": str(record.get("id"))[:255],
        "version": version if isinstance(version, int) else None,
        "reason": str(error)[:500],
    }
