"""What a call leaves behind, and where it waits until the tap has time for it."""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

import msgspec

from tap_common.doorbell.bounded import MOST_BYTES, MOST_ITEMS, Bounded

logger = logging.getLogger(__name__)

_SECONDS_BETWEEN_WARNINGS = 60.0


class Ring(msgspec.Struct, frozen=True, tag="ring"):
    """One message that came in, believed and cut down.

    Args:
        id: what tells it from others; empty where messages have no id.
        received_at: when its last byte had come, in seconds since 1970.
        content: the message as JSON; not decoded, since most of its time it only waits.
    """

    id: str
    received_at: float
    content: msgspec.Raw

    def message(self) -> dict[str, Any]:
        """Return the message, decoded."""
        return msgspec.json.decode(self.content, type=dict[str, Any])


class RingQueue:
    """Rings that wait for the tap, in bounded number. Thread-safe; `put` is for `Doorbell`.

    Args:
        most_items: it holds no more rings than that; the oldest are dropped.
        most_bytes: nor more bytes of messages.
    """

    def __init__(self, most_items: int = MOST_ITEMS, most_bytes: int = MOST_BYTES) -> None:
        self._rings: Bounded[Ring] = Bounded(most_items, most_bytes)
        self._changed = threading.Condition()
        self._lost = 0
        self._warned_at = float("-inf")

    @property
    def lost(self) -> int:
        """How many rings were dropped since nobody took them in time."""
        return self._lost

    def put(self, ring: Ring) -> None:
        """Add a ring; where there are too many, the oldest are dropped, with a warning."""
        with self._changed:
            self._lost += (lost := self._rings.add(ring, len(memoryview(ring.content))))
            self._changed.notify()
        if lost and time.monotonic() - self._warned_at > _SECONDS_BETWEEN_WARNINGS:
            self._warned_at = time.monotonic()
            logger.warning(
                "More webhook calls come than are handled: %d were dropped so far. What they tell "
                "of is read when the tap next looks by itself.",
                self._lost,
            )

    def take(self, timeout: float | None = 0.0) -> list[Ring]:
        """Take all rings that wait.

        Args:
            timeout: seconds to wait for the first one; None for as long as it takes.
        """
        with self._changed:
            self._changed.wait_for(lambda: len(self._rings) > 0, timeout)
            return [self._rings.pop() for _ in range(len(self._rings))]
