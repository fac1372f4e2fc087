"""Lines on their way from the server to the tap: bounded, and never waited for."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable

from tap_common.doorbell.bounded import MOST_BYTES, MOST_ITEMS, Bounded
from tap_common.doorbell.counts import LOST, Counts
from tap_common.doorbell.ring import Ring
from tap_common.doorbell.wire import FromServer, line_of

_MOST_NOTES = 16


class Outbox:
    """Writes lines into a pipe as fast as the tap reads them.

    Rings beyond the bounds are dropped, the oldest first; a ring lost costs only latency.

    Args:
        loop: the loop that this belongs to.
        descriptor: the pipe's.
        counts: where lost rings are counted.
        on_broken: is called once nobody reads the pipe any more.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        descriptor: int,
        counts: Counts,
        on_broken: Callable[[], None],
        most_items: int = MOST_ITEMS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._loop = loop
        self._descriptor = descriptor
        self._counts = counts
        self._on_broken = on_broken
        self._rings: Bounded[bytes] = Bounded(most_items, most_bytes)
        self._notes: deque[bytes] = deque(maxlen=_MOST_NOTES)
        self._rest = memoryview(b"")
        self._is_watching = False
        self._is_broken = False
        os.set_blocking(descriptor, False)

    def ring(self, ring: Ring) -> None:
        """Send a ring."""
        line = line_of(ring)
        self._counts.add(LOST, self._rings.add(line, len(line)))
        self._pump()

    def note(self, message: FromServer) -> None:
        """Send anything else; it goes before rings that wait."""
        self._notes.append(line_of(message))
        self._pump()

    def finish(self, seconds: float) -> None:
        """Write what is left, but for no longer than that."""
        give_up = time.monotonic() + seconds
        while self._pump() and time.monotonic() < give_up:
            time.sleep(0.01)

    def _pump(self) -> bool:
        """Write what the pipe takes now; return whether something is left."""
        while not self._is_broken and (self._rest or self._notes or self._rings):
            if not self._rest:
                line = self._notes.popleft() if self._notes else self._rings.pop()
                self._rest = memoryview(line)
            try:
                self._rest = self._rest[os.write(self._descriptor, self._rest) :]
            except BlockingIOError:
                self._watch(True)
                return True
            except OSError:
                self._is_broken = True
                self._on_broken()
        self._watch(False)
        return False

    def _watch(self, wanted: bool) -> None:
        if wanted and not self._is_watching:
            self._loop.add_writer(self._descriptor, self._pump)
        elif not wanted and self._is_watching:
            self._loop.remove_writer(self._descriptor)
        self._is_watching = wanted
