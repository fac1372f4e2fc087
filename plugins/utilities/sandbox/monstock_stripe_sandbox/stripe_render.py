"""Objects as JSON, with what `expand[]` asks for; each made once for each change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from monstock_stripe_sandbox.stripe_books import FIRST, StripeBooks
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE, kinds_at
from monstock_stripe_sandbox.stripe_expandable_fields import (
    Field,
    Included,
    Inner,
    Reference,
    References,
)
from monstock_stripe_sandbox.stripe_expansion import Tree, as_list
from monstock_stripe_sandbox.stripe_store import Entry, Expanded

_encode = msgspec.json.Encoder().encode
_Parts = list[tuple[Entry, int]]


def rendered(world: StripeBooks, entry: Entry, tree: Tree, paths: tuple[str, ...]) -> bytes:
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


def _opened(world: StripeBooks, entry: Entry, tree: Tree, parts: _Parts) -> Mapping[str, Any]:
    parts.append((entry, entry.version))
    kind = str(entry.value["object"])
    return _fill(world, entry.value, EXPANDABLE[kind], tree, parts, entry.value)


def _fill(
    world: StripeBooks,
    value: Mapping[str, Any],
    fields: Mapping[str, Field],
    tree: Tree,
    parts: _Parts,
    around: Mapping[str, Any],
) -> Mapping[str, Any]:
    """Return `value` with its fields opened; `around` is the object that it is a part of."""
    filled = dict(value)
    for name, branch in tree.items():
        field = fields.get(name)
        if isinstance(field, Reference):
            filled[name] = _follow(world, value.get(name), field, branch, parts)
        elif isinstance(field, Inner):
            filled[name] = _inside(world, value.get(name), field, branch, parts, around)
        elif isinstance(field, Included):
            filled[name] = _include(world, around, name, field, branch, parts)
        elif isinstance(field, References) and value.get(name) is not None:
            reference = Reference(field.kinds)
            filled[name] = [
                _open_object(world, each, branch, parts)
                if isinstance(each, Mapping)
                else _follow(world, each, reference, branch, parts)
                for each in value[name]
            ]
    return filled


def _follow(
    world: StripeBooks, identifier: Any, field: Reference, branch: Tree, parts: _Parts
) -> Any:
    if isinstance(identifier, str):
        for name in (*field.kinds, *field.also):
            for kind in kinds_at(name):
                found = world.shelves[kind].entries.get(identifier)
                if found is not None:
                    return _opened(world, found, branch, parts)
    return identifier


def _open_object(world: StripeBooks, value: Any, branch: Tree, parts: _Parts) -> Any:
    if not isinstance(value, Mapping):
        return value
    return _fill(world, value, EXPANDABLE[value["object"]], branch, parts, value)


def _inside(
    world: StripeBooks,
    value: Any,
    field: Inner,
    branch: Tree,
    parts: _Parts,
    around: Mapping[str, Any],
) -> Any:
    if isinstance(value, Mapping):
        whole = value if "id" in value and "object" in value else around
        return _fill(world, value, field.fields, branch, parts, whole)
    if isinstance(value, list):
        return [_inside(world, entry, field, branch, parts, around) for entry in value]
    return value


_TAX = {
    "automatic_tax": "unrecognized_location",
    "ip_address": None,
    "location": None,
    "provider": "stripe",
}


def _include(
    world: StripeBooks,
    value: Mapping[str, Any],
    name: str,
    field: Included,
    branch: Tree,
    parts: _Parts,
) -> Any:
    identifier = str(value["id"])
    inner = branch.get("data", {})
    if name == "refunds":
        refunds = list(world.shelves["refund"].where("charge", identifier))[::-1]
        return _some(world, refunds, inner, parts, f"/v1/charges/{identifier}/refunds")
    if name == "payments":
        payments = list(world.shelves["invoice_payment"].where("invoice", identifier))[::-1]
        return _some(world, payments, inner, parts, f"/v1/invoice_payments?invoice={identifier}")
    if name == "amount_paid_off_stripe":
        return world.paid_off_stripe[identifier]
    if field.path:
        entries, url = _listed(world, identifier, field.path)
        return _some(world, entries, inner, parts, url)
    return {"invoice_credit_balance": {}, "tax": _TAX}.get(name, value.get(name))


def _listed(world: StripeBooks, parent: str, path: str) -> tuple[list[Entry], str]:
    """Return the objects of a parent's list, newest first, and the list's address."""
    path, _, parameter = path.partition("?")
    served = LISTS[path]
    shelf = world.shelves[served.kind]
    if not parameter:
        keys = shelf.at_home(served.home(parent))
        return [shelf.entries[key[2]] for key in reversed(keys)], served.url(parent)
    found = list(shelf.where(parameter.partition("=")[0], parent))
    url = f"{path}?{parameter.format(id=parent)}"
    if served.kind == "subscription":
        found = [entry for entry in found if entry.value["status"] != "canceled"]
        url = f"/v1/customers/{parent}/subscriptions"
    return found[::-1], url


def _some(
    world: StripeBooks, entries: list[Entry], inner: Tree, parts: _Parts, url: str
) -> dict[str, Any]:
    shown = [_opened(world, entry, inner, parts) for entry in entries[:FIRST]]
    return as_list(shown, len(entries) > FIRST, url)
