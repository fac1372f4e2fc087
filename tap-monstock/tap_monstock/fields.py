"""The fields of all streams: name, type, meaning, and where each comes from, in one place.

A field that the tenant's profile has no place for is in neither schema nor record.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from monstock_stripe_core.profile import Profile

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    Attributes:
        name: of the field, and of the attribute of what is read where `value` is None.
        schema: its JSON Schema, without the description.
        description: what it means.
        keys: where the profile says that the tenant has it, such as "orders.fields.kind", any of
            them; empty for what is always known.
        value: makes it of what is read.
        fields: of an object, or of each object of a list; empty for all else.
    """

    name: str
    schema: Schema
    description: str
    keys: tuple[str, ...] = ()
    value: Callable[[Any], Any] | None = None
    fields: tuple[Field, ...] = ()

    def of(self, source: Any) -> Any:
        """Return the field's value."""
        return getattr(source, self.name) if self.value is None else self.value(source)


def known_fields(fields: Iterable[Field], profile: Profile) -> tuple[Field, ...]:
    """Return those of the fields that a tenant has, those inside of others too."""
    found = []
    for field in fields:
        inner = known_fields(field.fields, profile)
        if _has(profile, field.keys) and (inner or not field.fields):
            found.append(replace(field, fields=inner))
    return tuple(found)


def schema_of(fields: Iterable[Field]) -> Schema:
    """Return the JSON Schema of records that have these fields."""
    properties = {}
    for field in fields:
        schema = {**field.schema, "description": field.description}
        if field.fields:
            inner = schema_of(field.fields)
            if "array" in schema["type"]:
                schema["items"] = inner
            else:
                schema["properties"] = inner["properties"]
        properties[field.name] = schema
    return {"type": "object", "properties": properties}


def record_of(fields: Iterable[Field], source: Any) -> dict[str, Any]:
    """Return a record of these fields, made of what was read."""
    record = {}
    for field in fields:
        value = field.of(source)
        if field.fields and isinstance(value, tuple):
            value = [record_of(field.fields, one) for one in value]
        elif field.fields and value is not None:
            value = record_of(field.fields, value)
        elif isinstance(value, datetime):
            value = rfc3339(value)
        record[field.name] = value
    return record


def rfc3339(moment: datetime) -> str:
    """Return a moment as text in UTC; parts of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _has(profile: Profile, keys: tuple[str, ...]) -> bool:
    return not keys or any(_at(profile, key) is not None for key in keys)


def _at(profile: Profile, key: str) -> Any:
    value: Any = profile
    for name in key.split("."):
        value = getattr(value, name, None)
    return value


TEXT: Schema = {"type": ["string", "null"]}
NAME: Schema = {"type": "string"}
AMOUNT: Schema = {"type": ["integer", "null"]}
MONEY: Schema = {"type": "integer"}
MOMENT: Schema = {"type": ["string", "null"], "format": "date-time"}
WHEN: Schema = {"type": "string", "format": "date-time"}
NUMBER: Schema = {"type": ["string", "null"]}
FLAG: Schema = {"type": "boolean"}
OBJECTS: Schema = {"type": "array"}
OBJECT: Schema = {"type": "object"}


def word(words: Iterable[str], *, nullable: bool = False) -> Schema:
    """Return the schema of one of the connector's words."""
    listed: list[str | None] = [str(one) for one in words]
    if nullable:
        return {"type": ["string", "null"], "enum": [*listed, None]}
    return {"type": "string", "enum": listed}
