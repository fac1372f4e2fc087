"""Cuts a log into slices of time that are read side by side and handled in order. Pure.

How many entries a stretch of time holds nobody knows beforehand. A slice is as long as some pages
are likely to span, judged by the pages read last. One that turns out to hold more is read only so
far; what is left of it is cut anew. So each slice ends soon, and no more is held than some pages.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Generic, TypeVar

from tap_stripe_ext.windows import Window

T = TypeVar("T")

# Each slice ends with a page that is not full: a slice of ten pages costs a twentieth more.
PAGES = 10
# So much of a slice is read at once, in slices: one that is little longer is read whole.
_AT_ONCE = 1.5
# The first slices are shorter, so that there is something to handle soon.
_FIRST_PAGES = 2
# Seconds that are first read as one slice: where trade comes in bursts, as in a small shop, the
# newest page says nothing of the rest, and each slice costs a request.
_SHORT = 3_600
# A rest is left whole if it is no more than so many times as long as a slice.
_NOT_WORTH_A_CUT = 1.5
# A slice that held less makes the next ones so many times as long, no more: one that is too long
# is read from its newer end, while what is due next waits.
_WIDENS_BY = 1.25
# One that held less than a page costs a request for next to nothing, as each further one would.
_WIDENS_WHERE_SPARSE_BY = 4.0
# Where readers waited for more than this part of their time because requests may not be made
# faster, one less does as well, and slices end sooner; for less than that, one more is of use.
_TOO_LONG_A_WAIT = 0.5
_SHORT_WAIT = 0.25
_FEWEST_AT_ONCE = 2


@dataclass(slots=True, eq=False)
class Slice(Generic[T]):
    """A stretch of the log.

    Args:
        window: what is to be read of it.
        pages: no more pages of it are read at once.
        seconds_per_page: how long a page was taken to be when it was begun.
        is_begun: whether it is being read.
        content: what was read.
        error: why it could not be read.
    """

    window: Window
    pages: int = PAGES
    seconds_per_page: float = 1.0
    is_begun: bool = False
    content: T | None = None
    error: BaseException | None = None

    @property
    def is_ended(self) -> bool:
        """Whether it was read, or cannot be."""
        return self.content is not None or self.error is not None


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """What was read of a slice.

    Args:
        content: what it holds.
        pages: how many pages that is; a page that is not full counts as the part it is.
        left: the older part that was not read; None if there is none.
        waited: the part of the time in which its reader waited because of rate limits.
    """

    content: T
    pages: float
    left: Window | None = None
    waited: float = 0.0


class LogSlices(Generic[T]):
    """The slices of a log, oldest first: to be read, being read, and read.

    Args:
        rest: all that is to be read. The page before it has been, so it knows what was reached.
        seconds_per_page: how long that page was.
        most_at_once: no more slices are read side by side.
        most_held: no more slices are being read, or read and not yet taken. Only what is due next
            may be begun beyond that.
    """

    def __init__(
        self, rest: Window, seconds_per_page: int, most_at_once: int, most_held: int
    ) -> None:
        self._line: deque[Slice[T]] = deque([Slice(rest)])
        self._seconds_per_page = max(float(seconds_per_page), 1.0)
        self._most_at_once = most_at_once
        self._at_once = min(_FEWEST_AT_ONCE, most_at_once)
        self._most_held = most_held
        self._begun = 0

    @property
    def is_done(self) -> bool:
        """Whether all has been taken."""
        return not self._line

    @property
    def can_be_taken(self) -> bool:
        """Whether `take` has something to say."""
        return bool(self._line) and self._line[0].is_ended

    def begin(self) -> Slice[T] | None:
        """Return the oldest slice that may be read now and is not; None if there is none.

        What comes after a slice that could not be read is not begun.
        """
        under_way = sum(one.is_begun and not one.is_ended for one in self._line)
        held = sum(one.is_begun for one in self._line)
        place = next(
            (at for at, one in enumerate(self._line) if one.error or not one.is_begun), None
        )
        if place is None or self._line[place].error or under_way >= self._at_once:
            return None
        if held >= self._most_held and place > 0:
            return None
        found = self._line[place]
        pages = min(_FIRST_PAGES + self._begun, PAGES)
        length = max(int(pages * self._seconds_per_page), 1)
        if not self._begun and _span(found.window) <= _SHORT:
            pages = PAGES
        elif _span(found.window) > _NOT_WORTH_A_CUT * length:
            found.window, older = found.window.cut_at(found.window.start + length)
            found = Slice(older)
            self._line.insert(place, found)
        found.pages, found.is_begun = int(pages * _AT_ONCE), True
        found.seconds_per_page = self._seconds_per_page
        self._begun += 1
        return found

    def end(self, ended: Slice[T], found: Found[T]) -> None:
        """Take what was read of a slice."""
        covered = _span(ended.window)
        if found.left is not None:
            covered -= _span(found.left)
            self._line.insert(self._line.index(ended), Slice(found.left))
        is_sparse = found.left is None and found.pages < 1
        # By what it was begun with: several short ones side by side say no more than one of them.
        widens_by = _WIDENS_WHERE_SPARSE_BY if is_sparse else _WIDENS_BY
        longest = ended.seconds_per_page * widens_by
        per_page = covered / found.pages if found.pages else longest
        self._seconds_per_page = max(min(per_page, longest), 1.0)
        if found.waited > _TOO_LONG_A_WAIT:
            self._at_once = max(self._at_once - 1, min(_FEWEST_AT_ONCE, self._most_at_once))
        elif found.waited < _SHORT_WAIT:
            self._at_once = min(self._at_once + 1, self._most_at_once)
        ended.content = found.content

    def take(self) -> T | None:
        """Return the oldest slice's content, once; None while it has not been read.

        Raises:
            BaseException: why it cannot be read.
        """
        if not self.can_be_taken:
            return None
        oldest = self._line[0]
        if oldest.error is not None:
            raise oldest.error
        self._line.popleft()
        return oldest.content


def _span(window: Window) -> int:
    """Return how many seconds of a window are left, one at least; its upper end is known."""
    top = window.reached if window.reached is not None else window.end
    return max((window.start if top is None else top) - window.start, 1)
