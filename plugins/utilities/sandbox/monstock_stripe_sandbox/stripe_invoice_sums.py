"""What an invoice's lines add up to, and what is asked of the customer for it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_amounts import is_too_small

_Line = Mapping[str, Any]


def line_taxes(amounts: Iterable[Mapping[str, Any]], rates: Iterable[str]) -> list[dict[str, Any]]:
    """Return `taxes` of a line, of a request's `tax_amounts` and the tax rates made of them."""
    return [
        {
            "amount": each["amount"],
            "tax_behavior": "inclusive" if each["tax_rate_data"]["inclusive"] else "exclusive",
            "tax_rate_details": {"tax_rate": rate},
            "taxability_reason": each.get("taxability_reason", "not_available"),
            "taxable_amount": each["taxable_amount"],
            "type": "tax_rate_details",
        }
        for each, rate in zip(amounts, rates, strict=True)
    ]


def totals(lines: Iterable[_Line]) -> dict[str, Any]:
    """Return the sums of an invoice without discounts; inclusive taxes are in the amounts."""
    listed = list(lines)
    taxes = [tax for line in listed for tax in line["taxes"] or ()]
    exclusive = sum(int(tax["amount"]) for tax in taxes if tax["tax_behavior"] == "exclusive")
    inclusive = sum(int(tax["amount"]) for tax in taxes if tax["tax_behavior"] == "inclusive")
    subtotal = sum(int(line["amount"]) for line in listed)
    total = subtotal + exclusive
    return {
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal - inclusive,
        "total": total,
        "total_excluding_tax": subtotal - inclusive,
        "total_taxes": _summed_up(taxes),
        "amount_due": max(total, 0),
        "amount_remaining": max(total, 0),
    }


def _summed_up(taxes: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for tax in taxes:
        key = (tax["tax_rate_details"]["tax_rate"], tax["tax_behavior"], tax["taxability_reason"])
        if key in found:
            before = found[key]
            found[key] = {
                **before,
                "amount": before["amount"] + tax["amount"],
                "taxable_amount": before["taxable_amount"] + tax["taxable_amount"],
            }
        else:
            found[key] = dict(tax)
    return list(found.values())


def asked(total: int, balance: int, currency: str) -> tuple[int, int]:
    """Return what a finalized invoice asks for, and the customer's balance after it.

    A credit (a balance below 0) is used up, a debt is asked for as well. What Stripe would not
    charge for being too little is asked for by the customer's next invoice: it goes to the balance.

    Args:
        total: of the invoice.
        balance: the customer's, before.
    """
    due = total + balance
    if due <= 0 or is_too_small(due, currency):
        return 0, due
    return due, 0
