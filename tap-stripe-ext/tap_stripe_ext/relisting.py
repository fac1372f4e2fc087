"""Notices objects that were edited, which makes no event. Pure.

There is no event `payment_intent.updated`: metadata, description and
`payment_details.order_reference` change in silence, and a person links a payment in just that way.
So recent payments are listed again at an interval, and one whose editable fields no longer have
the hash that is kept in the state is read and emitted anew. Payments that name no order are kept
an eye on for longer, by id.

The state stays bounded: at most `MOST_RECENT` recent payments (14 bytes each, base64) and
`MOST_UNLINKED` unlinked ones. Where there are more, the newest are kept, and only those are
looked at.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import msgspec

from tap_stripe_ext.event_log import short_hash
from tap_stripe_ext.reader import decode
from tap_stripe_ext.stream_table import StreamRow

MOST_RECENT = 10_000
MOST_UNLINKED = 500
# So many more recent ones are held in memory before the oldest are dropped: each time they have to
# be sorted.
_SLACK = 1_000

# 6 bytes of the id's hash, 4 of `created`, 4 of the content's hash.
_ENTRY = struct.Struct(">HIII")
_ID_MASK = (1 << 48) - 1
_CONTENT_MASK = (1 << 32) - 1


class _Editable(msgspec.Struct):
    id: str
    created: int
    metadata: Any = None
    description: Any = None
    payment_details: Any = None


_editable = msgspec.json.Decoder(_Editable)
_canonical = msgspec.json.Encoder(order="sorted", decimal_format="number")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one payment looked like: enough to tell whether it was edited since.

    Args:
        id: the PaymentIntent's id.
        created: its `created`.
        content: a hash of its editable fields.
        unlinked: whether it names no order.
        version: of the snapshot; 0 of an object that is listed.
    """

    id: str
    created: int
    content: int
    unlinked: bool
    version: int = 0


@dataclass(frozen=True, slots=True)
class EditMemory:
    """What recent and unlinked payments looked like when they were last emitted.

    Args:
        looked_at: when they were last listed again, in seconds since 1970; 0 for never.
        recent: by hash of the id, the payment's `created` and the hash of its content, in one
            number that grows with `created`; of these, the newest `MOST_RECENT` count.
        unlinked: by id, "created:content" of payments that name no order, of any age.
    """

    looked_at: int = 0
    recent: Mapping[int, int] = field(default_factory=dict)
    unlinked: Mapping[str, str] = field(default_factory=dict)

    def knows(self, seen: Seen) -> bool:
        """Tell whether a payment was emitted before, as it is or otherwise."""
        return _id_key(seen.id) in self.recent or seen.id in self.unlinked

    def is_edited(self, seen: Seen) -> bool:
        """Tell whether a payment is not as it was, or was never seen."""
        known = self.recent.get(_id_key(seen.id))
        if known is not None:
            return known & _CONTENT_MASK != seen.content
        mark = self.unlinked.get(seen.id)
        return mark is None or _content_in(mark) != seen.content

    def with_seen(
        self, payments: Iterable[Seen], recent_since: int, unlinked_since: int
    ) -> EditMemory:
        """Return the memory once these payments have been emitted as they are.

        Args:
            payments: in any order.
            recent_since: payments made before this second are not recent.
            unlinked_since: unlinked payments made before this second are given up.
        """
        matter = [
            seen
            for seen in payments
            if seen.created >= recent_since
            or (seen.unlinked and seen.created >= unlinked_since)
            or seen.id in self.unlinked
        ]
        if not matter:
            return self
        recent, unlinked = _copied(self.recent), dict(self.unlinked)
        for seen in matter:
            if seen.created >= recent_since:
                recent[_id_key(seen.id)] = seen.created << 32 | seen.content
            unlinked.pop(seen.id, None)
            if seen.unlinked and seen.created >= unlinked_since:
                unlinked[seen.id] = f"{seen.created}:{seen.content:08x}"
        if len(recent) > MOST_RECENT + _SLACK:
            recent = dict(_newest(recent))
        if len(unlinked) > MOST_UNLINKED:
            newest = sorted(unlinked.items(), key=lambda one: -_created_in(one[1]))
            unlinked = dict(newest[:MOST_UNLINKED])
        return EditMemory(self.looked_at, MappingProxyType(recent), MappingProxyType(unlinked))

    def look_from(self, recent_since: int) -> int:
        """Return the `created` from which on payments are to be listed again."""
        if len(self.recent) < MOST_RECENT:
            return recent_since
        return max(recent_since, min(_newest(self.recent).values()) >> 32)

    def unlinked_before(self, created: int) -> dict[str, int]:
        """Return the older unlinked payments: by id, the hash of the content."""
        return {
            payment_id: _content_in(mark)
            for payment_id, mark in self.unlinked.items()
            if _created_in(mark) < created
        }

    def after_look(self, now: int, recent_since: int, unlinked_since: int) -> EditMemory:
        """Return the memory once all that is looked at has been, without what is too old."""
        recent = {key: one for key, one in self.recent.items() if one >> 32 >= recent_since}
        unlinked = {
            key: mark for key, mark in self.unlinked.items() if _created_in(mark) >= unlinked_since
        }
        return EditMemory(now, MappingProxyType(recent), MappingProxyType(unlinked))

    def packed(self) -> str:
        """Return `recent` as text: 14 bytes each, base64."""
        return base64.b64encode(
            b"".join(
                _ENTRY.pack(key >> 32, key & 0xFFFFFFFF, one >> 32, one & _CONTENT_MASK)
                for key, one in sorted(_newest(self.recent).items())
            )
        ).decode("ascii")

    @classmethod
    def unpacked(cls, looked_at: int, packed: str, unlinked: Mapping[str, str]) -> EditMemory:
        """Return the memory that was packed.

        Raises:
            ValueError: if the text is not one of ours.
        """
        content = base64.b64decode(packed, validate=True)
        if len(content) % _ENTRY.size:
            raise ValueError("the list of payments is cut off")
        for mark in unlinked.values():
            _created_in(mark)
            _content_in(mark)
        recent = {
            high << 32 | low: created << 32 | hashed
            for high, low, created, hashed in _ENTRY.iter_unpack(content)
        }
        return cls(looked_at, MappingProxyType(recent), MappingProxyType(dict(unlinked)))


