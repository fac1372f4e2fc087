"""How far a stream has been read: a moment, and what was emitted from shortly before it on. Pure.

Changes become visible some time after the moment that they carry, several carry the same moment,
and a tenant may keep whole seconds only. So everything from the overlap before the newest moment on
is read again at each run, and what was emitted is known by short hashes of its key and content.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from collections.abc import Callable
from datetime import datetime, timedelta

from tap_common.output import encode

_ENTRY = struct.Struct(">QQi")
"""Hash of the key, hash of the content, seconds before the newest moment.

Of a million records in one overlap, one change in 10^13 would be taken for known.
"""
_SECOND = timedelta(seconds=1)
_MOST_AHEAD = -(2**31)
"""Of the seconds. What claims a later moment is kept for longer, which does no harm."""

Floor = Callable[[datetime], datetime]
"""From which moment a list of changes has to be read, if this is the newest moment handled."""


class Bookmark:
    """What was handled of one stream.

    Args:
        floor: see `Floor`; what is older than it is forgotten.
        position: the newest moment of change that was handled; None where nothing was.
        seen: what was emitted from the floor on, as `packed` gave it.
        begin: what changed before it is not wanted, where nothing was handled yet.

    Raises:
        ValueError: `seen` is not what `packed` gave.
    """

    def __init__(
        self,
        floor: Floor,
        position: datetime | None = None,
        seen: str = "",
        begin: datetime | None = None,
    ) -> None:
        self._floor = floor
        self.position = position
        self._since = begin if position is None else floor(position)
        self._seen: dict[int, tuple[int, datetime]] = {}
        if position is not None:
            for key, content, age in _ENTRY.iter_unpack(_decoded(seen)):
                self._seen[key] = (content, position - age * _SECOND)

    def look_again(self) -> None:
        """Begin another look: what changed up to the overlap is known by now."""
        if self.position is not None:
            self._since = self._floor(self.position)

    @property
    def since(self) -> datetime | None:
        """From when on changes have to be read in this look; None: all of them."""
        return self._since

    def is_new(self, at: datetime, key: int, content: int) -> bool:
        """Tell whether a record has to be emitted.

        Args:
            at: when it last changed.
            key: hash of its key.
            content: hash of all of it.
        """
        if self._since is not None and at < self._since:
            return False  # read for the sake of another stream, which is behind
        known = self._seen.get(key)
        return known is None or known[0] != content

    def emitted(self, at: datetime, key: int, content: int) -> None:
        """Take note of a record that was emitted."""
        self._seen[key] = (content, at)

    def passed(self, at: datetime, now: datetime) -> None:
        """Take note that all that changed at a moment has been handled.

        A change that carries a moment of the future must not hide all others until then, so the
        bookmark never passes `now`.
        """
        moment = min(at, now)
        if self.position is None or moment > self.position:
            self.position = moment

    def packed(self) -> str:
        """Return what has to be known of what was emitted, as text; what is older is forgotten."""
        if self.position is None:
            return ""
        floor = self._floor(self.position)
        self._seen = {key: known for key, known in self._seen.items() if known[1] >= floor}
        entries = sorted(
            (key, content, max((self.position - at) // _SECOND, _MOST_AHEAD))
            for key, (content, at) in self._seen.items()
        )
        return base64.b64encode(b"".join(_ENTRY.pack(*entry) for entry in entries)).decode("ascii")


def short_hash(value: object) -> int:
    """Return 64 bits that stand for a JSON value, the same in every process."""
    return int.from_bytes(hashlib.blake2b(encode(value), digest_size=8).digest(), "big")


def _decoded(seen: str) -> bytes:
    try:
        content = base64.b64decode(seen, validate=True)
    except binascii.Error:
        raise ValueError("is damaged") from None
    if len(content) % _ENTRY.size:
        raise ValueError("is cut off")
    return content
