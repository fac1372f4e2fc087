"""Goes through lists in windows that are read side by side, each page written when it comes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from monstock_stripe_core.stripe_counts import requested_for

from tap_stripe_ext.cutting import Cutting
from tap_stripe_ext.pool import Pool, Run
from tap_stripe_ext.reader import CursorLostError
from tap_stripe_ext.side_lists import SideLists
from tap_stripe_ext.sources import Chunk, Rest, Source
from tap_stripe_ext.windows import Window

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """One page is done: what to write, and what is left of its window afterwards."""

    source: Source
    window: Window
    chunk: Chunk
    left: tuple[Window, ...]


@dataclass(slots=True, eq=False)
class _Opened:
    """A page whose objects' own lists are being followed.

    Args:
        window: what its window is called meanwhile.
        chunk: what counts once they have been followed.
        left: what is then left of the window.
        side: what is kept from page to page.
        waiting: how many lists are not at their end.
    """

    window: Window
    chunk: Chunk
    left: tuple[Window, ...]
    side: SideLists | None
    waiting: int


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    source: Source
    window: Window
    side: SideLists | None = None
    opened: _Opened | None = None
    rest: Rest | None = None


LeftOf = Callable[[Source, Window, Chunk, bool], tuple[Window, ...]]


def back_fill(
    pool: Pool,
    work: Iterable[tuple[Source, Iterable[Window]]],
    on_progress: Callable[[Progress], None],
    on_failure: Callable[[Source, Exception], None],
    left_of: LeftOf | None = None,
) -> None:
    """Read all windows of all sources side by side.

    Args:
        pool: where the requests run.
        work: the lists and the windows that are to be read of each.
        on_progress: writes a page's records and remembers what is left; called for the pages
            of one window in order.
        on_failure: told when a source fails; nothing more is read of its stream.
        left_of: tells what is left of a window after a page, and whether it is worth cutting in
            two; None for what `Cutting` says.
    """
    _BackFill(pool, on_progress, on_failure, left_of or Cutting(pool.progress).left_of).read(work)


def follow(
    pool: Pool, source: Source, rests: Iterable[Rest], write: Callable[[Chunk], None]
) -> None:
    """Read lists that hang on single objects to their end, side by side.

    Raises:
        StripeApiError: if one of them cannot be read.
    """
    run: Run[Rest, Chunk] = Run(pool)
    for rest in rests:
        run.add(rest, partial(source.rest, rest))
    for done in run.results():
        if isinstance(done.error, CursorLostError):
            anew = Rest(done.key.parent)
            run.add(anew, partial(source.rest, anew))
            continue
        chunk = done.result_or_raise()
        for rest in chunk.rests:
            run.add(rest, partial(source.rest, rest))
        write(chunk)


def restarts(windows: Mapping[str, tuple[Window, ...]]) -> bool:
    """Tell whether any window has been begun, so that a back-fill goes on where it was."""
    return any(window.cursor is not None for some in windows.values() for window in some)


class _BackFill:
    """One call of `back_fill`."""

    def __init__(
        self,
        pool: Pool,
        on_progress: Callable[[Progress], None],
        on_failure: Callable[[Source, Exception], None],
        left_of: LeftOf,
    ) -> None:
        self._run: Run[_Step, Chunk] = Run(pool)
        self._failed: set[str] = set()
        self._on_progress = on_progress
        self._on_failure = on_failure
        self._left_of = left_of

    def read(self, work: Iterable[tuple[Source, Iterable[Window]]]) -> None:
        for source, windows in work:
            for window in windows:
                self._add(source, window)
        for done in self._run.results():
            step = done.key
            if step.source.stream in self._failed:
                continue
            if isinstance(done.error, CursorLostError):
                self._begin_anew(step)
            elif done.error is not None or done.result is None:
                self._fail(step.source, done.error or RuntimeError("a page without content"))
            elif step.opened is not None:
                self._take_rest(step, step.opened, done.result)
            elif done.result.rests:
                self._open(step, done.result)
            else:
                left = self._what_is_left(step, done.result)
                self._go_on(step.source, step.window, step.side, done.result, left)

    def _add(self, source: Source, window: Window, side: SideLists | None = None) -> None:
        kept = side if side is not None else source.begin(window)
        with requested_for(source.stream):
            self._run.add(_Step(source, window, kept), partial(source.chunk, window, kept))

    def _what_is_left(self, step: _Step, chunk: Chunk) -> tuple[Window, ...]:
        cut = self._run.wants_more and step.source.is_cut
        return self._left_of(step.source, step.window, chunk, cut)

    def _go_on(
        self,
        source: Source,
        window: Window,
        side: SideLists | None,
        chunk: Chunk,
        left: tuple[Window, ...],
    ) -> None:
        for position, rest in enumerate(left):
            self._add(source, rest, side if position == 0 else None)
        self._on_progress(Progress(source, window, chunk, left))

    def _open(self, step: _Step, chunk: Chunk) -> None:
        """Follow what hangs on a page's objects, before its window goes on.

        What was cut off the window does not wait for that.
        """
        left = self._what_is_left(step, chunk)
        others = left[1:]
        window = step.window
        if others:
            window = Window(left[0].start, window.end, window.cursor, window.reached)
        for other in others:
            self._add(step.source, other)
        self._on_progress(
            Progress(step.source, step.window, chunk.to_be_written, (window, *others))
        )
        opened = _Opened(window, chunk.to_be_counted, left[:1], step.side, len(chunk.rests))
        for rest in chunk.rests:
            self._follow(step.source, opened, rest)

    def _follow(self, source: Source, opened: _Opened, rest: Rest) -> None:
        step = _Step(source, opened.window, opened.side, opened, rest)
        with requested_for(source.stream):
            self._run.add(step, partial(source.rest, rest))

    def _take_rest(self, step: _Step, opened: _Opened, chunk: Chunk) -> None:
        for rest in chunk.rests:
            self._follow(step.source, opened, rest)
        self._on_progress(
            Progress(step.source, opened.window, chunk.to_be_written, (opened.window,))
        )
        if not chunk.rests:
            opened.waiting -= 1
        if opened.waiting == 0:
            self._go_on(step.source, opened.window, opened.side, opened.chunk, opened.left)

    def _begin_anew(self, step: _Step) -> None:
        if step.opened is not None and step.rest is not None:
            self._follow(step.source, step.opened, Rest(step.rest.parent))
            return
        logger.info(
            "%s: Stripe no longer knows %s; reading its window anew",
            step.source.stream,
            step.window.cursor,
        )
        anew = step.window.restarted() if step.source.is_cut else Window(step.window.start)
        self._add(step.source, anew)
        self._on_progress(Progress(step.source, step.window, Chunk(), (anew,)))

    def _fail(self, source: Source, error: Exception) -> None:
        self._failed.add(source.stream)
        self._run.drop_waiting(lambda waiting: waiting.source.stream in self._failed)
        self._on_failure(source, error)
