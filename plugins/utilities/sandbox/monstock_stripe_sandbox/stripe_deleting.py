"""What Stripe lets be changed and deleted, and what it still says of it afterwards."""

from __future__ import annotations

from monstock_stripe_sandbox.resources.data import resources
from monstock_stripe_sandbox.stripe_announcing import (
    ANNOUNCED_BY_PARENT,
    on_change,
    on_deletion,
)
from monstock_stripe_sandbox.stripe_books import StripeBooks, StripeWorldError
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_store import Entry

TOMBSTONES = frozenset(
    {"customer", "terminal.configuration", "terminal.location", "terminal.reader"}
)
"""Kinds that are still found by their id, and say that they were deleted."""

_ELSEWHERE = frozenset({"price", "invoice"})
"""Deleted in the Dashboard, or by a path that says nothing of the list."""

_ENDED_OTHERWISE = frozenset({"payment_method", "subscription"})
"""Detached, or canceled: their end is a change."""


def is_changeable(kind: str) -> bool:
    """Say whether Stripe lets objects of this kind be updated, or tells of their updates."""
    singles = {served.single for served in LISTS.values() if served.kind == kind}
    told = on_change(kind, {"customer": "cus_1"}, {"metadata": {}})
    return bool(singles & set(resources().updates) or told or ANNOUNCED_BY_PARENT.get(kind))


def is_deletable(kind: str) -> bool:
    """Say whether Stripe deletes objects of this kind: by a call, or with an event about it."""
    if kind in _ENDED_OTHERWISE:
        return False
    deletes = set(resources().deletes)
    by_path = any(served.kind == kind and served.single in deletes for served in LISTS.values())
    return by_path or kind in _ELSEWHERE or bool(on_deletion(kind, {"customer": "cus_1"}))


def must_be_deletable(world: StripeBooks, kind: str, entry: Entry) -> None:
    """Check that Stripe would delete this object.

    Raises:
        StripeWorldError: it would not; the message says why.
    """
    identifier = entry.key[2]
    if not is_deletable(kind):
        raise StripeWorldError(f"Stripe deletes no {kind}")
    if kind == "invoice" and entry.value["status"] != "draft":
        raise StripeWorldError(f"{identifier} is {entry.value['status']}; it must be draft")
    if kind == "product" and any(world.shelves["price"].where("product", identifier)):
        raise StripeWorldError(f"{identifier} has prices; it must have none")
