"""What a request's `expand[]` opens, checked (Stripe, 'Expanding responses')."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monstock_stripe_sandbox.stripe_errors import StripeError
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE
from monstock_stripe_sandbox.stripe_expandable_fields import (
    Field,
    Included,
    Inner,
    Reference,
    References,
)

MOST_LEVELS = 4
Tree = dict[str, "Tree"]


def tree_of(paths: Iterable[str], *objects: str, listed: bool) -> Tree:
    """Return what is to be expanded, as a tree of names.

    Args:
        objects: what the object, or the list's objects, may say in `object`.
        listed: the answer is a list, so paths begin with `data.`.

    Raises:
        StripeError: a path is too deep, or names what cannot be expanded.
    """
    tree: Tree = {}
    for path in paths:
        names = path.split(".")
        if len(names) > MOST_LEVELS:
            raise StripeError(400, "You cannot expand more than 4 levels of a property.")
        if listed:
            if names[0] != "data":
                opens = any(names[0] in EXPANDABLE[name] for name in objects)
                raise _closed(names[0], f"data.{path}" if opens else None)
            names = names[1:]
        if names:
            _check_any(names, objects)
        branch = tree
        for name in names:
            branch = branch.setdefault(name, {})
    return tree


def _check(names: list[str], fields: Mapping[str, Field]) -> None:
    if not names:
        return
    name, *rest = names
    field = fields.get(name)
    if field is None:
        raise _closed(name)
    if isinstance(field, Inner):
        _check(rest, field.fields)
    elif rest and isinstance(field, Included):
        _check_included(name, rest, field)
    elif rest and isinstance(field, Reference | References):
        _check_any(rest, field.kinds)


def _check_any(names: list[str], objects: tuple[str, ...]) -> None:
    """Check a path that goes on inside of an object of one of these names."""
    known = [EXPANDABLE[name] for name in objects if names[0] in EXPANDABLE[name]]
    if objects and not known:
        raise _closed(names[0])
    refusals = []
    for fields in known:
        try:
            _check(names, fields)
        except StripeError as error:
            refusals.append(error)
    if known and len(refusals) == len(known):
        raise refusals[0]


def _check_included(name: str, rest: list[str], field: Included) -> None:
    if not field.kinds:
        raise _closed(rest[0])
    if rest[0] != "data":
        raise _closed(rest[0], f"{name}.data.{'.'.join(rest)}")
    if rest[1:]:
        _check_any(rest[1:], field.kinds)


def _closed(name: str, instead: str | None = None) -> StripeError:
    hint = "" if instead is None else f" You may want to try expanding '{instead}' instead."
    return StripeError(400, f"This property cannot be expanded ({name}).{hint}")


def kinds_opened(tree: Tree, fields: Mapping[str, Field]) -> set[str]:
    """Return the kinds of objects that a tree opens; a restricted key must be allowed each."""
    found: set[str] = set()
    for name, branch in tree.items():
        field = fields.get(name)
        if isinstance(field, Inner):
            found |= kinds_opened(branch, field.fields)
        elif isinstance(field, Reference | References):
            for kind in field.kinds:
                found |= {kind} | kinds_opened(branch, EXPANDABLE[kind])
        elif isinstance(field, Included):
            for kind in field.kinds:
                found |= {kind} | kinds_opened(branch.get("data", {}), EXPANDABLE[kind])
    return found


def as_list(data: list[Any], more: bool, url: str) -> dict[str, Any]:
    """Return Stripe's list object."""
    return {"object": "list", "data": data, "has_more": more, "url": url}
