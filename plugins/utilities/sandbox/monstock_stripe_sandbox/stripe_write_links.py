"""Writing Payment Links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_sales_shapes as shapes
from monstock_stripe_sandbox.stripe_amounts import (
    check_most,
    checked_currency,
    is_too_small,
    smallest,
)
from monstock_stripe_sandbox.stripe_editing import (
    Write,
    change,
    merged_metadata,
    named,
    only_one,
    subject,
)
from monstock_stripe_sandbox.stripe_errors import (
    StripeError,
    invalid,
    missing_parameter,
    no_such,
)
from monstock_stripe_sandbox.stripe_methods import known_method
from monstock_stripe_sandbox.stripe_payment_links import limited, line_of, passed_on
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_MOST_LINES = 20  # Stripe API reference, 'Create a payment link'
_PLAIN = (
    "allow_promotion_codes",
    "billing_address_collection",
    "customer_creation",
    "inactive_message",
    "payment_method_types",
    "submit_type",
)
_BOTH = (
    *_PLAIN,
    "after_completion",
    "metadata",
    "payment_intent_data.description",
    "payment_intent_data.metadata",
    "payment_intent_data.statement_descriptor_suffix",
    "restrictions",
)
_PRICE_DATA = ("currency", "product", "product_data.name", "unit_amount")
_CREATED = (
    *_BOTH,
    "currency",
    "line_items.price",
    "line_items.quantity",
    *(f"line_items.price_data.{name}" for name in _PRICE_DATA),
)
_UPDATED = (*_BOTH, "active", "line_items.id", "line_items.quantity")


def _create(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    sold = given["line_items"]
    if not 0 < len(sold) <= _MOST_LINES:
        raise invalid(
            "line_items",
            f"Payment Links need 1 to {_MOST_LINES} line items; you passed {len(sold)}.",
        )
    lines = [_line(world, line, f"line_items[{index}]") for index, line in enumerate(sold)]
    currencies = {str(line["currency"]) for line in lines}
    if "currency" in given:
        currencies.add(checked_currency("currency", given["currency"]))
    if len(currencies) > 1:
        raise invalid(
            "line_items", f"All line items must have the same currency, not {sorted(currencies)}."
        )
    _check_total(lines)
    fields = _fields(given, {"metadata": {}})
    fields["metadata"] = merged_metadata({}, given.get("metadata") or {})
    return world.link_of(lines, fields)


def _update(world: StripeWorld, link: str, given: dict[str, Any]) -> str:
    before = subject(world, "payment_link", link)
    fields = _fields(given, before)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if "active" in given:
        fields["active"] = given["active"]
    if "line_items" in given:
        _change_lines(world, link, given["line_items"])
    change(world, "payment_link", link, **fields)
    return link


def _fields(given: Mapping[str, Any], before: Value) -> dict[str, Any]:
    """Return the fields that a request sets, of a new link or of one that was before."""
    fields: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    for index, method in enumerate(given.get("payment_method_types") or ()):
        if not known_method(method):
            raise invalid(
                f"payment_method_types[{index}]",
                f"The sandbox knows no payment method {method!r}.",
            )
    if "after_completion" in given:
        fields["after_completion"] = _after_completion(given["after_completion"])
    if "restrictions" in given:
        fields["restrictions"] = _restrictions(given["restrictions"], before)
    if "payment_intent_data" in given:
        was = before.get("payment_intent_data")
        edit = dict(given["payment_intent_data"])
        if "metadata" in edit:
            edit["metadata"] = merged_metadata((was or {}).get("metadata", {}), edit["metadata"])
        fields["payment_intent_data"] = passed_on(was, edit)
    return fields


def _restrictions(given: Mapping[str, Any] | None, before: Value) -> dict[str, Any] | None:
    if given is None:
        return None
    limit = int(given["completed_sessions"]["limit"])
    if limit < 1:
        raise invalid(
            "restrictions[completed_sessions][limit]",
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    was = before.get("restrictions") or limited(limit)
    return limited(limit, int(was["completed_sessions"]["count"]))


def _after_completion(given: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(given["type"])
    usual = {"custom_message": None} if kind == "hosted_confirmation" else None
    part = given.get(kind, usual)
    if part is None:
        raise missing_parameter(f"after_completion[{kind}]")
    return {kind: dict(part), "type": kind}


def _line(world: StripeWorld, given: Mapping[str, Any], at: str) -> dict[str, Any]:
    """Return a line of a new link.

    Raises:
        StripeError: it names no price, or two, or one that is not sold.
    """
    only_one(given, "price", "price_data", at=at)
    quantity = int(given["quantity"])
    if quantity < 1:
        raise invalid(
            f"{at}[quantity]",
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    if "price" in given:
        price: Value = named(world, "price", given["price"], f"{at}[price]")
        if not price["active"]:
            raise invalid(
                f"{at}[price]",
                "The price specified is inactive. This field only accepts active prices.",
            )
        name = str(world.get("product", str(price["product"]))["name"])
    elif "price_data" in given:
        price, name = _inline_price(world, given["price_data"], f"{at}[price_data]")
    else:
        raise missing_parameter(f"{at}[price]")
    return line_of(world.ids.make("li"), price, quantity, name)


def _inline_price(world: StripeWorld, data: Mapping[str, Any], at: str) -> tuple[Value, str]:
    """Return a price that is made for one line alone, in no list, and what it sells."""
    currency = checked_currency(f"{at}[currency]", data["currency"])
    only_one(data, "product", "product_data", at=at)
    if "unit_amount" not in data:
        raise missing_parameter(f"{at}[unit_amount]")
    if "product" in data:
        product = named(world, "product", data["product"], f"{at}[product]")
        identifier, name = str(product["id"]), str(product["name"])
    elif "product_data" in data:
        identifier, name = world.ids.make("prod"), str(data["product_data"]["name"])
    else:
        raise missing_parameter(f"{at}[product]")
    amount = int(data["unit_amount"])
    if amount < 0:
        raise invalid(
            f"{at}[unit_amount]",
            "This value must be greater than or equal to 0.",
            "parameter_invalid_integer",
        )
    price = shapes.price(
        world.ids.make("price"), world.now(), world.livemode, amount, currency, identifier
    )
    return {**price, "active": False}, name


def _check_total(lines: list[dict[str, Any]]) -> None:
    total = sum(int(line["amount_total"]) for line in lines)
    currency = str(lines[0]["currency"])
    check_most(total, currency, "line_items")
    if is_too_small(total, currency):
        raise StripeError(
            400,
            f"The total amount due must add up to at least {smallest(currency)}",
            code="amount_too_small",
            param="line_items",
        )


def _change_lines(world: StripeWorld, link: str, given: list[dict[str, Any]]) -> None:
    """Change how many of each line a link sells: its lines can be neither added nor taken off."""
    known = {entry.key[2]: entry.value for entry in world.link_lines(link)}
    for index, line in enumerate(given):
        if line["id"] not in known:
            raise no_such("line_item", line["id"], f"line_items[{index}][id]", 400)
    changed = {
        line["id"]: line_of(
            line["id"],
            known[line["id"]]["price"],
            int(line.get("quantity", known[line["id"]]["quantity"])),
            str(known[line["id"]]["description"]),
        )
        for line in given
    }
    _check_total([{**known, **changed}[identifier] for identifier in known])
    for identifier, value in changed.items():
        world.alter("item", identifier, **value)


LINK_WRITES = (
    Write("/v1/payment_links", "payment_link", _create, _CREATED),
    Write("/v1/payment_links/{payment_link}", "payment_link", _update, _UPDATED),
)
