"""Reads what a class of the stripe package writes as a type: of a field, or of a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec

from monstock_stripe_sandbox.resources.data import Parameter, Shape
from monstock_stripe_sandbox.resources.package_source import ClassSource

_SCALARS: dict[str, Shape] = {
    "Any": Shape("anything"),
    "Decimal": Shape("decimal"),
    "UntypedStripeObject": Shape("map"),
    "bool": Shape("boolean"),
    "float": Shape("number"),
    "int": Shape("integer"),
    "object": Shape("anything"),
    "str": Shape("text"),
}
_BOUNDS = {"gt", "gte", "lt", "lte"}


class UnknownTypeError(ValueError):
    """A type is written in a way that is not known; the message says where."""


class FieldTypes:
    """Reads the types of objects; remembers which other classes they need."""

    def __init__(self) -> None:
        self.hashes: dict[str, ClassSource] = {}
        self.objects: dict[str, ClassSource] = {}

    def shape(self, written: ast.expr, of: ClassSource) -> Shape:
        """Return the shape that a type means inside the class `of`.

        Raises:
            UnknownTypeError: it is not written in a way that is known.
        """
        written = unquoted(written)
        if isinstance(written, ast.Subscript):
            return self._composed(ast.unparse(written.value), written.slice, of)
        return self._named(ast.unparse(written), of)

    def _composed(self, outer: str, inner: ast.expr, of: ClassSource) -> Shape:
        if outer == "Optional":
            return msgspec.structs.replace(self.shape(inner, of), optional=True)
        if outer == "Literal":
            return words_of(inner)
        if outer == "Union":
            return self._union(inner, of)
        if outer == "List":
            return Shape("array", items=self.shape(inner, of))
        if outer in ("Dict", "UntypedStripeObject"):
            values = inner.elts[-1] if isinstance(inner, ast.Tuple) else inner
            return Shape("map", items=self.shape(values, of))
        if outer in ("ExpandableField", "ListObject"):
            kind = self.shape(inner, of)
            known = kind.of if kind.kind == "object" else ()  # a Charge's rule is a hash of its own
            return Shape("reference" if outer == "ExpandableField" else "list", of=known)
        raise UnknownTypeError(f"{of.module}: {outer}[{ast.unparse(inner)}]")

    def _union(self, inner: ast.expr, of: ClassSource) -> Shape:
        sides = [self.shape(side, of) for side in sides_of(inner)]
        for side in sides:  # `Literal[…] | str` leaves room for words that Stripe adds later
            if side.kind in ("word", "reference"):
                return side
        objects = [side for side in sides if side.kind == "object"]
        if objects:
            return Shape("object", of=tuple(name for side in objects for name in side.of))
        return sides[0]

    def _named(self, name: str, of: ClassSource) -> Shape:
        found = of.resolve(name)
        if found is None:
            if name in _SCALARS:
                return _SCALARS[name]
            raise UnknownTypeError(f"{of.module}: nothing is known of the type {name}")
        said = found.object_name
        if said is not None and len(found.path) == 1:
            self.objects[said] = found
            return Shape("object", of=(said,))
        key = f"{found.module.removeprefix('stripe.')}.{'.'.join(found.path)}"
        self.hashes[key] = found
        return Shape("hash", of=(key,))


def parameters(of: ClassSource) -> dict[str, Parameter]:
    """Return what a class of parameters takes.

    Raises:
        UnknownTypeError: a type is not written in a way that is known.
    """
    return {name: _parameter(written, of) for name, written in sorted(dict(of.fields()).items())}


def _parameter(written: ast.expr, of: ClassSource) -> Parameter:
    written = unquoted(written)
    if isinstance(written, ast.Subscript) and ast.unparse(written.value) == "NotRequired":
        return _value(written.slice, of)
    return msgspec.structs.replace(_value(written, of), required=True)


def _value(written: ast.expr, of: ClassSource) -> Parameter:
    written = unquoted(written)
    sides = [unquoted(side) for side in sides_of(written)]
    texts = [ast.unparse(side) for side in sides]
    for side in sides:
        if isinstance(side, ast.Subscript):
            outer = ast.unparse(side.value)
            if outer == "Literal":
                words = tuple(word for word in words_of(side.slice).of if word)
                return Parameter("word", of=words)
            if outer == "List":
                entries = _value(side.slice, of)
                plain = entries.kind in ("text", "word", "integer")
                return Parameter("texts", of=entries.of) if plain else Parameter("anything")
            if outer in ("Dict", "UntypedStripeObject"):
                return Parameter("anything")
    classes = [found for text in texts if (found := of.resolve(text)) is not None]
    if classes:
        fields = parameters(classes[0])
        if fields.keys() <= _BOUNDS:
            return Parameter("range")
        return Parameter("fields", fields=fields)
    if texts[0] in _SCALARS:
        kind = _SCALARS[texts[0]].kind
        return Parameter("number" if kind == "decimal" else kind)  # type: ignore[arg-type]
    raise UnknownTypeError(f"{of.module}: {ast.unparse(written)}")


def sides_of(written: ast.expr) -> Iterator[ast.expr]:
    """Yield what stands between the bars, or the commas, of a union."""
    written = unquoted(written)
    if isinstance(written, ast.Subscript) and ast.unparse(written.value) == "Union":
        written = written.slice
    if isinstance(written, ast.BinOp):
        yield from sides_of(written.left)
        yield from sides_of(written.right)
    elif isinstance(written, ast.Tuple):
        for side in written.elts:
            yield from sides_of(side)
    else:
        yield written


def words_of(written: ast.expr) -> Shape:
    """Return the words between the brackets of a `Literal`; truths and numbers have none."""
    given = ast.literal_eval(written)
    words = given if isinstance(given, tuple) else (given,)
    if all(isinstance(word, bool) for word in words):
        return Shape("boolean")
    if all(isinstance(word, int) for word in words):
        return Shape("integer")
    return Shape("word", of=tuple(str(word) for word in words))


def unquoted(written: ast.expr) -> ast.expr:
    """Return what a type means that is written as a text."""
    if isinstance(written, ast.Constant) and isinstance(written.value, str):
        return ast.parse(written.value, mode="eval").body
    return written
