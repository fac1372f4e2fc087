"""Writing products and prices."""

from __future__ import annotations

from typing import Any

from monstock_stripe_sandbox.stripe_amounts import check_most, checked_currency
from monstock_stripe_sandbox.stripe_editing import (
    Write,
    change,
    merged_metadata,
    named,
    only_one,
    subject,
)
from monstock_stripe_sandbox.stripe_errors import StripeError, missing_parameter
from monstock_stripe_sandbox.stripe_world import StripeWorld

_PRODUCT = ("active", "description", "metadata", "name")
_PRICE = ("active", "metadata", "nickname", "tax_behavior")
_NEW_PRICE = (*_PRICE, "currency", "product", "product_data.name", "unit_amount")


def _create_product(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    fields = {**given, "metadata": merged_metadata({}, given.get("metadata") or {})}
    return world.product(fields.pop("name"), **fields)


def _update_product(world: StripeWorld, product: str, given: dict[str, Any]) -> str:
    before = subject(world, "product", product)
    fields = dict(given)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if any(before[name] != value for name, value in fields.items()):
        fields["updated"] = world.now()
    change(world, "product", product, **fields)
    return product


def _delete_product(world: StripeWorld, product: str, _given: dict[str, Any]) -> str:
    subject(world, "product", product)
    if any(world.shelves["price"].where("product", product)):
        raise StripeError(
            400,
            "This product cannot be deleted because it has one or more user-created prices.",
        )
    world.delete("product", product)
    return product


def _create_price(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    fields = dict(given)
    currency = checked_currency("currency", fields.pop("currency"))
    if "unit_amount" not in given:
        raise missing_parameter("unit_amount")
    check_most(given["unit_amount"], currency, "unit_amount")
    only_one(given, "product", "product_data")
    if "product" in given:
        product = str(named(world, "product", fields.pop("product"), "product")["id"])
    elif "product_data" in given:
        product = world.product(fields.pop("product_data")["name"])
    else:
        raise missing_parameter("product")
    fields["metadata"] = merged_metadata({}, given.get("metadata") or {})
    return world.price(fields.pop("unit_amount"), currency, product, **fields)


def _update_price(world: StripeWorld, price: str, given: dict[str, Any]) -> str:
    before = subject(world, "price", price)
    fields = dict(given)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    change(world, "price", price, **fields)
    return price


CATALOG_WRITES = (
    Write("/v1/products", "product", _create_product, _PRODUCT),
    Write("/v1/products/{id}", "product", _update_product, _PRODUCT),
    Write("/v1/products/{id}", "product", _delete_product, verb="delete"),
    Write("/v1/prices", "price", _create_price, _NEW_PRICE),
    Write("/v1/prices/{price}", "price", _update_price, _PRICE),
)
