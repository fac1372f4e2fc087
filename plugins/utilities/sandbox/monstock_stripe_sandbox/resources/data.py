"""The form of `stripe_resources.json`, and its reader."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

FILE = "stripe_resources.json"


class Shape(msgspec.Struct, omit_defaults=True, frozen=True):
    """The type of a field.

    Attributes:
        kind: `reference` is an id that `expand` opens; `hash` a part of the object itself;
            `object` another object, whole; `list` Stripe's list object; `map` free keys.
        optional: it may be null, or left out.
        of: the words of a `word`; the objects of a `reference`, an `object` or a `list`; the name
            of a `hash` among the hashes.
        items: what an `array` or a `map` holds.
    """

    kind: Literal[
        "anything",
        "array",
        "boolean",
        "decimal",
        "hash",
        "integer",
        "list",
        "map",
        "number",
        "object",
        "reference",
        "text",
        "word",
    ]
    optional: bool = False
    of: tuple[str, ...] = ()
    items: Shape | None = None


class Parameter(msgspec.Struct, omit_defaults=True, frozen=True):
    """One parameter.

    Attributes:
        kind: `range` is a moment or bounds (`[gt]`, `[gte]`, `[lt]`, `[lte]`); `entries` a list of
            `fields`; `map` has free keys.
        unsettable: an empty text takes the value away.
        of: the words of a `word`, or of the entries of `texts`.
        fields: what a `fields` parameter holds, or each of `entries`.
    """

    kind: Literal[
        "anything",
        "boolean",
        "entries",
        "fields",
        "integer",
        "map",
        "number",
        "range",
        "text",
        "texts",
        "word",
    ]
    required: bool = False
    unsettable: bool = False
    of: tuple[str, ...] = ()
    fields: dict[str, Parameter] = {}


class Endpoint(msgspec.Struct, omit_defaults=True, frozen=True):
    """One GET of the API: a list, or a single object.

    Attributes:
        path: with the names of the ids in braces.
        objects: what comes back says one of these in `object`.
    """

    path: str
    objects: tuple[str, ...]
    parameters: dict[str, Parameter] = {}


class WriteEndpoint(msgspec.Struct, omit_defaults=True, frozen=True):
    """One POST or DELETE of the API.

    Attributes:
        verb: `post` or `delete`.
        path: with the names of the ids in braces.
    """

    verb: str
    path: str
    parameters: dict[str, Parameter] = {}


class Resources(msgspec.Struct, frozen=True):
    """All that is taken from the package.

    Attributes:
        stripe: the package's version.
        lists: every list of the API (searches are none).
        singles: every single object that has an id in its path.
        deletes: paths that take DELETE.
        updates: paths that take POST and end in an id.
        writes: those POSTs and DELETEs that the stand-in may serve, with all that they take.
        events: every type of event.
        models: the fields of each object.
        hashes: the fields of the hashes inside of objects.
    """

    stripe: str
    lists: tuple[Endpoint, ...]
    singles: tuple[Endpoint, ...]
    deletes: tuple[str, ...]
    updates: tuple[str, ...]
    writes: tuple[WriteEndpoint, ...]
    events: tuple[str, ...]
    models: dict[str, dict[str, Shape]]
    hashes: dict[str, dict[str, Shape]]


@cache
def resources() -> Resources:
    """Return what the file says."""
    body = files("monstock_stripe_sandbox").joinpath(FILE).read_bytes()
    return msgspec.json.decode(body, type=Resources)


def text_of(found: Resources) -> str:
    """Return the file's text: one line for each entry, so that a change is easy to read."""
    parts = []
    for name in found.__struct_fields__:
        value = getattr(found, name)
        if isinstance(value, dict):
            lines = [f"{_json(key)}: {_json(value[key])}" for key in sorted(value)]
            parts.append(f"{_json(name)}: {{\n{_joined(lines)}\n}}")
        elif isinstance(value, tuple):
            parts.append(f"{_json(name)}: [\n{_joined([_json(entry) for entry in value])}\n]")
        else:
            parts.append(f"{_json(name)}: {_json(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _joined(lines: list[str]) -> str:
    return ",\n".join(lines)
