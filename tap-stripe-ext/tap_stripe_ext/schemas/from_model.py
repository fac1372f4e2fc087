"""Makes the JSON Schema of one class of the stripe package.

Types and nullability as Stripe publishes them; enumerations as plain strings, since Stripe adds
values without a new API version; expandable fields as an id, or as the object where it is
expanded; nested objects whole, until a class would contain itself or the
nesting of whole API objects grows too deep. No object is closed: a field
that Stripe adds tomorrow is neither lost nor an error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tap_stripe_ext.schemas.model_source import Field, Model, resolve

Schema = dict[str, Any]

_SCALARS = {
    "str": "string",
    "int": "integer",
    "bool": "boolean",
    "float": "number",
    # Stripe sends decimals as strings, the package turns them into Decimal.
    "Decimal": "string",
}


_WHOLE_OBJECTS = 2

_DESCRIPTIONS: dict[tuple[str | None, str], str] = {
    ("checkout.session", "consent"): "What the customer consented to; see `consent_collection`."
}
"""By object and field, where Stripe's own words do not stand alone beside other streams."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where we are: the classes around us, and what is expanded from here on."""

    model: Model
    around: tuple[Model, ...]
    expansions: frozenset[tuple[str, ...]]

    def enter(self, field: str) -> _Place:
        deeper = frozenset(
            path[1:] for path in self.expansions if len(path) > 1 and path[0] == field
        )
        return _Place(self.model, self.around, deeper)

    def expands(self, field: str) -> bool:
        return any(path[0] == field for path in self.expansions)


def schema_of(model: Model, expansions: Iterable[str] = ()) -> Schema:
    """Return the schema of `model`.

    Args:
        model: the class.
        expansions: the fields that are expanded, as in a request ("latest_charge.refunds").
    """
    paths = frozenset(tuple(path.split(".")) for path in expansions)
    return _object_schema(_Place(model, (), paths))


def nullable(schema: Schema) -> Schema:
    """Return `schema` with null allowed."""
    types = schema.get("type")
    if types is None:
        return schema
    listed = types if isinstance(types, list) else [types]
    return schema if "null" in listed else {**schema, "type": [*listed, "null"]}


def _object_schema(place: _Place) -> Schema:
    properties = {field.name: _field_schema(place, field) for field in place.model.fields}
    return {"type": "object", "properties": properties} if properties else {"type": "object"}


def _field_schema(place: _Place, field: Field) -> Schema:
    schema = _type_schema(place.enter(field.name), field.annotation, place.expands(field.name))
    # The whole of Stripe's text would make most of each SCHEMA message.
    if field.description and not place.around:
        key = (place.model.object_name, field.name)
        return {**schema, "description": _DESCRIPTIONS.get(key, field.description)}
    return schema


def _type_schema(place: _Place, annotation: ast.expr, expanded: bool) -> Schema:
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _named_schema(place, annotation.value)
    if isinstance(annotation, ast.Name):
        return _named_schema(place, annotation.id)
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.value, ast.Name):
        return _generic_schema(place, annotation.value.id, annotation.slice, expanded)
    raise TypeError(f"cannot read the type {ast.unparse(annotation)} of {place.model.path}")


def _generic_schema(place: _Place, generic: str, inner: ast.expr, expanded: bool) -> Schema:
    match generic:
        case "Optional":
            if _is_list_object(inner) and not expanded:
                # Left out of the answer unless it is asked for.
                return {"type": ["object", "null"]}
            return nullable(_type_schema(place, inner, expanded))
        case "ExpandableField":
            return _type_schema(place, inner, expanded) if expanded else {"type": "string"}
        case "List":
            return {"type": "array", "items": _type_schema(place, inner, expanded)}
        case "ListObject":
            items = {"type": "array", "items": _type_schema(place, inner, expanded)}
            return {
                "type": "object",
                "properties": {
                    "object": {"type": "string"},
                    "data": items,
                    "has_more": {"type": "boolean"},
                    "url": {"type": "string"},
                },
            }
        case "Literal":
            return {"type": "boolean"} if _is_true(inner) else {"type": "string"}
        case "Union":
            return _union_schema(place, inner, expanded)
        case "UntypedStripeObject" | "Dict":
            return _mapping_schema(inner)
    raise TypeError(f"cannot read the type {generic}[…] of {place.model.path}")


def _union_schema(place: _Place, inner: ast.expr, expanded: bool) -> Schema:
    members = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    schemas = [_type_schema(place, member, expanded) for member in members]
    if all(schema == schemas[0] for schema in schemas):
        return schemas[0]
    # Several kinds of object: one column that holds the fields of all of them.
    merged: dict[str, Any] = {}
    for schema in schemas:
        if schema.get("type") != "object":
            raise TypeError(f"cannot unite {schemas} in {place.model.path}")
        for name, value in schema.get("properties", {}).items():
            merged[name] = value if merged.get(name, value) == value else {}
    return {"type": "object", "properties": merged}


def _mapping_schema(inner: ast.expr) -> Schema:
    value = inner.elts[-1] if isinstance(inner, ast.Tuple) else inner
    if isinstance(value, ast.Name) and value.id in _SCALARS:
        return {"type": "object", "additionalProperties": {"type": _SCALARS[value.id]}}
    return {"type": "object"}


def _named_schema(place: _Place, name: str) -> Schema:
    if name in _SCALARS:
        return {"type": _SCALARS[name]}
    if name == "Any":
        return {}
    model = resolve(place.model, name)
    around = (*place.around, place.model)
    if model is None or model in around or _is_too_deep(model, around, place.expansions):
        return {"type": "object"}
    return _object_schema(_Place(model, around, place.expansions))


def _is_too_deep(model: Model, around: tuple[Model, ...], expansions: frozenset[Any]) -> bool:
    """Cut whole API objects inside API objects inside API objects that nobody asked for.

    They sit in error details (an invoice's failed PaymentIntent's failed PaymentMethod) and would
    make a schema of a megabyte.
    """
    if model.object_name is None or expansions:
        return False
    return sum(one.object_name is not None for one in around) >= _WHOLE_OBJECTS


def _is_list_object(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id == "ListObject"
    )


def _is_true(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)
