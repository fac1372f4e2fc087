"""Customers as the parameters of calls, and as people and the ledger see what is written."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec
from monstock_stripe_core.customer_record import ADDRESS_FIELDS, Address, CustomerRecord
from monstock_stripe_core.errors import RecordError
from monstock_stripe_core.stripe_customer_plan import (
    CustomerPlan,
    CustomerRules,
    CustomerWrite,
    customer_metadata,
)
from monstock_stripe_core.stripe_intention import REVISION_KEY, Intention

from target_stripe.outcome import PlannedWrite

if TYPE_CHECKING:
    from stripe.params import (
        CustomerCreateParams,
        CustomerCreateParamsAddress,
        CustomerUpdateParams,
        CustomerUpdateParamsAddress,
    )

_TEXTS = ("name", "email", "phone")


class _KeptCustomer(msgspec.Struct, forbid_unknown_fields=True):
    metadata: dict[str, str]
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Address | None = None


def create_params(
    record: CustomerRecord, revision: int, rules: CustomerRules
) -> CustomerCreateParams:
    """What makes a customer; kept with the intention and never changed."""
    metadata = {**customer_metadata(record.customer_id, rules), REVISION_KEY: str(revision)}
    return _create_params(metadata, record)


def intended_params(intention: Intention) -> CustomerCreateParams:
    """The parameters as they were kept, read back into types of their own.

    Raises:
        RecordError: they are not such as this version keeps.
    """
    try:
        kept = msgspec.convert(dict(intention.parameters), _KeptCustomer)
    except msgspec.ValidationError as error:
        raise RecordError(f"the ledger's intention {intention.key}: {error}") from None
    return _create_params(kept.metadata, kept)


def _create_params(
    metadata: dict[str, str], given: CustomerRecord | _KeptCustomer
) -> CustomerCreateParams:
    params: CustomerCreateParams = {"metadata": metadata}
    if given.name is not None:
        params["name"] = given.name
    if given.email is not None:
        params["email"] = given.email
    if given.phone is not None:
        params["phone"] = given.phone
    if given.address is not None:
        params["address"] = _new_address(given.address)
    return params


def update_params(write: CustomerWrite) -> CustomerUpdateParams:
    """What changes a customer; an empty text takes a value away."""
    params: CustomerUpdateParams = {}
    if "name" in write.texts:
        params["name"] = write.texts["name"]
    if "email" in write.texts:
        params["email"] = write.texts["email"]
    if "phone" in write.texts:
        params["phone"] = write.texts["phone"]
    if write.address is not None:
        params["address"] = _changed_address(write.address)
    elif write.takes_address_away:
        params["address"] = ""
    if write.metadata:
        params["metadata"] = dict(write.metadata)
    return params


def refusal_digest(plan: CustomerPlan, record: CustomerRecord) -> str:
    """A hash of a write: the same one is not tried again where Stripe refused it."""
    basis = (plan.write, record.name, record.email, record.phone, record.address)
    return hashlib.sha256(repr(basis).encode("utf-8", "replace")).hexdigest()


def shown_write(record: CustomerRecord, plan: CustomerPlan) -> PlannedWrite:
    """A write as a dry run shows it: which fields, and not what stands in them."""
    write = plan.write
    if write is None:
        fields = [name for name in (*_TEXTS, "address") if getattr(record, name) is not None]
        object_id = ""
    else:
        object_id = write.id
        fields = [*write.texts, *write.metadata]
        fields += ["address"] if write.address or write.takes_address_away else []
    return PlannedWrite(
        subject=f"customer {record.customer_id}",
        action="create customer" if write is None else "change customer",
        object_id=object_id,
        detail=", ".join(fields),
        customer_id=record.customer_id,
    )


def _new_address(address: Address) -> CustomerCreateParamsAddress:
    """The parts that are there: Stripe refuses an empty text in a new one's."""
    params: CustomerCreateParamsAddress = {}
    if address.line1 is not None:
        params["line1"] = address.line1
    if address.line2 is not None:
        params["line2"] = address.line2
    if address.postal_code is not None:
        params["postal_code"] = address.postal_code
    if address.city is not None:
        params["city"] = address.city
    if address.state is not None:
        params["state"] = address.state
    if address.country is not None:
        params["country"] = address.country
    return params


def _changed_address(address: Address) -> CustomerUpdateParamsAddress:
    """All parts, so that none of the old address is left."""
    line1, line2, postal_code, city, state, country = (
        getattr(address, name) or "" for name in ADDRESS_FIELDS
    )
    return {
        "line1": line1,
        "line2": line2,
        "postal_code": postal_code,
        "city": city,
        "state": state,
        "country": country,
    }
