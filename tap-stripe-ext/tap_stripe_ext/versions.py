"""Version numbers for snapshots: the moment at which a reading began.

A reading that began earlier may end later: its requests were repeated, or it waited. The one with
the newer version is the truth.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

_MICROSECONDS = 1_000_000
# At 20 payments a second that is four minutes: hardly a reading takes so long.
_MOST_WRITTEN = 5_000


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


class WrittenVersions:
    """The newest version of each payment that was, or is being, written of late. For one thread.

    Args:
        most: of how many payments.
    """

    def __init__(self, most: int = _MOST_WRITTEN) -> None:
        self._most = most
        self._newest: OrderedDict[str, int] = OrderedDict()

    def wrote(self, payment_id: str, version: int) -> bool:
        """Take note of a version that is to be written; return whether no newer one was before."""
        newest = max(version, self._newest.get(payment_id, 0))
        self._newest[payment_id] = newest
        self._newest.move_to_end(payment_id)
        if len(self._newest) > self._most:
            self._newest.popitem(last=False)
        return version == newest
