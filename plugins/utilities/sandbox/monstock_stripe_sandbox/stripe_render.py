"""Objects as JSON, with what `expand[]` asks for; each made once for each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from monstock_stripe_sandbox.stripe_expansion import (
    EXPANDABLE,
    KIND_OF_ID,
    Field,
    Included,
    Inner,
    Reference,
    Tree,
    as_list,
)
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_store import Entry, Expanded
from monstock_stripe_sandbox.stripe_world import StripeWorld

_FIRST = 10  # how many objects of an embedded list Stripe sends
_encode = msgspec.json.Encoder().encode
_Parts = list[tuple[Entry, int]]


def rendered(world: StripeWorld, entry: Entry, tree: Tree, paths: tuple[str, ...]) -> bytes:
    """Return an object's JSON; `paths` names the tree in the cache."""
    if not tree:
        return entry.encoded()
    kept = entry.expanded.get(paths)
    if kept is not None and kept.fresh():
        return kept.body
    parts: _Parts = []
    body = _encode(_opened(world, entry, tree, parts))
    entry.expanded[paths] = Expanded(body, tuple(parts))
    return body


def _opened(world: StripeWorld, entry: Entry, tree: Tree, parts: _Parts) -> Mapping[str, Any]:
    parts.append((entry, entry.version))
    kind = str(entry.value["object"])
    return _fill(world, entry.value, EXPANDABLE[kind], tree, parts)


def _fill(
    world: StripeWorld,
    value: Mapping[str, Any],
    fields: Mapping[str, Field],
    tree: Tree,
    parts: _Parts,
) -> Mapping[str, Any]:
    filled = dict(value)
    for name, branch in tree.items():
        field = fields.get(name)
        if isinstance(field, Reference):
            filled[name] = _follow(world, value.get(name), field, branch, parts)
        elif isinstance(field, Inner):
            filled[name] = _inside(world, value.get(name), field, branch, parts)
        elif isinstance(field, Included):
            filled[name] = _include(world, value, name, branch, parts)
        elif field is not None:
            listed = value.get(name)
            if listed is not None:
                filled[name] = [_open_object(world, entry, branch, parts) for entry in listed]
    return filled


def _follow(
    world: StripeWorld, identifier: Any, field: Reference, branch: Tree, parts: _Parts
) -> Any:
    if not isinstance(identifier, str) or not field.kinds:
        return identifier
    kind = field.kinds[0]
    if len(field.kinds) > 1:
        kind = KIND_OF_ID.get(identifier.partition("_")[0], kind)
    found = world.shelves[kind].entries.get(identifier) if kind in world.shelves else None
    return identifier if found is None else _opened(world, found, branch, parts)


def _open_object(world: StripeWorld, value: Any, branch: Tree, parts: _Parts) -> Any:
    if not isinstance(value, Mapping):
        return value
    return _fill(world, value, EXPANDABLE[value["object"]], branch, parts)


def _inside(world: StripeWorld, value: Any, field: Inner, branch: Tree, parts: _Parts) -> Any:
    if isinstance(value, Mapping):
        return _fill(world, value, field.fields, branch, parts)
    if isinstance(value, list):
        return [_inside(world, entry, field, branch, parts) for entry in value]
    return value


def _include(
    world: StripeWorld, value: Mapping[str, Any], name: str, branch: Tree, parts: _Parts
) -> Any:
    identifier = str(value["id"])
    kind = str(value["object"])
    url = f"/v1/{KINDS[kind].path}/{identifier}/{name}"
    inner = branch.get("data", {})
    if name == "refunds":
        refunds = list(world.shelves["refund"].where("charge", identifier))[::-1]
        return _some(world, refunds, inner, parts, url)
    if name == "payments":
        payments = list(world.shelves["invoice_payment"].where("invoice", identifier))[::-1]
        return _some(world, payments, inner, parts, f"/v1/invoice_payments?invoice={identifier}")
    if name == "line_items":
        lines = [_open_object(world, line, inner, parts) for line in world.lines[identifier]]
        return as_list(lines[:_FIRST], len(lines) > _FIRST, url)
    if name == "amount_paid_off_stripe":
        return world.paid_off_stripe[identifier]
    if name in ("sources", "subscriptions", "tax_ids"):
        return as_list([], False, url)
    if name == "invoice_credit_balance":
        return {}
    if name == "tax":
        return {
            "automatic_tax": "unrecognized_location",
            "ip_address": None,
            "location": None,
            "provider": "stripe",
        }
    return None


def _some(
    world: StripeWorld, entries: list[Entry], inner: Tree, parts: _Parts, url: str
) -> dict[str, Any]:
    shown = [_opened(world, entry, inner, parts) for entry in entries[:_FIRST]]
    return as_list(shown, len(entries) > _FIRST, url)
