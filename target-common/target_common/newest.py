"""What is newest is worked first, in batches that take a part of a slice."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from types import MappingProxyType

_MOST = 1000
_SMALLEST = 50
_LARGEST = 1000
_QUICK = 0.2
_SLOW = 0.5
"""Seconds."""


class Newest:
    """Names of what came; the newest stay where they are too many.

    A backlog that pours in must not push aside what happens just now, and both come mixed: a
    moment of their own tells them apart.
    """

    def __init__(self) -> None:
        self._moments: dict[str, float] = {}
        self._taken_at = 0.0

    def add(
        self, names: Iterable[str], moments: Mapping[str, float] = MappingProxyType({})
    ) -> None:
        """Remember what came.

        Args:
            names: in the order of their coming.
            moments: of some of them, in seconds since 1970; else it is now.
        """
        now = time.time()
        for name in names:
            self._moments.pop(name, None)
            self._moments[name] = moments.get(name, now)
        if len(self._moments) > _MOST:
            self._moments = dict(self._oldest_first()[-_MOST:])

    def take(self, most: int) -> tuple[str, ...]:
        """What came, the newest first, and so many at most; they are forgotten."""
        self._taken_at = time.time()
        names = [name for name, _ in reversed(self._oldest_first())][:most]
        for name in names:
            del self._moments[name]
        return tuple(names)

    def put_back(self, names: Sequence[str]) -> None:
        """Remember what was taken last, as it may not be done; what came since goes before it."""
        self.add(reversed(names), dict.fromkeys(names, self._taken_at))

    def _oldest_first(self) -> list[tuple[str, float]]:
        return sorted(self._moments.items(), key=itemgetter(1))


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
