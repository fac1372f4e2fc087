"""A queue that never grows beyond its bounds: what is oldest goes first."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_ITEMS = 10_000
MOST_BYTES = 32 * 1024 * 1024


class Bounded(Generic[T]):
    """A queue of things with a size. Not thread-safe.

    Args:
        most_items: it holds no more of them.
        most_bytes: they have no more bytes in sum, unless there is only one.
    """

    def __init__(self, most_items: int = MOST_ITEMS, most_bytes: int = MOST_BYTES) -> None:
        self._most_items = most_items
        self._most_bytes = most_bytes
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._items)

    def add(self, item: T, size: int) -> int:
        """Add an item at the end, and return how many of the oldest had to go."""
        self._items.append((item, size))
        self._bytes += size
        lost = 0
        while len(self._items) > self._most_items or (
            self._bytes > self._most_bytes and len(self._items) > 1
        ):
            self.pop()
            lost += 1
        return lost

    def pop(self) -> T:
        """Take the oldest item.

        Raises:
            IndexError: if there is none.
        """
        item, size = self._items.popleft()
        self._bytes -= size
        return item
