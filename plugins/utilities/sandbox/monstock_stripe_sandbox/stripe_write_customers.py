"""Writing customers."""

from __future__ import annotations

from typing import Any

from monstock_stripe_sandbox.stripe_editing import (
    Write,
    address,
    change,
    check_email,
    merged_metadata,
    subject,
)
from monstock_stripe_sandbox.stripe_world import StripeWorld

_FIELDS = ("address", "description", "email", "metadata", "name", "phone")


def _create(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    check_email("email", given.get("email"))
    rest = {name: given.get(name) for name in ("description", "phone")}
    return world.customer(
        given.get("email"),
        given.get("name"),
        metadata=merged_metadata({}, given.get("metadata") or {}),
        address=address(None, given.get("address")),
        **rest,
    )


def _update(world: StripeWorld, customer: str, given: dict[str, Any]) -> str:
    before = subject(world, "customer", customer)
    check_email("email", given.get("email"))
    fields = dict(given)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if "address" in given:
        fields["address"] = address(before["address"], given["address"])
    change(world, "customer", customer, **fields)
    return customer


def _delete(world: StripeWorld, customer: str, _given: dict[str, Any]) -> str:
    subject(world, "customer", customer)
    world.delete("customer", customer)
    return customer


CUSTOMER_WRITES = (
    Write("/v1/customers", "customer", _create, _FIELDS),
    Write("/v1/customers/{customer}", "customer", _update, _FIELDS),
    Write("/v1/customers/{customer}", "customer", _delete, verb="delete"),
)
