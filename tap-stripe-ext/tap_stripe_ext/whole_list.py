"""What a list looked like that is read whole at an interval, since no event tells of it. Pure.

The memory is bounded: of a list of more than `MOST_KEPT` objects nothing is kept. Such a list is
written anew at each look, and what vanished from it cannot be told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import msgspec

from tap_stripe_ext.reader import decode

MOST_KEPT = 5_000
_HASH_BYTES = 6

_canonical = msgspec.json.Encoder(order="sorted", decimal_format="number")


@dataclass(frozen=True, slots=True)
class WholeMemory:
    """What was last written of a list.

    Args:
        looked_at: when it was last read to its end, in seconds since 1970; 0 for never.
        contents: by key of the record, the hash of its content.
        is_too_long: whether the list is longer than what is kept.
    """

    looked_at: int = 0
    contents: Mapping[str, str] = field(default_factory=dict)
    is_too_long: bool = False

    def is_news(self, key: str, content: str) -> bool:
        """Tell whether a record is not as it was, or was not there."""
        return self.contents.get(key) != content

    def with_written(self, written: Iterable[tuple[str, str]]) -> WholeMemory:
        """Return the memory once these (key, hash of the content) have been written."""
        if self.is_too_long:
            return self
        contents = {**self.contents, **dict(written)}
        if len(contents) > MOST_KEPT:
            return replace(self, contents=MappingProxyType({}), is_too_long=True)
        return replace(self, contents=MappingProxyType(contents))

    def without(self, keys: Iterable[str]) -> WholeMemory:
        """Return the memory once the deletion of these has been written."""
        gone = set(keys)
        if not gone & self.contents.keys():
            return self
        left = {key: content for key, content in self.contents.items() if key not in gone}
        return replace(self, contents=MappingProxyType(left))

    def after_look(self, now: int, found: Mapping[str, str] | None) -> WholeMemory:
        """Return the memory after the list was read to its end.

        Args:
            now: the present, in seconds since 1970.
            found: all of it, by key; None where it was too long to be kept.
        """
        if found is None:
            return WholeMemory(now, MappingProxyType({}), is_too_long=True)
        return WholeMemory(now, MappingProxyType(dict(found)))


def content_hash(record: bytes) -> str:
    """Return a short hash of what the JSON says, in whatever order its fields stand."""
    canonical = _canonical.encode(decode(record))
    return hashlib.blake2b(canonical, digest_size=_HASH_BYTES).hexdigest()
