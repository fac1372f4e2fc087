"""Decides where listing changed objects costs less than fetching them one by one. Pure.

Both cost requests at the same pace: a page of a list brings a hundred objects, of which only the
changed ones are wanted. So a stretch is listed where one page is likely to bring two of them or
more. How many seconds a page spans nobody knows beforehand, and it differs from year to year: it is
learned from each page that is read. The first pages are read at some places among the changed
objects; from there each reader goes on downwards, jumps over stretches that are not worth a page,
and gives half of what is left to another reader that is idle. What was jumped over is fetched.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace

from tap_stripe_ext.sources import Chunk, Source
from tap_stripe_ext.windows import Window

# A page that brings no more than one wanted object is no better than fetching that object.
_WORTH_A_PAGE = 2
# One place is tried for so many objects: what is lost where listing never pays off.
_OBJECTS_FOR_EACH_TRY = 10
# So many objects are left to each of the first readers: each ends with a page that is not full.
_OBJECTS_FOR_EACH_READER = 400
# What is left is cut in two only where it holds so many changed objects, and so many pages.
_WORTH_A_CUT = 50
_PAGES_WORTH_A_CUT = 4


class DenseStretches:
    """Where changed objects lie in time, and which stretches of it are worth listing.

    Args:
        created: when each was made, in seconds since 1970.
    """

    def __init__(self, created: Iterable[int]) -> None:
        self._created = sorted(created)

    def windows(self, most: int) -> tuple[Window, ...]:
        """Return the windows to begin with; none if there is too little for a list.

        Args:
            most: no more windows than this.
        """
        count = len(self._created)
        if count < _OBJECTS_FOR_EACH_TRY:
            return ()
        parts = min(most, max(1, count // _OBJECTS_FOR_EACH_READER))
        starts = sorted({self._created[count * part // parts] for part in range(parts)})
        ends = [*starts[1:], None]
        return tuple(
            window
            for start, end in zip(starts, ends, strict=True)
            if (window := self._from_newest(Window(start, end))) is not None
        )

    def left_of(
        self,
        source: Source,  # noqa: ARG002
        window: Window,
        chunk: Chunk,
        cut: bool,
    ) -> tuple[Window, ...]:
        """Return what is worth listing of the rest of a window, in two parts if it is to be cut.

        Args:
            source: the list.
            window: the window as it was before the page.
            chunk: the page.
            cut: whether another reader would be of use.
        """
        if not chunk.has_more or chunk.last is None:
            return ()
        span = max(chunk.newest - chunk.last.created, 1)
        rest = window.after(chunk.last.id, chunk.last.created)
        following = self._next_worth_a_page(rest, chunk.last.created, span)
        if following is None:
            return ()
        top = following.end if following.end is not None else chunk.last.created
        first = bisect_left(self._created, following.start)
        last = bisect_left(self._created, min(top, chunk.last.created))
        worth_a_cut = max(_WORTH_A_CUT, _PAGES_WORTH_A_CUT * len(chunk.entries))
        if not cut or last - first < worth_a_cut:
            return (following,)
        middle = self._created[(first + last) // 2]
        older = self._from_newest(Window(following.start, middle))
        if older is None or middle <= following.start:
            return (following,)
        return replace(following, start=middle), older

    def _next_worth_a_page(self, rest: Window, reached: int, span: int) -> Window | None:
        if self._count(reached - span, reached) >= _WORTH_A_PAGE and rest.start <= reached:
            return rest
        top = bisect_right(self._created, reached) - 1
        for at in range(top, -1, -1):
            newest = self._created[at]
            if newest < rest.start:
                break
            # Elsewhere a page may span more than it did here, so that is tried now and then.
            is_try = top - at >= _OBJECTS_FOR_EACH_TRY
            if is_try or self._count(newest - span, newest) >= _WORTH_A_PAGE:
                return Window(rest.start, newest + 1)
        return None

    def _count(self, after: int, until: int) -> int:
        """Return how many were made after one second and no later than another."""
        return bisect_right(self._created, until) - bisect_right(self._created, after)

    def _from_newest(self, window: Window) -> Window | None:
        """Return the window without what is newer than its newest changed object."""
        end = len(self._created)
        if window.end is not None:
            end = bisect_left(self._created, window.end)
        if end == 0 or self._created[end - 1] < window.start:
            return None
        return Window(window.start, self._created[end - 1] + 1)
