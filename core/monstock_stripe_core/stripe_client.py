"""Reads from Stripe through the official `stripe` package, at the API version it is pinned to.

The package gives the transport: authentication, headers, version, encoding of parameters, typed
errors. Three things are ours, since the package of this version does them otherwise:

* retries: it repeats neither a plain 429 nor looks at `Retry-After` (code of 16.1.0), so its own
  are off and `tenacity` repeats;
* pace: see `stripe_pacing`;
* bodies: `raw_request` parses each body into ordered dicts, 5 ms for a page of 470 kB. Our HTTP
  client below the package's hands it an empty object and keeps the bytes, so that the caller can
  decode them as it likes.
"""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import requests
import stripe
import tenacity
import urllib3

from monstock_stripe_core.stripe_counts import RequestCounts
from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeApiError,
    StripeForbiddenError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
    StripeThrottledError,
    StripeUnauthorizedError,
    StripeUnreachableError,
    lacking_permission,
    mask_keys,
)
from monstock_stripe_core.stripe_http import RawBodyClient
from monstock_stripe_core.stripe_pacing import Pacing, RateLimits

DEFAULT_API_BASE = "https://api.stripe.com"
API_VERSION: str = stripe.api_version

# A host that has not answered once in this process is more likely misspelt than down.
_ATTEMPTS_AT_AN_UNKNOWN_HOST = 3

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
        self.api_base = api_base.rstrip("/")
        self.account_id = account_id
        self.pacing = Pacing(limits or RateLimits.for_key(api_key))
        self.counts = RequestCounts()
        self._retries = retries or RetryPolicy()
        self._back_off = tenacity.wait_exponential_jitter(
            multiplier=self._retries.wait_initial,
            max=self._retries.wait_max,
            jitter=self._retries.wait_jitter,
        )
        self._api_key = api_key
        self._http = RawBodyClient(timeout, self.api_base)
        self._stripe = self._transport()

    def for_account(self, account_id: str | None) -> StripeClient:
        """Return a client that acts for another account with the same key.

        It shares this one's connections, pace, counts and clock, so that all of them together
        stay within the limits; closing this one closes it too.

        Args:
            account_id: the connected account (`Stripe-Account`), or None for the key's own.
        """
        other = copy.copy(self)
        other.account_id = account_id
        other._stripe = other._transport()
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
        endpoint_name = f"GET {endpoint or path}"
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_RetryableError),
            stop=self._gives_up,
            wait=self._wait,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            result: T = retrying(self._attempt, path, params, decode, endpoint_name)
        except _RetryableError as error:
            raise error.error from error.__cause__
        return result

    def get_date(self) -> float:
        """Return Stripe's clock as of its last answer (seconds since 1970), else this machine's."""
        return self._http.last_date or time.time()

    def close(self) -> None:
        """Stop background threads and close connections, also those of `for_account`."""
        self.pacing.close()
        self._http.close()

    def _transport(self) -> stripe.StripeClient:
        return stripe.StripeClient(
            self._api_key,
            stripe_account=self.account_id,
            base_addresses={"api": self.api_base},
            max_network_retries=0,
            http_client=self._http,
        )

    def _gives_up(self, state: tenacity.RetryCallState) -> bool:
        error = _retryable(state)
        hopeless = (
            error.never_connected
            and not self._http.has_answered
            and state.attempt_number >= _ATTEMPTS_AT_AN_UNKNOWN_HOST
        )
        return hopeless or state.attempt_number >= self._retries.attempts

    def _wait(self, state: tenacity.RetryCallState) -> float:
        error = _retryable(state)
        if error.retry_after is not None:
            return min(error.retry_after, self._retries.wait_max)
        return self._back_off(state)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = _retryable(state).error
        self.counts.repeat(state.args[3])
        whose = f" (account {self.account_id})" if self.account_id else ""
        logger.info("Stripe%s: %s (attempt %d); trying again", whose, error, state.attempt_number)

    def _attempt(
        self,
        path: str,
        params: Mapping[str, Any],
        decode: Callable[[bytes], T],
        endpoint: str,
    ) -> T:
        self.pacing.wait(endpoint)
        self.counts.request(endpoint)
        try:
            response = self._stripe.raw_request("get", path, **params)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            raise self._connection_error(error, endpoint) from error
        except stripe.StripeError as error:
            self._http.has_answered = True
            raise self._answered_error(error, endpoint) from None
        self._http.has_answered = True
        try:
            return decode(response.headers.content)
        except Exception as error:
            raise self._undecodable(response, endpoint) from error

    def _connection_error(self, error: Exception, endpoint: str) -> _RetryableError:
        return _RetryableError(
            StripeUnreachableError(
                f"{self.api_base} cannot be reached ({_reason(error)}). "
                "Check the setting api_base and the network",
                endpoint=endpoint,
            ),
            never_connected=_never_connected(error),
        )

    def _undecodable(self, response: Any, endpoint: str) -> _RetryableError:
        start = response.headers.content[:1]
        looks_like_json = start in (b"{", b"[")
        what = (
            "sent an answer that is cut off or not JSON"
            if looks_like_json
            else "did not answer in JSON, so it does not seem to be Stripe"
        )
        return _RetryableError(
            StripeProtocolError(
                f"{self.api_base} {what}. Check the setting api_base",
                endpoint=endpoint,
                request_id=response.headers.get("request-id"),
            )
        )

    def _answered_error(self, error: stripe.StripeError, endpoint: str) -> Exception:
        status = error.http_status or 0
        headers = error.headers or {}
        text = self._clean(error.user_message or str(error))
        where: dict[str, Any] = {"endpoint": endpoint, "request_id": error.request_id}
        if status == 429:
            return self._throttled(headers, text, where)
        if _should_retry(status, headers):
            return _RetryableError(
                StripeUnreachableError(f"Stripe answered {status} to {endpoint}: {text}", **where),
                retry_after=_retry_after(headers),
            )
        if status >= 500 or status == 409:
            return StripeUnreachableError(
                f"Stripe answered {status} to {endpoint} and says that a repeat is of no use: "
                f"{text}",
                **where,
            )
        stripes = _stripes_error(error.json_body)
        if stripes is None:
            return StripeProtocolError(
                f"{self.api_base} answered {status} to {endpoint}, but not as Stripe would. "
                "Check the setting api_base",
                **where,
            )
        if status == 401:
            return StripeUnauthorizedError(
                f"Stripe does not accept the API key: {text} Check the setting api_key", **where
            )
        # The package keeps no code of a 403 (16.1.0).
        if status == 403 and stripes.get("code") == "account_invalid":
            return StripeAccountError(text, **where)
        if status == 403:
            return StripeForbiddenError(text, permission=lacking_permission(text), **where)
        if status == 404:
            return StripeNotFoundError(text, code=error.code, **where)
        return StripeRejectedError(
            f"Stripe answered {status} to {endpoint}: {text}",
            parameter=getattr(error, "param", None),
            code=error.code,
            **where,
        )

    def _throttled(
        self, headers: Mapping[str, str], text: str, where: dict[str, Any]
    ) -> _RetryableError:
        self.counts.refusal(where["endpoint"])
        reason = headers.get("Stripe-Rate-Limited-Reason")
        detail = f" ({reason})" if reason else ""
        return _RetryableError(
            StripeThrottledError(
                f"Stripe throttles {where['endpoint']}{detail}: {text} "
                "Lower the settings concurrency or requests_per_second",
                **where,
            ),
            retry_after=_retry_after(headers),
        )

    def _clean(self, text: str) -> str:
        return mask_keys(text.replace(self._api_key, "***"))[:500]


