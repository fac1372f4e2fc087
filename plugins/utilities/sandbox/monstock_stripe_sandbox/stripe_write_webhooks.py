"""Writing webhook endpoints."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from monstock_stripe_sandbox.stripe_editing import Write, change, merged_metadata, subject
from monstock_stripe_sandbox.stripe_errors import StripeError, invalid
from monstock_stripe_sandbox.stripe_methods import API_VERSION
from monstock_stripe_sandbox.stripe_world import StripeWorld

_KIND = "webhook_endpoint"
_MOST = 16  # Stripe, 'Webhooks': so many endpoints of an account in each mode
_LONGEST_URL = 2048
_BOTH = ("description", "enabled_events", "metadata", "url")


def _create(world: StripeWorld, _path: str, given: dict[str, Any]) -> str:
    _check(given)
    if len(world.shelves[_KIND].ordered()) >= _MOST:
        message = f"You have reached the maximum of {_MOST} test webhook endpoints."
        raise StripeError(400, message)
    fields = dict(given)
    fields["metadata"] = merged_metadata({}, given.get("metadata") or {})
    return world.webhook_endpoint(fields.pop("url"), fields.pop("enabled_events"), **fields)


def _update(world: StripeWorld, endpoint: str, given: dict[str, Any]) -> str:
    before = subject(world, _KIND, endpoint)
    _check(given)
    fields = dict(given)
    if "metadata" in given:
        fields["metadata"] = merged_metadata(before["metadata"], given["metadata"])
    if "disabled" in given:
        fields["status"] = "disabled" if fields.pop("disabled") else "enabled"
    change(world, _KIND, endpoint, **fields)
    return endpoint


def _delete(world: StripeWorld, endpoint: str, _given: dict[str, Any]) -> str:
    subject(world, _KIND, endpoint)
    world.delete(_KIND, endpoint)
    return endpoint


def _check(given: dict[str, Any]) -> None:
    """Check what their types do not say of the parameters.

    Raises:
        StripeError: one is refused.
    """
    if given.get("api_version", API_VERSION) != API_VERSION:
        raise invalid("api_version", f"This stand-in renders events as of {API_VERSION} alone.")
    if "enabled_events" in given and not given["enabled_events"]:
        raise invalid("enabled_events", "Invalid array: enabled_events must not be empty")
    if "url" in given:
        _check_url(given["url"])


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _LONGEST_URL:
        message = "Invalid URL: An explicit scheme (such as https) must be provided."
        raise invalid("url", message, "url_invalid")


WEBHOOK_WRITES = (
    Write(
        "/v1/webhook_endpoints",
        _KIND,
        _create,
        (*_BOTH, "api_version", "connect"),
        shown_once=("secret",),
    ),
    Write("/v1/webhook_endpoints/{webhook_endpoint}", _KIND, _update, (*_BOTH, "disabled")),
    Write("/v1/webhook_endpoints/{webhook_endpoint}", _KIND, _delete, verb="delete"),
)
