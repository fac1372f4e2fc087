"""Reads Stripe's event log once for all streams, in slices of time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

from monstock_stripe_core.stripe_errors import StripeApiError

from tap_stripe_ext.event_log import Entry, LogBookmark
from tap_stripe_ext.notices import Notice, notice_of
from tap_stripe_ext.pool import Pool
from tap_stripe_ext.reader import Item, Reader, decode
from tap_stripe_ext.stream_table import StreamRow, row_named
from tap_stripe_ext.windows import Window, event_slices

# Slices are read side by side and handled in order. `types` takes 20 values at most (Stripe API
# reference, 'List all events'), so all types are read.
SLICE_SECONDS = 3_600
MOST_SLICES = 96
# So many events are gathered before what they tell of is read: the more, the fewer reads.
EVENTS_PER_BATCH = 5_000


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


class EventReader:
    """Reads the event log.

    Args:
        reader: what to read with.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._row = row_named("events")

    def present(self, overlap: int, settled_before: int, now: int) -> LogBookmark:
        """Return the bookmark that stands for the present end of the log.

        Args:
            overlap: seconds that will be read again.
            settled_before: events older than this are in what lists show by now, so they
                count as handled.
            now: the present, where there is no event at all.
        """
        newest = self._reader.page(self._row, Window(0), limit=1).items
        position = newest[0].created if newest else now
        window = Window(max(position - overlap, 0), None)
        entries = [Entry(item.id, item.created) for item in self._items(window)]
        settled = [one for one in entries if one.created < settled_before]
        return LogBookmark(position).advanced(
            (one for one in settled if one.created <= position), overlap
        )

    def batches(
        self,
        pool: Pool,
        start: int,
        now: int,
        rows: tuple[StreamRow, ...],
        *,
        payments: bool,
        raw: bool,
    ) -> Iterator[EventSlice]:
        """Yield all events from the second `start` on, oldest slices first.

        Args:
            pool: where the requests run.
            start: the first second.
            now: the present.
            rows: the streams whose changes are of interest.
            payments: whether those of `payments` are.
            raw: whether the events themselves are wanted.
        """
        slices = event_slices(start, now, SLICE_SECONDS, MOST_SLICES)
        read = [
            pool.submit(partial(self._slice, window, rows, payments=payments, raw=raw))
            for window in slices
        ]
        gathered: list[Notice] = []
        bodies: dict[str, bytes] = {}
        try:
            for position, future in enumerate(read):
                pool.check_stop()
                part = future.result()
                gathered += part.notices
                bodies.update(part.raw)
                if len(gathered) >= EVENTS_PER_BATCH or position == len(read) - 1:
                    yield EventSlice(tuple(gathered), bodies)
                    gathered, bodies = [], {}
        except StripeApiError:
            if gathered:
                yield EventSlice(tuple(gathered), bodies)
            raise
        finally:
            for future in read:
                future.cancel()

    def _slice(
        self, window: Window, rows: tuple[StreamRow, ...], *, payments: bool, raw: bool
    ) -> EventSlice:
        items = list(self._items(window))
        notices = tuple(notice_of(decode(item.raw), rows, payments=payments) for item in items)
        return EventSlice(notices, {item.id: item.raw for item in items} if raw else {})

    def _items(self, window: Window) -> Iterator[Item]:
        while True:
            page = self._reader.page(self._row, window)
            yield from page.items
            if not page.has_more or not page.items:
                return
            window = window.after(page.items[-1].id, page.items[-1].created)
