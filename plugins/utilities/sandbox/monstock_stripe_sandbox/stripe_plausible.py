"""Whole objects of any kind, made of their types: right in shape, plausible in content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from monstock_stripe_sandbox.resources.data import Shape, resources
from monstock_stripe_sandbox.stripe_prefixes import prefix_of

_MOMENT = re.compile(
    r"(created|updated|date|start|end|timestamp|anchor|period_start|period_end|refreshed"
    r"|\w+_(at|on|date|time|by|start|end|anchor|timestamp))$"
)
_TEXTS = {
    "country": "FR",
    "currency": "eur",
    "default_currency": "eur",
    "email": "person@example.com",
    "exp_month": "12",
    "last4": "4242",
    "source_currency": "usd",
    "timezone": "Europe/Paris",
}
_INTEGERS = {"exp_month": 12, "exp_year": 2034, "quantity": 1, "interval_count": 1}
_AMOUNTS = frozenset({"amount", "amount_due", "amount_total", "subtotal", "total", "unit_amount"})
"""What is asked or paid; all other amounts are sums of what has not happened yet."""

_OPEN_TEXTS = (
    "description",
    "display_name",
    "nickname",
    "name",
    "title",
    "label",
    "business_name",
    "statement_descriptor",
    "note",
    "comment",
)
_SHOWN_THOUGH_OPTIONAL = {"external_accounts"}

NewestOf = Callable[[str], str | None]
"""Object's name → the id of the newest one there is, or None."""


class Maker:
    """Makes objects of one account.

    Args:
        now: the moment, in seconds since the epoch.
        new_id: makes an id that begins with this.
        newest_of: finds what a reference, which may not be null, can point to.
    """

    def __init__(self, now: int, new_id: Callable[[str], str], newest_of: NewestOf) -> None:
        self._now = now
        self._new_id = new_id
        self._newest_of = newest_of

    def make(self, object_name: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return an object; `given` replaces what would stand in those fields."""
        model = resources().models[object_name]
        made = self._filled(model, object_name, given)
        made["object"] = object_name
        if "id" in model and "id" not in given:
            made["id"] = self._new_id(prefix_of(object_name))
        for name, shape in model.items():
            if name not in given and shape.kind == "list" and name in made:
                made[name]["url"] = f"/v1/{object_name.replace('.', '/')}s/{made.get('id')}/{name}"
        return made

    def _filled(
        self, model: Mapping[str, Shape], of: str, given: Mapping[str, Any]
    ) -> dict[str, Any]:
        kind = given.get("type") or _first_word(model.get("type"))
        made: dict[str, Any] = {}
        for name, shape in model.items():
            if name in given:
                made[name] = given[name]
            elif shape.optional and not self._wanted(name, shape, kind):
                if not _left_out(name, shape):
                    made[name] = None
            else:
                made[name] = self._value(name, shape, of)
        return made

    def _wanted(self, name: str, shape: Shape, kind: str | None) -> bool:
        """Say whether an optional field is filled: metadata, and what the type speaks of."""
        if name == "metadata" or name in _SHOWN_THOUGH_OPTIONAL:
            return True
        return shape.kind == "hash" and name == kind

    def _value(self, name: str, shape: Shape, of: str) -> Any:
        if shape.kind == "hash":
            inner = resources().hashes[shape.of[0]]
            return self._filled(inner, shape.of[0], {})
        if shape.kind == "object":
            return self.make(shape.of[0], {})
        if shape.kind == "reference":
            return self._reference(shape)
        if shape.kind == "list":
            return {"object": "list", "data": [], "has_more": False, "url": ""}
        if shape.kind == "integer":
            return self._integer(name)
        if shape.kind == "text":
            return self._text(name, of)
        plain: dict[str, Any] = {
            "anything": None,
            "array": [],
            "boolean": False,
            "decimal": "1",
            "map": {},
            "number": 0.0,
            "word": shape.of[0] if shape.of else "",
        }
        return plain[shape.kind]

    def _reference(self, shape: Shape) -> str:
        for name in shape.of:
            found = self._newest_of(name)
            if found is not None:
                return found
        return self._new_id(prefix_of(shape.of[0]) if shape.of else "id")

    def _integer(self, name: str) -> int:
        if name in _INTEGERS:
            return _INTEGERS[name]
        if name in _AMOUNTS:
            return 1000
        return self._now if _MOMENT.fullmatch(name) else 0

    def _text(self, name: str, of: str) -> str:
        if name in _TEXTS:
            return _TEXTS[name]
        if name.endswith("url"):
            return f"https://example.com/{self._new_id('')}"
        for parent in (name, of.rpartition(".")[2]):
            if parent in resources().models and name != "id":
                return self._newest_of(parent) or self._new_id(prefix_of(parent))
        return name.replace("_", " ")


def changeable_field(object_name: str) -> str | None:
    """Return a field of an object that may be any text, or metadata; None where it has none."""
    model = resources().models[object_name]
    if "metadata" in model:
        return "metadata"
    named = (name for name in _OPEN_TEXTS if name in model and model[name].kind == "text")
    return next(named, None)


def empty_list(url: str) -> dict[str, Any]:
    """Return Stripe's list object with nothing in it."""
    return {"object": "list", "data": [], "has_more": False, "url": url}


def _left_out(name: str, shape: Shape) -> bool:
    """Say whether Stripe leaves such a field out, rather than to say null."""
    return shape.kind == "list" or name == "deleted"


def _first_word(shape: Shape | None) -> str | None:
    if shape is None or shape.optional or shape.kind != "word":
        return None
    return shape.of[0]
