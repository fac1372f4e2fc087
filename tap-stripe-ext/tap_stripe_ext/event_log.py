"""The bookmark of a log that is read by `created`: Stripe's events, or a list. Pure.

Entries become visible some seconds after their `created`, and their ids are not ordered by time.
So the last `overlap` seconds are read again at each run, and what was handled is dropped by its
id. The bookmark therefore holds a short hash of each id in the *whole* overlap.

A busy account has tens of thousands of them, too many for a state that is written every few
seconds. There, older seconds are sealed: one hash stands for all ids of a second. The next run
reads the ids that the log has there by then. Where they are others, all of that second is handled
again.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from types import MappingProxyType

# A hash of 8 bytes: of a million entries in one overlap, one in 10^7 runs would miss one.
_ENTRY = struct.Struct(">QH")
# The age of an entry below the position is packed into two bytes.
LONGEST_OVERLAP = 0xFFFF
# Fewer ids are not sealed: 10 kB in a state are less than the requests that open seals.
FEWEST_TO_SEAL = 1_000
# Entries that show up late do so within seconds: what is older than this is not expected to change.
_SEALED_AFTER = 60


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
        sealed: by `created`, one hash that stands for all handled ids of that second, as it was
            read from a state; `opened` before events are handled by it.
    """

    position: int
    handled: Mapping[int, array[int]] = field(default_factory=dict)
    sealed: Mapping[int, int] = field(default_factory=dict)

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
            if entry.created not in self.sealed:
                new.setdefault(entry.created, set()).add(short_hash(entry.id))
        handled = dict(self.handled)
        for made, keys in new.items():
            handled[made] = _keys(keys.union(handled.get(made, ())))
        position = max([self.position, *handled])
        first = position - overlap
        kept = {made: keys for made, keys in handled.items() if made >= first}
        sealed = {made: seal for made, seal in self.sealed.items() if made >= first}
        return LogBookmark(position, MappingProxyType(kept), MappingProxyType(sealed))

    def to_write(self, fewest: int = FEWEST_TO_SEAL) -> LogBookmark:
        """Return the bookmark for a state: that of a busy account with its older seconds sealed.

        Args:
            fewest: with so many handled ids, an account is busy.
        """
        if sum(map(len, self.handled.values())) < fewest:
            return self
        old = {
            made: keys
            for made, keys in self.handled.items()
            if made < self.position - _SEALED_AFTER and len(keys) > 1
        }
        return LogBookmark(
            self.position,
            {made: keys for made, keys in self.handled.items() if made not in old},
            {**self.sealed, **{made: _seal(keys) for made, keys in old.items()}},
        )

    def opened(self, entries: Iterable[Entry]) -> LogBookmark:
        """Return the bookmark without seals: what they stand for is handled, or else it is new.

        Args:
            entries: all that the log has in the sealed seconds; others do no harm.
        """
        found: dict[int, set[int]] = {made: set() for made in self.sealed}
        for entry in entries:
            if entry.created in found:
                found[entry.created].add(short_hash(entry.id))
        same = {
            made: _keys(keys) for made, keys in found.items() if _seal(keys) == self.sealed[made]
        }
        return LogBookmark(self.position, MappingProxyType({**self.handled, **same}))

    def packed(self) -> tuple[str, str]:
        """Return the handled hashes and the seals as text: 10 bytes each, base64."""
        return (
            _packed(
                (self.position - made, key)
                for made, keys in sorted(self.handled.items(), reverse=True)
                for key in keys
            ),
            _packed(
                (self.position - made, seal)
                for made, seal in sorted(self.sealed.items(), reverse=True)
            ),
        )

    @classmethod
    def unpacked(cls, position: int, handled: str, sealed: str = "") -> LogBookmark:
        """Return the bookmark of which `packed` made these texts.

        Raises:
            ValueError: if a text is not one of ours.
        """
        by_second: dict[int, set[int]] = {}
        for age, key in _unpacked(handled):
            by_second.setdefault(position - age, set()).add(key)
        return cls(
            position,
            MappingProxyType({made: _keys(keys) for made, keys in by_second.items()}),
            MappingProxyType({position - age: seal for age, seal in _unpacked(sealed)}),
        )


def _packed(hashes: Iterable[tuple[int, int]]) -> str:
    packed = b"".join(_ENTRY.pack(key, min(age, LONGEST_OVERLAP)) for age, key in hashes)
    return base64.b64encode(packed).decode("ascii")


def _unpacked(text: str) -> Iterator[tuple[int, int]]:
    content = base64.b64decode(text, validate=True)
    if len(content) % _ENTRY.size:
        raise ValueError("the list of handled ids is cut off")
    for key, age in _ENTRY.iter_unpack(content):
        yield age, key


def _seal(keys: Iterable[int]) -> int:
    return reduce(xor, keys, 0)


def _keys(keys: Iterable[int]) -> array[int]:
    return array("Q", sorted(keys))


def short_hash(text: str) -> int:
    """Return 64 bits that stand for `text`, the same in every process."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
