"""The bookmark of a log that is read by `created`: Stripe's events, or a list. Pure.

Entries become visible some seconds after their `created`, and their ids are not ordered by time.
So the last `overlap` seconds are read again at each run, and what was handled is dropped by its
id. The bookmark therefore holds a short hash of each id in the *whole* overlap.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# A hash of 8 bytes: of a million entries in one overlap, one in 10^7 runs would miss one.
_ENTRY = struct.Struct(">QH")
# The age of an entry below the position is packed into two bytes.
LONGEST_OVERLAP = 0xFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a log: the id of an event or object, and when it was created."""

    id: str
    created: int


@dataclass(frozen=True, slots=True)
class LogBookmark:
    """How far a log has been handled.

    Args:
        position: the newest `created` that was handled, in seconds since 1970.
        handled: by `created`, the short hashes of the handled ids in the overlap, ascending. A run
            that follows holds tens of thousands; as plain numbers side by side they take 8 bytes
            each.
    """

    position: int
    handled: Mapping[int, array[int]] = field(default_factory=dict)

    def read_from(self, overlap: int) -> int:
        """Return the first second that has to be read again."""
        return max(self.position - overlap, 0)

    def is_new(self, entry: Entry, overlap: int) -> bool:
        """Tell whether an entry of the log has to be handled."""
        return entry.created >= self.read_from(overlap) and not self.has_handled(entry)

    def has_handled(self, entry: Entry) -> bool:
        """Tell whether an entry of the overlap was handled."""
        keys = self.handled.get(entry.created)
        if keys is None:
            return False
        key = short_hash(entry.id)
        place = bisect_left(keys, key)
        return place < len(keys) and keys[place] == key

    def advanced(self, entries: Iterable[Entry], overlap: int) -> LogBookmark:
        """Return the bookmark once all of `entries` have been handled (or had been before)."""
        new: dict[int, set[int]] = {}
        for entry in entries:
            new.setdefault(entry.created, set()).add(short_hash(entry.id))
        handled = dict(self.handled)
        for made, keys in new.items():
            handled[made] = _keys(keys.union(handled.get(made, ())))
        position = max([self.position, *handled])
        kept = {made: keys for made, keys in handled.items() if made >= position - overlap}
        return LogBookmark(position, MappingProxyType(kept))

    def packed(self) -> str:
        """Return the handled hashes as text: 10 bytes each, base64."""
        return base64.b64encode(
            b"".join(
                _ENTRY.pack(key, min(self.position - made, LONGEST_OVERLAP))
                for made, keys in sorted(self.handled.items(), reverse=True)
                for key in keys
            )
        ).decode("ascii")

    @classmethod
    def unpacked(cls, position: int, packed: str) -> LogBookmark:
        """Return the bookmark that `packed` was made of.

        Raises:
            ValueError: if the text is not one of ours.
        """
        content = base64.b64decode(packed, validate=True)
        if len(content) % _ENTRY.size:
            raise ValueError("the list of handled ids is cut off")
        handled: dict[int, set[int]] = {}
        for key, age in _ENTRY.iter_unpack(content):
            handled.setdefault(position - age, set()).add(key)
        return cls(
            position, MappingProxyType({made: _keys(keys) for made, keys in handled.items()})
        )


def _keys(keys: Iterable[int]) -> array[int]:
    return array("Q", sorted(keys))


def short_hash(text: str) -> int:
    """Return 64 bits that stand for `text`, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
