"""Work in slices, between which new input is taken."""

import time
from collections.abc import Callable

_LEAST = 0.1
_LEAST_WHILE_POURING = 1.0
"""Seconds that a slice lasts although input waits: little where the input is quiet, so that what
comes is soon worked on, and long enough where it pours that the work goes on beside it."""

_MOST = 5.0
"""Seconds after which timers and notes get their turn."""

_SHARE = 0.2
_STEP_AFTER = 5.0
"""A backlog, or input that never pauses, uses up every slice. What has its turn after the work has
this part of the time all the same while no input waits, and a step after so many seconds where it
does."""


class Slice:
    """How long to work until something else gets its turn.

    Args:
        input_waits: whether there is new input, or some was taken that nobody worked on.
        pours: whether there always is.
        clock: seconds of a steady clock.

    Attributes:
        was_cut: it was over while something was left.
        more_comes: new input gets its turn after it.
    """

    more_comes = True

    def __init__(
        self,
        input_waits: Callable[[], bool],
        *,
        pours: bool,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.was_cut = False
        self._input_waits = input_waits
        self._clock = clock
        self._least = clock() + (_LEAST_WHILE_POURING if pours else _LEAST)
        self._most = clock() + _MOST

    @property
    def input_waits(self) -> bool:
        """Whether there is new input, or some was taken that nobody worked on."""
        return self._input_waits()

    def is_over(self) -> bool:
        """Whether to stop; asked only where something is left."""
        now = self._clock()
        if now >= self._most or (now >= self._least and self._input_waits()):
            self.was_cut = True
        return self.was_cut


class Endless:
    """A slice that ends with the work: at the end of the input nothing else is to be done."""

    was_cut = False
    more_comes = False
    input_waits = False

    def is_over(self) -> bool:
        """Never."""
        return False


class Share:
    """Time for what has its turn after the work, step by step. Times are in seconds of one clock.

    Args:
        interval: seconds after which it would be done again.
        now: the time.
    """

    def __init__(self, interval: float, now: float) -> None:
        self._step_after = min(_STEP_AFTER, interval)
        self._stepped_at = now
        self._ends = now

    def begin_turn(self, now: float) -> None:
        """Note that a slice's work is done: the time since the last step gives some for more."""
        self._ends = now + _SHARE * (now - self._stepped_at)

    def took_step(self, now: float) -> None:
        """Note the end of a step, or the beginning of it all."""
        self._stepped_at = now

    def has_step(self, now: float, *, input_waits: bool) -> bool:
        """Whether there is a step although the slice is over."""
        return now - self._stepped_at >= self._step_after or (now < self._ends and not input_waits)
