"""The record of a customer as target-stripe takes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.record_reading import (
    IDENTIFIER,
    TEXT,
    RecordSchema,
    clean,
    described,
    moment,
)

ADDRESS_FIELDS = ("line1", "line2", "postal_code", "city", "state", "country")

CUSTOMER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["customer_id", "updated_at"],
    "properties": {
        "customer_id": described(IDENTIFIER, "Monstock's own id of the customer; the key."),
        "name": described(TEXT, "Of the person or the business."),
        "email": described(TEXT, "The address that invoices are sent to."),
        "phone": TEXT,
        "address": {
            "type": ["object", "null"],
            "description": "Where the customer lives; `country` is a two-letter ISO code.",
            "properties": dict.fromkeys(ADDRESS_FIELDS, TEXT),
        },
        "stripe_customer_id": described(TEXT, "Stripe's id, where Monstock knows it."),
        "updated_at": {
            "type": "string",
            "format": "date-time",
            "description": "When the customer changed; the newest record counts.",
        },
        "deleted": {
            "type": ["boolean", "null"],
            "description": "Whether the customer was deleted. Default: false.",
        },
    },
}
"""JSON Schema of the stream. The target's README shows it; the target refuses what breaks it."""

_SCHEMA = RecordSchema(CUSTOMER_SCHEMA)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; what is not there is None."""

    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class CustomerRecord:
    """What Stripe is to know of a customer.

    Attributes:
        address: None where nothing of it is known.
        updated_at: UTC.
    """

    customer_id: str
    updated_at: datetime
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Address | None = None
    stripe_customer_id: str | None = None
    deleted: bool = False


def customer_from_record(record: Mapping[str, Any]) -> CustomerRecord:
    """A record of the stream `customers` as a customer.

    Raises:
        RecordError: it breaks the schema, or names no date.
    """
    _SCHEMA.check(record)
    return CustomerRecord(
        customer_id=str(record["customer_id"]),
        updated_at=moment(record["updated_at"], "updated_at"),
        name=clean(record.get("name")),
        email=clean(record.get("email")),
        phone=clean(record.get("phone")),
        address=address_of(record.get("address")),
        stripe_customer_id=clean(record.get("stripe_customer_id")),
        deleted=bool(record.get("deleted")),
    )


def address_of(value: Mapping[str, Any] | None) -> Address | None:
    """An address as Monstock or Stripe writes it; None where all of it is empty."""
    found = Address(**{name: clean((value or {}).get(name)) for name in ADDRESS_FIELDS})
    return None if found == Address() else found
