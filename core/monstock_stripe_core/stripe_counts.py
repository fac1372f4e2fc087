"""Counts requests to Stripe, by endpoint and by what they are made for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock

_purpose: ContextVar[str] = ContextVar("requested_for", default="")


@contextmanager
def requested_for(purpose: str) -> Iterator[None]:
    """Have the requests that are made in this context counted for a purpose.

    A thread has a context of its own: whoever hands work to one runs it in a copy of his.

    Args:
        purpose: such as the stream whose records are asked for.
    """
    token = _purpose.set(purpose)
    try:
        yield
    finally:
        _purpose.reset(token)


@dataclass(slots=True)
class Tally:
    """How many requests were made.

    Args:
        requests: all of them.
        repeated: those that were made again.
        refused: those that Stripe answered by 429.
    """

    requests: Counter[str] = field(default_factory=Counter)
    repeated: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class RequestCounts:
    """What was asked of Stripe so far, for summaries. Thread-safe.

    Args:
        by_endpoint: such as "GET /v1/charges/{id}".
        by_purpose: see `requested_for`; "" for requests without one.
        answers: how many requests Stripe itself answered, a refusal of just this request included;
            not by 429 or 5xx, nor for a key that it refuses.
    """

    by_endpoint: Tally = field(default_factory=Tally)
    by_purpose: Tally = field(default_factory=Tally)
    answers: int = 0
    _lock: Lock = field(default_factory=Lock)

    def request(self, endpoint: str) -> None:
        """Count a request."""
        with self._lock:
            self.by_endpoint.requests[endpoint] += 1
            self.by_purpose.requests[_purpose.get()] += 1

    def repeat(self, endpoint: str) -> None:
        """Count that a request has to be made again."""
        with self._lock:
            self.by_endpoint.repeated[endpoint] += 1
            self.by_purpose.repeated[_purpose.get()] += 1

    def refusal(self, endpoint: str) -> None:
        """Count that Stripe answered by 429."""
        with self._lock:
            self.by_endpoint.refused[endpoint] += 1
            self.by_purpose.refused[_purpose.get()] += 1

    def answer(self) -> None:
        """Count that Stripe itself answered."""
        with self._lock:
            self.answers += 1

    @property
    def made(self) -> int:
        """How many requests were made."""
        return self.by_endpoint.requests.total()

    @property
    def retries(self) -> int:
        """How many requests were made again."""
        return self.by_endpoint.repeated.total()

    @property
    def throttled(self) -> int:
        """How many requests Stripe answered by 429."""
        return self.by_endpoint.refused.total()
