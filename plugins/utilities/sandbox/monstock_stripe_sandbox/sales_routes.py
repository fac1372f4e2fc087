"""The calls that make trade quickly and tell its moments, below `/_sandbox/` of Monstock's side.

Never counted, limited or hit by a fault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from aiohttp import web
from monstock_stripe_core.errors import MoneyError
from msgspec import Meta

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_models import Currency
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.people import person
from monstock_stripe_sandbox.sales import Sale, Sales, SalesError, milliseconds

_MOST = 1000


class NewSales(msgspec.Struct, forbid_unknown_fields=True):
    """So many orders of one total in minor units; with `paid`, each is paid at once.

    With `people`, so many customers buy in turn, whose data is like nobody else's.
    """

    total: Annotated[int, Meta(ge=1)] = 1200
    currency: Currency = "EUR"
    count: Annotated[int, Meta(ge=1, le=_MOST)] = 1
    paid: bool = False
    customer: str | None = None
    email: str | None = None
    people: Annotated[int, Meta(ge=0)] = 0


class Payments(msgspec.Struct, forbid_unknown_fields=True):
    """The orders that are paid, in their order: now, or from `ago` seconds ago on.

    Those of the past are spread evenly over `over` seconds.
    """

    orders: Annotated[list[str], Meta(max_length=_MOST)]
    method: str = "card"
    ago: Annotated[float, Meta(ge=0)] = 0.0
    over: Annotated[float, Meta(ge=0)] = 0.0


class Refunds(msgspec.Struct, forbid_unknown_fields=True):
    """The orders of which money goes back: `amount` of each, or all that is left."""

    orders: Annotated[list[str], Meta(max_length=_MOST)]
    amount: Annotated[int, Meta(ge=1)] | None = None


class Disputes(msgspec.Struct, forbid_unknown_fields=True):
    """The orders whose payment is disputed, or whose dispute ends as `close` says."""

    orders: Annotated[list[str], Meta(max_length=_MOST)]
    close: Literal["won", "lost"] | None = None


class Asked(msgspec.Struct, forbid_unknown_fields=True):
    """The orders that are asked about; None is every one that was ever paid."""

    orders: list[str] | None = None


T = TypeVar("T", bound=msgspec.Struct)
_Handler = Callable[[web.Request], Awaitable[web.Response]]


def install_sales_routes(
    app: web.Application, sales: Sales, monstock: MonstockWorld, clock: Clock
) -> None:
    """Add the calls to an application whose controls leave `/_sandbox/` alone."""

    def answered(made: list[Sale]) -> dict[str, Any]:
        return {"sales": [sale.shown() for sale in made], "now": clock.now()}

    def sell(asked: NewSales) -> dict[str, Any]:
        made = [
            sales.order(
                asked.total,
                asked.currency,
                customer=asked.customer,
                email=asked.email,
                buyer=person(number % asked.people) if asked.people else None,
            )
            for number in range(asked.count)
        ]
        return answered([sales.pay(sale.order) for sale in made] if asked.paid else made)

    def pay(asked: Payments) -> dict[str, Any]:
        if not asked.ago:
            return answered([sales.pay(order, asked.method) for order in asked.orders])
        made = []
        with clock.at(clock.now() - asked.ago):
            for order in asked.orders:
                made.append(sales.pay(order, asked.method))
                clock.advance(asked.over / len(asked.orders))
        return answered(made)

    def refund(asked: Refunds) -> dict[str, Any]:
        return answered([sales.refund(order, asked.amount) for order in asked.orders])

    def dispute(asked: Disputes) -> dict[str, Any]:
        if asked.close is None:
            return answered([sales.dispute(order) for order in asked.orders])
        return answered([sales.close_dispute(order, asked.close) for order in asked.orders])

    def first_paid(asked: Asked) -> dict[str, Any]:
        moments = monstock.first_paid(asked.orders)
        shown = {
            order: None if moment is None else {"at": moment, "at_ms": milliseconds(moment)}
            for order, moment in moments.items()
        }
        return {"orders": shown, "now": clock.now()}

    add = app.router.add_post
    add("/_sandbox/sales", _reading(NewSales, sell))
    add("/_sandbox/sales/pay", _reading(Payments, pay))
    add("/_sandbox/sales/refund", _reading(Refunds, refund))
    add("/_sandbox/sales/dispute", _reading(Disputes, dispute))
    add("/_sandbox/orders/first-paid", _reading(Asked, first_paid))


def _reading(kind: type[T], act: Callable[[T], dict[str, Any]]) -> _Handler:
    """Return the handler that reads a body of this kind (an empty one has the defaults)."""
    decoder = msgspec.json.Decoder(kind)

    async def handle(request: web.Request) -> web.Response:
        try:
            asked = decoder.decode(await request.read() or b"{}")
            body = msgspec.json.encode(act(asked))
            return web.Response(body=body, content_type="application/json")
        except (msgspec.MsgspecError, MoneyError) as error:
            return _refused(400, error)
        except (SalesError, LookupError, ValueError) as error:
            return _refused(409, error)

    return handle


def _refused(status: int, error: Exception) -> web.Response:
    return web.json_response({"error": {"message": str(error)}}, status=status)
