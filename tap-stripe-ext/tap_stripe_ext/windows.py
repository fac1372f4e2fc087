"""Windows of `created`, each read newest first and remembered page by page. Pure.

A back-fill begins with one window over everything. Whenever a page is read and a reader is idle,
what is left of its window is cut in two by time, so that busy periods end up with many readers
and empty years with none, without knowing anything of the account beforehand.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Window:
    """What is still to be read of a span of `created`. Times are seconds since 1970.

    Args:
        start: the first second that belongs to it; 0 for "since ever".
        end: the first second after it; None while it is open to the present.
        cursor: the id of the last object that was written; None at the beginning.
        reached: that object's `created`.
    """

    start: int
    end: int | None = None
    cursor: str | None = None
    reached: int | None = None

    def after(self, object_id: str, created: int) -> Window:
        """Return what is left once everything down to this object has been written."""
        return replace(self, cursor=object_id, reached=created)

    def restarted(self) -> Window:
        """Return the window without its cursor: for when Stripe no longer knows that object."""
        end = self.end if self.reached is None else self.reached + 1
        return Window(self.start, end)

    def split(self, now: int) -> tuple[Window, Window] | None:
        """Cut what is left in two halves of time, the newer (which keeps the cursor) first.

        Returns:
            None if less than two seconds are left.
        """
        top = self.reached if self.reached is not None else (self.end or now)
        middle = self.start + (top - self.start) // 2
        if middle <= self.start or middle >= top:
            return None
        return replace(self, start=middle), Window(self.start, middle)

    def created_filter(self) -> dict[str, int]:
        """Return the value of Stripe's list parameter `created`."""
        bounds = {}
        if self.start > 0:
            bounds["gte"] = self.start
        if self.end is not None:
            bounds["lt"] = self.end
        return bounds


def replaced(windows: Iterable[Window], old: Window, new: Iterable[Window]) -> tuple[Window, ...]:
    """Return `windows` with `old` replaced by the windows that are left of it (maybe none)."""
    return (*(window for window in windows if window != old), *new)


def event_slices(start: int, now: int, longest: int, most: int) -> tuple[Window, ...]:
    """Cut the event log from `start` to the present into windows, oldest first.

    Args:
        start: the first second of interest.
        now: the present.
        longest: a slice is this many seconds long, or more if there would be too many.
        most: no more slices than this.

    Returns:
        At least one window; the last one is open to the present.
    """
    span = max(now - start, 0)
    length = max(longest, -(-span // most))
    starts = list(range(start, max(now, start + 1), length)) or [start]
    ends: list[int | None] = [*starts[1:], None]
    return tuple(Window(first, end) for first, end in zip(starts, ends, strict=True))
