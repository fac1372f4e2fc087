"""Timers on a steady clock."""

import math

NEVER = math.inf


class Timer:
    """Due every so many seconds, for the first time after as many.

    Args:
        seconds: between two times.
        now: seconds of a steady clock.
    """

    def __init__(self, seconds: float, now: float) -> None:
        self._seconds = seconds
        self._next = now + seconds

    def is_due(self, now: float) -> bool:
        """Whether it is time; start again by `restart`."""
        return now >= self._next

    def restart(self, now: float) -> None:
        """Wait for as long again."""
        self._next = now + self._seconds

    def rests(self, now: float) -> float:
        """Seconds until it is due."""
        return max(0.0, self._next - now)
