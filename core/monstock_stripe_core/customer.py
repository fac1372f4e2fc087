"""A Monstock customer, as the profile reads it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` as the tenant writes it."""

    line1: str | None = None
    line2: str | None = None
    postal_code: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as Monstock has it now. What the tenant has no field for is None.

    Attributes:
        name: of the person or the company.
        stripe_customer_id: the same customer at Stripe, where that is known to Monstock.
        updated_at: UTC.
        etag: the condition for a write, where the profile has one.
        deleted: whether it was deleted, and lists only still show that.
    """

    id: str
    updated_at: datetime
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Address = Address()
    stripe_customer_id: str | None = None
    created_at: datetime | None = None
    etag: str | None = None
    deleted: bool = False
