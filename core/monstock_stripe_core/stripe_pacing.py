"""Keeps our requests under Stripe's rate limits, with a bucket per endpoint and one for all.

Source: Stripe docs, 'Rate limits': 100 requests/s in live mode and 25 in sandboxes over all,
and 25/s for each endpoint (all `GET /v1/payment_intents/{id}` are one endpoint).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Lock, local
from time import monotonic

from pyrate_limiter import BucketFactory, Duration, InMemoryBucket, Limiter, Rate, RateItem

# The limiter adds this to each wait, so that rounding never makes it early. Its default of
# 50 ms would cost 5 % of the rate.
_BUFFER_MILLISECONDS = 5

LIVE_REQUESTS_PER_SECOND = 100
TEST_REQUESTS_PER_SECOND = 25
ENDPOINT_REQUESTS_PER_SECOND = 25


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How many requests a second we allow ourselves; 0 means no limit.

    Args:
        total: over all endpoints.
        endpoint: for each single endpoint.
    """

    total: int = LIVE_REQUESTS_PER_SECOND
    endpoint: int = ENDPOINT_REQUESTS_PER_SECOND

    @classmethod
    def for_key(cls, api_key: str) -> RateLimits:
        """Return Stripe's own limits for the mode that `api_key` belongs to."""
        live = api_key.startswith(("sk_live_", "rk_live_"))
        return cls(total=LIVE_REQUESTS_PER_SECOND if live else TEST_REQUESTS_PER_SECOND)


class Pacing:
    """Makes callers wait until their next request is within the limits. Thread-safe.

    The limiter wakes all who wait at once, and lets any of them go first: some would wait for
    seconds where others never wait. So they stand in line, one line for each endpoint. Only who is
    first in it asks for the total too, which so is shared evenly by the endpoints.
    """

    def __init__(self, limits: RateLimits) -> None:
        self.limits = limits
        self._total = _limiter(limits.total)
        self._endpoint = _limiter(limits.endpoint)
        self._total_line = _Line()
        self._lines: dict[str, _Line] = {}
        self._of_thread = local()

    def wait(self, endpoint: str) -> None:
        """Return as soon as one more request to `endpoint` is within both limits."""
        if self._endpoint is None and self._total is None:
            return
        began = monotonic()
        with self._lines.setdefault(endpoint, _Line()):
            if self._endpoint is not None:
                self._endpoint.try_acquire(endpoint)
            if self._total is not None:
                with self._total_line:
                    self._total.try_acquire("all endpoints")
        self._of_thread.waited = self.waited() + monotonic() - began

    def waited(self) -> float:
        """Return for how many seconds the calling thread has waited so far."""
        waited: float = getattr(self._of_thread, "waited", 0.0)
        return waited

    def close(self) -> None:
        """Stop the limiters' background threads."""
        for limiter in (self._total, self._endpoint):
            if limiter is not None:
                limiter.bucket_factory.close()


class _Line:
    """A lock that is given in the order in which it was asked for; `threading.Lock` has none."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: deque[Lock] = deque()
        self._taken = False

    def __enter__(self) -> None:
        gate = Lock()
        with self._lock:
            if not self._taken:
                self._taken = True
                return
            gate.acquire()
            self._waiting.append(gate)
        gate.acquire()

    def __exit__(self, *_: object) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._taken = False


class _BucketPerName(BucketFactory):
    """One in-memory bucket of the same rate for each name."""

    def __init__(self, requests_per_second: int) -> None:
        self._rate = Rate(requests_per_second, Duration.SECOND)
        self._clock = InMemoryBucket([self._rate])
        self._buckets: dict[str, InMemoryBucket] = {}
        self._lock = Lock()

    def wrap_item(self, name: str, weight: int = 1) -> RateItem:
        now = self._clock.now()  # type: ignore[no-untyped-call]  # the package has no annotation there
        if not isinstance(now, int):
            raise TypeError("the in-memory bucket's clock gives milliseconds")
        return RateItem(name, now, weight=weight)

    def get(self, item: RateItem) -> InMemoryBucket:
        with self._lock:
            bucket = self._buckets.get(item.name)
            if bucket is None:
                bucket = InMemoryBucket([self._rate])
                self._buckets[item.name] = bucket
                self.schedule_leak(bucket)
            return bucket


def _limiter(requests_per_second: int) -> Limiter | None:
    if requests_per_second <= 0:
        return None
    return Limiter(_BucketPerName(requests_per_second), buffer_ms=_BUFFER_MILLISECONDS)
