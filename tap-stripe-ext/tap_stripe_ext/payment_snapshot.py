"""Puts a payment's snapshot together from the objects that Stripe gave. Pure.

The snapshot is the whole present truth of one payment, with Stripe's own field names and amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

StripeObject = dict[str, Any]

# What a snapshot keeps of its Checkout Sessions and invoices.
SESSION_FIELDS: tuple[str, ...] = (
    "id",
    "client_reference_id",
    "metadata",
    "payment_link",
    "mode",
    "status",
    "payment_status",
    "customer_details",
)
INVOICE_FIELDS: tuple[str, ...] = (
    "id",
    "number",
    "metadata",
    "currency",
    "status",
    "total",
    "amount_due",
    "amount_paid",
    "amount_remaining",
    "amount_paid_off_stripe",
    "starting_balance",
    "ending_balance",
    "status_transitions",
    "customer_email",
    "created",
)


def snapshot_of_intent(
    intent: StripeObject,
    *,
    refunds: list[StripeObject],
    disputes: list[StripeObject],
    sessions: Iterable[StripeObject],
    invoices: Iterable[StripeObject],
    version: int,
    account_id: str | None,
) -> StripeObject:
    """Return the snapshot of a PaymentIntent whose latest charge is expanded.

    Args:
        intent: the PaymentIntent; `latest_charge` is the object, or null.
        refunds: all refunds of that charge.
        disputes: all disputes of that charge.
        sessions: the Checkout Sessions that led to it.
        invoices: the invoices that it pays.
        version: when its reading began, in microseconds since 1970.
        account_id: the connected account that it was read from.
    """
    charge = intent.get("latest_charge")
    charge = without_refunds(charge) if isinstance(charge, dict) else None
    return {
        **_head(intent, version, account_id),
        "payment_intent": {**intent, "latest_charge": charge["id"] if charge else None},
        "charge": charge,
        "refunds": refunds,
        "disputes": disputes,
        "checkout_sessions": [session_part(session) for session in sessions],
        "invoices": [invoice_part(invoice) for invoice in invoices],
    }


def snapshot_of_charge(
    charge: StripeObject,
    *,
    refunds: list[StripeObject],
    disputes: list[StripeObject],
    invoices: Iterable[StripeObject],
    version: int,
    account_id: str | None,
) -> StripeObject:
    """Return the snapshot of a Charge that has no PaymentIntent."""
    return {
        **_head(charge, version, account_id),
        "payment_intent": None,
        "charge": without_refunds(charge),
        "refunds": refunds,
        "disputes": disputes,
        "checkout_sessions": [],
        "invoices": [invoice_part(invoice) for invoice in invoices],
    }


def snapshot_of_invoice(
    invoice: StripeObject, *, version: int, account_id: str | None
) -> StripeObject:
    """Return the snapshot of an invoice that was settled, wholly or in part, without a payment."""
    return {
        **_head(invoice, version, account_id),
        "payment_intent": None,
        "charge": None,
        "refunds": [],
        "disputes": [],
        "checkout_sessions": [],
        "invoices": [invoice_part(invoice)],
    }


def is_settled_without_payment(invoice: StripeObject) -> bool:
    """Tell whether a paid invoice was settled by credit, a full discount or outside of Stripe.

    Since API version 2025-03-31 `paid_out_of_band` is gone; `amount_paid_off_stripe` tells.
    """
    if invoice.get("status") != "paid":
        return False
    credit_used = (invoice.get("starting_balance") or 0) != (invoice.get("ending_balance") or 0)
    paid_elsewhere = (invoice.get("amount_paid_off_stripe") or 0) > 0
    return credit_used or paid_elsewhere or invoice.get("total") == 0


def is_disputed(charge: object) -> bool:
    """Tell whether disputes have to be asked for."""
    return isinstance(charge, dict) and bool(charge.get("disputed"))


def without_refunds(charge: StripeObject) -> StripeObject:
    """Return the charge without its list of refunds, which the snapshot holds beside it."""
    return {name: value for name, value in charge.items() if name != "refunds"}


def session_part(session: Mapping[str, Any]) -> StripeObject:
    """Return what a snapshot keeps of a Checkout Session."""
    part = {name: session[name] for name in SESSION_FIELDS if name in session}
    link = part.get("payment_link")
    if isinstance(link, dict):
        part["payment_link"] = {"id": link["id"], "metadata": link.get("metadata") or {}}
    elif isinstance(link, str):
        part["payment_link"] = {"id": link}
    details = part.get("customer_details")
    if isinstance(details, dict):
        part["customer_details"] = {"email": details.get("email")}
    prices = [line.get("price") or {} for line in _lines(session, "line_items")]
    return {**part, "products": _products(prices)}


def invoice_part(invoice: Mapping[str, Any]) -> StripeObject:
    """Return what a snapshot keeps of an invoice."""
    part = {name: invoice[name] for name in INVOICE_FIELDS if name in invoice}
    pricings = [line.get("pricing") or {} for line in _lines(invoice, "lines")]
    return {**part, "products": _products(p.get("price_details") or {} for p in pricings)}


def _lines(owner: Mapping[str, Any], name: str) -> list[StripeObject]:
    """Return the lines that came with a session or an invoice: Stripe embeds the first ten."""
    data: list[StripeObject] = (owner.get(name) or {}).get("data") or []
    return data


def _products(prices: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the products that prices are for, sorted, each once."""
    return sorted({product for price in prices if (product := id_of(price.get("product")))})


def id_of(value: object) -> str | None:
    """Return the id that an expandable field holds, expanded or not."""
    if isinstance(value, dict):
        value = value.get("id")
    return value if isinstance(value, str) else None


def _head(stripe_object: StripeObject, version: int, account_id: str | None) -> StripeObject:
    return {
        "id": stripe_object["id"],
        "object": stripe_object["object"],
        "account_id": account_id,
        "livemode": stripe_object["livemode"],
        "created": stripe_object["created"],
        "version": version,
    }
