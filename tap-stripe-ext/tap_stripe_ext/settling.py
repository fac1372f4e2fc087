"""Remembers what settles later, and when: money that is pending until its `available_on`. Pure.

No event tells that a balance transaction has become available. So for each hour in which some
will, the state holds between which seconds they were made, and that stretch is listed again once
the hour has passed. Stripe names midnights, so there are some dozens of such hours at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

_HOUR = 3_600
# Stretches that settle together and lie no further apart than this are listed as one.
_NEAR = 86_400
_PREFIX = "settled:"


class Stretch(NamedTuple):
    """Where that lies which settles in one hour. All in seconds since 1970.

    Args:
        first: the `created` of the first such object.
        last: that of the last one.
        since: the earliest `available_on` among them.
    """

    first: int
    last: int
    since: int

    def with_all_of(self, other: Stretch) -> Stretch:
        """Return the stretch that holds both."""
        return Stretch(
            min(self.first, other.first),
            max(self.last, other.last),
            min(self.since, other.since),
        )


Settling = Mapping[int, Stretch]
"""By the end of an hour: where that lies which settles in it."""


def with_pending(settling: Settling, pending: Iterable[tuple[int, int]], now: int) -> Settling:
    """Return what settles later once these have been written too.

    What is pending though its moment has passed is looked at again in an hour.

    Args:
        settling: what was known.
        pending: the `available_on` and `created` of each.
        now: the present.
    """
    found = dict(settling)
    for available_on, created in pending:
        moment = -(-max(available_on, now + 1) // _HOUR) * _HOUR
        stretch = Stretch(created, created, available_on)
        found[moment] = found.get(moment, stretch).with_all_of(stretch)
    return found


def due(settling: Settling, now: int) -> tuple[Settling, Settling]:
    """Return what has settled by now, near stretches as one, and what has not."""
    later = {moment: stretch for moment, stretch in settling.items() if moment > now}
    past = sorted((stretch, moment) for moment, stretch in settling.items() if moment <= now)
    joined: list[tuple[Stretch, int]] = []
    for stretch, moment in past:
        if joined and stretch.first - joined[-1][0].last <= _NEAR:
            before, its_moment = joined.pop()
            joined.append((before.with_all_of(stretch), max(its_moment, moment)))
        else:
            joined.append((stretch, moment))
    return {moment: stretch for stretch, moment in joined}, later


def list_name(since: int, moment: int) -> str:
    """Return what the list of that which settled between these is called in the state."""
    return f"{_PREFIX}{since}:{moment}"


def span_of(name: str) -> tuple[int, int] | None:
    """Return from when to when that settled which a list of this name holds; None if another."""
    if not name.startswith(_PREFIX):
        return None
    since, moment = name.removeprefix(_PREFIX).split(":")
    return int(since), int(moment)


class _Money(msgspec.Struct):
    available_on: int = 0
    status: str = ""


_decoder = msgspec.json.Decoder(_Money)


def has_settled(raw: bytes, since: int, moment: int) -> bool:
    """Tell whether an object has settled from the second `since` up to `moment`."""
    money = _decoder.decode(raw)
    return money.status == "available" and since <= money.available_on <= moment
