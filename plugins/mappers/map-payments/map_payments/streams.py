"""The streams that come out."""

from collections.abc import Mapping
from typing import Any

from mapper_common.mapper import OutputStream
from monstock_stripe_core.payment_link_record import PAYMENT_LINK_SCHEMA
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA
from monstock_stripe_core.stripe_customer_record import STRIPE_CUSTOMER_SCHEMA
from monstock_stripe_core.stripe_fields import connected_account

KEY = ("transaction_reference",)

ORDER_PAYMENTS = OutputStream("order_payments", ORDER_PAYMENT_SCHEMA, KEY)
REJECTED_PAYMENTS = OutputStream(
    "rejected_payments",
    {
        "type": "object",
        "required": ["transaction_reference", "reason"],
        "properties": {
            "transaction_reference": {"type": "string"},
            "version": {"type": ["integer", "null"]},
            "reason": {"type": "string", "description": "What made the snapshot no payment."},
        },
    },
    KEY,
)

ORDER_PAYMENT_LINKS = OutputStream("order_payment_links", PAYMENT_LINK_SCHEMA, ("stripe_id",))
REJECTED_PAYMENT_LINKS = OutputStream(
    "rejected_payment_links",
    {
        "type": "object",
        "required": ["stripe_id", "reason"],
        "properties": {
            "stripe_id": {"type": "string"},
            "reason": {"type": "string", "description": "What made it no place to pay at."},
        },
    },
    ("stripe_id",),
)

STRIPE_CUSTOMERS = OutputStream("stripe_customers", STRIPE_CUSTOMER_SCHEMA, ("stripe_customer_id",))
REJECTED_STRIPE_CUSTOMERS = OutputStream(
    "rejected_stripe_customers",
    {
        "type": "object",
        "required": ["stripe_customer_id", "reason"],
        "properties": {
            "stripe_customer_id": {"type": "string"},
            "reason": {"type": "string", "description": "What made it no customer."},
        },
    },
    ("stripe_customer_id",),
)


def named(record: object) -> dict[str, Any]:
    """What is said of a snapshot that was refused: its name, nothing of its content."""
    known: Mapping[str, Any] = record if isinstance(record, Mapping) else {}
    version = known.get("version")
    is_whole = isinstance(version, int) and not isinstance(version, bool)
    account, name = connected_account(known), str(known.get("id"))
    return {
        "transaction_reference": (f"{account}/{name}" if account else name)[:255],
        "version": version if is_whole else None,
    }


def named_link(record: object) -> dict[str, Any]:
    """What is said of an invoice or a Payment Link that was refused: its name."""
    known: Mapping[str, Any] = record if isinstance(record, Mapping) else {}
    return {"stripe_id": str(known.get("id"))[:255]}


def named_customer(record: object) -> dict[str, Any]:
    """What is said of a customer that was refused: their id."""
    known: Mapping[str, Any] = record if isinstance(record, Mapping) else {}
    return {"stripe_customer_id": str(known.get("id"))[:255]}
