"""A run that does not end: it looks for news at an interval, and at once where it is rung for."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tap_common.doorbell import Ring, RingQueue
from tap_common.memory import give_memory_back

logger = logging.getLogger(__name__)

_JITTER = 0.1
"""A look comes up to so much of an interval early, so that several taps do not march in step."""

_WIDENS_BY = 1.5
"""Where there was no news, the next look is so much later."""

_LEAST_PAUSE = 0.1
"""So much of an interval is waited for even after a look that took all of it."""

_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
"""Seconds after a look that failed; the pause doubles each time."""

_SOONEST_AFTER_A_RING = 5.0
"""While looks fail, a ring has the next one tried at once, but not oftener than that."""

_AT_MOST = 0.5
"""Seconds of waiting after which a request to stop is seen at the latest."""

_SECONDS_BETWEEN_COMPLAINTS = 600.0


@dataclass(frozen=True, slots=True)
class Intervals:
    """How often a run that follows looks for news by itself. Seconds.

    Args:
        shortest: while there is news.
        longest: when there has been none for a while.
    """

    shortest: float
    longest: float


@dataclass(frozen=True, slots=True)
class Status:
    """How a run that follows is.

    Args:
        succeeded_at: when it last looked with success, in seconds since 1970; None for never.
        failing_seconds: for how long looking has failed; 0 while it works.
        looks: how often it looked.
        failed_looks: how often that failed.
        unread: see `Look`; of the last one that was not all in vain.
    """

    succeeded_at: float | None
    failing_seconds: float
    looks: int
    failed_looks: int
    unread: int


@dataclass(frozen=True, slots=True)
class Look:
    """What came of a look.

    Args:
        news: whether anything was written.
        complete: whether all could be read that may be read by trying again soon. If not, whoever
            looked has said why.
        unread: how many parts could not be read, also where only a person can help.
    """

    news: bool
    complete: bool = True
    unread: int = 0


class Followed(Protocol):
    """What is followed."""

    def look(self) -> Look:
        """Read and write what is new."""

    def hear(self, rings: Sequence[Ring]) -> bool:
        """Read and write at once what rings tell of; return whether all of it was read.

        Not asked for before the first look, which has to announce the streams.
        """

    def listen_between(self, listen: Callable[[], None]) -> None:
        """Have `listen` called between the pieces of a long look: what is rung for comes first."""


class Following:
    """Follows until it is asked to stop.

    Args:
        followed: reads and writes.
        rings: where rings wait.
        intervals: between two looks.
        passing: failures that may pass: they are waited out.
        check_stop: raises what ends the run, if that was asked for.
        on_ready: is told whether the last look succeeded.
        clock: returns seconds that never go back.
        dice: returns a number from 0 to 1.
    """

    def __init__(
        self,
        followed: Followed,
        rings: RingQueue,
        intervals: Intervals,
        passing: tuple[type[Exception], ...],
        check_stop: Callable[[], None],
        on_ready: Callable[[bool], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._followed = followed
        self._rings = rings
        self._intervals = intervals
        self._passing = passing
        self._check_stop = check_stop
        self._on_ready = on_ready
        self._clock = clock
        self._dice = dice
        self._interval = intervals.shortest
        self._failing_since: float | None = None
        self._failed_in_a_row = 0
        self._complained_at = 0.0
        self._looked_at = clock()
        self._due = self._looked_at
        self._succeeded_at: float | None = None
        self._looks = self._failed_looks = self._unread = 0
        self._is_hearing = False
        followed.listen_between(self._listen)

    @property
    def status(self) -> Status:
        """How it is; may be asked for by any thread."""
        since = self._failing_since
        failing = 0.0 if since is None else self._clock() - since
        return Status(self._succeeded_at, failing, self._looks, self._failed_looks, self._unread)

    def run(self) -> None:
        """Look and hear until `check_stop` raises; the first look comes at once."""
        while True:
            self.turn()

    def turn(self) -> None:
        """Wait for a moment, and do what there is to be done."""
        if self._looks == 0:
            # Rings wait: what they tell of may be written only once the streams are announced.
            self._check_stop()
            self._look()
            return
        left = self._due - self._clock()
        rings = self._rings.take(max(0.0, min(left, _AT_MOST)))
        self._check_stop()
        now = self._clock()
        if rings and self._failing_since is not None:
            self._due = min(self._due, self._looked_at + _SOONEST_AFTER_A_RING)
        elif rings:
            self._hear(rings)
        if now >= self._due:
            self._look()

    def _listen(self) -> None:
        if not self._is_hearing and (rings := self._rings.take()):
            self._hear(rings)

    def _hear(self, rings: Sequence[Ring]) -> None:
        complete = False

        def hear() -> None:
            nonlocal complete
            complete = self._followed.hear(rings)

        self._is_hearing = True
        try:
            if self._attempt(hear) and not complete:
                self._due = min(self._due, self._clock() + _FIRST_PAUSE)
        finally:
            self._is_hearing = False

    def _look(self) -> None:
        found: Look | None = None

        def look() -> None:
            nonlocal found
            found = self._followed.look()

        began = self._clock()
        self._attempt(look)
        give_memory_back()
        self._looked_at = self._clock()
        self._looks += 1
        if found is None or not found.complete:
            self._failed_looks += 1
            self._failed_in_a_row += 1
            pause = min(_FIRST_PAUSE * 2 ** min(self._failed_in_a_row - 1, 10), _LONGEST_PAUSE)
        else:
            self._succeeded_at = time.time()
            self._failed_in_a_row = 0
            shortest, longest = self._intervals.shortest, self._intervals.longest
            self._interval = shortest if found.news else min(self._interval * _WIDENS_BY, longest)
            # From start to start: what a look takes does not make the next one later.
            took = self._looked_at - began
            pause = max(self._interval - took, self._interval * _LEAST_PAUSE)
        if found is not None:
            self._unread = found.unread
            if self._failing_since is not None:
                logger.info("It works again, after %.0f s", self._looked_at - self._failing_since)
            self._failing_since = None
        self._due = self._looked_at + pause * (1 - _JITTER * self._dice())
        self._on_ready(found is not None)

    def _attempt(self, work: Callable[[], None]) -> bool:
        """Do it, and return whether it went well; a failure that may pass is said, not raised."""
        try:
            work()
        except self._passing as error:
            now = self._clock()
            if self._failing_since is None:
                self._failing_since, self._complained_at = now, now
                self._due = min(self._due, now + _FIRST_PAUSE)
                logger.warning("%s It is tried again until it works; nothing is lost.", error)
            elif now - self._complained_at >= _SECONDS_BETWEEN_COMPLAINTS:
                self._complained_at = now
                logger.warning(
                    "Still not, for %.0f minutes: %s", (now - self._failing_since) / 60, error
                )
            return False
        return True
