"""The streams that come out."""

from collections.abc import Mapping
from typing import Any

from monstock_stripe_core.stripe_fields import connected_account

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


def rejected_record(record: object, error: Exception) -> dict[str, Any]:
    """What is said of a snapshot that was refused: its name and why, nothing of its content."""
    known: Mapping[str, Any] = record if isinstance(record, Mapping) else {}
    version = known.get("version")
    is_whole = isinstance(version, int) and not isinstance(version, bool)
    account, name = connected_account(known), str(known.get("id"))
    return {
        "transaction_reference": (f"{account}/{name}" if account else name)[:255],
        "version": version if is_whole else None,
        "reason": str(error)[:500],
    }