def _copied(recent: Mapping[int, int]) -> dict[int, int]:
    # `dict(...)` asks a read-only view for each key by itself, which takes ten times as long.
    return recent.copy() if isinstance(recent, MappingProxyType) else dict(recent)


def _newest(recent: Mapping[int, int]) -> Mapping[int, int]:
    if len(recent) <= MOST_RECENT:
        return recent
    return dict(sorted(recent.items(), key=lambda one: -one[1])[:MOST_RECENT])


def seen_of(snapshot: Mapping[str, Any], link_keys: Iterable[str]) -> Seen | None:
    """Return what to remember of a payment's snapshot; None for one without PaymentIntent."""
    intent = snapshot.get("payment_intent")
    if not isinstance(intent, dict):
        return None
    unlinked = not _names_an_order(snapshot, tuple(link_keys))
    return replace(seen_of_intent(intent, unlinked=unlinked), version=snapshot["version"])


def seen_of_item(row: StreamRow, raw: bytes) -> Seen:
    """Return what to remember of an object of the table's lists, from its JSON.

    Of a PaymentIntent, that is what can change without an event; of anything else, all of it.
    """
    if row.object_name == "payment_intent":
        return seen_of_json(raw)
    found = decode(raw)
    return Seen(found["id"], _created_of(found), _short_hash(found), unlinked=False)


def _created_of(found: Mapping[str, Any]) -> int:
    return found.get("created") or found.get("date") or 0  # an invoice item has only a date


def seen_of_json(intent: bytes) -> Seen:
    """Return what to remember of a PaymentIntent, of which only the JSON is at hand."""
    return seen_of_intent(msgspec.to_builtins(_editable.decode(intent)))


def seen_of_intent(intent: Mapping[str, Any], *, unlinked: bool = False) -> Seen:
    """Return what to remember of a PaymentIntent."""
    editable = [
        intent.get("metadata"),
        intent.get("description"),
        _order_reference(intent),
    ]
    return Seen(intent["id"], intent["created"], _short_hash(editable), unlinked)


def _short_hash(value: Any) -> int:
    digest = hashlib.blake2b(_canonical.encode(value), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def _names_an_order(snapshot: Mapping[str, Any], link_keys: tuple[str, ...]) -> bool:
    sessions = snapshot["checkout_sessions"]
    if _order_reference(snapshot["payment_intent"]):
        return True
    if any(session.get("client_reference_id") for session in sessions):
        return True
    holders = [snapshot["payment_intent"], snapshot["charge"], *sessions, *snapshot["invoices"]]
    holders += [session.get("payment_link") for session in sessions]
    return any(
        (holder.get("metadata") or {}).get(key) for holder in holders if holder for key in link_keys
    )


def _order_reference(intent: Mapping[str, Any]) -> object:
    return (intent.get("payment_details") or {}).get("order_reference")


def _id_key(payment_id: str) -> int:
    return short_hash(payment_id) & _ID_MASK


def _created_in(mark: str) -> int:
    return int(mark.partition(":")[0])


def _content_in(mark: str) -> int:
    return int(mark.partition(":")[2], 16)
