"""Writing invoice items."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_amounts import checked_currency
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_drafts import LINES, item_of
from monstock_stripe_sandbox.stripe_editing import Write, merged_metadata, named, subject
from monstock_stripe_sandbox.stripe_errors import invalid, missing_parameter, no_such
from monstock_stripe_sandbox.stripe_line_prices import (
    LINE,
    PLAIN,
    PRICING,
    check_currency,
    check_room,
    editable,
    priced,
)
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld


def _create_item(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    draft: Value | None = None
    if "invoice" in given:
        draft = editable(named(world, "invoice", given["invoice"], "invoice"))
        check_room(len(world.children(LISTS[LINES], given["invoice"])) + 1)
    customer = given.get("customer", draft and draft["customer"])
    if customer is None:
        raise missing_parameter("customer")
    named(world, "customer", customer, "customer")
    if draft is not None and draft["customer"] != customer:
        raise invalid("invoice", f"Invoice {draft['id']} is not for the customer {customer}.")
    currency = _currency_of_item(world, given, draft)
    amount, fields = priced(world, given, currency, "")
    fields |= {name: given[name] for name in PLAIN if name in given}
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
        editable(world.get("invoice", str(invoice)))
    fields = {name: given[name] for name in PLAIN if name in given}
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if given.keys() & PRICING:
        amount, cost = priced(world, given, str(before["currency"]), "", before)
        fields |= {"amount": amount, **cost}
    if invoice is not None:
        world.change_invoice_line(str(invoice), _line_of_item(world, item), **fields)
    elif fields:
        fields["net_amount"] = fields.get("amount", before["net_amount"])
        world.change("invoiceitem", item, **fields)
    return item


def _delete_item(world: StripeWorld, item: str, _given: dict[str, Any]) -> str:
    before = subject(world, "invoiceitem", item)
    invoice = before["invoice"]
    if invoice is None:
        world.delete("invoiceitem", item)
    else:
        editable(world.get("invoice", str(invoice)))
        world.remove_invoice_line(str(invoice), _line_of_item(world, item))
    return item


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
        check_currency(currency, str(draft["currency"]), "currency")
    return currency


def _line_of_item(world: StripeWorld, item: str) -> str:
    invoice = str(world.get("invoiceitem", item)["invoice"])
    for entry in world.children(LISTS[LINES], invoice):
        if item_of(entry.value) == item:
            return entry.key[2]
    raise no_such("invoice line item", item, "invoiceitem", 400)


_CREATED_ITEM = (*LINE, "currency", "customer", "invoice")

INVOICE_ITEM_WRITES = (
    Write("/v1/invoiceitems", "invoiceitem", _create_item, _CREATED_ITEM),
    Write("/v1/invoiceitems/{invoiceitem}", "invoiceitem", _update_item, LINE),
    Write("/v1/invoiceitems/{invoiceitem}", "invoiceitem", _delete_item, verb="delete"),
)
