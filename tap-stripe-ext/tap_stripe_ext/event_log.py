"""The bookmark of a log that is read by `created`: Stripe's events, or a list. Pure.

Entries become visible some seconds after their `created`, and their ids are not ordered by time.
So the last `overlap` seconds are read again at each run, and what was handled is dropped by its
id. The bookmark therefore holds a short hash of each id in the *whole* overlap.
"""

from __future__ import annotations

import base64
import hashlib
import struct
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
        handled: the short hash of each handled id in the overlap, and its `created`.
    """

    position: int
    handled: Mapping[int, int] = field(default_factory=dict)

    def read_from(self, overlap: int) -> int:
        """Return the first second that has to be read again."""
        return max(self.position - overlap, 0)

    def is_new(self, entry: Entry, overlap: int) -> bool:
        """Tell whether an entry of the log has to be handled."""
        return entry.created >= self.read_from(overlap) and not self.has_handled(entry)

    def has_handled(self, entry: Entry) -> bool:
        """Tell whether an entry of the overlap was handled."""
        return short_hash(entry.id) in self.handled

    def advanced(self, entries: Iterable[Entry], overlap: int) -> LogBookmark:
        """Return the bookmark once all of `entries` have been handled (or had been before)."""
        handled = dict(self.handled)
        handled.update((short_hash(entry.id), entry.created) for entry in entries)
        position = max([self.position, *handled.values()])
        kept = {key: made for key, made in handled.items() if made >= position - overlap}
        return LogBookmark(position, MappingProxyType(kept))

    def packed(self) -> str:
        """Return the handled hashes as text: 10 bytes each, base64."""
        parts = sorted((self.position - made, key) for key, made in self.handled.items())
        return base64.b64encode(
            b"".join(_ENTRY.pack(key, min(age, LONGEST_OVERLAP)) for age, key in parts)
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
        handled = {key: position - age for key, age in _ENTRY.iter_unpack(content)}
        return cls(position, MappingProxyType(handled))


def short_hash(text: str) -> int:
    """Return 64 bits that stand for `text`, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
