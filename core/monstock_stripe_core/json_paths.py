"""Values in nested JSON objects by a dotted path, `customer.id`."""

from collections.abc import Callable
from typing import Any

JsonObject = dict[str, Any]
Getter = Callable[[Any], Any]


def getter(path: str) -> Getter:
    """A function that takes what stands at a dotted path, or None."""
    names = path.split(".")
    if len(names) == 1:
        name = names[0]
        return lambda data: data.get(name) if isinstance(data, dict) else None

    def get(data: Any) -> Any:
        for name in names:
            if not isinstance(data, dict):
                return None
            data = data.get(name)
        return data

    return get


def set_path(data: JsonObject, path: str, value: Any) -> None:
    """Put a value at a dotted path, making the levels above it."""
    *levels, last = path.split(".")
    for level in levels:
        data = data.setdefault(level, {})
    data[last] = value
