"""Which fields of an object are not in the record that a program made of it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

Shape = dict[str, Any]


def missing_fields(found: Shape, record: Shape, flattened: bool) -> tuple[set[str], set[str]]:
    """Return the missing fields of the top level, and those inside of fields that are there.

    Only fields count that hold something: one that is null, an empty object or an empty list loses
    nothing. A value may have another form (a date as text, an object as its id or as JSON text).

    Args:
        found: the object as Stripe has it.
        record: what was made of it.
        flattened: whether inner objects are columns such as `charge__amount`, and lists are tables
            of their own, of which just the names are in the record.
    """
    held = {key: value for key, value in found.items() if _holds(value)}
    if flattened:
        names = {name.strip("_") for name in record}
        top = {key for key in held if not any(_is_of(name, key) for name in names)}
        inside = {
            ".".join(path)
            for key in held.keys() - top
            for path in _leaves(held[key], (key,))
            if len(path) > 1 and "[]" not in path and "__".join(path) not in names
        }
        return top, inside
    top = {key for key in held if record.get(key) is None}
    inside = {
        ".".join(path)
        for key in held.keys() - top
        for path in _gone(held[key], record[key], (key,))
    }
    return top, inside


def _holds(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds(inner) for inner in value.values())
    if isinstance(value, list):
        return any(_holds(inner) for inner in value)
    return value is not None


def _is_of(name: str, key: str) -> bool:
    return name == key or name.startswith(f"{key}__")


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*path, key))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, (*path, "[]"))
    elif value is not None:
        yield path


def _gone(found: Any, made: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Give the paths that hold something in `found` and are not in `made`."""
    if not _holds(found) or _stands_for(made, found):
        return
    made = _parsed(made)
    if isinstance(found, dict) and found.get("object") == "list" and isinstance(made, list):
        found = found["data"]  # some put the objects in the list's place
    if isinstance(found, dict) and isinstance(made, dict):
        for key, inner in found.items():
            yield from _gone(inner, made.get(key), (*path, key))
    elif isinstance(found, list) and isinstance(made, list) and len(made) == len(found):
        for inner, other in zip(found, made, strict=True):
            yield from _gone(inner, other, (*path, "[]"))
    elif made is None or isinstance(found, dict | list):
        yield path


def _stands_for(made: Any, found: Any) -> bool:
    return isinstance(found, dict) and isinstance(made, str) and made == found.get("id")


def _parsed(made: Any) -> Any:
    """Return what a text says, if it is JSON of an object or a list."""
    if isinstance(made, str) and made[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            return json.loads(made)
    return made