class _RetryableError(Exception):
    """Wraps the error that is to be raised if no attempt is left."""

    def __init__(
        self,
        error: StripeApiError,
        *,
        retry_after: float | None = None,
        never_connected: bool = False,
    ) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after = retry_after
        self.never_connected = never_connected


def _retryable(state: tenacity.RetryCallState) -> _RetryableError:
    """The failure of the attempt that was just made."""
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, _RetryableError):
        raise TypeError("only a retryable error is retried")
    return error


def _stripes_error(body: object) -> Mapping[str, Any] | None:
    """Return an error's body, or None if it is not in Stripe's shape (API reference, 'Errors')."""
    error = body.get("error") if isinstance(body, Mapping) else None
    return error if isinstance(error, Mapping) and "type" in error else None


def _should_retry(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether Stripe's answer is worth a repeat (docs, 'Advanced error handling')."""
    advice = headers.get("Stripe-Should-Retry")
    if advice is not None:
        return advice == "true"
    return status == 409 or status >= 500


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(float(value), 0.0)
    except ValueError:
        return None


def _never_connected(error: BaseException) -> bool:
    """Tell whether not even a connection was made (refused, no such name, connect timeout)."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    if not isinstance(error, requests.ConnectionError) or not error.args:
        return False
    reason = getattr(error.args[0], "reason", None)
    return isinstance(reason, urllib3.exceptions.NewConnectionError)


def _reason(error: BaseException) -> str:
    """Say in a few words why a connection failed, without addresses of objects."""
    if isinstance(error, requests.Timeout):
        return "timeout"
    inner: Any = error.args[0] if error.args else error
    inner = getattr(inner, "reason", inner)
    text = str(inner).split(": ", 1)[-1] if isinstance(inner, BaseException) else str(inner)
    return text[:200] or type(error).__name__
