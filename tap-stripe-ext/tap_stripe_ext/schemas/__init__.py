"""The streams' JSON Schemas: one file each, written from the types of the stripe package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import msgspec


def load_schema(stream_name: str) -> dict[str, Any]:
    """Return the committed JSON Schema of a stream.

    Raises:
        FileNotFoundError: if no schema was ever written for it (`make schemas` does).
    """
    content = files(__package__).joinpath(f"{stream_name}.json").read_bytes()
    schema: dict[str, Any] = msgspec.json.decode(content)
    return schema
