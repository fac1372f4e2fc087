"""Stripe's webhooks: their endpoints, which events each gets, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from monstock_stripe_sandbox.courier import Courier, Delivery, Target, seconds_now
from monstock_stripe_sandbox.delivery_settings import LIVE_RETRIES, TEST_RETRIES
from monstock_stripe_sandbox.stripe_books import operation
from monstock_stripe_sandbox.stripe_presence import PresenceOperations
from monstock_stripe_sandbox.stripe_store import Entry
from monstock_stripe_sandbox.webhook_signing import stripe_signature

_KIND = "webhook_endpoint"
_ONLY_BY_NAME = frozenset({"reporting.report_type.updated"})
"""Not in `*` (Stripe, 'Types of events': events that require explicit selection)."""

HEADERS = {
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
}


class WebhookOperations(PresenceOperations):
    """Endpoints, and the sending of events to them.

    Attributes:
        courier: sends; None sends nothing. Connected accounts use the platform's.
    """

    courier: Courier | None

    @operation
    def webhook_endpoint(
        self,
        url: str,
        enabled_events: Sequence[str] = ("*",),
        *,
        connect: bool = False,
        api_version: str | None = None,
        description: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Make an enabled webhook endpoint; return its id. `webhook_secret` has its secret.

        Args:
            connect: it gets the events of connected accounts, and none of this one's.
        """
        identifier = self.ids.make("we")
        made = {
            "id": identifier,
            "object": _KIND,
            "api_version": api_version,
            "application": None,
            "created": self.now(),
            "description": description,
            "enabled_events": list(enabled_events),
            "livemode": self.livemode,
            "metadata": dict(metadata or {}),
            "status": "enabled",
            "url": url,
        }
        unseen = {"secret": f"whsec_{self.ids.text(32)}", "connect": connect}
        return self.add(_KIND, made, unseen=unseen)

    def webhook_secret(self, endpoint: str) -> str:
        """Return what deliveries to an endpoint are signed with.

        Raises:
            UnknownObjectError: there is no such endpoint.
        """
        return str(self.entry(_KIND, endpoint).unseen["secret"])

    def endpoints_wanting(self, kind_of_event: str) -> tuple[Entry, ...]:
        """Return the enabled endpoints that an event of this type is sent to."""
        found = self._own_endpoints(kind_of_event, connect=False)
        if self.platform is not None:
            found += self.platform._own_endpoints(kind_of_event, connect=True)
        return found

    def _own_endpoints(self, kind_of_event: str, *, connect: bool) -> tuple[Entry, ...]:
        entries = self.shelves[_KIND].entries
        if not entries:
            return ()
        return tuple(
            entry
            for entry in list(entries.values())
            if entry.unseen.get("connect") is connect
            and entry.value["status"] == "enabled"
            and _wants(entry.value["enabled_events"], kind_of_event)
        )

    def dispatch(self, identifier: str, endpoints: tuple[Entry, ...]) -> None:
        """Send an event to these endpoints, without waiting for them."""
        courier = self.courier if self.platform is None else self.platform.courier
        if courier is not None:
            for endpoint in endpoints:
                courier.send(self.delivery(identifier, endpoint))

    def delivery(self, identifier: str, endpoint: Entry) -> Delivery:
        """Return an event as it is sent to an endpoint: as `GET /v1/events/{id}` renders it."""
        entry = self.entry("event", identifier)
        body = entry.encoded()
        if endpoint.unseen["connect"]:
            body = msgspec.json.encode({**entry.value, "account": self.account["id"]})
        livemode = bool(entry.value["livemode"])
        home = self.platform if endpoint.unseen["connect"] and self.platform else self

        def target() -> Target | None:
            known = home.shelves[_KIND].entries.get(endpoint.key[2])
            if known is None or known.value["status"] != "enabled":
                return None
            secret = str(known.unseen["secret"])
            return Target(known.value["url"], lambda sent: signed(sent, secret, livemode))

        def acknowledged() -> None:
            with self.lock:
                event = self.shelves["event"].entries.get(identifier)
                if event is not None:
                    left = max(0, event.value["pending_webhooks"] - 1)
                    self.alter("event", identifier, pending_webhooks=left)

        retries = LIVE_RETRIES if livemode else TEST_RETRIES
        return Delivery(endpoint.key[2], body, target, retries, acknowledged)


def signed(body: bytes, secret: str, livemode: bool, moment: int | None = None) -> dict[str, Any]:
    """Return the headers of a delivery; signed now where no moment is given."""
    when = seconds_now() if moment is None else moment
    return {**HEADERS, "Stripe-Signature": stripe_signature(body, secret, when, livemode=livemode)}


def _wants(enabled: Sequence[str], kind_of_event: str) -> bool:
    return kind_of_event in enabled or ("*" in enabled and kind_of_event not in _ONLY_BY_NAME)
