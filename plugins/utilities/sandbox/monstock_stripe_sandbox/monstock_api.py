"""Monstock's stand-in as a web application: orders, their payments and customers, below /api/v1.

Below /gestion stands the same tenant behind an API that is unlike it: see `monstock_french`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.monstock_answers import answered, given_fields, unless_stale
from monstock_stripe_sandbox.monstock_customer_api import add_customer_calls
from monstock_stripe_sandbox.monstock_french import add_french_api
from monstock_stripe_sandbox.monstock_listing import one_page
from monstock_stripe_sandbox.monstock_models import (
    Deleted,
    DeletedAnswer,
    OrderAnswer,
    OrderPage,
    OrderPatch,
    PaymentAnswer,
    PaymentBody,
    PaymentPatch,
)
from monstock_stripe_sandbox.monstock_openapi import openapi_document
from monstock_stripe_sandbox.monstock_requests import (
    ApiError,
    body,
    included_payments,
    list_parameters,
    parameters,
)
from monstock_stripe_sandbox.monstock_store import ORDER_LOOKUPS
from monstock_stripe_sandbox.monstock_world import MonstockWorld, MonstockWorldError, StoredOrder

API_TOKEN = "monstock-sandbox-token"  # noqa: S105 - the sandbox's own, open to all
BASE_PATH = "/api/v1"
_STATUS_OF = {"not_found": 404, "duplicate_reference": 409, "invalid_field": 422}
_LARGEST_BODY = 1_000_000

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def build_monstock_app(
    world: MonstockWorld, controls: Controls, token: str = API_TOKEN
) -> web.Application:
    """Return the application that shows `world`.

    Args:
        world: the orders and customers.
        controls: counts, faults and limits; its admin calls are added.
        token: the bearer token that callers must send.
    """
    app = web.Application(client_max_size=_LARGEST_BODY)
    controls.install(app, _fault_response)
    app.middlewares.append(_guard(token))
    api = _MonstockApi(world)
    order = f"{BASE_PATH}/orders/{{order_id}}"
    app.router.add_get("/openapi.json", _openapi)
    app.router.add_get(f"{BASE_PATH}/orders", api.list_orders)
    app.router.add_get(order, api.get_order)
    app.router.add_patch(order, api.patch_order)
    app.router.add_put(f"{order}/payments/{{method}}/{{transaction_reference}}", api.put_payment)
    app.router.add_patch(f"{order}/payments/{{payment_id}}", api.patch_payment)
    app.router.add_delete(f"{order}/payments/{{payment_id}}", api.delete_payment)
    add_customer_calls(app, BASE_PATH, world)
    add_french_api(app, world, token)
    return app


def _fault_response(_request: web.Request, status: int, reason: str) -> web.Response:
    if status == 429:
        return ApiError(429, "too_many_requests", "Slow down and try again.").response()
    if status == 401:
        return ApiError(401, "unauthorized", "The access token has expired.").response()
    return ApiError(status, "unavailable", f"Something went wrong ({reason}).").response()


def _guard(token: str) -> Any:
    expected = f"Bearer {token}".encode()

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if request.path.startswith(BASE_PATH + "/"):
                given = request.headers.get("Authorization", "").encode()
                if not hmac.compare_digest(given, expected):
                    raise ApiError(401, "unauthorized", "The access token is missing or wrong.")
            return await handler(request)
        except ApiError as error:
            return error.response()
        except MonstockWorldError as error:
            return ApiError(_STATUS_OF[error.code], error.code, str(error)).response()
        except web.HTTPMethodNotAllowed as error:
            message = f"{request.path} takes {', '.join(sorted(error.allowed_methods))}"
            return ApiError(405, "method_not_allowed", message).response()
        except web.HTTPRequestEntityTooLarge:
            return ApiError(413, "too_large", "The body is larger than 1 MB.").response()
        except web.HTTPNotFound:
            return ApiError(404, "not_found", f"there is nothing at {request.path}").response()

    return guarded


async def _openapi(_request: web.Request) -> web.Response:
    return web.json_response(openapi_document())


class _MonstockApi:
    def __init__(self, world: MonstockWorld) -> None:
        self._world = world
        self._payment_body = msgspec.json.Decoder(PaymentBody)
        self._payment_patch = msgspec.json.Decoder(PaymentPatch)
        self._order_patch = msgspec.json.Decoder(OrderPatch)

    async def list_orders(self, request: web.Request) -> web.Response:
        """`GET /orders`."""
        asked = list_parameters(request, ORDER_LOOKUPS, payments=True)
        with self._world.lock:
            rows, total = one_page(self._world.store, asked)
            shown = [stored.shown(payments=asked.payments) for stored in rows]
            return answered(
                OrderPage(data=shown, page=asked.page, per_page=asked.per_page, total=total)
            )

    async def get_order(self, request: web.Request) -> web.Response:
        """`GET /orders/{id}`: the payments are always included."""
        included_payments(parameters(request, ("include",)))
        with self._world.lock:
            stored = self._world.stored(request.match_info["order_id"])
            return answered(OrderAnswer(data=stored.shown(payments=True)), stored.order.etag)

    async def patch_order(self, request: web.Request) -> web.Response:
        """`PATCH /orders/{id}`."""
        changes = _given(await self._body(request, self._order_patch))
        with self._world.lock:
            stored = self._matching(request)
            self._world.change_order(stored, changes)
            return answered(OrderAnswer(data=stored.shown(payments=False)), stored.order.etag)

    async def put_payment(self, request: web.Request) -> web.Response:
        """`PUT /orders/{id}/payments/{method}/{transaction_reference}`: create or replace."""
        values = _given(await self._body(request, self._payment_body))
        method = request.match_info["method"]
        reference = request.match_info["transaction_reference"]
        with self._world.lock:
            stored = self._matching(request)
            payment_id = stored.by_reference.get((method, reference))
            if payment_id is None:
                values |= {"method": method, "transaction_reference": reference}
                payment = self._world.add_payment(stored, values)
            else:
                payment = self._world.change_payment(stored, payment_id, values)
            answer = PaymentAnswer(data=payment, order_updated_at=stored.order.updated_at)
            status = 201 if payment_id is None else 200
            return answered(answer, stored.order.etag, status)

    async def patch_payment(self, request: web.Request) -> web.Response:
        """`PATCH /orders/{id}/payments/{payment_id}`."""
        changes = _given(await self._body(request, self._payment_patch))
        with self._world.lock:
            stored = self._matching(request)
            payment = self._world.change_payment(stored, request.match_info["payment_id"], changes)
            answer = PaymentAnswer(data=payment, order_updated_at=stored.order.updated_at)
            return answered(answer, stored.order.etag)

    async def delete_payment(self, request: web.Request) -> web.Response:
        """`DELETE /orders/{id}/payments/{payment_id}`."""
        parameters(request, ())
        payment_id = request.match_info["payment_id"]
        with self._world.lock:
            stored = self._matching(request)
            self._world.remove_payment(stored, payment_id)
            answer = DeletedAnswer(
                data=Deleted(id=payment_id), order_updated_at=stored.order.updated_at
            )
            return answered(answer, stored.order.etag)

    @staticmethod
    async def _body(request: web.Request, decoder: msgspec.json.Decoder[Any]) -> Any:
        parameters(request, ())
        return await body(request, decoder)

    def _matching(self, request: web.Request) -> StoredOrder:
        """Return the order of the path, unless the caller's condition no longer holds."""
        stored = self._world.stored(request.match_info["order_id"])
        unless_stale(request, stored.order.etag, f"order {stored.order.number}")
        return stored


def _given(patch: msgspec.Struct) -> dict[str, Any]:
    given = given_fields(patch)
    paid_at = given.get("paid_at")
    if paid_at is not None and paid_at.tzinfo is None:
        raise ApiError(422, "invalid_field", "paid_at must have its zone - at `$.paid_at`")
    return given
