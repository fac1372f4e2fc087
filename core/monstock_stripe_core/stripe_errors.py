"""What can go wrong when talking to Stripe, each with a message that a user can act on.

`StripeApiError` is the root: catch it to catch all. No message ever holds a whole API key.
"""

from __future__ import annotations

import re

from monstock_stripe_core.errors import MonstockStripeError

# Stripe's keys are sk_, rk_ or pk_, test_ or live_, and more (API reference, 'Authentication').
_KEY = re.compile(r"\b([spr]k_(?:test|live))_[0-9A-Za-z_*]+")
# Stripe names the lacking permission like this: "Having the 'rak_charge_read' permission would …".
_PERMISSION = re.compile(r"'(rak_[a-z0-9_]+)'")


class StripeApiError(MonstockStripeError):
    """Any failure of a call to Stripe.

    Args:
        message: what happened, where, and what to do; keys in it are masked.
        endpoint: the method and path pattern, such as "GET /v1/charges".
        request_id: Stripe's id of the request, for their support, where known.
    """

    def __init__(self, message: str, *, endpoint: str = "", request_id: str | None = None) -> None:
        super().__init__(mask_keys(message))
        self.endpoint = endpoint
        self.request_id = request_id


class StripeUnreachableError(StripeApiError):
    """No usable answer after all retries: network, cut connections, 5xx or 409."""


class StripeReplayedError(StripeUnreachableError):
    """A 5xx that Stripe keeps for the idempotency key: whether the write had its effect is unknown.

    It has to be looked for; a repeat needs another key.
    """


class StripeThrottledError(StripeApiError):
    """Still answered 429 after all retries."""


class StripeUnauthorizedError(StripeApiError):
    """401: the key is wrong, revoked or expired. Nothing else will work either."""


class StripeAccountError(StripeUnauthorizedError):
    """403 `account_invalid`: the key may not act for the account, or no longer. Nothing else of
    that account will work either.
    """


class StripeForbiddenError(StripeApiError):
    """403: the key may not do this.

    Args:
        permission: the permission that Stripe named as lacking, such as "rak_charge_read".
    """

    def __init__(
        self,
        message: str,
        *,
        permission: str | None,
        endpoint: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, endpoint=endpoint, request_id=request_id)
        self.permission = permission


class StripeNotFoundError(StripeApiError):
    """404: no such object or no such address.

    Args:
        code: Stripe's error code: "resource_missing" where the address is right.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        endpoint: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, endpoint=endpoint, request_id=request_id)
        self.code = code


class StripeRejectedError(StripeApiError):
    """Another 4xx: Stripe did not accept the request.

    Args:
        parameter: the request's parameter that Stripe objected to, where it said so.
        code: Stripe's error code, where it gave one.
    """

    def __init__(
        self,
        message: str,
        *,
        parameter: str | None = None,
        code: str | None = None,
        endpoint: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, endpoint=endpoint, request_id=request_id)
        self.parameter = parameter
        self.code = code


class StripeKeyReusedError(StripeRejectedError):
    """The idempotency key was used with other parameters before."""


class StripeProtocolError(StripeApiError):
    """The answer is not Stripe's: HTML, half a JSON, another kind of object."""


def mask_keys(text: str) -> str:
    """Return `text` with every Stripe API key in it cut down to its prefix."""
    return _KEY.sub(r"\1_***", text)


def lacking_permission(message: str) -> str | None:
    """Return the permission that Stripe's 403 message names, such as "rak_charge_read"."""
    found = _PERMISSION.search(message)
    return found.group(1) if found else None
