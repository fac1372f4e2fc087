"""The calls of Monstock's stand-in that are about customers."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.monstock_answers import answered, given_fields, unless_stale
from monstock_stripe_sandbox.monstock_listing import one_page
from monstock_stripe_sandbox.monstock_models import (
    CustomerAnswer,
    CustomerBody,
    CustomerPage,
    CustomerPatch,
)
from monstock_stripe_sandbox.monstock_requests import body, list_parameters, parameters
from monstock_stripe_sandbox.monstock_store import CUSTOMER_LOOKUPS, StoredCustomer
from monstock_stripe_sandbox.monstock_world import MonstockWorld


def add_customer_calls(app: web.Application, base_path: str, world: MonstockWorld) -> None:
    """Add the routes to an application that shows `world`."""
    api = _CustomerApi(world)
    app.router.add_get(f"{base_path}/customers", api.list_customers)
    app.router.add_post(f"{base_path}/customers", api.create_customer)
    app.router.add_get(f"{base_path}/customers/{{customer_id}}", api.get_customer)
    app.router.add_patch(f"{base_path}/customers/{{customer_id}}", api.patch_customer)


class _CustomerApi:
    def __init__(self, world: MonstockWorld) -> None:
        self._world = world
        self._body = msgspec.json.Decoder(CustomerBody)
        self._patch = msgspec.json.Decoder(CustomerPatch)

    async def list_customers(self, request: web.Request) -> web.Response:
        """`GET /customers`."""
        asked = list_parameters(request, CUSTOMER_LOOKUPS)
        with self._world.lock:
            rows, total = one_page(self._world.customer_store, asked)
            shown = [stored.record for stored in rows]
            page = CustomerPage(data=shown, page=asked.page, per_page=asked.per_page, total=total)
            return answered(page)

    async def get_customer(self, request: web.Request) -> web.Response:
        """`GET /customers/{id}`."""
        parameters(request, ())
        with self._world.lock:
            return self._shown(self._stored(request))

    async def create_customer(self, request: web.Request) -> web.Response:
        """`POST /customers`: nothing keeps a customer from standing twice."""
        parameters(request, ())
        given = await body(request, self._body)
        with self._world.lock:
            values: dict[str, Any] = msgspec.structs.asdict(given)
            customer = self._world.add_customer(values)
            return self._shown(self._world.customer_store.get(customer.id), status=201)

    async def patch_customer(self, request: web.Request) -> web.Response:
        """`PATCH /customers/{id}`."""
        parameters(request, ())
        patch = await body(request, self._patch)
        changes = given_fields(patch)
        if "address" in changes:
            changes["address"] = given_fields(changes["address"])
        with self._world.lock:
            stored = self._stored(request)
            unless_stale(request, stored.record.etag, f"customer {stored.id}")
            self._world.change_customer(stored, changes)
            return self._shown(stored)

    def _stored(self, request: web.Request) -> StoredCustomer:
        return self._world.customer_store.get(request.match_info["customer_id"])

    @staticmethod
    def _shown(stored: StoredCustomer, status: int = 200) -> web.Response:
        return answered(CustomerAnswer(data=stored.record), stored.record.etag, status)
