"""Writing the lines of draft invoices, and the invoice items that they are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_amounts import checked_currency
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_drafts import LINES, item_of, one_off_price
from monstock_stripe_sandbox.stripe_editing import (
    Write,
    change,
    merged_metadata,
    named,
    only_one,
    subject,
)
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid, missing_parameter, no_such
from monstock_stripe_sandbox.stripe_invoice_sums import line_taxes
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_MOST_LINES = 250  # Stripe API reference, 'Create an invoice item'
_MOST_TAXES = 20  # the same, 'Bulk add invoice line items'
_LINE = (
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
_NEW_LINE = tuple(
    f"lines.{name}"
    for name in (*_LINE, "price_data.product_data.name", "invoice_item", "tax_amounts")
)
_CHANGED_LINE = tuple(
    f"lines.{name}" for name in (*_LINE, "price_data.product_data.name", "id", "tax_amounts")
)
_PLAIN = ("description", "discountable", "period")


def _add_lines(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    draft = _editable(subject(world, "invoice", invoice))
    known = len(world.children(LISTS[LINES], invoice))
    _check_room(known + len(given["lines"]))
    read = [
        _new_line(world, draft, line, f"lines[{index}]")
        for index, line in enumerate(given["lines"])
    ]
    for amount, item, fields in read:
        fields["taxes"] = _taxes(world, fields.pop("tax_amounts", []))
        world.add_invoice_line(invoice, amount, item, **fields)
    return _with_metadata(world, invoice, given)


def _update_lines(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    draft = _editable(subject(world, "invoice", invoice))
    read = [
        (line["id"], _changed_line(world, draft, line, f"lines[{index}]"))
        for index, line in enumerate(given["lines"])
    ]
    for identifier, fields in read:
        if "tax_amounts" in fields:
            fields["taxes"] = _taxes(world, fields.pop("tax_amounts"))
        world.change_invoice_line(invoice, identifier, **fields)
    return _with_metadata(world, invoice, given)


def _remove_lines(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    _editable(subject(world, "invoice", invoice))
    for index, line in enumerate(given["lines"]):
        _line_of(world, invoice, line["id"], f"lines[{index}][id]")
    for line in given["lines"]:
        world.remove_invoice_line(invoice, line["id"], keep_item=line["behavior"] == "unassign")
    return _with_metadata(world, invoice, given)


def _with_metadata(world: StripeWorld, invoice: str, given: Mapping[str, Any]) -> str:
    if "invoice_metadata" in given:
        before = world.get("invoice", invoice)["metadata"]
        after = merged_metadata(before, given["invoice_metadata"])
        change(world, "invoice", invoice, metadata=after)
    return invoice


def _create_item(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    draft: Value | None = None
    if "invoice" in given:
        draft = _editable(named(world, "invoice", given["invoice"], "invoice"))
        _check_room(len(world.children(LISTS[LINES], given["invoice"])) + 1)
    customer = given.get("customer", draft and draft["customer"])
    if customer is None:
        raise missing_parameter("customer")
    named(world, "customer", customer, "customer")
    currency = _currency_of_item(world, given, draft)
    amount, fields = _priced(world, given, currency, "")
    fields |= {name: given[name] for name in _PLAIN if name in given}
    fields["metadata"] = merged_metadata({}, given.get("metadata") or {})
    if draft is not None:
        line = world.add_invoice_line(str(draft["id"]), amount, subtotal=amount, **fields)
        return item_of(world.get("line_item", line))
    fields.setdefault("period", {"start": world.now(), "end": world.now()})
    return world.create(
        "invoiceitem",
        amount=amount,
        net_amount=amount,
        currency=currency,
        customer=customer,
        invoice=None,
        discounts=[],
        tax_rates=[],
        **{"description": None, "discountable": amount >= 0, **fields},
    )


def _update_item(world: StripeWorld, item: str, given: dict[str, Any]) -> str:
    before = subject(world, "invoiceitem", item)
    invoice = before["invoice"]
    if invoice is not None:
        _editable(world.get("invoice", str(invoice)))
    fields = {name: given[name] for name in _PLAIN if name in given}
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if given.keys() & _PRICING:
        amount, priced = _priced(world, given, str(before["currency"]), "", before)
        fields |= {"amount": amount, **priced}
    if invoice is not None:
        world.change_invoice_line(str(invoice), _line_of_item(world, item), **fields)
    elif fields:
        world.change("invoiceitem", item, **fields)
    return item


def _delete_item(world: StripeWorld, item: str, _given: dict[str, Any]) -> str:
    before = subject(world, "invoiceitem", item)
    invoice = before["invoice"]
    if invoice is None:
        world.delete("invoiceitem", item)
    else:
        _editable(world.get("invoice", str(invoice)))
        world.remove_invoice_line(str(invoice), _line_of_item(world, item))
    return item


_PRICING = frozenset({"amount", "price_data", "pricing", "quantity"})


def _new_line(
    world: StripeWorld, draft: Value, line: dict[str, Any], at: str
) -> tuple[int, str | None, dict[str, Any]]:
    """Return the amount, the invoice item and the fields of a line that is to be added."""
    _check_taxes(line, at)
    if "invoice_item" in line:
        item = named(world, "invoiceitem", line["invoice_item"], f"{at}[invoice_item]")
        if item["invoice"] is not None or item["customer"] != draft["customer"]:
            raise invalid(f"{at}[invoice_item]", f"Invoice item {item['id']} is not unassigned.")
        amount = int(item["amount"])
        fields = {name: item[name] for name in (*_PLAIN, "pricing", "quantity", "metadata")}
    else:
        item = None
        amount, fields = _priced(world, line, str(draft["currency"]), at)
        fields["metadata"] = {}
    fields |= {name: line[name] for name in _PLAIN if name in line}
    if "metadata" in line:
        fields["metadata"] = merged_metadata(fields["metadata"], line["metadata"])
    if line.get("tax_amounts"):
        fields["tax_amounts"] = line["tax_amounts"]
    return amount, None if item is None else str(item["id"]), {**fields, "subtotal": amount}


def _changed_line(
    world: StripeWorld, draft: Value, line: dict[str, Any], at: str
) -> dict[str, Any]:
    before = _line_of(world, str(draft["id"]), line["id"], f"{at}[id]")
    _check_taxes(line, at)
    fields = {name: line[name] for name in _PLAIN if name in line}
    if "metadata" in line:
        fields["metadata"] = merged_metadata(before["metadata"], line["metadata"])
    if line.keys() & _PRICING:
        amount, priced = _priced(world, line, str(draft["currency"]), at, before)
        fields |= {"amount": amount, **priced}
    if "tax_amounts" in line:
        fields["tax_amounts"] = line["tax_amounts"] or []
    return fields


def _priced(
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
        _check_currency(str(price["currency"]), currency, param)
        unit = int(price["unit_amount"])
        pricing = one_off_price(str(price["id"]), str(price["product"]), unit)
        return unit * quantity, {"pricing": pricing, **counted}
    if "price_data" in given:
        data, param = given["price_data"], f"{at}[price_data]" if at else "price_data"
        _check_currency(data["currency"].lower(), currency, f"{param}[currency]")
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


def _currency_of_item(world: StripeWorld, given: Mapping[str, Any], draft: Value | None) -> str:
    if "price_data" in given:
        code = given["price_data"]["currency"]
    elif "pricing" in given:
        code = named(world, "price", given["pricing"]["price"], "pricing[price]")["currency"]
    elif "currency" in given:
        code = given["currency"]
    else:
        raise missing_parameter("currency")
    currency = checked_currency("currency", code)
    if draft is not None:
        _check_currency(currency, str(draft["currency"]), "currency")
    return currency


def _check_currency(given: str, wanted: str, param: str) -> None:
    if given != wanted:
        raise invalid(
            param,
            f"The currency {given} does not match the invoice's: an invoice has one currency, "
            f"and this one is in {wanted}.",
        )


def _check_taxes(line: Mapping[str, Any], at: str) -> None:
    taxes = line.get("tax_amounts") or ()
    if len(taxes) > _MOST_TAXES:
        raise invalid(
            f"{at}[tax_amounts]",
            f"Array must have at most {_MOST_TAXES} elements; you passed {len(taxes)}.",
        )


def _check_room(lines: int) -> None:
    if lines > _MOST_LINES:
        raise invalid("lines", f"An invoice has at most {_MOST_LINES} items, not {lines}.")


def _taxes(world: StripeWorld, amounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return line_taxes(amounts, [_tax_rate(world, each["tax_rate_data"]) for each in amounts])


def _tax_rate(world: StripeWorld, data: Mapping[str, Any]) -> str:
    """Return the archived TaxRate that Stripe makes of such data once, and uses again."""
    wanted = {**dict.fromkeys(_TAX_RATE), **data, "percentage": float(data["percentage"])}
    shelf = world.shelves["tax_rate"]
    for key in shelf.ordered():
        found = shelf.entries[key[2]].value
        if not found["active"] and {name: found[name] for name in wanted} == wanted:
            return key[2]
    return world.create("tax_rate", active=False, rate_type="percentage", **wanted)


_TAX_RATE = (
    "country",
    "description",
    "display_name",
    "inclusive",
    "jurisdiction",
    "jurisdiction_level",
    "state",
    "tax_type",
)


def _editable(invoice: Value) -> Value:
    if invoice["status"] != "draft":
        raise StripeError(
            400,
            "Invalid invoice: This invoice is no longer editable",
            code="invoice_not_editable",
        )
    return invoice


def _line_of(world: StripeWorld, invoice: str, line: str, param: str) -> Value:
    entry = world.shelves["line_item"].entries.get(line)
    if entry is None or entry.value["invoice"] != invoice:
        raise no_such("invoice line item", line, param, 400)
    return entry.value


def _line_of_item(world: StripeWorld, item: str) -> str:
    invoice = str(world.get("invoiceitem", item)["invoice"])
    for entry in world.children(LISTS[LINES], invoice):
        if item_of(entry.value) == item:
            return entry.key[2]
    raise no_such("invoice line item", item, "invoiceitem", 400)


_CREATED_ITEM = (*_LINE, "currency", "customer", "invoice")

INVOICE_LINE_WRITES = (
    Write(
        "/v1/invoices/{invoice}/add_lines",
        "invoice",
        _add_lines,
        ("invoice_metadata", *_NEW_LINE),
    ),
    Write(
        "/v1/invoices/{invoice}/update_lines",
        "invoice",
        _update_lines,
        ("invoice_metadata", *_CHANGED_LINE),
    ),
    Write(
        "/v1/invoices/{invoice}/remove_lines",
        "invoice",
        _remove_lines,
        ("invoice_metadata", "lines"),
    ),
    Write("/v1/invoiceitems", "invoiceitem", _create_item, _CREATED_ITEM),
    Write("/v1/invoiceitems/{invoiceitem}", "invoiceitem", _update_item, _LINE),
    Write("/v1/invoiceitems/{invoiceitem}", "invoiceitem", _delete_item, verb="delete"),
)
