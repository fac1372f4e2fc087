"""What Stripe lets be deleted, and what it still says of it afterwards."""

from __future__ import annotations

from monstock_stripe_sandbox.resources.data import resources
from monstock_stripe_sandbox.stripe_announcing import on_deletion
from monstock_stripe_sandbox.stripe_books import StripeBooks, StripeWorldError
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_store import Entry

TOMBSTONES = frozenset(
    {"customer", "terminal.configuration", "terminal.location", "terminal.reader"}
)
"""Kinds that are still found by their id, and say that they were deleted."""

_ELSEWHERE = frozenset({"price", "invoice"})
"""Deleted in the Dashboard, or by a path that says nothing of the list."""


def must_be_deletable(world: StripeBooks, kind: str, entry: Entry) -> None:
    """Check that Stripe would delete this object.

    Raises:
        StripeWorldError: it would not; the message says why.
    """
    identifier = entry.key[2]
    deletes = set(resources().deletes)
    by_path = any(served.kind == kind and served.single in deletes for served in LISTS.values())
    if not by_path and kind not in _ELSEWHERE and not on_deletion(kind, entry.value):
        raise StripeWorldError(f"Stripe deletes no {kind}")
    if kind == "invoice" and entry.value["status"] != "draft":
        raise StripeWorldError(f"{identifier} is {entry.value['status']}; it must be draft")
    if kind == "product" and any(world.shelves["price"].where("product", identifier)):
        raise StripeWorldError(f"{identifier} has prices; it must have none")
