"""Monstock's stand-in as a web application: orders and their payments, below /api/v1.

Below /gestion stands the same tenant behind an API that is unlike it: see `monstock_french`.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.monstock_french import add_french_api
from monstock_stripe_sandbox.monstock_models import (
    Deleted,
    DeletedAnswer,
    Order,
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
    ListParameters,
    body,
    included_payments,
    list_parameters,
    parameters,
)
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
        world: the orders.
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
    add_french_api(app, world, token)
    return app


def _fault_response(status: int, reason: str) -> web.Response:
    if status == 429:
        return ApiError(429, "too_many_requests", "Slow down and try again.").response()
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
        self._encoder = msgspec.json.Encoder()

    async def list_orders(self, request: web.Request) -> web.Response:
        """`GET /orders`."""
        asked = list_parameters(request)
        with self._world.lock:
            rows, total = self._page(asked)
            page = OrderPage(data=rows, page=asked.page, per_page=asked.per_page, total=total)
            return self._answer(page)

    def _page(self, asked: ListParameters) -> tuple[list[Order], int]:
        world = self._world
        first = (asked.page - 1) * asked.per_page
        last = first + asked.per_page
        if asked.ids is None and not asked.lookups and asked.by_update:
            listed, start = world.store.by_update(asked.updated_since)
            ids = [order_id for _, order_id in listed[start + first : start + last]]
            found = [world.stored(order_id) for order_id in ids]
            return [entry.shown(payments=asked.payments) for entry in found], len(listed) - start
        candidates = self._candidates(asked)
        if asked.by_update:
            candidates.sort(key=lambda entry: (entry.updated, entry.order.id))
        shown = [entry.shown(payments=asked.payments) for entry in candidates[first:last]]
        return shown, len(candidates)

    def _candidates(self, asked: ListParameters) -> list[StoredOrder]:
        world = self._world
        if asked.ids is not None:
            known = (world.store.orders.get(order_id) for order_id in asked.ids)
            candidates = [entry for entry in known if entry is not None]
        elif asked.lookups:
            candidates = list(world.store.find(*asked.lookups[0]))
        else:
            candidates = list(world.store.orders.values())
        for name, value in asked.lookups:
            wanted = {entry.order.id for entry in world.store.find(name, value)}
            candidates = [entry for entry in candidates if entry.order.id in wanted]
        since = asked.updated_since
        return [entry for entry in candidates if since is None or entry.order.updated_at >= since]

    async def get_order(self, request: web.Request) -> web.Response:
        """`GET /orders/{id}`: the payments are always included."""
        included_payments(parameters(request, ("include",)))
        with self._world.lock:
            stored = self._world.stored(request.match_info["order_id"])
            return self._answer(OrderAnswer(data=stored.shown(payments=True)), stored)

    async def patch_order(self, request: web.Request) -> web.Response:
        """`PATCH /orders/{id}`."""
        changes = _given(await self._body(request, self._order_patch))
        with self._world.lock:
            stored = self._matching(request)
            self._world.change_order(stored, changes)
            return self._answer(OrderAnswer(data=stored.shown(payments=False)), stored)

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
            return self._answer(answer, stored, status=201 if payment_id is None else 200)

    async def patch_payment(self, request: web.Request) -> web.Response:
        """`PATCH /orders/{id}/payments/{payment_id}`."""
        changes = _given(await self._body(request, self._payment_patch))
        with self._world.lock:
            stored = self._matching(request)
            payment = self._world.change_payment(stored, request.match_info["payment_id"], changes)
            answer = PaymentAnswer(data=payment, order_updated_at=stored.order.updated_at)
            return self._answer(answer, stored)

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
            return self._answer(answer, stored)

    @staticmethod
    async def _body(request: web.Request, decoder: msgspec.json.Decoder[Any]) -> Any:
        parameters(request, ())
        return await body(request, decoder)

    def _matching(self, request: web.Request) -> StoredOrder:
        """Return the order of the path, unless the caller's condition no longer holds."""
        stored = self._world.stored(request.match_info["order_id"])
        condition = request.headers.get("If-Match")
        if condition not in (None, "*", stored.order.etag):
            raise ApiError(
                412,
                "stale",
                f"order {stored.order.number} has changed since you read it: read it again",
            )
        return stored

    def _answer(
        self, answer: msgspec.Struct, stored: StoredOrder | None = None, status: int = 200
    ) -> web.Response:
        response = web.Response(
            body=self._encoder.encode(answer), status=status, content_type="application/json"
        )
        if stored is not None:
            response.headers["ETag"] = stored.order.etag
        return response


def _given(patch: msgspec.Struct) -> dict[str, Any]:
    values = {name: getattr(patch, name) for name in patch.__struct_fields__}
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    paid_at = given.get("paid_at")
    if paid_at is not None and paid_at.tzinfo is None:
        raise ApiError(422, "invalid_field", "paid_at must have its zone - at `$.paid_at`")
    return given
