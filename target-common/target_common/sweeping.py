"""The sweep of a run: when it begins, and how it goes on step by step beside the work."""

from collections.abc import Iterator

from target_common.slices import Endless, Share, Slice
from target_common.timing import Timer


class Sweeping:
    """Sweeps again and again. Times are in seconds of one steady clock.

    Args:
        interval: seconds between two sweeps.
        now: the time.

    Attributes:
        rounds: how many sweeps began.
        ended_at: when one last ended, in seconds since 1970; None for never.
    """

    def __init__(self, interval: float, now: float) -> None:
        self.rounds = 0
        self.ended_at: float | None = None
        self._timer = Timer(interval, now)
        self._share = Share(interval, now)
        self._steps: Iterator[object] | None = None
        self._is_owed = False

    @property
    def is_under_way(self) -> bool:
        """Whether one has begun and not ended."""
        return self._steps is not None

    def is_due(self, now: float) -> bool:
        """Whether one is to begin."""
        return not self.is_under_way and (self._is_owed or self._timer.is_due(now))

    def rests(self, now: float) -> float:
        """Seconds until the next one is due by itself."""
        return self._timer.rests(now)

    def begin(self, steps: Iterator[object], now: float) -> None:
        """Begin one.

        Args:
            steps: does a step at each turn; never yields None.
            now: the time.
        """
        self._is_owed = False
        self._timer.restart(now)
        self._share.took_step(now)
        self.rounds += 1
        self._steps = steps

    def break_off(self) -> None:
        """Give up the one under way, and owe another: the other system failed."""
        self._steps = None
        self._is_owed = True

    def begin_turn(self, now: float) -> None:
        """Note that a slice's work is done, so that the sweep has its turn."""
        self._share.begin_turn(now)

    def has_turn(self, slice_: Slice | Endless, now: float) -> bool:
        """Whether there is time for a step of it in this slice, or although that is over."""
        return not slice_.is_over() or self._share.has_step(now, input_waits=slice_.input_waits)

    def step(self) -> bool:
        """Do a step; return whether there was one left."""
        if self._steps is None or next(self._steps, None) is None:
            self._steps = None
            return False
        return True

    def took_step(self, now: float) -> None:
        """Note the end of a step."""
        self._share.took_step(now)

    def note_end(self, at: float) -> None:
        """Note when all of it was done and what it found was worked on: seconds since 1970."""
        self.ended_at = at
