"""Reads from Stripe through the official `stripe` package, at the API version it is pinned to.

The package's `raw_request` parses each body into ordered dicts, 5 ms for a page of 470 kB. Our HTTP
client below the package's hands it an empty object and keeps the bytes, so that the caller can
decode them as it likes.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from monstock_stripe_core.stripe_answers import UnusableAnswer
from monstock_stripe_core.stripe_calls import (
    DEFAULT_API_BASE,
    RetryPolicy,
    StripeCalls,
)
from monstock_stripe_core.stripe_counts import RequestCounts
from monstock_stripe_core.stripe_pacing import Pacing, RateLimits

T = TypeVar("T")


class StripeClient:
    """Reads objects and lists from Stripe. Thread-safe.

    Args:
        api_key: a secret or restricted key.
        api_base: scheme and host, such as "https://api.stripe.com".
        account_id: the connected account to act for (`Stripe-Account`), or None for the key's own.
        limits: requests a second; Stripe's own for the key's mode if None.
        retries: when to try again.
        timeout: seconds to wait for a connection, and between two bytes of an answer.
    """

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str = DEFAULT_API_BASE,
        account_id: str | None = None,
        limits: RateLimits | None = None,
        retries: RetryPolicy | None = None,
        timeout: tuple[float, float] = (10.0, 80.0),
    ) -> None:
        self.account_id = account_id
        self._calls = StripeCalls(api_key, api_base, limits, retries, timeout)
        self._stripe = self._calls.transport(account_id, self._calls.http)

    @property
    def api_base(self) -> str:
        """Scheme and host."""
        return self._calls.api_base

    @property
    def pacing(self) -> Pacing:
        """What keeps requests under the limits."""
        return self._calls.pacing

    @property
    def counts(self) -> RequestCounts:
        """What was asked so far."""
        return self._calls.counts

    def for_account(self, account_id: str | None) -> StripeClient:
        """Return a client that acts for another account with the same key.

        It shares this one's connections, pace, counts and clock, so that all of them together
        stay within the limits; closing this one closes it too.

        Args:
            account_id: the connected account (`Stripe-Account`), or None for the key's own.
        """
        other = copy.copy(self)
        other.account_id = account_id
        other._stripe = self._calls.transport(account_id, self._calls.http)
        return other

    def get(
        self,
        path: str,
        params: Mapping[str, Any],
        decode: Callable[[bytes], T],
        *,
        endpoint: str | None = None,
    ) -> T:
        """Read `path` and return its decoded body, after as many retries as it takes.

        Args:
            path: such as "/v1/charges/ch_1".
            params: query parameters as the stripe package takes them (nested dicts and lists).
            decode: makes the result of the body; whatever it raises counts as half a body.
            endpoint: the rate limit's name for it, such as "/v1/charges/{id}"; the path if None.

        Raises:
            StripeApiError: one of its kinds, when it cannot be had.
        """

        def request() -> T:
            response: Any = self._stripe.raw_request("get", path, **params)
            content: bytes = response.headers.content
            try:
                return decode(content)
            except Exception as error:
                raise UnusableAnswer(content, response.headers.get("request-id")) from error

        return self._calls.make(f"GET {endpoint or path}", self.account_id, request)

    def get_date(self) -> float:
        """Return Stripe's clock as of its last answer (seconds since 1970), else this machine's."""
        return self._calls.http.last_date or time.time()

    def close(self) -> None:
        """Stop background threads and close connections, also those of `for_account`."""
        self._calls.close()
