"""Where Stripe's stand-in keeps its objects: in order of creation, indexed, and encoded once."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

Value = Mapping[str, Any]
Key = tuple[int, int, str]
"""Order within a list: `created`, then the order in which the store got it; and the id."""

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True, eq=False)
class Entry:
    """One object as it is now. `value` is never changed in place: a change replaces it.

    Attributes:
        home: the address of the list that it lives in, where that hangs on another object.
        unseen: what lists can filter by, though it stands in no field.
    """

    value: Value
    key: Key
    visible_at: float
    changed_at: float
    home: str = ""
    unseen: Value = field(default_factory=dict)
    version: int = 0
    expanded: dict[tuple[str, ...], Expanded] = field(default_factory=dict)
    _encoded: bytes | None = None

    def encoded(self) -> bytes:
        """Return the object's JSON, encoded at most once for each change."""
        if self._encoded is None:
            self._encoded = _encode(self.value)
        return self._encoded

    def replace(self, value: Value, now: float) -> None:
        """Give the object another value."""
        self.value = value
        self.changed_at = now
        self.version += 1
        self._encoded = None


@dataclass(frozen=True, slots=True)
class Expanded:
    """JSON of an object with others inside, and the versions that it was made from."""

    body: bytes
    parts: tuple[tuple[Entry, int], ...]

    def fresh(self) -> bool:
        """Say whether none of its parts has changed since."""
        return all(entry.version == version for entry, version in self.parts)


class Shelf:
    """All objects of one kind."""

    def __init__(self, indexed: tuple[str, ...]) -> None:
        self.entries: dict[str, Entry] = {}
        self._order: list[Key] = []
        self._indexes: dict[str, dict[str, list[Key]]] = {name: {} for name in indexed}
        self._homes: dict[str, list[Key]] = {}

    def add(self, entry: Entry) -> None:
        """Put a new object in its place."""
        self.entries[entry.key[2]] = entry
        insort(self._order, entry.key)
        if entry.home:
            insort(self._homes.setdefault(entry.home, []), entry.key)
        for name, index in self._indexes.items():
            value = indexed_value(entry.value, name)
            if value is not None:
                insort(index.setdefault(value, []), entry.key)

    def reindex(self, entry: Entry, before: Value) -> None:
        """Follow a change of an indexed field."""
        for name, index in self._indexes.items():
            old, new = indexed_value(before, name), indexed_value(entry.value, name)
            if old == new:
                continue
            if old is not None:
                keys = index[old]
                del keys[bisect_left(keys, entry.key)]
            if new is not None:
                insort(index.setdefault(new, []), entry.key)

    def unlist(self, entry: Entry) -> None:
        """Take an object out of every list; it can still be asked for by its id."""
        del self._order[bisect_left(self._order, entry.key)]
        if entry.home:
            keys = self._homes[entry.home]
            del keys[bisect_left(keys, entry.key)]
        for name, index in self._indexes.items():
            value = indexed_value(entry.value, name)
            if value is not None:
                keys = index[value]
                del keys[bisect_left(keys, entry.key)]

    def drop(self, entry: Entry) -> None:
        """Take an object away altogether."""
        self.unlist(entry)
        del self.entries[entry.key[2]]

    def ordered(self, **wanted: str) -> list[Key]:
        """Return the keys, oldest first, narrowed by the first of `wanted` that is indexed.

        The caller still compares every field that it filters by.
        """
        for name, value in wanted.items():
            if name in self._indexes:
                return self._indexes[name].get(value, [])
        return self._order

    def at_home(self, home: str) -> list[Key]:
        """Return the keys of the objects that live in this list, oldest first."""
        return self._homes.get(home, [])

    def indexed(self, name: str) -> bool:
        """Say whether the shelf finds objects by this field without looking at each."""
        return name in self._indexes

    def listed(self, identifier: str) -> bool:
        """Say whether there is such an object and no list leaves it out for being deleted."""
        entry = self.entries.get(identifier)
        return entry is not None and not entry.value.get("deleted")

    def where(self, name: str, value: str) -> Iterator[Entry]:
        """Yield the objects whose indexed field has this value, oldest first."""
        for key in self._indexes[name].get(value, ()):
            yield self.entries[key[2]]


def indexed_value(value: Value, name: str) -> str | None:
    """Return the text at a field, or at `outer.inner`."""
    found: Any = value
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else None
