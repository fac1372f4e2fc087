"""The lists that are read, page by page: what one page becomes, whatever list it is of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from tap_stripe_ext.event_log import Entry
from tap_stripe_ext.payment_snapshot import StripeObject
from tap_stripe_ext.payments_reader import PaymentsReader
from tap_stripe_ext.reader import Item, Reader, decode, encode
from tap_stripe_ext.relisting import Seen, seen_of, seen_of_item
from tap_stripe_ext.row_rules import is_listed_whole
from tap_stripe_ext.side_lists import SideLists
from tap_stripe_ext.stream_table import StreamRow
from tap_stripe_ext.whole_list import content_hash
from tap_stripe_ext.windows import Window

Wants = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class Rest:
    """What is left of a list that hangs on one object.

    Args:
        parent: that object's id.
        cursor: the id of the last object that was read; None at the beginning.
    """

    parent: str
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one page of a list has become: records, and what to remember of them.

    Args:
        records: each record's JSON on one line.
        entries: the id and `created` of each object of the list that was wanted; of a nested
            list, of each parent.
        keys: the key of each record, where something is to be told by it.
        contents: a hash of each record, for streams that are listed whole.
        versions: the id and version of each record, where it has one.
        gone: the keys of what the records say is deleted.
        seen: what the objects look like that may be edited silently.
        settling: `available_on` and `created` of what is still to settle.
        newest: the `created` of the page's first object; 0 if the page was empty.
        last: the last object of the page; None if the page was empty.
        has_more: whether another page follows.
        rests: lists that hang on the page's objects and have to be followed.
    """

    records: tuple[bytes, ...] = ()
    entries: tuple[Entry, ...] = ()
    keys: tuple[str, ...] = ()
    contents: tuple[str, ...] = ()
    versions: tuple[tuple[str, int], ...] = ()
    gone: tuple[str, ...] = ()
    seen: tuple[Seen, ...] = ()
    settling: tuple[tuple[int, int], ...] = ()
    newest: int = 0
    last: Entry | None = None
    has_more: bool = False
    rests: tuple[Rest, ...] = ()

    @property
    def to_be_written(self) -> Chunk:
        """What may be written before the lists that hang on the page have been followed."""
        return replace(self, entries=(), rests=())

    @property
    def to_be_counted(self) -> Chunk:
        """What holds only once those lists have been followed."""
        return Chunk(
            entries=self.entries, newest=self.newest, last=self.last, has_more=self.has_more
        )


class Source(Protocol):
    """A list that is gone through page by page."""

    @property
    def stream(self) -> str:
        """The stream that it is read for."""

    @property
    def name(self) -> str:
        """The list's name, which is unique in its stream."""

    @property
    def is_cut(self) -> bool:
        """Whether windows of it may be cut in two: it takes the filter `created`."""

    def begin(self, window: Window) -> SideLists | None:
        """Return what has to be kept from one page of the window to the next."""

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:
        """Read the window's next page."""

    def rest(self, rest: Rest) -> Chunk:
        """Read the next page of a list that hangs on an object."""


