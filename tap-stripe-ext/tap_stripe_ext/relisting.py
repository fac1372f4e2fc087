"""Notices PaymentIntents that were edited, which makes no event. Pure.

There is no event `payment_intent.updated`: metadata, description and
`payment_details.order_reference` change in silence, and a person links a payment in just that way.
So recent payments are listed again at an interval, and one whose editable fields no longer have
the hash that is kept in the state is read and emitted anew. Payments that name no order are kept
an eye on for longer, by id.

The state stays bounded: at most `MOST_RECENT` recent payments (10 bytes each, base64) and
`MOST_UNLINKED` unlinked ones. Where there are more, the newest are kept; one that is no longer
kept is emitted again when it is seen, which a target takes for a repeat.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import msgspec

from tap_stripe_ext.event_log import short_hash

MOST_RECENT = 10_000
MOST_UNLINKED = 500

# 6 bytes of the id's hash, 4 of the content's.
_ID_BYTES = 6
_ENTRY = struct.Struct(">HII")
_ID_MASK = (1 << (8 * _ID_BYTES)) - 1

_canonical = msgspec.json.Encoder(order="sorted", decimal_format="number")


@dataclass(frozen=True, slots=True)
class Seen:
    """What one payment looked like: enough to tell whether it was edited since.

    Args:
        id: the PaymentIntent's id.
        created: its `created`.
        content: a hash of its editable fields.
        unlinked: whether it names no order.
    """

    id: str
    created: int
    content: int
    unlinked: bool


@dataclass(frozen=True, slots=True)
class EditMemory:
    """What recent and unlinked payments looked like when they were last emitted.

    Args:
        looked_at: when they were last listed again, in seconds since 1970; 0 for never.
        recent: by hash of the id, the hash of the content; oldest first.
        unlinked: by id, "created:content" of older payments that name no order; oldest first.
    """

    looked_at: int = 0
    recent: Mapping[int, int] = field(default_factory=dict)
    unlinked: Mapping[str, str] = field(default_factory=dict)

    def is_edited(self, seen: Seen) -> bool:
        """Tell whether a payment is not as it was, or was never seen."""
        known = self.recent.get(_id_key(seen.id))
        if known is not None:
            return known != seen.content
        return self.unlinked.get(seen.id) != _marked(seen)

    def with_seen(self, payments: Iterable[Seen], recent_since: int) -> EditMemory:
        """Return the memory once these payments have been emitted as they are.

        Args:
            payments: in any order.
            recent_since: the `created` from which on a payment counts as recent.
        """
        recent = dict(self.recent)
        unlinked = dict(self.unlinked)
        for seen in sorted(payments, key=lambda one: one.created):
            recent.pop(_id_key(seen.id), None)
            unlinked.pop(seen.id, None)
            if seen.created >= recent_since:
                recent[_id_key(seen.id)] = seen.content
            if seen.unlinked:
                unlinked[seen.id] = _marked(seen)
        return EditMemory(
            self.looked_at,
            MappingProxyType(_newest(recent, MOST_RECENT)),
            MappingProxyType(_newest(unlinked, MOST_UNLINKED)),
        )

    def after_look(self, now: int, present: Iterable[Seen], unlinked_since: int) -> EditMemory:
        """Return the memory once all recent payments have been listed.

        Args:
            now: the present, in seconds since 1970.
            present: the recent payments as they are; all others are recent no more.
            unlinked_since: older unlinked payments are no longer kept an eye on.
        """
        ordered = sorted(present, key=lambda one: one.created)
        recent = {_id_key(seen.id): seen.content for seen in ordered}
        unlinked = {
            payment_id: mark
            for payment_id, mark in self.unlinked.items()
            if int(mark.split(":")[0]) >= unlinked_since
        }
        for seen in ordered:
            unlinked.pop(seen.id, None)
            if seen.unlinked:
                unlinked[seen.id] = _marked(seen)
        return EditMemory(
            now,
            MappingProxyType(_newest(recent, MOST_RECENT)),
            MappingProxyType(_newest(unlinked, MOST_UNLINKED)),
        )

    def unlinked_before(self, recent_since: int) -> tuple[str, ...]:
        """Return the ids of unlinked payments that are too old to be listed as recent."""
        return tuple(
            payment_id
            for payment_id, mark in self.unlinked.items()
            if int(mark.split(":")[0]) < recent_since
        )

    def packed(self) -> str:
        """Return `recent` as text: 10 bytes each, base64."""
        return base64.b64encode(
            b"".join(
                _ENTRY.pack(key >> 32, key & 0xFFFFFFFF, content)
                for key, content in self.recent.items()
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
            int(mark.split(":")[0])
        recent = {high << 32 | low: hashed for high, low, hashed in _ENTRY.iter_unpack(content)}
        return cls(looked_at, MappingProxyType(recent), MappingProxyType(dict(unlinked)))


def seen_of(snapshot: Mapping[str, Any], link_keys: Iterable[str]) -> Seen | None:
    """Return what to remember of a payment's snapshot; None for one without PaymentIntent."""
    intent = snapshot.get("payment_intent")
    if not isinstance(intent, dict):
        return None
    return seen_of_intent(intent, unlinked=not _names_an_order(snapshot, tuple(link_keys)))


def seen_of_intent(intent: Mapping[str, Any], *, unlinked: bool = False) -> Seen:
    """Return what to remember of a PaymentIntent."""
    editable = [
        intent.get("metadata"),
        intent.get("description"),
        _order_reference(intent),
    ]
    digest = hashlib.blake2b(_canonical.encode(editable), digest_size=4).digest()
    return Seen(intent["id"], intent["created"], int.from_bytes(digest, "big"), unlinked)


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


def _marked(seen: Seen) -> str:
    return f"{seen.created}:{seen.content:08x}"


def _newest(entries: dict[Any, Any], most: int) -> dict[Any, Any]:
    surplus = len(entries) - most
    return dict(list(entries.items())[surplus:]) if surplus > 0 else entries
