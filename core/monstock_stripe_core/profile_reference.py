"""The table of a profile's keys, made of its schema.

`python -m monstock_stripe_core.profile_reference FILE` makes it anew in a document.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from monstock_stripe_core.profile_checks import profile_schema, resolved

BEGIN = "<!-- keys: made of profile.schema.json -->"
END = "<!-- end of keys -->"

_TYPES = {
    "string": "text",
    "integer": "number",
    "boolean": "true/false",
    "object": "keys",
    "array": "list",
}


def key_table() -> str:
    """Return all keys of a profile as a Markdown table."""
    lines = ["| key | value | default | what it says |", "|---|---|---|---|"]
    for name, part in profile_schema()["properties"].items():
        lines += _rows(name, part, _required(profile_schema(), name))
    return "\n".join(lines)


def with_table(document: str) -> str:
    """Return a document in which the table between the two marks is made anew.

    Raises:
        ValueError: a mark is missing.
    """
    if BEGIN not in document or END not in document:
        raise ValueError(f"the document lacks {BEGIN} or {END}")
    whole = f"{BEGIN}\n\n{key_table()}\n\n{END}"
    pattern = re.escape(BEGIN) + ".*" + re.escape(END)
    return re.sub(pattern, lambda _: whole, document, flags=re.DOTALL)


def _rows(key: str, part: Mapping[str, Any], required: bool) -> Iterator[str]:
    schema = resolved(part)
    default = "needed" if required else _default(schema)
    description = str(schema.get("description", "")).replace("|", "\\|")
    yield f"| `{key}` | {_value(schema)} | {default} | {description} |"
    if "$ref" in part and "properties" in schema and key not in _SHOWN:
        return  # the same keys in every place: said once, below the place that is shown
    for name, below in schema.get("properties", {}).items():
        yield from _rows(f"{key}.{name}", below, _required(schema, name))


_SHOWN = (
    "orders.list",
    "orders.update",
    "orders.updated_since",
    "orders.find.id",
    "orders.removed",
)
"""Where the keys that stand in several places alike are said."""


def _required(schema: Mapping[str, Any], name: str) -> bool:
    return name in schema.get("required", ())


def _default(schema: Mapping[str, Any]) -> str:
    default = schema.get("default")
    if default is None or default in ({}, [], ""):
        return "optional"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _value(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    kinds = schema.get("type", "string")
    kinds = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
    return " or ".join(_TYPES[kind] for kind in kinds)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_table(file.read_text("utf-8")), "utf-8")
