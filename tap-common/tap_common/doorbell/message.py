"""A call's body, cut down to what is handed on. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from tap_common.doorbell.config import MessageShape

_TYPES: dict[str, type] = {"string": str, "integer": int, "object": dict}
_ABSENT = object()


def read_message(body: bytes, shape: MessageShape) -> dict[str, Any] | None:
    """Return the message in a call's body, cut down; None if it holds none.

    Args:
        body: as it came.
        shape: what it must hold, and what of it is kept.
    """
    try:
        whole = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(whole, dict) or not all(
        _is_a(_at(whole, path), kind) for path, kind in shape.required.items()
    ):
        return None
    cut: dict[str, Any] = {}
    for path in shape.kept:
        value = _at(whole, path)
        if value is not _ABSENT:
            _put(cut, path, value)
    return cut


def message_id(message: dict[str, Any], shape: MessageShape) -> str:
    """Return what tells a message from others; nothing if it has no id."""
    found = _at(message, shape.id) if shape.id else None
    return found if isinstance(found, str) else ""


def _is_a(value: object, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not isinstance(value, bool) and value != ""


def _at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if not isinstance(value, dict) or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _put(into: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for name in parents:
        into = into.setdefault(name, {})
    into[last] = value
