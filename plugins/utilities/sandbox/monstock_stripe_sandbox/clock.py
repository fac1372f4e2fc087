"""The sandbox's clock: real time that can be moved, or stood at a moment of the past."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Clock:
    """Seconds since the epoch: `source` plus an offset.

    A world is built with times of the last hours (`with clock.at(moment): …`) and then runs at
    real time. `at` holds for the thread that calls it alone, so a server that answers in another
    thread never sees the past.
    """

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._offset = 0.0
        self._standing = threading.local()

    def now(self) -> float:
        """Return seconds since the epoch."""
        moment: float | None = getattr(self._standing, "moment", None)
        return self._source() + self._offset if moment is None else moment

    def advance(self, seconds: float) -> None:
        """Move on: the standing moment inside of `at`, else the clock itself, for everybody."""
        moment: float | None = getattr(self._standing, "moment", None)
        if moment is None:
            self._offset += seconds
        else:
            self._standing.moment = moment + seconds

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Let this thread's time stand at `moment` (seconds since the epoch) in the block."""
        before: float | None = getattr(self._standing, "moment", None)
        self._standing.moment = moment
        try:
            yield
        finally:
            self._standing.moment = before
