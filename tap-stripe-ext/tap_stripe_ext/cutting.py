"""Which windows are cut, and where, so that as many requests as are of use run side by side. Pure.

Each window ends with a page that is not full, so each costs half a request more than its objects:
as few windows as keep all readers at work are best. So only a window that is about as long as the
longest is cut, and in halves. How much lies in the oldest window, which reaches back to before the
account's first object, nobody knows: it is taken for as long as what has been read so far.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tap_stripe_ext.progress import Progress
from tap_stripe_ext.sources import Chunk, Source
from tap_stripe_ext.windows import Window

# How much of the longest window's pages a window must have to be cut.
_AS_LONG_AS = 0.7
# No less than so many pages are cut off the oldest window for its reader.
_FEWEST_AHEAD = 8
# The part of what was read so far that is cut off the oldest window.
_GROWTH = 4
# A window with fewer pages is not worth a cut.
_FEWEST_PAGES = 2


@dataclass(slots=True)
class _List:
    """What is known of one list.

    Args:
        pages: how many pages of it have been read.
        start: where its oldest window begins.
        left: about how many pages are left of each window that has been looked at.
    """

    pages: int = 0
    start: int | None = None
    left: dict[Window, float] = field(default_factory=dict)

    def all_left(self) -> float | None:
        """Return about how many pages are left, or None while nobody knows how far back it goes."""
        if any(window.start == 0 for window in self.left):
            return None
        return sum(self.left.values())


class Cutting:
    """Remembers the windows of some lists, and cuts them. For one run over their windows.

    Args:
        progress: is told of where the lists are.
        most_readers: no list is read in more windows at once; None for as many as are of use.
    """

    def __init__(self, progress: Progress | None = None, most_readers: int | None = None) -> None:
        self._progress = progress
        self._most_readers = most_readers
        self._lists: dict[tuple[str, str], _List] = {}

    def left_of(
        self, source: Source, window: Window, chunk: Chunk, cut: bool
    ) -> tuple[Window, ...]:
        """Take note of a page, and return what is left of its window.

        Args:
            source: the list.
            window: the window as it was before the page.
            chunk: the page.
            cut: whether another reader would be of use.

        Returns:
            Nothing, the rest, or the rest in two parts, the newer one first.
        """
        known = self._lists.setdefault((source.stream, source.name), _List())
        if self._most_readers is not None:
            others = len(known.left.keys() - {window})
            cut = cut and others + 1 < self._most_readers
        left = self._left_of(known, window, chunk, cut)
        if self._progress is not None:
            self._progress.reads(source.stream, left[0] if left else window, known.all_left())
        return left

    def _left_of(self, known: _List, window: Window, chunk: Chunk, cut: bool) -> tuple[Window, ...]:
        known.pages += 1
        known.start = min(window.start, window.start if known.start is None else known.start)
        known.left.pop(window, None)
        if not chunk.has_more or chunk.last is None:
            return ()
        rest = window.after(chunk.last.id, chunk.last.created)
        span = max(chunk.newest - chunk.last.created, 1)
        pages = max(chunk.last.created - rest.start, 0) / span
        ahead = pages / 2
        if rest.start == known.start:
            pages = min(pages, max(2 * _FEWEST_AHEAD, known.pages))
            ahead = min(ahead, max(_FEWEST_AHEAD, known.pages / _GROWTH))
        longest = max(known.left.values(), default=0.0)
        if not cut or pages <= _FEWEST_PAGES or pages < _AS_LONG_AS * longest:
            known.left[rest] = pages
            return (rest,)
        newer, older = rest.cut_at(chunk.last.created - int(ahead * span))
        known.left[newer] = min(ahead, pages)
        known.left[older] = max(pages - ahead, ahead)
        return (newer, older)
