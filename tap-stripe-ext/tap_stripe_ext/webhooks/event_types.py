"""Which of Stripe's event types tell of changes in a stream. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import get_args

from stripe import Event

from tap_stripe_ext.backfill_part import EVENTS
from tap_stripe_ext.stream_table import (
    CHARGE_ANNOUNCEMENTS,
    INVOICE_ANNOUNCEMENTS,
    PAYMENT_INTENT_ANNOUNCEMENTS,
    PAYMENTS,
    STREAM_TABLE,
    Announcement,
    row_named,
)

ALL_TYPES = "*"

# Stripe waits for this one's answer, which decides whether a card is charged (Stripe docs,
# 'Issuing real-time authorizations'); nobody who only wants to know may register for it.
_ASKING_TYPES = frozenset({"issuing_authorization.request"})

_OF_PAYMENTS = PAYMENT_INTENT_ANNOUNCEMENTS + CHARGE_ANNOUNCEMENTS + INVOICE_ANNOUNCEMENTS
_OF_ALL = _OF_PAYMENTS + tuple(one for row in STREAM_TABLE for one in row.announced_by)


def published_types() -> tuple[str, ...]:
    """Return the event types that the stripe package's version of the API has."""
    return get_args(Event.__annotations__["type"])


def types_for(streams: Iterable[str]) -> tuple[str, ...]:
    """Return the event types that tell of changes in these streams, in alphabetical order.

    Args:
        streams: their names; of some, no event tells.

    Raises:
        KeyError: if a stream is unknown.
    """
    names = tuple(streams)
    if EVENTS in names:
        return (ALL_TYPES,)
    wanted = [one for name in names for one in _announcements(name)]
    return tuple(
        sorted(
            one
            for one in set(published_types()) - _ASKING_TYPES
            if any(
                announcement.applies_to(one, kind)
                for kind in _objects_of(one)
                for announcement in wanted
            )
        )
    )


def _announcements(stream: str) -> tuple[Announcement, ...]:
    return _OF_PAYMENTS if stream == PAYMENTS else row_named(stream).announced_by


def _objects_of(event_type: str) -> frozenset[str]:
    """Return the kinds of object that an event of this type may carry.

    "charge.dispute.created" carries a dispute, though "charge.*" is there too: the narrowest
    pattern of the whole table is the one that knows.
    """
    patterns = [one for one in _OF_ALL if fnmatchcase(event_type, one.types)]
    narrowest = max((len(one.types) for one in patterns), default=0)
    return frozenset(one.object_name for one in patterns if len(one.types) == narrowest)
