"""Reads Stripe's event log once for all streams, in slices of time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from tap_stripe_ext.event_log import Entry, LogBookmark
from tap_stripe_ext.log_slices import Found, LogSlices, Slice
from tap_stripe_ext.notices import Notice, notice_of
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.read_ahead import ReadAhead
from tap_stripe_ext.reader import PAGE_SIZE, Item, Reader, decode
from tap_stripe_ext.stream_table import StreamRow, row_named
from tap_stripe_ext.windows import Window

# `types` takes 20 values at most (Stripe API reference, 'List all events'), so all types are read.
# An answer takes some 0.3 s: fewer slices at once would not reach the 25 requests a second of an
# endpoint. More would take the threads from the lists of what changed.
MOST_AT_ONCE = 12
# No more slices, of some thousand events, are read ahead: memory does not hold a month of them.
MOST_HELD = 32
# Where the events themselves are wanted, each takes some kilobytes.
MOST_HELD_WITH_EVENTS = 4
# Events are handed on as soon as there are so many: what they tell of is read meanwhile.
FEWEST_PER_BATCH = 1_000
# That is so while they tell of new objects, which lie close together in their lists. Where more
# than this part of what changed was made long before its event, more of it is waited for: one page
# of a list then brings several changed objects, instead of one request each.
MOST_OF_OLD_OBJECTS = 0.05
NEW_SECONDS = 3_600
# No more are handed on at once. The more wait, the fewer reads they take.
MOST_PER_BATCH = 20_000
# No more bytes of events are handed on at once, where the events themselves are wanted.
BYTES_PER_BATCH = 8_000_000


@dataclass(frozen=True, slots=True)
class EventSlice:
    """The events of a stretch of time.

    Args:
        notices: what they tell, oldest slice first.
        raw: by event id, the event's JSON on one line; empty unless asked for.
    """

    notices: tuple[Notice, ...]
    raw: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All events."""
        return tuple(notice.entry for notice in self.notices)


@dataclass(frozen=True, slots=True)
class Present:
    """The present end of the log.

    Args:
        bookmark: stands for it.
        began: when it was looked for, in seconds since 1970.
        fresh: stream and id (of the parent, in a nested list) of what events tell of that are so
            new that they have to be read again.
    """

    bookmark: LogBookmark
    began: int
    fresh: frozenset[tuple[str, str]]


