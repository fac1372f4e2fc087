"""What an answer of Stripe's, or its lack, comes to: an error, worth a repeat or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
import stripe
import urllib3

from monstock_stripe_core.stripe_errors import (
    StripeAccountError,
    StripeApiError,
    StripeForbiddenError,
    StripeKeyReusedError,
    StripeNotFoundError,
    StripeProtocolError,
    StripeRejectedError,
    StripeReplayedError,
    StripeThrottledError,
    StripeUnauthorizedError,
    StripeUnreachableError,
    lacking_permission,
)


class UnusableAnswer(Exception):
    """A request succeeded, but its body is cut off, or is none of Stripe's.

    Args:
        content: the body; only its first byte is looked at.
        request_id: Stripe's, if it sent one.
    """

    def __init__(self, content: bytes | str, request_id: str | None) -> None:
        super().__init__("unusable answer")
        self.looks_like_json = content[:1] in (b"{", b"[", "{", "[")
        self.request_id = request_id


class RetryableError(Exception):
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


def connection_error(error: Exception, api_base: str, endpoint: str) -> RetryableError:
    """No answer came, or half of one."""
    return RetryableError(
        StripeUnreachableError(
            f"{api_base} cannot be reached ({_reason(error)}). "
            "Check the setting api_base and the network",
            endpoint=endpoint,
        ),
        never_connected=_never_connected(error),
    )


def unusable_error(error: UnusableAnswer, api_base: str, endpoint: str) -> RetryableError:
    """An answer came whose body cannot be read."""
    what = (
        "sent an answer that is cut off or not JSON"
        if error.looks_like_json
        else "did not answer in JSON, so it does not seem to be Stripe"
    )
    return RetryableError(
        StripeProtocolError(
            f"{api_base} {what}. Check the setting api_base",
            endpoint=endpoint,
            request_id=error.request_id,
        )
    )


def answered_error(
    error: stripe.StripeError, text: str, api_base: str, endpoint: str
) -> RetryableError | StripeApiError:
    """An answer came that the stripe package takes for an error.

    Args:
        error: the package's.
        text: what Stripe says of it, without keys.
        api_base: scheme and host.
        endpoint: what was asked.
    """
    status = error.http_status or 0
    headers = error.headers or {}
    where: dict[str, Any] = {"endpoint": endpoint, "request_id": error.request_id}
    if 200 <= status < 300:
        return unusable_error(
            UnusableAnswer(error.http_body or "", error.request_id), api_base, endpoint
        )
    if status == 429:
        return _throttled(headers, text, where)
    if status == 409 or status >= 500:
        return _failed(status, headers, text, where)
    stripes = _stripes_error(error.json_body)
    if stripes is None:
        return StripeProtocolError(
            f"{api_base} answered {status} to {endpoint}, but not as Stripe would. "
            "Check the setting api_base",
            **where,
        )
    if _should_retry(status, headers):
        return _worth_a_repeat(status, headers, text, where)
    return _refused(status, stripes, error, text, where)


def _throttled(headers: Mapping[str, str], text: str, where: dict[str, Any]) -> RetryableError:
    reason = headers.get("Stripe-Rate-Limited-Reason")
    detail = f" ({reason})" if reason else ""
    return RetryableError(
        StripeThrottledError(
            f"Stripe throttles {where['endpoint']}{detail}: {text} "
            "Lower the settings concurrency or requests_per_second",
            **where,
        ),
        retry_after=_retry_after(headers),
    )


def _failed(
    status: int, headers: Mapping[str, str], text: str, where: dict[str, Any]
) -> RetryableError | StripeApiError:
    """Stripe failed, or is busy with the same thing."""
    endpoint = where["endpoint"]
    if status >= 500 and headers.get("Idempotent-Replayed") == "true":
        return StripeReplayedError(
            f"Stripe failed at {endpoint} ({status}) and gives that answer to every repeat: {text}",
            **where,
        )
    if _should_retry(status, headers):
        return _worth_a_repeat(status, headers, text, where)
    return StripeUnreachableError(
        f"Stripe answered {status} to {endpoint} and says that a repeat is of no use: {text}",
        **where,
    )


def _worth_a_repeat(
    status: int, headers: Mapping[str, str], text: str, where: dict[str, Any]
) -> RetryableError:
    return RetryableError(
        StripeUnreachableError(f"Stripe answered {status} to {where['endpoint']}: {text}", **where),
        retry_after=_retry_after(headers),
    )


def _refused(
    status: int,
    stripes: Mapping[str, Any],
    error: stripe.StripeError,
    text: str,
    where: dict[str, Any],
) -> StripeApiError:
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
    reused = stripes.get("type") == "idempotency_error"
    refusal = StripeKeyReusedError if reused else StripeRejectedError
    return refusal(
        f"Stripe answered {status} to {where['endpoint']}: {text}",
        parameter=getattr(error, "param", None),
        code=error.code,
        **where,
    )


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
