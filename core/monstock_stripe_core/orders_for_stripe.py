"""From tap-monstock's orders and customers to what target-stripe takes of them.

Nothing is judged here: the target checks each record, and keeps what it refuses.
"""

from collections.abc import Mapping
from typing import Any

_ORDER = {
    "order_id": "id",
    "order_number": "number",
    "kind": "kind",
    "state": "state",
    "currency": "currency",
    "total": "total",
    "amount_due": "amount_due",
    "payment_status": "payment_status",
    "customer_id": "customer_id",
    "customer_email": "customer_email",
    "customer_name": "customer_name",
    "updated_at": "updated_at",
}
_LINE = ("description", "quantity", "total", "tax", "tax_rate")
_PAYMENT = ("transaction_reference", "currency", "amount", "status", "link_rule", "ours")
_CUSTOMER = {
    "customer_id": "id",
    "name": "name",
    "email": "email",
    "phone": "phone",
    "address": "address",
    "stripe_customer_id": "stripe_customer_id",
    "updated_at": "updated_at",
}
"""Fields of a record that goes out, and where they stand in the one that came."""


def order_for_stripe(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of tap-monstock's `orders` as target-stripe takes it; what is not there is null."""
    return {
        **{name: record.get(field) for name, field in _ORDER.items()},
        "lines": [_only(_LINE, line) for line in record.get("lines") or ()],
        "payments": [_only(_PAYMENT, row) for row in record.get("payments") or ()],
        "deleted": record.get("_sdc_deleted_at") is not None,
    }


def customer_for_stripe(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record of tap-monstock's `customers` as target-stripe takes it."""
    return {
        **{name: record.get(field) for name, field in _CUSTOMER.items()},
        "deleted": record.get("_sdc_deleted_at") is not None,
    }


def _only(names: tuple[str, ...], record: Mapping[str, Any]) -> dict[str, Any]:
    return {name: record.get(name) for name in names}