class EventReader:
    """Reads the event log.

    Args:
        reader: what to read with.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._row = row_named("events")

    def present(
        self, overlap: int, settled: int, now: Callable[[], int], rows: tuple[StreamRow, ...] = ()
    ) -> Present:
        """Return the bookmark that stands for the present end of the log.

        Args:
            overlap: seconds that will be read again.
            settled: events so many seconds old are in what lists show by now, so they count as
                handled.
            now: returns the present, in seconds since 1970.
            rows: the streams whose changes are of interest.
        """
        newest = self._reader.page(self._row, Window(0), limit=1).items
        began = now()
        position = newest[0].created if newest else began
        items = list(self._items(Window(max(position - overlap, 0))))
        end = min(position, began - settled)
        known = [Entry(item.id, item.created) for item in items if item.created <= end]
        fresh = frozenset(
            (target.stream, target.id)
            for item in items
            if item.created > end
            for target in notice_of(decode(item.raw), rows, payments=False).targets
        )
        return Present(LogBookmark(position).advanced(known, overlap), began, fresh)

    def batches(
        self,
        pool: Pool,
        window: Window,
        is_wanted: Callable[[Entry], bool],
        rows: tuple[StreamRow, ...],
        *,
        payments: bool,
        raw: bool,
    ) -> Generator[EventSlice]:
        """Return the events of a window, oldest slices first.

        Args:
            pool: where the requests run.
            window: the stretch of time.
            is_wanted: tells of each event whether it is among them; asked from several threads.
            rows: the streams whose changes are of interest.
            payments: whether those of `payments` are.
            raw: whether the events themselves are wanted.
        """
        part = partial(_slice_of, is_wanted, rows=rows, payments=payments, raw=raw)
        most_held = MOST_HELD_WITH_EVENTS if raw else MOST_HELD
        return self._gathered(pool, window, part, most_held)

    def entries(self, pool: Pool, window: Window) -> Generator[Entry]:
        """Yield the ids of the events of a window, and when they were made."""
        with closing(self._gathered(pool, window, _entries_of, MOST_HELD)) as several:
            for one in several:
                yield from one.entries

    def _gathered(
        self,
        pool: Pool,
        window: Window,
        part: Callable[[Iterable[Item]], EventSlice],
        most_held: int,
    ) -> Generator[EventSlice]:
        # In a thread of the pool, so that a stop does not wait for its answer.
        newest = pool.result_of(pool.submit(partial(self._reader.page, self._row, window)))
        if not newest.has_more or not newest.items:
            yield part(newest.items)
            return
        first, last = newest.items[0], newest.items[-1]
        slices: LogSlices[EventSlice] = LogSlices(
            window.after(last.id, last.created),
            first.created - last.created,
            max(1, min(MOST_AT_ONCE, pool.size // 2)),
            most_held,
        )
        with closing(ReadAhead(pool, slices, partial(self._read_slice, part, pool))) as ahead:
            gathered = Gathered()
            for one in ahead.contents():
                gathered.add(one)
                if gathered.is_enough(more=ahead.has_content):
                    yield gathered.taken()
            gathered.add(part(newest.items))
            yield gathered.taken()

    def _read_slice(
        self,
        part: Callable[[Iterable[Item]], EventSlice],
        pool: Pool,
        begun: Slice[EventSlice],
        goes_on: Callable[[], bool],
    ) -> Found[EventSlice]:
        """Read a slice, or as many pages of it as may be read at once."""
        began, waited_before = monotonic(), pool.waited()
        window: Window | None = begun.window
        read: list[EventSlice] = []
        pages = 0.0
        while window is not None and len(read) < begun.pages and goes_on():
            page = self._reader.page(self._row, window)
            read.append(part(page.items))
            pages += len(page.items) / PAGE_SIZE
            if page.has_more and page.items:
                window = window.after(page.items[-1].id, page.items[-1].created)
            else:
                window = None
        waited = (pool.waited() - waited_before) / max(monotonic() - began, 0.001)
        return Found(_joined(read), pages, window, waited)

    def _items(self, window: Window) -> Iterator[Item]:
        while True:
            page = self._reader.page(self._row, window)
            yield from page.items
            if not page.has_more or not page.items:
                return
            window = window.after(page.items[-1].id, page.items[-1].created)


class Gathered:
    """Events that are handed on together."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._slices: list[EventSlice] = []
        self._events = self._bytes = 0
        self._new: set[tuple[str, str]] = set()
        self._others: set[tuple[str, str]] = set()

    def add(self, one: EventSlice) -> None:
        """Add a slice."""
        self._slices.append(one)
        self._events += len(one.notices)
        self._bytes += sum(map(len, one.raw.values()))
        for notice in one.notices:
            new_since = notice.entry.created - NEW_SECONDS
            for target in notice.targets:
                is_new = target.created is not None and target.created >= new_since
                (self._new if is_new else self._others).add((target.source, target.id))

    def is_enough(self, *, more: bool) -> bool:
        """Tell whether they should be handed on now; `more` of them can be had at once."""
        if self._events >= MOST_PER_BATCH or self._bytes >= BYTES_PER_BATCH:
            return True
        if self._events < FEWEST_PER_BATCH or more:
            return False
        old = len(self._others - self._new)
        return old <= MOST_OF_OLD_OBJECTS * (old + len(self._new))

    def taken(self) -> EventSlice:
        """Return all of them, and begin anew."""
        all_of_them = _joined(self._slices)
        self._clear()
        return all_of_them


def _joined(several: Iterable[EventSlice]) -> EventSlice:
    notices: list[Notice] = []
    bodies: dict[str, bytes] = {}
    for one in several:
        notices += one.notices
        bodies.update(one.raw)
    return EventSlice(tuple(notices), bodies)


def _entries_of(items: Iterable[Item]) -> EventSlice:
    return EventSlice(tuple(Notice(Entry(item.id, item.created), ()) for item in items))


def _slice_of(
    is_wanted: Callable[[Entry], bool],
    items: Iterable[Item],
    rows: tuple[StreamRow, ...],
    *,
    payments: bool,
    raw: bool,
) -> EventSlice:
    notices = []
    bodies = {}
    for item in items:  # one by one: an event is many times as large as what is kept of it
        if not is_wanted(Entry(item.id, item.created)):
            continue
        notices.append(notice_of(decode(item.raw), rows, payments=payments))
        if raw:
            bodies[item.id] = item.raw
    return EventSlice(tuple(notices), bodies)
