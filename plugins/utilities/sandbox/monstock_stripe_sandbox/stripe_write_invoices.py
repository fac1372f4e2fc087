"""Writing invoices: drafts, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_amounts import check_most, checked_currency
from monstock_stripe_sandbox.stripe_books import DAY
from monstock_stripe_sandbox.stripe_drafts import advancing
from monstock_stripe_sandbox.stripe_editing import (
    Write,
    change,
    merged_metadata,
    named,
    only_one,
    subject,
)
from monstock_stripe_sandbox.stripe_errors import StripeError, missing_parameter
from monstock_stripe_sandbox.stripe_money import SETTLEMENT_CURRENCY
from monstock_stripe_sandbox.stripe_store import Value
from monstock_stripe_sandbox.stripe_world import StripeWorld

_PLAIN = ("custom_fields", "description", "effective_at", "footer", "number")
_UPDATED = (
    *_PLAIN,
    "auto_advance",
    "collection_method",
    "days_until_due",
    "due_date",
    "metadata",
)
_CREATED = (*_UPDATED, "currency", "customer", "pending_invoice_items_behavior")
_WHEN_FINAL = frozenset({"auto_advance", "metadata"})
"""What can still be changed of an invoice that is no draft (Stripe docs, 'Update an invoice')."""


def _create(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    if "customer" not in given:
        raise missing_parameter("customer")
    customer = named(world, "customer", given["customer"], "customer")
    method = given.get("collection_method", "charge_automatically")
    _check_due(method, given, demanded=True)
    if method == "send_invoice" and not customer["email"]:
        raise StripeError(
            400,
            "Missing email. In order to create invoices that are sent to the customer, the "
            "customer must have a valid email.",
        )
    pending = _pending_items(world, str(customer["id"])) if _includes_pending(given) else []
    usual = customer["currency"] or SETTLEMENT_CURRENCY
    currency = checked_currency("currency", str(given.get("currency", usual)))
    invoice = world.draft_invoice(
        str(customer["id"]),
        currency,
        days_until_due=given.get("days_until_due"),
        due_date=given.get("due_date"),
        auto_advance=given.get("auto_advance", False),
        metadata=merged_metadata({}, given.get("metadata") or {}),
        **{name: given[name] for name in _PLAIN if name in given},
    )
    for item in pending:
        if item["currency"] == currency:
            fields = {name: item[name] for name in _OF_ITEM}
            world.add_invoice_line(
                invoice, int(item["amount"]), str(item["id"]), subtotal=item["amount"], **fields
            )
    return invoice


_OF_ITEM = ("description", "discountable", "metadata", "period", "pricing", "quantity")


def _update(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    before = subject(world, "invoice", invoice, "id")
    refused = sorted(given.keys() - _WHEN_FINAL)
    if before["status"] != "draft" and refused:
        raise StripeError(400, "Finalized invoices can't be updated in this way", param=refused[0])
    method = str(given.get("collection_method", before["collection_method"]))
    _check_due(method, given, demanded=before["due_date"] is None and "collection_method" in given)
    fields: dict[str, Any] = {name: given[name] for name in _PLAIN if name in given}
    fields["collection_method"] = method
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if "due_date" in given:
        fields["due_date"] = given["due_date"]
    if "days_until_due" in given:
        fields["due_date"] = int(before["created"]) + given["days_until_due"] * DAY
    if before["status"] == "draft":
        advance = bool(given.get("auto_advance", before["auto_advance"]))
        fields |= advancing({**before, **fields}, advance)
    elif "auto_advance" in given:
        fields["auto_advance"] = given["auto_advance"]
    change(world, "invoice", invoice, **fields)
    return invoice


def _delete(world: StripeWorld, invoice: str, _given: dict[str, Any]) -> str:
    before = subject(world, "invoice", invoice)
    if before["status"] != "draft":
        raise StripeError(400, "You can only delete draft invoices.")
    world.delete("invoice", invoice)
    return invoice


def _finalize(world: StripeWorld, invoice: str, given: dict[str, Any]) -> str:
    before = subject(world, "invoice", invoice, "id")
    if before["status"] != "draft":
        raise StripeError(
            400,
            "This invoice is already finalized, you can't re-finalize a non-draft invoice.",
        )
    _check_amount(before)
    world.finalize_invoice(invoice)
    if "auto_advance" in given:
        change(world, "invoice", invoice, auto_advance=given["auto_advance"])
    return invoice


def _send(world: StripeWorld, invoice: str, _given: dict[str, Any]) -> str:
    before = subject(world, "invoice", invoice)
    if before["collection_method"] != "send_invoice":
        raise StripeError(
            400,
            "You can only manually send an invoice if its collection method is 'send_invoice'.",
        )
    if before["status"] not in ("draft", "open"):
        raise StripeError(
            400,
            "This invoice cannot be sent right now. Please contact us via "
            "https://support.stripe.com/contact with details, so we can help.",
        )
    _check_amount(before)
    world.send_invoice(invoice)
    return invoice


def _void(world: StripeWorld, invoice: str, _given: dict[str, Any]) -> str:
    before = subject(world, "invoice", invoice, "id")
    if before["status"] == "paid":
        raise StripeError(400, "Invoices with `paid` payments cannot be voided.")
    _must_be_open(before)
    world.void_invoice(invoice)
    return invoice


def _mark_uncollectible(world: StripeWorld, invoice: str, _given: dict[str, Any]) -> str:
    before = subject(world, "invoice", invoice, "id")
    if before["status"] == "uncollectible":
        raise StripeError(400, "This invoice has already been marked uncollectible.")
    _must_be_open(before)
    world.mark_invoice_uncollectible(invoice)
    return invoice


def _must_be_open(invoice: Value) -> None:
    if invoice["status"] != "open":
        raise StripeError(400, "You can only pass in open invoices. This invoice isn't open.")


def _check_amount(invoice: Value) -> None:
    """Check that the PaymentIntent of an invoice could be made."""
    check_most(int(invoice["amount_due"]), str(invoice["currency"]))


def _check_due(method: str, given: Mapping[str, Any], *, demanded: bool) -> None:
    only_one(given, "days_until_due", "due_date")
    dated = "days_until_due" in given or "due_date" in given
    if method == "charge_automatically" and dated:
        raise StripeError(
            400,
            "You can only specify 'due_date' or 'days_until_due' if invoice collection method is "
            "'send_invoice'.",
        )
    if method == "send_invoice" and demanded and not dated:
        raise StripeError(
            400,
            "If invoice collection method is 'send_invoice', you must specify 'due_date' or "
            "'days_until_due'.",
        )


def _includes_pending(given: Mapping[str, Any]) -> bool:
    return bool(given.get("pending_invoice_items_behavior", "exclude") == "include")


def _pending_items(world: StripeWorld, customer: str) -> list[Value]:
    shelf = world.shelves["invoiceitem"]
    items = [shelf.entries[key[2]].value for key in shelf.ordered(customer=customer)]
    return [item for item in items if item["customer"] == customer and item["invoice"] is None]


INVOICE_WRITES = (
    Write("/v1/invoices", "invoice", _create, _CREATED),
    Write("/v1/invoices/{invoice}", "invoice", _update, _UPDATED),
    Write("/v1/invoices/{invoice}", "invoice", _delete, verb="delete"),
    Write("/v1/invoices/{invoice}/finalize", "invoice", _finalize, ("auto_advance",)),
    Write("/v1/invoices/{invoice}/send", "invoice", _send),
    Write("/v1/invoices/{invoice}/void", "invoice", _void),
    Write("/v1/invoices/{invoice}/mark_uncollectible", "invoice", _mark_uncollectible),
)
