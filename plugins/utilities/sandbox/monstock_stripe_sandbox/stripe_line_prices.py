"""What a line of an invoice costs, as a request says it; for lines and invoice items alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_drafts import one_off_price
from monstock_stripe_sandbox.stripe_editing import named, only_one
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid, missing_parameter
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_MOST_LINES = 250  # Stripe API reference, 'Create an invoice item'
LINE = (
    "amount",
    "description",
    "discountable",
    "metadata",
    "period",
    "price_data.currency",
    "price_data.product",
    "price_data.unit_amount",
    "pricing.price",
    "quantity",
)
"""What lines and items take alike."""

PLAIN = ("description", "discountable", "period")
"""Fields that are taken as they are given."""

PRICING = frozenset({"amount", "price_data", "pricing", "quantity"})
"""Parameters that change what a line costs."""


def priced(
    world: StripeWorld,
    given: Mapping[str, Any],
    currency: str,
    at: str,
    before: Value | None = None,
) -> tuple[int, dict[str, Any]]:
    """Return the amount of a line or item, and its `pricing` and quantity.

    Raises:
        StripeError: it names no amount, or two; or a price of another currency.
    """
    only_one(given, "amount", "quantity", at=at)
    only_one(given, "amount", "price_data", "pricing", at=at)
    quantity = int(given.get("quantity", before["quantity"] if before else 1))
    counted = {"quantity": quantity, "quantity_decimal": str(quantity)}
    if "pricing" in given:
        param = f"{at}[pricing][price]" if at else "pricing[price]"
        price = named(world, "price", given["pricing"]["price"], param)
        check_currency(str(price["currency"]), currency, param)
        unit = int(price["unit_amount"])
        pricing = one_off_price(str(price["id"]), str(price["product"]), unit)
        return unit * quantity, {"pricing": pricing, **counted}
    if "price_data" in given:
        data, param = given["price_data"], f"{at}[price_data]" if at else "price_data"
        check_currency(data["currency"].lower(), currency, f"{param}[currency]")
        unit, product = _unit_and_product(world, data, param)
    elif "amount" in given:
        unit, quantity, product = int(given["amount"]), 1, world.ids.make("prod")
        counted = {"quantity": 1, "quantity_decimal": "1"}
    elif before is not None:
        unit = int(before["pricing"]["unit_amount_decimal"])
        product = str(before["pricing"]["price_details"]["product"])
    else:
        raise missing_parameter(f"{at}[amount]" if at else "amount")
    return unit * quantity, {
        "pricing": one_off_price(world.ids.make("price"), product, unit),
        **counted,
    }


def _unit_and_product(world: StripeWorld, data: Mapping[str, Any], at: str) -> tuple[int, str]:
    only_one(data, "product", "product_data", at=at)
    if "unit_amount" not in data:
        raise missing_parameter(f"{at}[unit_amount]")
    if "product" in data:
        named(world, "product", data["product"], f"{at}[product]")
        return int(data["unit_amount"]), str(data["product"])
    if "product_data" not in data:
        raise missing_parameter(f"{at}[product]")
    return int(data["unit_amount"]), world.ids.make("prod")


def check_currency(given: str, wanted: str, param: str) -> None:
    """Check that a line is in its invoice's currency.

    Raises:
        StripeError: it is not.
    """
    if given != wanted:
        raise invalid(
            param,
            f"The currency {given} does not match the invoice's: an invoice has one currency, "
            f"and this one is in {wanted}.",
        )


def editable(invoice: Value) -> Value:
    """Return an invoice whose lines can be changed.

    Raises:
        StripeError: it is final.
    """
    if invoice["status"] != "draft":
        raise StripeError(
            400,
            "Invalid invoice: This invoice is no longer editable",
            code="invoice_not_editable",
        )
    return invoice


def check_room(lines: int) -> None:
    """Check that an invoice can have so many lines.

    Raises:
        StripeError: they are too many.
    """
    if lines > _MOST_LINES:
        raise invalid("lines", f"An invoice has at most {_MOST_LINES} items, not {lines}.")
