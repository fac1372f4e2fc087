"""Which events came before what they tell of: those are handled again at the next run. Pure.

An object may show in a list some seconds later than its event in the log. Were such an event taken
for handled, the object would be missing until something else happens to it. So an event counts as
handled only once all that it names was read, or once it is so old that what is missing is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tap_stripe_ext.notices import Notice
from tap_stripe_ext.reader import decode
from tap_stripe_ext.stream_table import PAYMENTS


@dataclass(slots=True)
class Awaited:
    """What the young events of one stream name.

    Args:
        stream: the stream.
        named: by event id, what it names.
        missing: what no record has shown so far; never what an event says is gone.
    """

    stream: str
    named: dict[str, frozenset[str]]
    missing: set[str]

    @classmethod
    def of(cls, stream: str, notices: Iterable[Notice], young: int) -> Awaited:
        """Return what has to be shown for these events.

        Args:
            stream: the stream.
            notices: the events that are to be handled.
            young: an event made after this second may be ahead of the lists.
        """
        named: dict[str, frozenset[str]] = {}
        gone: set[str] = set()
        for notice in notices:
            for target in notice.targets:
                if target.stream != stream:
                    continue
                gone |= target.gone
                if notice.entry.created > young and target.named:
                    before = named.get(notice.entry.id, frozenset())
                    named[notice.entry.id] = before | target.named
        return cls(stream, named, {one for some in named.values() for one in some} - gone)

    def cross_out(self, records: Iterable[bytes]) -> None:
        """Take note of what was read."""
        if self.missing:
            for record in records:
                self.missing.difference_update(_ids_in(self.stream, record))

    def early(self) -> frozenset[str]:
        """Return the ids of the events of which something has not been shown."""
        return frozenset(
            event_id for event_id, some in self.named.items() if not self.missing.isdisjoint(some)
        )


def _ids_in(stream: str, record: bytes) -> Iterator[str]:
    found = decode(record)
    yield found["id"]
    if stream == PAYMENTS:
        for several in ("refunds", "disputes"):
            yield from (one["id"] for one in found[several])
