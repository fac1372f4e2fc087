"""The calls that steer and count deliveries of webhooks, below `/_sandbox/` of either side.

Never counted, limited or hit by a fault.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta

from monstock_stripe_sandbox.courier import Courier
from monstock_stripe_sandbox.delivery_settings import DeliverySettings

SENT_NOW = ("again", "forged", "unsigned", "stale", "oversized")
"""What can be sent by hand: a repeat; one signed with a secret that is not the endpoint's; one
without a signature; one of long ago; and one that is larger than any real one."""


class SendNow(msgspec.Struct, forbid_unknown_fields=True):
    """A delivery by hand.

    Attributes:
        about: an event's id at Stripe, an order's or customer's in Monstock; the newest by default.
        endpoint: one endpoint's id; all that are enabled by default.
        seconds: how long ago a stale one was signed.
        size: bytes of an oversized one.
    """

    kind: Literal["again", "forged", "unsigned", "stale", "oversized"]
    about: str | None = None
    endpoint: str | None = None
    seconds: Annotated[int, Meta(ge=0, le=10**9)] = 3600
    size: Annotated[int, Meta(ge=1, le=10**8)] = 5_000_000

    def sized(self, body: bytes) -> bytes:
        """Return the body as it is sent: an oversized one ends in blanks, and stays JSON."""
        return body.ljust(self.size) if self.kind == "oversized" else body


@dataclass(frozen=True, slots=True)
class Parcel:
    """What goes out at once, as it is."""

    endpoint: str
    url: str
    body: bytes
    headers: Mapping[str, str]


def install_delivery_routes(
    app: web.Application, courier: Courier, compose: Callable[[SendNow], list[Parcel]]
) -> None:
    """Add the calls to an application whose controls leave `/_sandbox/` alone.

    Args:
        compose: makes what is sent by hand; a LookupError says that there is no such thing.
    """

    def shown() -> web.Response:
        settings: dict[str, Any] = msgspec.to_builtins(courier.settings)
        return web.json_response({**courier.to_json(), "settings": settings})

    async def show(_request: web.Request) -> web.Response:
        return shown()

    async def settle(request: web.Request) -> web.Response:
        try:
            settings = msgspec.json.decode(await request.read(), type=DeliverySettings)
        except msgspec.MsgspecError as error:
            return _refused(400, error)
        courier.settle(settings)
        return shown()

    async def unsettle(_request: web.Request) -> web.Response:
        courier.settle(DeliverySettings())
        return shown()

    async def reset(_request: web.Request) -> web.Response:
        courier.reset_counts()
        return shown()

    async def send(request: web.Request) -> web.Response:
        try:
            asked = msgspec.json.decode(await request.read(), type=SendNow)
            parcels = compose(asked)
        except msgspec.MsgspecError as error:
            return _refused(400, error)
        except LookupError as error:
            return _refused(404, error)
        sent = [
            {
                "endpoint": parcel.endpoint,
                "url": parcel.url,
                "status": await courier.post(
                    parcel.endpoint, parcel.url, parcel.body, parcel.headers
                ),
            }
            for parcel in parcels
        ]
        return web.json_response({"sent": sent})

    app.router.add_get("/_sandbox/deliveries", show)
    app.router.add_put("/_sandbox/deliveries", settle)
    app.router.add_delete("/_sandbox/deliveries", unsettle)
    app.router.add_post("/_sandbox/deliveries/reset", reset)
    app.router.add_post("/_sandbox/deliveries/send", send)


def _refused(status: int, error: Exception) -> web.Response:
    message = str(error.args[0]) if error.args else str(error)
    return web.json_response({"error": {"message": message}}, status=status)
