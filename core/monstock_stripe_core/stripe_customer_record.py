"""The `stripe_customers` record: a `StripeCustomer` as it travels on a Singer line."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from monstock_stripe_core.customer import Address
from monstock_stripe_core.money import LARGEST_AMOUNT
from monstock_stripe_core.record_fields import time_text
from monstock_stripe_core.record_reading import (
    IDENTIFIER,
    TEXT,
    RecordSchema,
    clean,
    described,
    moment,
)
from monstock_stripe_core.stripe_customer import StripeCustomer

_REFERENCE = {**IDENTIFIER, "type": ["string", "null"]}
_ADDRESS = tuple(asdict(Address()))

STRIPE_CUSTOMER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["stripe_customer_id", "version", "livemode", "created_at"],
    "properties": {
        "stripe_customer_id": described(IDENTIFIER, "Stripe's id of the customer."),
        "version": {
            "type": "integer",
            "minimum": 0,
            "maximum": LARGEST_AMOUNT,
            "description": "When they were read, in microseconds since the epoch; the greatest "
            "wins.",
        },
        "livemode": {"type": "boolean", "description": "False for a test customer."},
        "created_at": {
            "type": "string",
            "format": "date-time",
            "description": "When they were made at Stripe, UTC.",
        },
        "email": described(TEXT, "Their e-mail address; capitals do not matter."),
        "name": described(TEXT, "Of the person or the company; for a new contact only."),
        "phone": described(TEXT, "For a new contact only."),
        "address": {
            "type": ["object", "null"],
            "description": "line1, line2, postal_code, city, state, country; for a new contact "
            "only.",
            "properties": dict.fromkeys(_ADDRESS, TEXT),
        },
        "monstock_customer_id": described(
            _REFERENCE, "Monstock's id of the same customer, where Stripe's metadata say it."
        ),
        "tenant": described(TEXT, "The tenant that the metadata name, if they name one."),
        "account_id": described(_REFERENCE, "The connected account, if it is not our own."),
        "deleted": {
            "type": ["boolean", "null"],
            "description": "Whether they were deleted at Stripe.",
        },
    },
}
"""JSON Schema of the stream. The target's README shows it; the target refuses what breaks it."""

_SCHEMA = RecordSchema(STRIPE_CUSTOMER_SCHEMA)


def stripe_customer_to_record(customer: StripeCustomer) -> dict[str, Any]:
    """A JSON-ready record of the `stripe_customers` stream."""
    return asdict(customer) | {"created_at": time_text(customer.created_at)}


def stripe_customer_from_record(record: Mapping[str, Any]) -> StripeCustomer:
    """A record of the `stripe_customers` stream.

    Args:
        record: as `STRIPE_CUSTOMER_SCHEMA` says; fields that it does not name are left alone.

    Raises:
        RecordError: it breaks the schema; the message names the field and not its content.
    """
    _SCHEMA.check(record)
    address = record.get("address") or {}
    return StripeCustomer(
        stripe_customer_id=record["stripe_customer_id"],
        version=record["version"],
        livemode=record["livemode"],
        created_at=moment(record["created_at"], "created_at"),
        email=clean(record.get("email")),
        name=clean(record.get("name")),
        phone=clean(record.get("phone")),
        address=Address(**{part: clean(address.get(part)) for part in _ADDRESS}),
        monstock_customer_id=record.get("monstock_customer_id"),
        tenant=clean(record.get("tenant")),
        account_id=record.get("account_id"),
        deleted=bool(record.get("deleted")),
    )
