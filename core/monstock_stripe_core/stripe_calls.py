"""Calls to Stripe through the official `stripe` package: paced, repeated, counted, errors in words.

The package gives the transport: authentication, headers, version, encoding of parameters, typed
errors. Two things are ours, since the package of this version does them otherwise:

* retries: it repeats neither a plain 429 nor looks at `Retry-After` (code of 16.1.0), so its own
  are off and `tenacity` repeats;
* pace: see `stripe_pacing`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import requests
import stripe
import tenacity
import urllib3

from monstock_stripe_core.stripe_answers import (
    RetryableError,
    UnusableAnswer,
    answered_error,
    connection_error,
    unusable_error,
)
from monstock_stripe_core.stripe_counts import RequestCounts
from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeApiError,
    StripeNotFoundError,
    StripeRejectedError,
    mask_keys,
)
from monstock_stripe_core.stripe_http import RawBodyClient
from monstock_stripe_core.stripe_pacing import Pacing, RateLimits

DEFAULT_API_BASE = "https://api.stripe.com"
API_VERSION: str = stripe.api_version

# A host that has not answered once in this process is more likely misspelt than down.
_ATTEMPTS_AT_AN_UNKNOWN_HOST = 3

_ANSWERS = (StripeAccountError, StripeNotFoundError, StripeRejectedError)
"""Errors about one request or one account alone, which show that Stripe works."""

T = TypeVar("T")
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When to try again, and for how long. All times in seconds.

    Args:
        attempts: how often a request is made at most.
        wait_initial: before the second attempt; doubles each time.
        wait_max: no wait is longer, whatever Stripe's `Retry-After` says.
        wait_jitter: up to so much is added at random, so that clients do not march in step.
    """

    attempts: int = 9
    wait_initial: float = 0.5
    wait_max: float = 30.0
    wait_jitter: float = 1.0


class StripeCalls:
    """What all calls with one API key share, whatever account they act for. Thread-safe.

    Args:
        api_key: a secret or restricted key.
        api_base: scheme and host, such as "https://api.stripe.com".
        limits: requests a second; Stripe's own for the key's mode if None.
        retries: when to try again.
        timeout: seconds to wait for a connection, and between two bytes of an answer.

    Attributes:
        brief: each request is made once, since whoever makes it comes back to it by itself.
    """

    def __init__(
        self,
        api_key: str,
        api_base: str,
        limits: RateLimits | None,
        retries: RetryPolicy | None,
        timeout: tuple[float, float],
    ) -> None:
        self.api_base = api_base.rstrip("/")
        self.pacing = Pacing(limits or RateLimits.for_key(api_key))
        self.counts = RequestCounts()
        self.http = RawBodyClient(timeout, self.api_base)
        self.brief = False
        self._retries = retries or RetryPolicy()
        self._back_off = tenacity.wait_exponential_jitter(
            multiplier=self._retries.wait_initial,
            max=self._retries.wait_max,
            jitter=self._retries.wait_jitter,
        )
        self._api_key = api_key

    def transport(self, account_id: str | None, http: stripe.HTTPClient) -> stripe.StripeClient:
        """Return the package's client for an account, without the package's own retries."""
        return stripe.StripeClient(
            self._api_key,
            stripe_account=account_id,
            base_addresses={"api": self.api_base},
            max_network_retries=0,
            http_client=http,
        )

    def make(self, endpoint: str, account_id: str | None, request: Callable[[], T]) -> T:
        """Make a request, again and again if that may help, and return its result.

        Args:
            endpoint: the rate limit's name for it, such as "GET /v1/charges/{id}".
            account_id: the account that it acts for, for the log.
            request: makes it; may raise `UnusableAnswer`. If it is a write, it carries an
                idempotency key, so that a repeat has no second effect.

        Raises:
            StripeApiError: one of its kinds, when no attempt succeeded.
        """
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(RetryableError),
            stop=self._gives_up,
            wait=self._wait,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            result: T = retrying(self._attempt, endpoint, account_id, request)
        except RetryableError as error:
            raise error.error from error.__cause__
        return result

    def close(self) -> None:
        """Stop background threads and close connections."""
        self.pacing.close()
        self.http.close()

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        error = _retryable(state)
        hopeless = (
            error.never_connected
            and not self.http.has_answered
            and state.attempt_number >= _ATTEMPTS_AT_AN_UNKNOWN_HOST
        )
        return self.brief or hopeless or state.attempt_number >= self._retries.attempts

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = _retryable(state)
        if error.retry_after is not None:
            return min(error.retry_after, self._retries.wait_max)
        return self._back_off(state)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = _retryable(state).error
        endpoint, account_id = state.args[0], state.args[1]
        self.counts.repeat(endpoint)
        whose = f" (account {account_id})" if account_id else ""
        logger.info("Stripe%s: %s (attempt %d); trying again", whose, error, state.attempt_number)

    def _attempt(self, endpoint: str, account_id: str | None, request: Callable[[], T]) -> T:  # noqa: ARG002 - `_tell` reads the account
        self.pacing.wait(endpoint)
        self.counts.request(endpoint)
        try:
            result = request()
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise connection_error(error, self.api_base, endpoint) from error
        except UnusableAnswer as error:
            self.http.has_answered = True
            raise unusable_error(error, self.api_base, endpoint) from error.__cause__
        except stripe.StripeError as error:
            self.http.has_answered = True
            raise self._answered(error, endpoint) from None
        self.http.has_answered = True
        self.counts.answer()
        return result

    def _answered(
        self, error: stripe.StripeError, endpoint: str
    ) -> RetryableError | StripeApiError:
        text = (error.user_message or str(error)).replace(self._api_key, "***")
        found = answered_error(error, mask_keys(text)[:500], self.api_base, endpoint)
        if error.http_status == 429:
            self.counts.refusal(endpoint)
        if isinstance(found, _ANSWERS):
            self.counts.answer()
        return found


def _retryable(state: tenacity.RetryCallState) -> RetryableError:
    """The failure of the attempt that was just made."""
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, RetryableError):
        raise TypeError("only a retryable error is retried")
    return error
