"""How webhooks are delivered, what goes wrong on their way, and what is counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=3600)]

TEST_RETRIES = (300.0, 1800.0, 7200.0)
"""Seconds after each failure. Stripe, 'Webhooks': in test mode three times over a few hours."""

LIVE_RETRIES = (300.0, 1800.0, 7200.0, 18000.0, 36000.0, *(43200.0,) * 4)
"""Stripe, 'Webhooks': in live mode for up to three days, with growing delays."""


class DeliverySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How deliveries go; all shares are drawn from `seed`.

    Attributes:
        speed: how many times faster than at Stripe a failed delivery is tried again.
        timeout: seconds in which an endpoint must answer.
        lost: share of deliveries that never arrive and are never tried again.
        doubled: share that arrive twice.
        delayed: share that are sent `delay` seconds late.
        reordered: share that are held back until a later one to the same endpoint has arrived,
            `delay` seconds at most.
    """

    speed: Annotated[float, Meta(ge=0.001, le=1e9)] = 600.0
    timeout: Annotated[float, Meta(ge=0.001, le=3600)] = 20.0
    lost: Share = 0.0
    doubled: Share = 0.0
    delayed: Share = 0.0
    reordered: Share = 0.0
    delay: Seconds = 5.0
    seed: int = 0

    @property
    def faulty(self) -> bool:
        """Whether anything goes wrong on purpose."""
        return bool(self.lost or self.doubled or self.delayed or self.reordered)


@dataclass(slots=True)
class DeliveryCount:
    """What became of deliveries.

    Attributes:
        sent: attempts, repeats included.
        acknowledged: attempts that were answered by 2xx.
        failed: attempts that were answered otherwise, or not in time, or not at all.
        retried: attempts that repeat a failed one.
        given_up: deliveries that failed for good.
        lost, doubled, delayed, reordered: deliveries that a fault hit.
    """

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    retried: int = 0
    given_up: int = 0
    lost: int = 0
    doubled: int = 0
    delayed: int = 0
    reordered: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the counts as the control API answers them."""
        return asdict(self)
