"""Windows of `created`, each read newest first and remembered page by page. Pure.

A back-fill begins with one window over everything, and cuts it while it reads (see `cutting`): so
busy periods end up with many readers and empty years with none, without knowing anything of the
account beforehand.
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

    def cut_at(self, middle: int) -> tuple[Window, Window]:
        """Cut what is left in two, the newer part (which keeps the cursor) first.

        Args:
            middle: the first second of the newer part; in the window, and not after what was
                reached.
        """
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
