"""The webhook of Monstock's default API: told of every change of an order or a customer."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.courier import Courier, Delivery, Target
from monstock_stripe_sandbox.delivery_routes import Parcel, SendNow
from monstock_stripe_sandbox.monstock_models import Change
from monstock_stripe_sandbox.monstock_store import moment
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.webhook_signing import monstock_signature

WEBHOOK_SECRET = "monstock-sandbox-webhook"  # noqa: S105 - the sandbox's own, open to all
SIGNATURE = "X-Monstock-Signature"
_RETRIES = (60.0, 300.0, 1800.0, 7200.0, 18000.0)
_HEADERS = {"Content-Type": "application/json", "User-Agent": "Monstock-Sandbox/1"}
_ENDPOINT = "monstock"


class WebhookEndpoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where changes are told, and what the calls are signed with."""

    url: str
    secret: str = WEBHOOK_SECRET


class MonstockWebhook:
    """Tells one endpoint, where there is one.

    Attributes:
        endpoint: None tells nobody; may be replaced at any time.
    """

    def __init__(self, world: MonstockWorld, courier: Courier) -> None:
        self.endpoint: WebhookEndpoint | None = None
        self._courier = courier
        self._last = Change(type="order.updated", id="ord_0", updated_at=moment(0))
        world.on_change = self._tell

    def _tell(self, kind: str, record_id: str, updated: int) -> None:
        if self.endpoint is not None:
            change = _change(kind, record_id, updated)
            self._last = change
            body = msgspec.json.encode(change)
            delivery = Delivery(_ENDPOINT, body, self._target, _RETRIES, lambda: None)
            self._courier.send(delivery)

    def _target(self) -> Target | None:
        endpoint = self.endpoint
        if endpoint is None:
            return None
        return Target(endpoint.url, lambda body: signed(body, endpoint.secret))

    def parcels(self, asked: SendNow) -> list[Parcel]:
        """Return what is sent by hand.

        Raises:
            LookupError: there is no endpoint.
        """
        endpoint = self.endpoint
        if endpoint is None:
            raise LookupError("there is no endpoint: PUT /_sandbox/webhook names one")
        change = self._last
        if asked.about is not None:
            kind = "order.updated" if asked.about.startswith("ord_") else "customer.updated"
            change = msgspec.structs.replace(change, type=kind, id=asked.about)
        if asked.kind == "stale":
            earlier = int(change.updated_at.timestamp() - asked.seconds) * 1_000_000
            change = msgspec.structs.replace(change, updated_at=moment(max(0, earlier)))
        body = asked.sized(msgspec.json.encode(change))
        headers = signed(body, "forged" if asked.kind == "forged" else endpoint.secret)
        if asked.kind == "unsigned":
            headers = dict(_HEADERS)
        return [Parcel(_ENDPOINT, endpoint.url, body, headers)]

    def to_json(self) -> Any:
        """Return the endpoint, as JSON can hold it."""
        return msgspec.to_builtins(self.endpoint)

    def restore(self, kept: Any) -> None:
        """Take up what `to_json` gave."""
        self.endpoint = None if kept is None else msgspec.convert(kept, WebhookEndpoint)


def signed(body: bytes, secret: str) -> dict[str, str]:
    """Return the headers of a call."""
    return {**_HEADERS, SIGNATURE: monstock_signature(body, secret)}


def install_webhook_routes(app: web.Application, webhook: MonstockWebhook) -> None:
    """Add `GET`, `PUT` and `DELETE /_sandbox/webhook`."""

    async def show(_request: web.Request) -> web.Response:
        return web.json_response(webhook.to_json())

    async def put(request: web.Request) -> web.Response:
        try:
            webhook.endpoint = msgspec.json.decode(await request.read(), type=WebhookEndpoint)
        except msgspec.MsgspecError as error:
            return web.json_response({"error": {"message": str(error)}}, status=400)
        return await show(request)

    async def delete(request: web.Request) -> web.Response:
        webhook.endpoint = None
        return await show(request)

    app.router.add_get("/_sandbox/webhook", show)
    app.router.add_put("/_sandbox/webhook", put)
    app.router.add_delete("/_sandbox/webhook", delete)


def _change(kind: str, record_id: str, updated: int) -> Change:
    told = cast("Any", f"{kind}.updated")
    return Change(type=told, id=record_id, updated_at=moment(updated))