@dataclass(frozen=True, slots=True)
class TableSource:
    """A row of the table that hangs on nothing: its list is the stream.

    Args:
        row: the row.
        reader: what to read with.
        seen_since: where objects are edited silently, what those look like is told from this
            `created` on.
        wants: tells which objects are wanted; None for all.
        called: the list's name, if it is not the stream's.
        writes: tells by its JSON whether a wanted object is written; None for all. What is not
            is still looked at for what settles later.
    """

    row: StreamRow
    reader: Reader
    seen_since: int = 0
    wants: Wants | None = None
    called: str | None = None
    writes: Callable[[bytes], bool] | None = None

    @property
    def stream(self) -> str:
        """The stream's name."""
        return self.row.name

    @property
    def name(self) -> str:
        """The list's name."""
        return self.called or self.row.name

    @property
    def is_cut(self) -> bool:
        """Whether the list takes the filter `created`."""
        return self.row.created_filter

    def begin(self, window: Window) -> SideLists | None:  # noqa: ARG002
        """Return nothing: pages stand for themselves."""
        return None

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:  # noqa: ARG002
        """Read the window's next page."""
        page = self.reader.page(self.row, window)
        items = [item for item in page.items if self._is_wanted(item, window)]
        written = [item for item in items if self.writes is None or self.writes(item.raw)]
        last = page.items[-1] if page.items else None
        return replace(
            chunk_of(self.row, written, self.seen_since),
            settling=pending_in(self.row, items),
            newest=page.items[0].created if page.items else 0,
            last=Entry(last.id, last.created) if last else None,
            has_more=page.has_more and last is not None,
        )

    def rest(self, rest: Rest) -> Chunk:
        """Refuse: nothing hangs on these objects."""
        raise NotImplementedError(rest)

    def _is_wanted(self, item: Item, window: Window) -> bool:
        if not self.row.created_filter and 0 < item.created < window.start:
            return False  # only the list's own filter keeps older ones away
        return self.wants is None or self.wants(Entry(item.id, item.created))


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

    @property
    def is_cut(self) -> bool:
        """All of them take the filter `created`."""
        return True

    def begin(self, window: Window) -> SideLists | None:
        """Return what is listed beside the window."""
        return self.payments.side_lists(self.name, window)

    def chunk(self, window: Window, side: SideLists | None) -> Chunk:
        """Read the window's next page and what belongs to its payments."""
        page = self.payments.page(self.name, window, side, self.wanted)
        return replace(
            chunk_of_payments(page.snapshots, self.link_keys),
            newest=page.newest,
            last=Entry(page.last_id, page.last_created) if page.last_id else None,
            has_more=page.has_more,
        )

    def rest(self, rest: Rest) -> Chunk:
        """Refuse: a payment's lists are read with it."""
        raise NotImplementedError(rest)


class _Settling(msgspec.Struct):
    created: int
    available_on: int = 0
    status: str = ""


_settling = msgspec.json.Decoder(_Settling)


def chunk_of(row: StreamRow, items: list[Item], seen_since: int = 0) -> Chunk:
    """Return the records of objects of one row, and what to remember of them.

    Args:
        row: the row.
        items: the objects.
        seen_since: what was made before this second is not looked at for silent edits.
    """
    whole = is_listed_whole(row)
    return Chunk(
        records=tuple(item.raw for item in items),
        entries=tuple(Entry(item.id, item.created) for item in items),
        keys=tuple(key_of(row, item.id, item.raw) for item in items) if whole else (),
        contents=tuple(content_hash(item.raw) for item in items) if whole else (),
        seen=tuple(
            seen_of_item(row, item.raw)
            for item in items
            if row.edited_silently and item.created >= seen_since
        ),
        settling=pending_in(row, items),
    )


def chunk_of_payments(snapshots: Sequence[StripeObject], link_keys: tuple[str, ...]) -> Chunk:
    """Return the records of payments, and what to remember of them.

    Args:
        snapshots: the payments.
        link_keys: see `relisting.seen_of`.
    """
    seen = (seen_of(snapshot, link_keys) for snapshot in snapshots)
    return Chunk(
        records=tuple(encode(snapshot) for snapshot in snapshots),
        entries=tuple(Entry(one["id"], one["created"]) for one in snapshots),
        versions=tuple((one["id"], one["version"]) for one in snapshots),
        seen=tuple(one for one in seen if one is not None),
    )


def pending_in(row: StreamRow, items: Iterable[Item]) -> tuple[tuple[int, int], ...]:
    """Return the `available_on` and `created` of what is still to settle."""
    if not row.settles:
        return ()
    found = (_settling.decode(item.raw) for item in items)
    return tuple((one.available_on, one.created) for one in found if one.status == "pending")


def key_of(row: StreamRow, object_id: str, raw: bytes) -> str:
    """Return what tells a record from the stream's others, as one text."""
    if row.keys == ("id",):
        return object_id
    found = decode(raw)
    return " ".join(str(found.get(name)) for name in row.keys)
