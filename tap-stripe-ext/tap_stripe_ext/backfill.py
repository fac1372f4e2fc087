"""The back-fill: everything that exists, in windows that are read side by side."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.payments_reader import PaymentsReader
from tap_stripe_ext.pool import Pool, Run
from tap_stripe_ext.reader import CursorLostError, Reader, encode
from tap_stripe_ext.relisting import Seen, seen_of, seen_of_json
from tap_stripe_ext.side_lists import SideLists
from tap_stripe_ext.stream_table import StreamRow
from tap_stripe_ext.windows import Window

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one page of a list has become: records, and what to remember of them.

    Args:
        records: each record's JSON on one line.
        entries: the id and `created` of each record.
        seen: what the payments among the records look like.
        newest: the `created` of the page's first object; 0 if the page was empty.
        last: the last object of the page; None if the page was empty.
        has_more: whether another page follows.
    """

    records: tuple[bytes, ...]
    entries: tuple[Entry, ...] = ()
    seen: tuple[Seen, ...] = ()
    newest: int = 0
    last: Entry | None = None
    has_more: bool = False


class Source(Protocol):
    """A list that a back-fill goes through."""

    @property
    def stream(self) -> str:
        """The stream that it is read for."""

    @property
    def name(self) -> str:
        """The list's name, which is unique in its stream."""

    def begin(self, window: Window) -> SideLists | None:
        """Return what has to be kept from one page of the window to the next."""

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:
        """Read the window's next page."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """A row of the table: its list is the stream.

    Args:
        row: the row.
        reader: what to read with.
        seen_since: where objects are edited silently, what those look like is told from this
            `created` on.
        wanted: the ids that are wanted, or None for all.
    """

    row: StreamRow
    reader: Reader
    seen_since: int = 0
    wanted: frozenset[str] | None = None

    @property
    def stream(self) -> str:
        """The stream's name."""
        return self.row.name

    @property
    def name(self) -> str:
        """The list's name, which is the stream's."""
        return self.row.name

    def begin(self, window: Window) -> SideLists | None:  # noqa: ARG002
        """Return nothing: pages stand for themselves."""
        return None

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:  # noqa: ARG002
        """Read the window's next page."""
        page = self.reader.page(self.row, window)
        items = [item for item in page.items if self.wanted is None or item.id in self.wanted]
        last = page.items[-1] if page.items else None
        return Chunk(
            records=tuple(item.raw for item in items),
            entries=tuple(Entry(item.id, item.created) for item in items),
            seen=tuple(
                seen_of_json(item.raw)
                for item in items
                if self.row.edited_silently and item.created >= self.seen_since
            ),
            newest=page.items[0].created if page.items else 0,
            last=Entry(last.id, last.created) if last else None,
            has_more=page.has_more and last is not None,
        )


@dataclass(frozen=True, slots=True)
class PaymentSource:
    """One of the lists that payments are made of.

    Args:
        stream: the stream's name.
        name: the list's.
        payments: what to read with.
        link_keys: see `relisting.seen_of`.
        wanted: the ids that are wanted, or None for all.
    """

    stream: str
    name: str
    payments: PaymentsReader
    link_keys: tuple[str, ...]
    wanted: frozenset[str] | None = None

    def begin(self, window: Window) -> SideLists | None:
        """Return what is listed beside the window."""
        return self.payments.side_lists(self.name, window)

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:
        """Read the window's next page and what belongs to its payments."""
        page = self.payments.page(self.name, window, side, self.wanted)
        seen = (seen_of(snapshot, self.link_keys) for snapshot in page.snapshots)
        return Chunk(
            records=tuple(encode(snapshot) for snapshot in page.snapshots),
            entries=tuple(Entry(one["id"], one["created"]) for one in page.snapshots),
            seen=tuple(one for one in seen if one is not None),
            newest=page.newest,
            last=Entry(page.last_id, page.last_created) if page.last_id else None,
            has_more=page.has_more,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """One page is done: what to write, and what is left of its window afterwards."""

    source: Source
    window: Window
    chunk: Chunk
    left: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class _Step:
    source: Source
    window: Window
    side: SideLists | None


def back_fill(
    pool: Pool,
    work: Iterable[tuple[Source, Iterable[Window]]],
    on_progress: Callable[[Progress], None],
    on_failure: Callable[[Source, Exception], None],
) -> None:
    """Read all windows of all sources side by side.

    Args:
        pool: where the requests run.
        work: the lists and the windows that are to be read of each.
        on_progress: writes a page's records and remembers what is left; called for the pages
            of one window in order.
        on_failure: told when a source fails; nothing more is read of its stream.
    """
    run: Run[_Step, Chunk] = Run(pool)
    failed: set[str] = set()

    def add(source: Source, window: Window, side: SideLists | None = None) -> None:
        kept = side if side is not None else source.begin(window)
        run.add(_Step(source, window, kept), partial(source.chunk, window, kept))

    for source, windows in work:
        for window in windows:
            add(source, window)
    for done in run.results():
        step = done.key
        if step.source.stream in failed:
            continue
        if isinstance(done.error, CursorLostError):
            logger.info(
                "%s: Stripe no longer knows %s; reading its window anew",
                step.source.stream,
                step.window.cursor,
            )
            anew = step.window.restarted()
            add(step.source, anew)
            on_progress(Progress(step.source, step.window, Chunk(()), (anew,)))
            continue
        if done.error is not None or done.result is None:
            failed.add(step.source.stream)
            run.drop_waiting(lambda waiting: waiting.source.stream in failed)
            on_failure(step.source, done.error or RuntimeError("a page without content"))
            continue
        left = _left_of(step.window, done.result, cut=run.idle > 0)
        for position, window in enumerate(left):
            add(step.source, window, step.side if position == 0 else None)
        on_progress(Progress(step.source, step.window, done.result, left))


def _left_of(window: Window, chunk: Chunk, *, cut: bool) -> tuple[Window, ...]:
    """Return what is left of a window after a page, in two halves if readers are idle."""
    if not chunk.has_more or chunk.last is None:
        return ()
    rest = window.after(chunk.last.id, chunk.last.created)
    return (rest.split(chunk.newest - chunk.last.created) if cut else None) or (rest,)


def restarts(windows: Mapping[str, tuple[Window, ...]]) -> bool:
    """Tell whether any window has been begun, so that a back-fill goes on where it was."""
    return any(window.cursor is not None for some in windows.values() for window in some)
