"""When what came in is made durable, and when a STATE is returned."""

import math

PAUSE = 0.005
"""Seconds without a line after which a quiet input is taken to have paused."""

_POURING_PAUSE = 0.2
"""The same while the input pours: a tap that reads pages pauses between them, and what belongs to
one order is better worked on together."""

_POURS = 100.0
"""Records within about a second from which on the input pours."""

_OLDEST = 1.0
"""Seconds that a record waits at most for others to be made durable with."""

_BETWEEN_STATES = 1.0
"""A tap may send a STATE with every record; for whoever keeps them, each costs a sync."""


class Intake:
    """Counts what came, and says what is due. Times are in seconds of one steady clock.

    Args:
        batch_size: records that are made durable together at most.
        now: the time.
    """

    def __init__(self, batch_size: int, now: float) -> None:
        self._batch_size = batch_size
        self._waiting = 0
        self._oldest = 0.0
        self._rate = 0.0
        self._rated_at = now
        self._state_waits = False
        self._state_returned_at = now

    def took_record(self, now: float) -> None:
        """Note that a record came."""
        if not self._waiting:
            self._oldest = now
        self._waiting += 1
        self._rate = self._faded(now) + 1.0
        self._rated_at = now

    def took_state(self) -> None:
        """Note that a STATE came that may be returned once all before it is durable."""
        self._state_waits = True

    def stored(self) -> None:
        """Note that all that came is durable."""
        self._waiting = 0

    def returned_state(self, now: float) -> None:
        """Note that the last STATE was returned."""
        self._state_waits = False
        self._state_returned_at = now

    @property
    def has_records(self) -> bool:
        """Whether records wait to be made durable."""
        return self._waiting > 0

    def is_batch_due(self, now: float) -> bool:
        """Whether what came is to be made durable although more is coming."""
        if not self._waiting:
            return False
        return self._waiting >= self._batch_size or now - self._oldest >= _OLDEST

    def is_state_due(self, now: float) -> bool:
        """Whether the last STATE is to be returned as soon as all before it is durable."""
        return self._state_waits and now - self._state_returned_at >= _BETWEEN_STATES

    def pause(self, now: float, *, work_waits: bool = False) -> float:
        """Seconds without a line after which the input counts as paused.

        Args:
            now: the time.
            work_waits: whether something came before and is still to be worked on.
        """
        return _POURING_PAUSE if self.pours(now) and not work_waits else PAUSE

    def pours(self, now: float) -> bool:
        """Whether so much comes that it would hold up the work."""
        return self._faded(now) >= _POURS

    def rests(self, now: float) -> float:
        """Seconds after which something is due although nothing comes; `inf` for never."""
        if not self._state_waits:
            return math.inf
        return max(0.0, self._state_returned_at + _BETWEEN_STATES - now)

    def _faded(self, now: float) -> float:
        return self._rate * math.exp(self._rated_at - now)
