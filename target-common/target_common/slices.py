"""Work in slices, between which new input is taken."""

import time
from collections.abc import Callable

_LEAST = 0.1
_LEAST_WHILE_POURING = 1.0
"""Seconds that a slice lasts although input waits: little where the input is quiet, so that what
comes is soon worked on, and long enough where it pours that the work goes on beside it."""

_MOST = 5.0
"""Seconds after which timers and notes get their turn."""


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

    def is_over(self) -> bool:
        """Never."""
        return False
