"""Reads what a POST of the stripe package takes: as exactly as it is written there."""

from __future__ import annotations

import ast
from collections.abc import Iterable

import msgspec

from monstock_stripe_sandbox.resources.data import Parameter
from monstock_stripe_sandbox.resources.field_types import (
    UnknownTypeError,
    sides_of,
    unquoted,
    words_of,
)
from monstock_stripe_sandbox.resources.package_source import ClassSource

_SCALARS: dict[str, Parameter] = {
    "Any": Parameter("anything"),
    "Decimal": Parameter("number"),
    "bool": Parameter("boolean"),
    "float": Parameter("number"),
    "int": Parameter("integer"),
    "str": Parameter("text"),
}
_MAPS = ("Dict", "UntypedStripeObject")
_UNREAD = frozenset({"payment_method_data", "payment_method_options"})
"""Hundreds of parameters, one part for each method of payment: their insides are not read."""


def write_parameters(of: ClassSource) -> dict[str, Parameter]:
    """Return what a class of parameters takes.

    Raises:
        UnknownTypeError: a type is not written in a way that is known.
    """
    return {name: _parameter(name, written, of) for name, written in sorted(_fields(of))}


def _fields(of: ClassSource) -> Iterable[tuple[str, ast.expr]]:
    return dict(of.fields()).items()


def _parameter(name: str, written: ast.expr, of: ClassSource) -> Parameter:
    written = unquoted(written)
    optional = isinstance(written, ast.Subscript) and ast.unparse(written.value) == "NotRequired"
    if optional and isinstance(written, ast.Subscript):
        written = written.slice
    found = Parameter("anything") if name in _UNREAD else _value(written, of)
    return found if optional else msgspec.structs.replace(found, required=True)


def _value(written: ast.expr, of: ClassSource) -> Parameter:
    """Return what a union takes: its first side, and whether an empty text takes it away."""
    sides = [unquoted(side) for side in sides_of(written)]
    words = [word for side in sides for word in _words(side)]
    rest = [_side(side, of) for side in sides if not _is(side, "Literal")]
    named = tuple(word for word in words if word)
    unsettable = "" in words
    if named and all(side.kind == "text" for side in rest):
        return Parameter("word", of=named, unsettable=unsettable)
    if not rest:
        return Parameter("boolean" if any(_truths(side) for side in sides) else "text")
    return msgspec.structs.replace(rest[0], unsettable=unsettable)


def _side(side: ast.expr, of: ClassSource) -> Parameter:
    if isinstance(side, ast.Subscript):
        outer = ast.unparse(side.value)
        if outer == "List":
            return _entries(_value(side.slice, of))
        if outer in _MAPS:
            values = ast.unparse(side.slice).strip("()").rpartition(", ")[2]
            return Parameter("map" if values == "str" else "anything")
    text = ast.unparse(side)
    found = of.resolve(text)
    if found is not None:
        return Parameter("fields", fields=write_parameters(found))
    if text in _SCALARS:
        return _SCALARS[text]
    if text.partition("[")[0] in _MAPS:
        return Parameter("anything")
    raise UnknownTypeError(f"{of.module}: {text}")


def _entries(entry: Parameter) -> Parameter:
    if entry.kind == "fields":
        return Parameter("entries", fields=entry.fields)
    if entry.kind in ("text", "word"):
        return Parameter("texts", of=entry.of)
    return Parameter("anything")


def _words(side: ast.expr) -> tuple[str, ...]:
    return words_of(side.slice).of if isinstance(side, ast.Subscript) and _literal(side) else ()


def _truths(side: ast.expr) -> bool:
    literal = isinstance(side, ast.Subscript) and _literal(side)
    return literal and words_of(side.slice).kind == "boolean"  # type: ignore[attr-defined]


def _literal(side: ast.Subscript) -> bool:
    return ast.unparse(side.value) == "Literal"


def _is(side: ast.expr, outer: str) -> bool:
    return isinstance(side, ast.Subscript) and ast.unparse(side.value) == outer
