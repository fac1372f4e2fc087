"""Version numbers for snapshots: the moment at which a reading began."""

from __future__ import annotations

import threading
from collections.abc import Callable

_MICROSECONDS = 1_000_000


class VersionClock:
    """Gives out versions that only ever grow. Thread-safe.

    Args:
        clock: returns the present in seconds since 1970.
        last: the newest version that an earlier run gave out; 0 for none.
    """

    def __init__(self, clock: Callable[[], float], last: int = 0) -> None:
        self._clock = clock
        self._last = last
        self._lock = threading.Lock()

    @property
    def last(self) -> int:
        """The newest version so far."""
        return self._last

    def begin(self) -> int:
        """Return the version for what is going to be read from now on."""
        with self._lock:
            self._last = max(int(self._clock() * _MICROSECONDS), self._last + 1)
            return self._last

    def saw_event(self, created: int) -> None:
        """Let no later version be older than an event, whose `created` is in seconds."""
        with self._lock:
            self._last = max(self._last, created * _MICROSECONDS)
