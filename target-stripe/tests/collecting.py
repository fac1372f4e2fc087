"""What the tests of collecting share."""

from collections.abc import Sequence
from typing import Any

from monstock_stripe_sandbox.testing import RunningSandbox
from target_stripe.testing import customer, order

LATER = "2026-11-21T10:00:00Z"
LATEST = "2026-11-22T10:00:00Z"

BUYER = customer("c1", name="Ann", email="ann@example.com")
LINES = [
    {"description": "Chair", "quantity": 2, "total": 6000, "tax": 1000, "tax_rate": "20"},
    {"description": "Delivery", "total": 1200, "tax": 200, "tax_rate": 20},
    {"description": "Welcome", "quantity": "1.5", "total": -600, "tax": -100, "tax_rate": 20},
]


def values(sandbox: RunningSandbox, kind: str) -> list[dict[str, Any]]:
    """Stripe's objects of a kind, oldest first."""
    shelf = sandbox.stripe.shelves[kind]
    return [dict(shelf.entries[key[2]].value) for key in shelf.ordered()]


def statuses(sandbox: RunningSandbox, kind: str) -> list[object]:
    """What became of them, oldest first."""
    name = "active" if kind == "payment_link" else "status"
    return [value[name] for value in values(sandbox, kind)]


def bought(total: int = 6600, **fields: Any) -> dict[str, Any]:
    """An order of the buyer that is to be paid."""
    return order("ord_1", total, customer_id="c1") | fields


def invoice_lines(sandbox: RunningSandbox, invoice: str) -> Sequence[tuple[object, object]]:
    """Description and amount of an invoice's lines, in their order."""
    from monstock_stripe_sandbox.stripe_catalog import LISTS

    entries = sandbox.stripe.children(LISTS["/v1/invoices/{invoice}/lines"], invoice)
    return sorted((e.value["description"], e.value["amount"]) for e in entries)
