"""A customer as Stripe has them, with what their metadata says of Monstock's.

What the fields mean is from Stripe's API reference ("Customers").
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monstock_stripe_core.customer import Address
from monstock_stripe_core.errors import MonstockStripeError, RecordError
from monstock_stripe_core.link_annotation import TENANT_KEY
from monstock_stripe_core.record_fields import object_of, optional_text
from monstock_stripe_core.stripe_customer_plan import CUSTOMER_ID_KEY
from monstock_stripe_core.stripe_fields import connected_account, moment, true_or_false

_ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


@dataclass(frozen=True, slots=True)
class StripeCustomer:
    """A customer as they were read.

    Attributes:
        stripe_customer_id: Stripe's own id, which no other account has.
        version: when they were read, in microseconds since the epoch.
        name: of the person or the company.
        monstock_customer_id: Monstock's id of the same customer, as the metadata say.
        tenant: the tenant that the metadata name, where one Stripe account feeds several.
        account_id: the connected account; None for our own.
        deleted: whether they were deleted at Stripe.
    """

    stripe_customer_id: str
    version: int
    livemode: bool
    created_at: datetime
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    address: Address = field(default_factory=Address)
    monstock_customer_id: str | None = None
    tenant: str | None = None
    account_id: str | None = None
    deleted: bool = False


def latest(new: StripeCustomer, known: StripeCustomer | None) -> StripeCustomer:
    """Return the reading that counts.

    A customer has no time of change: the reading that began later counts, and who was deleted
    stays so. Of two readings of one moment it is an arbitrary one, but always the same.
    """
    return new if known is None or _rank(new) > _rank(known) else known


def _rank(customer: StripeCustomer) -> tuple[bool, int, str]:
    return customer.deleted, customer.version, repr(customer)


def customer_from_stripe(record: Mapping[str, Any], version: int) -> StripeCustomer:
    """A record of tap-stripe-ext's stream `customers`, in Stripe's own field names.

    Args:
        record: as the tap emits it, with `deleted` where they were.
        version: when it was read, in microseconds since the epoch.

    Raises:
        RecordError: it is no customer; the message names it, and nothing of its content.
    """
    if not isinstance(record, Mapping):
        raise RecordError(f"not a Stripe object but a {type(record).__name__}")
    name = f"customer {record.get('id')!s:.255}"
    try:
        return _read(record, version)
    except MonstockStripeError as error:
        raise RecordError(f"{name}: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError) as error:
        raise RecordError(f"{name}: not as Stripe has them ({type(error).__name__})") from None


def _read(record: Mapping[str, Any], version: int) -> StripeCustomer:
    metadata = object_of(record.get("metadata") or {}, "metadata")
    address = object_of(record.get("address") or {}, "address")
    stripe_id = optional_text(record["id"], "id")
    if stripe_id is None:
        raise RecordError("id is empty")
    return StripeCustomer(
        stripe_customer_id=stripe_id,
        version=version,
        livemode=true_or_false(record["livemode"], "livemode"),
        created_at=moment(record["created"]),
        email=optional_text(record.get("email"), "email"),
        name=optional_text(record.get("name"), "name"),
        phone=optional_text(record.get("phone"), "phone"),
        address=Address(**{part: optional_text(address.get(part), part) for part in _ADDRESS}),
        monstock_customer_id=optional_text(metadata.get(CUSTOMER_ID_KEY), CUSTOMER_ID_KEY),
        tenant=optional_text(metadata.get(TENANT_KEY), TENANT_KEY),
        account_id=connected_account(record),
        deleted=bool(record.get("deleted")),
    )
