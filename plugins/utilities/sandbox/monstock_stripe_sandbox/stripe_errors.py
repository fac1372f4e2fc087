"""Stripe's errors: their statuses, words and bodies (Stripe API reference, 'Errors')."""

from __future__ import annotations

from typing import Any

_DOCS = "https://stripe.com/docs"
_HELP = "or we can help at https://support.stripe.com/."


class StripeError(Exception):
    """An answer that is an error.

    Attributes:
        beside: what else the error says: the object that it is about.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        type_of_error: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
        beside: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.type_of_error = type_of_error
        self.headers = headers or {}
        self.beside = beside or {}

    def body(self, request_id: str, now: int) -> dict[str, Any]:
        """Return the JSON of the answer."""
        error: dict[str, Any] = {}
        if self.code is not None:
            error["code"] = self.code
            error["doc_url"] = f"{_DOCS}/error-codes/{self.code.replace('_', '-')}"
        error["message"] = self.message
        if self.param is not None:
            error["param"] = self.param
        error.update(self.beside)
        if self.status != 401:
            error["request_log_url"] = (
                f"https://dashboard.stripe.com/test/logs/{request_id}?t={now}"
            )
        error["type"] = self.type_of_error
        return {"error": error}


def unknown_url(method: str, path: str) -> StripeError:
    """There is no such endpoint, or the stand-in does not serve it."""
    return StripeError(
        404,
        f"Unrecognized request URL ({method}: {path}). "
        f"If you are trying to list objects, remove the trailing slash. If you are trying to "
        f"retrieve an object, make sure you passed a valid (non-empty) identifier in your code. "
        f"Please see {_DOCS} {_HELP}"
        if path.endswith("/")
        else f"Unrecognized request URL ({method}: {path}). Please see {_DOCS} {_HELP}",
    )


def no_such(noun: str, identifier: str, param: str, status: int = 404) -> StripeError:
    """An id names nothing: 404 in the path of a retrieve, 400 in a parameter."""
    return StripeError(
        status, f"No such {noun}: '{identifier}'", code="resource_missing", param=param
    )


def no_key() -> StripeError:
    """The request brought no API key."""
    return StripeError(
        401,
        "You did not provide an API key. You need to provide your API key in the Authorization "
        "header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See "
        f"{_DOCS}/api#authentication for details, {_HELP}",
        headers={"WWW-Authenticate": 'Bearer realm="Stripe"'},
    )


def wrong_key(key: str) -> StripeError:
    """The API key is nobody's."""
    return StripeError(
        401,
        f"Invalid API Key provided: {masked(key)}",
        headers={"WWW-Authenticate": 'Bearer realm="Stripe"'},
    )


def expired_key(key: str) -> StripeError:
    """The API key was somebody's, and its time is over."""
    return StripeError(401, f"Expired API Key provided: {masked(key)}", code="api_key_expired")


def publishable_key() -> StripeError:
    """The key is one for browsers."""
    return StripeError(
        403,
        "This API call cannot be made with a publishable API key. Please use a secret API key. "
        "You can find a list of your API keys at https://dashboard.stripe.com/account/apikeys.",
        code="secret_key_required",
    )


def no_permission(key: str, account: str, permissions: list[str]) -> StripeError:
    """A restricted key may not do this."""
    named = " and ".join(f"'{name}'" for name in permissions)
    noun = "permission" if len(permissions) == 1 else "permissions"
    return StripeError(
        403,
        f"The provided key '{masked(key)}' does not have the required permissions for this "
        f"endpoint on account '{account}'. Having the {named} {noun} would allow this request "
        "to continue.",
    )


def no_access(key: str, account: str) -> StripeError:
    """The key has nothing to do with the account that the request is for."""
    return StripeError(
        403,
        f"The provided key '{masked(key)}' does not have access to account '{account}' (or that "
        "account does not exist). Application access may have been revoked.",
        code="account_invalid",
    )


def unknown_parameters(names: list[str]) -> StripeError:
    """Parameters that the endpoint does not take."""
    plural = "s" if len(names) > 1 else ""
    return StripeError(
        400,
        f"Received unknown parameter{plural}: {', '.join(names)}",
        code="parameter_unknown",
        param=names[0],
    )


def missing_parameter(name: str) -> StripeError:
    """A parameter that the endpoint cannot do without."""
    return StripeError(
        400, f"Missing required param: {name}.", code="parameter_missing", param=name
    )


def invalid(param: str, message: str, code: str | None = None) -> StripeError:
    """A parameter's value is not one that it takes."""
    return StripeError(400, message, code=code, param=param)


def rate_limited() -> StripeError:
    """Too many requests."""
    return StripeError(
        429,
        "Request rate limit exceeded. You can learn more about rate limits here "
        f"{_DOCS}/rate-limits.",
        code="rate_limit",
    )


def reused_idempotency_key(key: str) -> StripeError:
    """An idempotency key came again with another request."""
    return StripeError(
        400,
        "Keys for idempotent requests can only be used with the same parameters they were first "
        f"used with. Try using a key other than '{key}' if you meant to execute a different "
        "request.",
        type_of_error="idempotency_error",
    )


def server_error(status: int) -> StripeError:
    """Something broke at Stripe."""
    return StripeError(status, "An unknown error occurred", type_of_error="api_error")


def masked(key: str) -> str:
    """Return a key as Stripe's messages show it: its kind and its last four letters."""
    kind, _, rest = key.rpartition("_")
    shown = rest[-4:] if len(rest) > 8 else ""
    prefix = f"{kind}_" if kind in ("sk_test", "sk_live", "rk_test", "rk_live") else ""
    return f"{prefix}{'*' * (len(key) - len(prefix) - len(shown))}{shown}"
