"""What is sent by hand to Stripe's webhook endpoints: repeats, and what a receiver must refuse."""

from __future__ import annotations

from monstock_stripe_sandbox.courier import seconds_now
from monstock_stripe_sandbox.delivery_routes import Parcel, SendNow
from monstock_stripe_sandbox.stripe_store import Entry
from monstock_stripe_sandbox.stripe_webhooks import HEADERS, signed
from monstock_stripe_sandbox.stripe_world import StripeWorld

_FORGED_SECRET = "whsec_forged"  # noqa: S105 - of nobody


def stripe_parcels(world: StripeWorld, asked: SendNow) -> list[Parcel]:
    """Return what goes to each endpoint.

    Raises:
        LookupError: there is no such event, or no such endpoint.
    """
    with world.lock:
        event = _event(world, asked.about)
        body = asked.sized(event.encoded())
        livemode = bool(event.value["livemode"])
        parcels = []
        for endpoint in _endpoints(world, asked.endpoint):
            secret = str(endpoint.unseen["secret"])
            headers = signed(body, _FORGED_SECRET if asked.kind == "forged" else secret, livemode)
            if asked.kind == "stale":
                headers = signed(body, secret, livemode, seconds_now() - asked.seconds)
            if asked.kind == "unsigned":
                headers = dict(HEADERS)
            parcels.append(Parcel(endpoint.key[2], str(endpoint.value["url"]), body, headers))
        return parcels


def _event(world: StripeWorld, identifier: str | None) -> Entry:
    if identifier is not None:
        return world.entry("event", identifier)
    keys = world.shelves["event"].ordered()
    if not keys:
        raise LookupError("there is no event yet: let something happen first")
    return world.entry("event", keys[-1][2])


def _endpoints(world: StripeWorld, identifier: str | None) -> list[Entry]:
    if identifier is not None:
        return [world.entry("webhook_endpoint", identifier)]
    found = [
        entry
        for entry in world.shelves["webhook_endpoint"].entries.values()
        if entry.value["status"] == "enabled" and "secret" in entry.unseen
    ]
    if not found:
        raise LookupError("no webhook endpoint is enabled: POST /v1/webhook_endpoints makes one")
    return found
