"""Reading a request's parameters in Stripe's manner: `created[gte]=1`, `expand[]=data.charge`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from monstock_stripe_sandbox.stripe_errors import invalid, missing_parameter, unknown_parameters

_INTEGER = re.compile(r"-?[0-9]{1,18}")
Raw = str | list[Any] | dict[str, Any]
Check = Callable[[str, Raw], Any]
"""(name, what came) → the value.

Raises:
    StripeError: the value is not one that the parameter takes.
"""


def decode(text: str) -> dict[str, Raw]:
    """Return the nested parameters of a query string or form body."""
    found: dict[str, Raw] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        head, *rest = name.replace("]", "").split("[")
        if not rest:
            found[head] = value
        else:
            _put(found, head, rest, value)
    return found


def _put(into: dict[str, Any], head: str, rest: list[str], value: str) -> None:
    key, *deeper = rest
    if key == "":
        entries = into.setdefault(head, [])
        if isinstance(entries, list):
            entries.append(value if not deeper else {deeper[0]: value})
        return
    inner = into.setdefault(head, {})
    if not isinstance(inner, dict):
        return
    if deeper:
        _put(inner, key, deeper, value)
    else:
        inner[key] = value


def checked(raw: Mapping[str, Raw], known: Mapping[str, Check]) -> dict[str, Any]:
    """Return the values of an endpoint's parameters.

    Raises:
        StripeError: one is unknown, or its value is not one that it takes.
    """
    unknown = [name for name in raw if name not in known]
    if unknown:
        raise unknown_parameters(unknown)
    return {name: known[name](name, value) for name, value in raw.items()}


def text(name: str, raw: Raw) -> str:
    """Take a text that is not empty."""
    if not isinstance(raw, str):
        raise invalid(name, f"Invalid string: {raw}")
    if raw == "":
        raise invalid(
            name,
            f"You passed an empty string for '{name}'. We assume empty values are an attempt to "
            f"unset a parameter; however '{name}' cannot be unset. You should remove '{name}' "
            "from your request or supply a non-empty value.",
            "parameter_invalid_empty",
        )
    return raw


def unsettable(name: str, raw: Raw) -> str:
    """Take a text; the empty one takes the value away."""
    return "" if raw == "" else text(name, raw)


def integer(name: str, raw: Raw) -> int:
    """Take a whole number."""
    given = text(name, raw)
    if not _INTEGER.fullmatch(given):
        raise invalid(name, f"Invalid integer: {given}", "parameter_invalid_integer")
    return int(given)


def limit(name: str, raw: Raw) -> int:
    """Take the size of a page: from 1 to 100."""
    value = integer(name, raw)
    if value < 1:
        raise invalid(
            name,
            "This value must be greater than or equal to 1.",
            "parameter_invalid_integer",
        )
    if value > 100:
        raise invalid(
            name, "This value must be less than or equal to 100.", "parameter_invalid_integer"
        )
    return value


def boolean(name: str, raw: Raw) -> bool:
    """Take `true` or `false`."""
    given = text(name, raw)
    if given not in ("true", "false"):
        raise invalid(name, f"Invalid boolean: {given}")
    return given == "true"


def one_of(*allowed: str) -> Check:
    """Take one of these words."""

    def check(name: str, raw: Raw) -> str:
        given = text(name, raw)
        if given not in allowed:
            listed = ", ".join(allowed[:-1]) + f", or {allowed[-1]}"
            raise invalid(name, f"Invalid {name}: must be one of {listed}")
        return given

    return check


def texts(most: int | None = None, allowed: Collection[str] = ()) -> Check:
    """Take a list of texts, not longer than `most`; each one of `allowed`, where those are said."""
    words = frozenset(allowed)

    def check(name: str, raw: Raw) -> list[str]:
        if isinstance(raw, dict) and all(key.isdigit() for key in raw):
            raw = list(raw.values())  # `expand[0]=…`, as the stripe package writes it
        if not isinstance(raw, list):
            raise invalid(name, "Invalid array")
        if most is not None and len(raw) > most:
            raise invalid(name, f"Array must have at most {most} elements; you passed {len(raw)}.")
        found = [text(f"{name}[{index}]", entry) for index, entry in enumerate(raw)]
        for index, entry in enumerate(found):
            if words and entry not in words:
                raise invalid(f"{name}[{index}]", f"Invalid {name}[{index}]: {entry}")
        return found

    return check


_BOUNDS = ("gt", "gte", "lt", "lte")


def moments(name: str, raw: Raw) -> tuple[int | None, int | None]:
    """Take a moment or bounds of time; return the first second included, and the first after."""
    if isinstance(raw, str):
        exact = integer(name, raw)
        return exact, exact + 1
    if not isinstance(raw, dict):
        raise invalid(name, "Invalid object")
    unknown = [f"{name}[{key}]" for key in raw if key not in _BOUNDS]
    if unknown:
        raise unknown_parameters(unknown)
    bounds = {key: integer(f"{name}[{key}]", value) for key, value in raw.items()}
    starts = [bounds[key] + step for key, step in (("gte", 0), ("gt", 1)) if key in bounds]
    ends = [bounds[key] + step for key, step in (("lt", 0), ("lte", 1)) if key in bounds]
    return max(starts, default=None), min(ends, default=None)


def fields(**known: Check) -> Check:
    """Take an object of these parameters."""

    def check(name: str, raw: Raw) -> dict[str, Any]:
        if not isinstance(raw, dict):
            raise invalid(name, "Invalid object")
        unknown = [f"{name}[{key}]" for key in raw if key not in known]
        if unknown:
            raise unknown_parameters(unknown)
        return {key: known[key](f"{name}[{key}]", value) for key, value in raw.items()}

    return check


def demanding(check: Check, names: Iterable[str]) -> Check:
    """Take what `check` takes, if it holds all of these names."""
    demanded = tuple(names)

    def complete(name: str, raw: Raw) -> Any:
        given = check(name, raw)
        for inner in demanded:
            if inner not in given:
                raise missing_parameter(f"{name}[{inner}]")
        return given

    return complete


def metadata(name: str, raw: Raw) -> dict[str, str] | None:
    """Take metadata; None (an empty text came) takes all of it away.

    The limits are Stripe's ('Metadata'): keys of 40 characters, values of 500; that there are
    50 keys at most is checked where they are merged.
    """
    if raw == "":
        return None
    if not isinstance(raw, dict):
        raise invalid(name, "Invalid object")
    for key, value in raw.items():
        if len(key) > 40:
            raise invalid(
                f"{name}[{key}]",
                "Metadata keys can have up to 40 characters, but you passed in a key that is "
                f"{len(key)} characters. Invalid key: {key}",
            )
        if not isinstance(value, str):
            raise invalid(f"{name}[{key}]", f"Invalid string: {value}")
        if len(value) > 500:
            raise invalid(
                f"{name}[{key}]",
                "Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(value)} characters. Invalid value: {value}",
            )
    return {str(key): str(value) for key, value in raw.items()}
