"""How the parameters of a write are read: as the stripe package types them.

What a request may hold is what the package says. What the stand-in does not imitate is refused in
words of its own, so that nobody mistakes a parameter without effect for one that worked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.resources.data import Parameter, WriteEndpoint, resources
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid, missing_parameter
from monstock_stripe_sandbox.stripe_params import Check, Raw

_EMPTIED = frozenset({"description", "email", "footer", "name", "phone", "receipt_email"}) | {
    f"address.{part}" for part in ("city", "country", "line1", "line2", "postal_code", "state")
}
"""Texts that an empty one takes away though their type does not say so (the API reference's
'Update …' of customers, payments and invoices show them emptied)."""

_LONGEST: dict[str, dict[str, int]] = {
    "/v1/customers": {"name": 256, "email": 512, "phone": 20, "description": 5000},
    "/v1/payment_intents": {"description": 1000, "statement_descriptor_suffix": 22},
    "/v1/invoices": {"description": 1500, "footer": 5000, "number": 26},
    "/v1/payment_links": {"inactive_message": 500},
}
"""`maxLength` of Stripe's OpenAPI specification; 5,000 where nothing else is said."""

_USUAL_LONGEST = 5000


def write_checks(endpoint: WriteEndpoint, imitated: Collection[str]) -> dict[str, Check]:
    """Return how each parameter of an endpoint is read.

    Args:
        imitated: those that have an effect here, `outer.inner` for a part of one.
    """
    return _checks(endpoint.parameters, frozenset(imitated) | {"expand"}, "", _longest(endpoint))


def required(endpoint: WriteEndpoint) -> tuple[str, ...]:
    """Return the parameters that the endpoint cannot do without."""
    return tuple(name for name, each in endpoint.parameters.items() if each.required)


def endpoint_at(verb: str, path: str) -> WriteEndpoint:
    """Return what the package says of a POST or DELETE.

    Raises:
        LookupError: the package has no such call.
    """
    for each in resources().writes:
        if (each.verb, each.path) == (verb, path):
            return each
    raise LookupError(f"the stripe package has no {verb} {path}")


def unknown_to_the_package(endpoint: WriteEndpoint, imitated: Collection[str]) -> list[str]:
    """Return those of `imitated` that the package's types do not have."""
    return sorted(name for name in imitated if not _is_known(name.split("."), endpoint.parameters))


def _is_known(names: list[str], known: Mapping[str, Parameter]) -> bool:
    name, *rest = names
    return name in known and (not rest or _is_known(rest, known[name].fields))


def _longest(endpoint: WriteEndpoint) -> Mapping[str, int]:
    return next((_LONGEST[root] for root in _LONGEST if endpoint.path.startswith(root)), {})


def _checks(
    known: Mapping[str, Parameter], imitated: frozenset[str], at: str, longest: Mapping[str, int]
) -> dict[str, Check]:
    found: dict[str, Check] = {}
    for name, parameter in known.items():
        path = f"{at}{name}"
        inside = any(each.startswith(f"{path}.") for each in imitated)
        if path in imitated or inside:
            whole = imitated if inside else imitated | _all_below(path, parameter)
            found[name] = _check(path, parameter, whole, longest)
        else:
            found[name] = _not_imitated
    return found


def _all_below(at: str, parameter: Parameter) -> frozenset[str]:
    below = {f"{at}.{name}" for name in parameter.fields}
    for name, each in parameter.fields.items():
        below |= _all_below(f"{at}.{name}", each)
    return frozenset(below)


def _check(
    path: str,
    parameter: Parameter,
    imitated: frozenset[str],
    longest: Mapping[str, int],
) -> Check:
    if parameter.kind in ("fields", "entries"):
        inner = _checks(parameter.fields, imitated, f"{path}.", {})
        demanded = [each for each, one in parameter.fields.items() if one.required]
        check = params.demanding(params.fields(**inner), demanded)
        if parameter.kind == "entries":
            check = _entries(check)
    elif parameter.kind == "map":
        check = params.metadata
    elif parameter.kind == "word":
        check = params.one_of(*parameter.of)
    elif parameter.kind == "texts":
        check = params.texts(allowed=parameter.of)
    elif parameter.kind == "text":
        check = _text(longest.get(path, _USUAL_LONGEST))
    else:
        check = _PLAIN[parameter.kind]
    emptied = parameter.unsettable or path in _EMPTIED
    return _or_nothing(check) if emptied and parameter.kind != "map" else check


def _text(longest: int) -> Check:
    def check(name: str, raw: Raw) -> str:
        given = params.text(name, raw)
        if len(given) > longest:
            shown = f"{given[:5]}...{given[-5:]}"
            raise invalid(name, f"Invalid string: {shown}; must be at most {longest} characters")
        return given

    return check


def _or_nothing(check: Check) -> Check:
    def unset(name: str, raw: Raw) -> Any:
        return None if raw == "" else check(name, raw)

    return unset


def _entries(check: Check) -> Check:
    def each(name: str, raw: Raw) -> list[Any]:
        if isinstance(raw, dict) and all(key.isdigit() for key in raw):
            raw = [raw[key] for key in sorted(raw, key=int)]
        if not isinstance(raw, list):
            raise invalid(name, "Invalid array")
        return [check(f"{name}[{index}]", entry) for index, entry in enumerate(raw)]

    return each


def _not_imitated(name: str, _raw: Raw) -> Any:
    raise StripeError(
        400,
        f"The sandbox does not imitate the parameter {name} here, though Stripe knows it. "
        "Its README says what it imitates.",
        param=name,
    )


def _number(name: str, raw: Raw) -> str:
    given = params.text(name, raw)
    if not given.lstrip("-").replace(".", "", 1).isdigit():
        raise invalid(name, f"Invalid decimal: {given}")
    return given


_PLAIN: dict[str, Check] = {
    "anything": lambda _, raw: raw,
    "boolean": params.boolean,
    "integer": params.integer,
    "number": _number,
}


def demand(given: Mapping[str, Any], names: Collection[str]) -> None:
    """Check that a request brought all of these.

    Raises:
        StripeError: one is missing.
    """
    for name in names:
        if name not in given:
            raise missing_parameter(name)
