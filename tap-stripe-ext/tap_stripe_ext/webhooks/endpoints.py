"""Webhook endpoints at Stripe: those that this tap has registered, and others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

from monstock_stripe_core.stripe_calls import API_VERSION
from monstock_stripe_core.stripe_errors import StripeNotFoundError
from monstock_stripe_core.stripe_writer import StripeWriter, Value, plain
from tap_common.errors import TapError

if TYPE_CHECKING:
    from stripe.params import (
        WebhookEndpointCreateParams,
        WebhookEndpointListParams,
        WebhookEndpointUpdateParams,
    )

Scope: TypeAlias = Literal["account", "connect"]

# Marks an endpoint as ours, and says whose events it is for: Stripe does not show that.
_METADATA_KEY = "monstock_webhook"
_DESCRIPTION = "tap-stripe-ext: tells that there is something to read"
_PAGE = 100


class WebhookEndpointError(TapError):
    """An endpoint cannot be registered or removed as asked."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One webhook endpoint at Stripe.

    Args:
        id: Stripe's id, we_….
        url: where Stripe calls.
        enabled: whether it does.
        events: the types of events; "*" for nearly all.
        api_version: that of the events; None for the account's own.
        scope: whose events come, if the endpoint is ours: the account's own, or those of the
            accounts that are connected to it; None if it is not ours.
    """

    id: str
    url: str
    enabled: bool
    events: tuple[str, ...]
    api_version: str | None
    scope: Scope | None

    @property
    def is_ours(self) -> bool:
        """Whether this tap has registered it."""
        return self.scope is not None


@dataclass(frozen=True, slots=True)
class Registered:
    """What came of registering.

    Args:
        endpoint: as it is now.
        secret: its signing secret, if it was made; Stripe gives it out only then.
        changed: whether anything was written.
    """

    endpoint: Endpoint
    secret: str | None
    changed: bool


def check_url(url: str, *, live: bool) -> None:
    """Raise `WebhookEndpointError` if Stripe could not call there.

    Args:
        url: the address.
        live: whether the key is a live one, which Stripe wants TLS for.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise WebhookEndpointError(
            f"{url!r} is no address that Stripe could call. It must look like "
            "https://shop.example/webhooks/stripe."
        )
    if live and parts.scheme != "https":
        raise WebhookEndpointError(f"{url}: with a live key, Stripe calls https addresses only.")


def endpoints(stripe: StripeWriter) -> list[Endpoint]:
    """Return all endpoints of the account."""
    found: list[Endpoint] = []
    params: WebhookEndpointListParams = {"limit": _PAGE}
    while True:
        page = _listed(stripe, params)
        found += [read_endpoint(one) for one in page["data"]]
        if not page["has_more"] or not page["data"]:
            return found
        params = {"limit": _PAGE, "starting_after": found[-1].id}


def ours_at(found: Iterable[Endpoint], url: str, scope: Scope) -> Endpoint | None:
    """Return the endpoint that this tap has registered for an address, if there is one."""
    return next((one for one in found if one.url == url and one.scope == scope), None)


def create(stripe: StripeWriter, url: str, events: Iterable[str], scope: Scope) -> Registered:
    """Register an endpoint.

    Args:
        stripe: the account.
        url: where Stripe is to call.
        events: the types of events.
        scope: whose events.
    """
    params: WebhookEndpointCreateParams = {
        "url": url,
        "enabled_events": cast("Any", list(events)),
        "api_version": cast("Any", API_VERSION),
        "description": _DESCRIPTION,
        "metadata": {_METADATA_KEY: scope},
    }
    if scope == "connect":
        params["connect"] = True
    made = plain(
        stripe.change(
            "POST /v1/webhook_endpoints",
            lambda client, options: client.v1.webhook_endpoints.create(params, options),
        )
    )
    return Registered(read_endpoint(made), made["secret"], changed=True)


def update(stripe: StripeWriter, endpoint: Endpoint, events: Iterable[str]) -> Registered:
    """Let an endpoint of ours be called for these types of events; nothing is written if it is."""
    wanted = list(events)
    if endpoint.enabled and set(endpoint.events) == set(wanted):
        return Registered(endpoint, None, changed=False)
    params: WebhookEndpointUpdateParams = {
        "enabled_events": cast("Any", wanted),
        "disabled": False,
    }
    made = stripe.change(
        "POST /v1/webhook_endpoints/{id}",
        lambda client, options: client.v1.webhook_endpoints.update(endpoint.id, params, options),
    )
    return Registered(read_endpoint(plain(made)), None, changed=True)


def to_remove(found: Iterable[Endpoint], what: str, *, others_too: bool) -> list[Endpoint]:
    """Return the endpoints that a person means.

    Args:
        found: all of the account.
        what: an id or a URL.
        others_too: whether those that are not ours may be removed.

    Raises:
        WebhookEndpointError: if there is none, or none that may be removed.
    """
    meant = [one for one in found if what in (one.id, one.url)]
    if not meant:
        raise WebhookEndpointError(
            f"There is no webhook endpoint {what}. `tap-stripe-ext webhook list` shows all."
        )
    allowed = [one for one in meant if others_too or one.is_ours]
    if not allowed:
        raise WebhookEndpointError(
            f"{what} was not registered by this tap, so somebody else may rely on it. "
            "Give --force to remove it all the same."
        )
    return allowed


def remove(stripe: StripeWriter, endpoint: Endpoint) -> None:
    """Remove an endpoint; one that is gone already will do."""
    try:
        stripe.change(
            "DELETE /v1/webhook_endpoints/{id}",
            lambda client, options: client.v1.webhook_endpoints.delete(endpoint.id, {}, options),
        )
    except StripeNotFoundError:
        return


def read_endpoint(value: Mapping[str, Any]) -> Endpoint:
    """Return Stripe's object as ours."""
    scope = (value.get("metadata") or {}).get(_METADATA_KEY)
    return Endpoint(
        id=value["id"],
        url=value["url"],
        enabled=value["status"] == "enabled",
        events=tuple(value["enabled_events"]),
        api_version=value.get("api_version"),
        scope=scope if scope in ("account", "connect") else None,
    )


def _listed(stripe: StripeWriter, params: WebhookEndpointListParams) -> Value:
    return plain(
        stripe.read(
            "GET /v1/webhook_endpoints",
            lambda client: client.v1.webhook_endpoints.list(params),
        )
    )
