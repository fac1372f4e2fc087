"""What a profile must be: first its JSON Schema, then what ties one key to another."""

import copy
import json
import re
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

_MOST_PROBLEMS = 20
_TYPE_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a mapping of keys",
    "array": "a list",
    "null": "null",
}


@cache
def profile_schema() -> dict[str, Any]:
    """Return the JSON Schema of profiles."""
    text = resources.files(__package__).joinpath("profile.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a part of the schema with what its `$ref` names merged below its own keys."""
    if "$ref" not in schema:
        return schema
    target = profile_schema()["$defs"][schema["$ref"].rsplit("/", 1)[1]]
    return {**target, **schema}


def schema_problems(given: object) -> list[str]:
    """Hold a profile against the schema; one "key: reason" for each problem."""
    if not isinstance(given, dict):
        return [f"must be a mapping of keys, not {_shown(given)}"]
    validator = Draft202012Validator(profile_schema())
    errors = sorted(validator.iter_errors(given), key=lambda error: list(map(str, error.path)))
    # The validator names a missing key once for each key that is missing beside it.
    problems = dict.fromkeys(problem for error in errors for problem in _described(error))
    return list(problems)[:_MOST_PROBLEMS]


def with_defaults(given: Any) -> dict[str, Any]:
    """Return a profile in which every key that was left out has the schema's default."""
    filled: dict[str, Any] = _filled(given, profile_schema())
    return filled


def _filled(value: Any, schema: Mapping[str, Any]) -> Any:
    schema = resolved(schema)
    if not isinstance(value, dict) or "properties" not in schema:
        return value
    filled = dict(value)
    for name, part in schema["properties"].items():
        default = copy.deepcopy(resolved(part).get("default"))
        filled[name] = _filled(filled.get(name, default), part)
    return filled


def _described(error: ValidationError) -> Iterator[str]:
    key = ".".join(map(str, error.absolute_path))
    below = f"{key}." if key else ""
    schema: Mapping[str, Any] = resolved(error.schema)  # type: ignore[arg-type]
    given: Any = error.instance
    if error.validator == "additionalProperties":
        known = list(schema["properties"])
        for name in given:
            if name not in known:
                yield f"{below}{name}: unknown key; {_nearest(name, known)}"
    elif error.validator == "required":
        for name in schema["required"]:
            if name not in given:
                about = resolved(schema["properties"][name]).get("description", "")
                yield f"{below}{name}: is missing. {about}".rstrip()
    else:
        yield f"{key}: {_reason(error)}. {_about(schema)}".replace("?. ", "? ").rstrip()


def _reason(error: ValidationError) -> str:
    value: Any = error.instance
    limit: Any = error.validator_value
    if error.validator == "enum":
        return f"{_shown(value)} is not one of the known; {_nearest(value, limit)}"
    if error.validator == "type":
        types = [limit] if isinstance(limit, str) else limit
        expected = " or ".join(_TYPE_NAMES[name] for name in types if name != "null")
        quote = "; put it in quotes" if isinstance(value, bool) and "string" in types else ""
        return f"must be {expected}, not {_shown(value)}{quote}"
    reasons = {
        "minimum": f"must be at least {limit}, not {_shown(value)}",
        "maximum": f"must be at most {limit}, not {_shown(value)}",
        "minLength": "must not be empty",
        "minItems": "must not be empty",
        "pattern": f"{_shown(value)} is not of the right form ({_form(str(limit))})",
    }
    return reasons.get(str(error.validator), error.message[:200])


def _form(pattern: str) -> str:
    if pattern.startswith("^/"):
        return "a path like /orders/{order_id}, without ? or spaces"
    if pattern.startswith("^[a-z0-9]"):
        return "small letters, digits, - and _"
    return "names with dots between levels, like customer.id"


def _about(schema: Mapping[str, Any]) -> str:
    description = schema.get("description")
    return f"It means: {description}" if description else ""


def _nearest(value: object, known: list[str]) -> str:
    near = get_close_matches(str(value), known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known here: {', '.join(known)}"


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else f"{value!r:.60}"


_PLACEHOLDERS: dict[str, tuple[str, ...]] = {
    "orders.list": (),
    "orders.read": ("order_id",),
    "orders.update": ("order_id",),
    "payments.upsert": ("order_id", "method", "transaction_reference"),
    "payments.update": ("payment_id",),
    "payments.remove": ("payment_id",),
    "customers.list": (),
    "customers.read": ("customer_id",),
    "customers.create": (),
    "customers.update": ("customer_id",),
}
"""What a call's path must contain; `order_id` may stand in any path about payments."""

_NEEDED: tuple[tuple[str, str | None, str], ...] = (
    ("auth.scheme", "header", "auth.name"),
    ("auth.scheme", "query", "auth.name"),
    ("pagination.style", "page", "pagination.page_parameter"),
    ("pagination.style", "cursor", "pagination.cursor_parameter"),
    ("pagination.style", "cursor", "pagination.next_cursor"),
    ("payments.placement", "in_order", "payments.path"),
    ("payments.placement", "resource", "payments.list"),
    ("payments.writing", "upsert", "payments.upsert"),
    ("payments.writing", "find_then_write", "payments.create"),
    ("payments.amount", "captured", "payments.fields.refunded"),
    ("payments.fields.fee", None, "payments.fields.fee_currency"),
    ("payments.fields.status", None, "vocabulary.row_status"),
    ("orders.fields.kind", None, "vocabulary.kind"),
    ("orders.lines.total", "without_tax", "orders.lines.fields.tax"),
    ("customers.find.email", None, "customers.fields.email"),
    ("customers.find.stripe_customer_id", None, "customers.fields.stripe_customer_id"),
    ("vocabulary.kind", None, "orders.fields.kind"),
    ("formats.time.style", "pattern", "formats.time.pattern"),
    ("payment_status", "written", "orders.fields.payment_status"),
)
"""(key, its value or None for any, the key that must then be there)."""


def consistency_problems(data: Mapping[str, Any]) -> list[str]:
    """Hold the keys of a profile, defaults filled in, against each other."""
    problems: list[str] = []
    for key, value, needed in _NEEDED:
        given = _at(data, key)
        if given is not None and value in (None, given) and _at(data, needed) is None:
            because = f"{key} is {given}" if value else f"{key} is given"
            problems.append(f"{needed}: is missing, and needed because {because}")
    for check in _CHECKS:
        problems += check(data)
    return problems


def _paths(data: Mapping[str, Any]) -> Iterator[str]:
    for call in (*_PLACEHOLDERS, "payments.list", "payments.create"):
        path = _at(data, f"{call}.path")
        if path is None:
            continue
        found = set(re.findall(r"\{(.*?)\}", path))
        needed = _PLACEHOLDERS.get(call, ())
        allowed = {*needed, *(("order_id",) if call.startswith("payments.") else ())}
        for name in needed:
            if name not in found:
                yield f"{call}.path: {path!r} must contain {{{name}}}"
        for name in sorted(found - allowed):
            known = " ".join(f"{{{entry}}}" for entry in sorted(allowed)) or "none"
            yield f"{call}.path: unknown {{{name}}} in {path!r}; known here: {known}"


def _order_of_payments(data: Mapping[str, Any]) -> Iterator[str]:
    """How a payment that is a resource of its own tells, and is asked for, its order."""
    payments = data["payments"]
    if payments["placement"] != "resource" or payments["list"] is None:
        return
    missing = "is missing, and needed because"
    if "{order_id}" not in payments["list"]["path"]:
        if payments["order_filter"] is None:
            yield f"payments.order_filter: {missing} payments.list.path lacks {{order_id}}"
        elif payments["order_filter"]["many"] > 1 and not payments["fields"]["order_id"]:
            yield f"payments.fields.order_id: {missing} payments.order_filter.many is over 1"
    create = payments["create"]
    if create and "{order_id}" not in create["path"] and not payments["fields"]["order_id"]:
        yield f"payments.fields.order_id: {missing} payments.create.path lacks {{order_id}}"


def _money(data: Mapping[str, Any]) -> Iterator[str]:
    money = data["formats"]["money"]
    right = {"minor": ("integer",), "decimal": ("string", "number")}[money["unit"]]
    if money["json"] not in right:
        yield f"formats.money.json: must be {' or '.join(right)} where unit is {money['unit']}"


def _time(data: Mapping[str, Any]) -> Iterator[str]:
    zone = data["formats"]["time"]["time_zone"]
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        near = _nearest(zone, sorted(available_timezones()))
        hint = near if near.startswith("did") else "give an IANA name like Europe/Paris"
        yield f"formats.time.time_zone: unknown time zone {zone!r}; {hint}"


def _words(data: Mapping[str, Any]) -> Iterator[str]:
    for name in ("kind", "state", "payment_status"):
        owner: dict[str, str] = {}
        for ours, theirs in (data["vocabulary"][name] or {}).items():
            for word in [theirs] if isinstance(theirs, str) else theirs or ():
                if owner.setdefault(word, ours) != ours:
                    yield (
                        f"vocabulary.{name}.{ours}: {word!r} already stands for "
                        f"{owner[word]!r}: no word may stand for two"
                    )


def _at(data: Mapping[str, Any], key: str) -> Any:
    value: Any = data
    for name in key.split("."):
        value = None if value is None else value[name]
    return value


_CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[str]], ...] = (
    _paths,
    _order_of_payments,
    _money,
    _time,
    _words,
)
