"""What came last is worked first, in batches that take a part of a slice."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

_MOST = 1000
_SMALLEST = 50
_LARGEST = 1000
_QUICK = 0.2
_SLOW = 0.5
"""Seconds."""


class Newest:
    """Names of what came last; the newest stay where they are too many."""

    def __init__(self) -> None:
        self._names: dict[str, None] = {}

    def add(self, names: Iterable[str]) -> None:
        """Remember what came."""
        for name in names:
            self._names.pop(name, None)
            self._names[name] = None
        while len(self._names) > _MOST:
            del self._names[next(iter(self._names))]

    def taken(self) -> tuple[str, ...]:
        """What came, the newest first; it is forgotten."""
        names = tuple(reversed(self._names))
        self._names.clear()
        return names


class BatchSize:
    """How many to take together, by how long the last ones took.

    Args:
        clock: seconds of a steady clock.

    Attributes:
        size: of the next batch.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.size = _LARGEST
        self._clock = clock

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time a batch of this size."""
        began = self._clock()
        yield
        took = self._clock() - began
        if took > _SLOW:
            self.size = max(_SMALLEST, self.size // 2)
        elif took < _QUICK:
            self.size = min(_LARGEST, self.size * 2)
