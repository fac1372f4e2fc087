"""The calls of `sandbox trade`, `check`, `orders` and `order`, below `/_sandbox/`.

They show and record what stands in Monstock without its API, as its own pages do: never counted,
limited or hit by a fault.
"""

from __future__ import annotations

from typing import Protocol

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.monstock_models import Currency
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth


class Stage(Protocol):
    """What the calls need of a sandbox."""

    @property
    def monstock(self) -> MonstockWorld:
        """Monstock's orders."""
        ...

    def trade(self) -> str | None:
        """Play the next act; its title, or None where no act is left."""
        ...

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return what must be true in Monstock now."""
        ...

    def exceptions(self) -> tuple[ExceptionTruth, ...]:
        """Return the exceptions that must be shown now."""
        ...


class NewOrder(msgspec.Struct, forbid_unknown_fields=True):
    """An order of one article; its total is in minor units of its currency."""

    article: str
    total: int
    currency: Currency
    customer: str | None = None
    email: str | None = None


def install_script_routes(app: web.Application, stage: Stage) -> None:
    """Add the calls to an application whose controls leave `/_sandbox/` alone."""

    async def trade(_request: web.Request) -> web.Response:
        title = stage.trade()
        if title is None:
            message = "every act was played; start the sandbox anew to play them again"
            return web.json_response({"error": {"message": message}}, status=409)
        return web.json_response({"act": title})

    async def truth(_request: web.Request) -> web.Response:
        return _json({"orders": stage.truth(), "exceptions": stage.exceptions()})

    async def orders(_request: web.Request) -> web.Response:
        return _json(stage.monstock.orders())

    async def record(request: web.Request) -> web.Response:
        try:
            given = msgspec.json.decode(await request.read(), type=NewOrder)
        except msgspec.MsgspecError as error:
            return web.json_response({"error": {"message": str(error)}}, status=400)
        made = stage.monstock.order(
            given.total,
            given.currency,
            customer_name=given.customer,
            customer_email=given.email,
            lines=[(given.article, 1, given.total)],
        )
        return _json(stage.monstock.get(made))

    app.router.add_post("/_sandbox/orders", record)
    app.router.add_post("/_sandbox/trade", trade)
    app.router.add_get("/_sandbox/truth", truth)
    app.router.add_get("/_sandbox/orders", orders)


def _json(value: object) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
