"""Reads Stripe's event log once for all streams, in slices of time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial

from tap_stripe_ext.event_log import Entry, LogBookmark
from tap_stripe_ext.notices import Notice, notice_of
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.reader import Item, Reader, decode
from tap_stripe_ext.stream_table import StreamRow, row_named
from tap_stripe_ext.windows import Window, slices

# Slices are read side by side and handled in order. `types` takes 20 values at most (Stripe API
# reference, 'List all events'), so all types are read.
SLICE_SECONDS = 3_600
MOST_SLICES = 96
# So many events are gathered before what they tell of is read: the more, the fewer reads.
EVENTS_PER_BATCH = 20_000
# No more bytes of events are held than this, where the events themselves are wanted.
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
        start: int,
        rows: tuple[StreamRow, ...],
        *,
        payments: bool,
        raw: bool,
    ) -> Iterator[EventSlice]:
        """Yield all events from the second `start` on, oldest slices first.

        Args:
            pool: where the requests run.
            start: the first second.
            rows: the streams whose changes are of interest.
            payments: whether those of `payments` are.
            raw: whether the events themselves are wanted.
        """
        window = Window(start)
        newest = self._reader.page(self._row, window)
        part = partial(_slice_of, rows=rows, payments=payments, raw=raw)
        if not newest.has_more or not newest.items:
            yield part(newest.items)
            return
        last = newest.items[-1]
        rest = slices(start, window.after(last.id, last.created), SLICE_SECONDS, MOST_SLICES)
        waiting = deque(rest)
        read: deque[Future[EventSlice]] = deque()
        gathered: list[Notice] = []
        bodies: dict[str, bytes] = {}
        size = 0
        try:
            while waiting or read:
                pool.check_stop()
                # No more ahead than are read at once: a month of events does not fit in memory.
                while waiting and len(read) < pool.size:
                    read.append(pool.submit(partial(self._read_slice, waiting.popleft(), part)))
                parts = [pool.result_of(read.popleft())]
                last_one = not waiting and not read
                if last_one:
                    parts.append(part(newest.items))
                for one in parts:
                    gathered += one.notices
                    bodies.update(one.raw)
                    size += sum(map(len, one.raw.values()))
                is_enough = len(gathered) >= EVENTS_PER_BATCH or size >= BYTES_PER_BATCH
                if is_enough or last_one:
                    yield EventSlice(tuple(gathered), bodies)
                    gathered, bodies, size = [], {}, 0
        finally:
            for future in read:
                future.cancel()

    def _read_slice(
        self, window: Window, part: Callable[[Iterable[Item]], EventSlice]
    ) -> EventSlice:
        return part(self._items(window))

    def _items(self, window: Window) -> Iterator[Item]:
        while True:
            page = self._reader.page(self._row, window)
            yield from page.items
            if not page.has_more or not page.items:
                return
            window = window.after(page.items[-1].id, page.items[-1].created)


def _slice_of(
    items: Iterable[Item], rows: tuple[StreamRow, ...], *, payments: bool, raw: bool
) -> EventSlice:
    notices = []
    bodies = {}
    for item in items:  # one by one: an event is many times as large as what is kept of it
        notices.append(notice_of(decode(item.raw), rows, payments=payments))
        if raw:
            bodies[item.id] = item.raw
    return EventSlice(tuple(notices), bodies)
