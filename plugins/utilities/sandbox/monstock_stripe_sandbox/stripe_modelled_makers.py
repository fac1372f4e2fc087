"""How an object of a modelled kind comes about, where nobody says how: by its own operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from monstock_stripe_sandbox.stripe_books import StripeWorldError
from monstock_stripe_sandbox.stripe_invoices import InvoiceOperations

Maker = Callable[[InvoiceOperations, dict[str, Any]], str]
"""(world, fields) → id; takes what the operation knows of out of the fields."""


def _taken(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: fields.pop(name) for name in names if name in fields}


def _money(fields: dict[str, Any], field: str = "amount") -> tuple[int, str]:
    return int(fields.pop(field, 1000)), str(fields.pop("currency", "eur"))


def _paid(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    given = fields.pop("payment_intent", None) or fields.pop("charge", None)
    if given is not None:
        return str(given)
    amount = int(fields.get("amount", 1000))
    pi = world.payment_intent(amount, "eur")
    world.succeed(pi)
    return pi


def _payment_intent(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    amount, currency = _money(fields)
    given = _taken(fields, "customer", "description", "metadata")
    return world.payment_intent(amount, currency, **given)


def _charge(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    amount, currency = _money(fields)
    return world.direct_charge(amount, currency, **_taken(fields, "metadata"))


def _refund(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    of = _paid(world, fields)
    return world.refund(of, fields.pop("amount", None))


def _dispute(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    of = _paid(world, fields)
    fields.pop("amount", None)
    return world.dispute(of)


def _customer(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    return world.customer(**_taken(fields, "email", "metadata", "name"))


def _session(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    amount, currency = _money(fields, "amount_total")
    known = ("client_reference_id", "customer_email", "metadata", "payment_link")
    return world.checkout_session(amount, currency, **_taken(fields, *known))


def _invoice(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    amount, currency = _money(fields, "total")
    return world.invoice(
        amount, currency, **_taken(fields, "customer", "description", "metadata", "number")
    )


def _invoice_payment(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    invoice = fields.pop("invoice", None) or world.invoice(1000, "eur")
    payments = list(world.shelves["invoice_payment"].where("invoice", str(invoice)))
    return payments[-1].key[2]


def _balance_transaction(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    amount, currency = _money(fields)
    charge = world.direct_charge(amount, currency)
    return str(world.get("charge", charge)["balance_transaction"])


def _payment_link(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    return world.payment_link(**_taken(fields, "metadata"))


def _product(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    return world.product(str(fields.pop("name", "Thing")))


def _price(world: InvoiceOperations, fields: dict[str, Any]) -> str:
    amount, currency = _money(fields, "unit_amount")
    product = fields.pop("product", None) or world.product("Thing")
    return world.price(amount, currency, str(product))


def _event(_world: InvoiceOperations, _fields: dict[str, Any]) -> str:
    raise StripeWorldError("an event cannot be made: it comes of what happens to other objects")


MAKERS: dict[str, Maker] = {
    "balance_transaction": _balance_transaction,
    "charge": _charge,
    "checkout.session": _session,
    "customer": _customer,
    "dispute": _dispute,
    "event": _event,
    "invoice": _invoice,
    "invoice_payment": _invoice_payment,
    "payment_intent": _payment_intent,
    "payment_link": _payment_link,
    "price": _price,
    "product": _product,
    "refund": _refund,
}
