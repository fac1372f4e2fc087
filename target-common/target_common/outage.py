"""A night without the other system: when it is tried again, and what is said of it."""

import random
from collections.abc import Callable

_FIRST = 1.0
_LONGEST = 60.0
"""Seconds between attempts: at first, and at most."""

_SAID_AGAIN = 60.0
_SAID_AT_LEAST = 3600.0
"""Seconds until an outage is spoken of again: at first, doubled each time, and at most."""


class Outage:
    """Waits between attempts, longer each time. Times are in seconds of one steady clock.

    Args:
        system: how messages name it.
        chance: a number from 0 to 1, so that many callers do not come back together.

    Attributes:
        failures: attempts that failed so far.
        error: what the last one said; None while the other system works.
    """

    def __init__(self, system: str, chance: Callable[[], float] = random.random) -> None:
        self.failures = 0
        self.error: str | None = None
        self._system = system
        self._chance = chance
        self._in_a_row = 0
        self._began_at = 0.0
        self._wait = 0.0
        self._next_try = 0.0
        self._say_at = 0.0
        self._say_after = _SAID_AGAIN

    def failed(self, error: str, now: float, *, needs_person: bool) -> str | None:
        """Note that an attempt failed.

        Args:
            error: what it said.
            now: the time.
            needs_person: waiting alone will not help, so it is tried no faster than at most.

        Returns:
            What is to be said now, if anything.
        """
        is_new = self.error is None
        self.failures += 1
        self._in_a_row += 1
        self.error = error
        longest = min(_LONGEST, _FIRST * 2.0 ** min(self._in_a_row, 10))
        self._wait = _LONGEST if needs_person else longest * (0.5 + self._chance() / 2)
        self._next_try = now + self._wait
        if is_new:
            self._began_at, self._say_after = now, _SAID_AGAIN
            self._say_at = now + self._say_after
            help_ = " A person is needed: set it right, and start this again." * needs_person
            return (
                f"{error}{help_} What comes meanwhile is kept in the ledger; "
                f"{self._system} is tried again until it works."
            )
        if now < self._say_at:
            return None
        self._say_after = min(self._say_after * 2, _SAID_AT_LEAST)
        self._say_at = now + self._say_after
        return (
            f"{self._system} has not worked for {_spoken(now - self._began_at)} "
            f"({self._in_a_row} attempts): {error}"
        )

    def worked(self, now: float) -> str | None:
        """Note that an attempt succeeded; return what is to be said now, if anything."""
        if self.error is None:
            return None
        self.error = None
        self._in_a_row = 0
        return f"{self._system} works again after {_spoken(now - self._began_at)}."

    def put_off(self, now: float) -> None:
        """Note that an attempt showed neither: there was nothing to ask. It rests as before."""
        self._next_try = now + self._wait

    def rests(self, now: float) -> float:
        """Seconds until the next attempt; 0 where nothing speaks against one."""
        return 0.0 if self.error is None else max(0.0, self._next_try - now)


def _spoken(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
