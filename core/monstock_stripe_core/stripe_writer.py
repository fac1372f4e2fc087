"""Typed calls to Stripe: mypy holds each parameter against the `stripe` package's own types.

The calls themselves stand in `stripe_customer_calls`, `stripe_payment_calls` and
`stripe_collection_calls`; what is the same for all of them stands here.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import stripe

from monstock_stripe_core.stripe_calls import (
    DEFAULT_API_BASE,
    RetryPolicy,
    StripeCalls,
)
from monstock_stripe_core.stripe_counts import RequestCounts
from monstock_stripe_core.stripe_errors import StripeReplayedError
from monstock_stripe_core.stripe_http import WholeBodyClient
from monstock_stripe_core.stripe_pacing import RateLimits

Value: TypeAlias = dict[str, Any]
"""One of Stripe's objects as plain data."""

T = TypeVar("T", bound=stripe.StripeObject)

_KEYS_FOR_ONE_CHANGE = 3
"""A change sets values and may be made again under another key where Stripe keeps a failure."""


class StripeWriter:
    """Calls the stripe package's typed methods. Thread-safe.

    Args:
        api_key: a secret or restricted key.
        api_base: scheme and host, such as "https://api.stripe.com".
        limits: requests a second; Stripe's own for the key's mode if None.
        retries: when to try again.
        timeout: seconds to wait for a connection, and between two bytes of an answer.
    """

    def __init__(
        self,
        api_key: str,
        *,
        api_base: str = DEFAULT_API_BASE,
        limits: RateLimits | None = None,
        retries: RetryPolicy | None = None,
        timeout: tuple[float, float] = (10.0, 80.0),
    ) -> None:
        self.account_id: str | None = None
        self._calls = StripeCalls(api_key, api_base, limits, retries, timeout)
        self._http = WholeBodyClient(self._calls.http)
        self._by_account: dict[str | None, StripeWriter] = {None: self}
        self._lock = threading.Lock()
        self._stripe = self._calls.transport(None, self._http)

    @property
    def counts(self) -> RequestCounts:
        """What was asked so far."""
        return self._calls.counts

    def be_brief(self, *, brief: bool) -> None:
        """Make each request once (or again several times): for whoever comes back by itself."""
        self._calls.brief = brief

    def for_account(self, account_id: str | None) -> StripeWriter:
        """Return the writer that acts for another account with the same key.

        It shares this one's connections, pace and counts; closing this one closes it too.

        Args:
            account_id: the connected account (`Stripe-Account`), or None for the key's own.
        """
        with self._lock:
            found = self._by_account.get(account_id)
            if found is None:
                found = object.__new__(StripeWriter)
                found.__dict__.update(self.__dict__)
                found.account_id = account_id
                found._stripe = self._calls.transport(account_id, self._http)
                self._by_account[account_id] = found
            return found

    def read(self, endpoint: str, request: Callable[[stripe.StripeClient], T]) -> T:
        """Make a call that changes nothing.

        Args:
            endpoint: the rate limit's name for it, such as "GET /v1/charges/{id}".
            request: makes it.

        Raises:
            StripeApiError: one of its kinds, when no attempt succeeded.
        """
        return self._calls.make(endpoint, self.account_id, lambda: request(self._stripe))

    def create(
        self,
        endpoint: str,
        key: str,
        request: Callable[[stripe.StripeClient, stripe.RequestOptions], T],
    ) -> T:
        """Make a call that must have its effect once.

        Args:
            endpoint: such as "POST /v1/customers".
            key: the idempotency key; the same for every repeat, and never for anything else.
            request: makes it, with the options that it is given.

        Raises:
            StripeReplayedError: whether it had its effect is unknown, and a repeat will not tell.
            StripeApiError: another of its kinds, when no attempt succeeded.
        """
        options: stripe.RequestOptions = {"idempotency_key": key}
        return self._calls.make(endpoint, self.account_id, lambda: request(self._stripe, options))

    def change(
        self,
        endpoint: str,
        request: Callable[[stripe.StripeClient, stripe.RequestOptions], T],
    ) -> T:
        """Make a call that sets values, so that having its effect twice is the same as once.

        Args:
            endpoint: such as "POST /v1/customers/{id}".
            request: makes it, with the options that it is given.

        Raises:
            StripeApiError: one of its kinds, when no attempt succeeded.
        """
        for _ in range(_KEYS_FOR_ONE_CHANGE - 1):
            try:
                return self.create(endpoint, str(uuid.uuid4()), request)
            except StripeReplayedError:
                continue
        return self.create(endpoint, str(uuid.uuid4()), request)

    def close(self) -> None:
        """Stop background threads and close connections, also those of `for_account`."""
        self._calls.close()


def plain(found: stripe.StripeObject) -> Value:
    """One of the package's objects as plain data."""
    value: Value = found.to_dict()
    return value
