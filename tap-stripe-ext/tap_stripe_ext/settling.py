"""Remembers what settles later, and when: money that is pending until its `available_on`. Pure.

No event tells that a balance transaction has become available. So for each hour in which some
will, the state holds between which seconds they were made, and that stretch is listed again once
the hour has passed. Stripe names midnights, so there are some dozens of such hours at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

_HOUR = 3_600
_PREFIX = "settled:"

Settling = Mapping[int, tuple[int, int]]
"""By the end of an hour: the `created` of the first and last object that settles in it."""


def with_pending(settling: Settling, pending: Iterable[tuple[int, int]]) -> Settling:
    """Return what settles later once these have been written too.

    Args:
        settling: what was known.
        pending: the `available_on` and `created` of each.
    """
    found = dict(settling)
    for available_on, created in pending:
        moment = -(-available_on // _HOUR) * _HOUR
        first, last = found.get(moment, (created, created))
        found[moment] = (min(first, created), max(last, created))
    return found


def due(settling: Settling, now: int) -> tuple[Settling, Settling]:
    """Return what has settled by now, and what has not."""
    past = {moment: made for moment, made in settling.items() if moment <= now}
    return past, {moment: made for moment, made in settling.items() if moment > now}


def list_name(moment: int) -> str:
    """Return what the list of that which settled until `moment` is called in the state."""
    return f"{_PREFIX}{moment}"


def moment_of(name: str) -> int | None:
    """Return the moment in a list's name; None if it is another list."""
    return int(name.removeprefix(_PREFIX)) if name.startswith(_PREFIX) else None


class _Money(msgspec.Struct):
    available_on: int = 0
    status: str = ""


_decoder = msgspec.json.Decoder(_Money)


def has_settled(raw: bytes, moment: int) -> bool:
    """Tell whether an object has settled in the hour up to `moment`."""
    money = _decoder.decode(raw)
    return money.status == "available" and moment - _HOUR < money.available_on <= moment
