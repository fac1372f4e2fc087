"""Rate limits in Stripe's manner: so many a second in all, for each endpoint, and at a time."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What is allowed; None is no limit.

    Stripe's documentation, 'Rate limits': 100 requests a second in live mode, 25 a second for
    each endpoint, 20 a second for search, and a limit on requests that run at the same time.
    """

    per_second: float | None = None
    per_second_per_endpoint: float | None = None
    search_per_second: float | None = None
    concurrent: int | None = None


STRIPE_RATE_LIMITS = RateLimits(
    per_second=100, per_second_per_endpoint=25, search_per_second=20, concurrent=25
)


@dataclass(slots=True)
class _Bucket:
    rate: float
    tokens: float
    filled_at: float

    def take(self, now: float) -> bool:
        self.tokens = min(self.rate, self.tokens + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


@dataclass(slots=True)
class RateLimiter:
    """Token buckets, each as deep as one second's allowance."""

    limits: RateLimits
    _all: _Bucket | None = None
    _endpoints: dict[str, _Bucket] = field(default_factory=dict)

    def refuses(self, endpoint: str, running: int, now: float) -> str | None:
        """Return why a request is refused, in the words of Stripe's header, or None.

        `running` is how many requests run already; `now` is monotonic seconds. A refused
        request takes nothing from the endpoint's bucket.
        """
        limits = self.limits
        if limits.concurrent is not None and running >= limits.concurrent:
            return "global-concurrency"
        rate = limits.per_second_per_endpoint
        if endpoint.endswith("/search") and limits.search_per_second is not None:
            rate = limits.search_per_second
        if rate is not None:
            bucket = self._endpoints.setdefault(endpoint, _Bucket(rate, rate, now))
            if not bucket.take(now):
                return "endpoint-rate"
        if limits.per_second is not None:
            if self._all is None:
                self._all = _Bucket(limits.per_second, limits.per_second, now)
            if not self._all.take(now):
                return "global-rate"
        return None
