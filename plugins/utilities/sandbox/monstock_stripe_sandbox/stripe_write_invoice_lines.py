"""Writing the lines of draft invoices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_drafts import LINES
from monstock_stripe_sandbox.stripe_editing import (
    Write,
    change,
    merged_metadata,
    named,
    subject,
)
from monstock_stripe_sandbox.stripe_errors import invalid, no_such
from monstock_stripe_sandbox.stripe_invoice_sums import line_taxes
from monstock_stripe_sandbox.stripe_line_prices import (
    LINE,
    PLAIN,
    PRICING,
    check_room,
    editable,
    priced,
)
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_MOST_TAXES = 20  # Stripe API reference, 'Bulk add invoice line items'
_NEW_LINE = tuple(
    f"lines.{name}"
    for name in (*LINE, "price_data.product_data.name", "invoice_item", "tax_amounts")
)
_CHANGED_LINE = tuple(
    f"lines.{name}" for name in (*LINE, "price_data.product_data.name", "id", "tax_amounts")
)


def _add_lines(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    draft = editable(subject(world, "invoice", invoice))
    known = len(world.children(LISTS[LINES], invoice))
    check_room(known + len(given["lines"]))
    read = [
        _new_line(world, draft, line, f"lines[{index}]")
        for index, line in enumerate(given["lines"])
    ]
    for amount, item, fields in read:
        fields["taxes"] = _taxes(world, fields.pop("tax_amounts", []))
        world.add_invoice_line(invoice, amount, item, **fields)
    return _with_metadata(world, invoice, given)


def _update_lines(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    draft = editable(subject(world, "invoice", invoice))
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
    editable(subject(world, "invoice", invoice))
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
        fields = {name: item[name] for name in (*PLAIN, "pricing", "quantity", "metadata")}
    else:
        item = None
        amount, fields = priced(world, line, str(draft["currency"]), at)
        fields["metadata"] = {}
    fields |= {name: line[name] for name in PLAIN if name in line}
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
    fields = {name: line[name] for name in PLAIN if name in line}
    if "metadata" in line:
        fields["metadata"] = merged_metadata(before["metadata"], line["metadata"])
    if line.keys() & PRICING:
        amount, cost = priced(world, line, str(draft["currency"]), at, before)
        fields |= {"amount": amount, **cost}
    if "tax_amounts" in line:
        fields["tax_amounts"] = line["tax_amounts"] or []
    return fields


def _check_taxes(line: Mapping[str, Any], at: str) -> None:
    taxes = line.get("tax_amounts") or ()
    if len(taxes) > _MOST_TAXES:
        raise invalid(
            f"{at}[tax_amounts]",
            f"Array must have at most {_MOST_TAXES} elements; you passed {len(taxes)}.",
        )


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


def _line_of(world: StripeWorld, invoice: str, line: str, param: str) -> Value:
    entry = world.shelves["line_item"].entries.get(line)
    if entry is None or entry.value["invoice"] != invoice:
        raise no_such("invoice line item", line, param, 400)
    return entry.value


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
)
