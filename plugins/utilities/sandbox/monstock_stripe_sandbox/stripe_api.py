"""Stripe's stand-in over HTTP: routes, headers, and errors in Stripe's shape."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from aiohttp import web
from aiohttp.typedefs import Middleware

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.controls import ADMIN_PREFIX, Controls
from monstock_stripe_sandbox.stripe_access import OWN_ACCOUNT, Access, access_of, key_of
from monstock_stripe_sandbox.stripe_catalog import LISTS, ServedList, placeholders
from monstock_stripe_sandbox.stripe_errors import (
    StripeError,
    expired_key,
    invalid,
    no_access,
    no_such,
    rate_limited,
    server_error,
    unknown_url,
)
from monstock_stripe_sandbox.stripe_expandable import EXPANDABLE, kinds_at
from monstock_stripe_sandbox.stripe_expansion import kinds_opened, tree_of
from monstock_stripe_sandbox.stripe_idempotency import Answer
from monstock_stripe_sandbox.stripe_kinds import KINDS, MODELLED, Kind
from monstock_stripe_sandbox.stripe_listings import LISTINGS, REFUNDS_OF_CHARGE, Listing
from monstock_stripe_sandbox.stripe_lists import hidden, list_objects
from monstock_stripe_sandbox.stripe_methods import API_VERSION
from monstock_stripe_sandbox.stripe_render import rendered
from monstock_stripe_sandbox.stripe_search import SEARCHED, search_objects
from monstock_stripe_sandbox.stripe_singles import Single, answer_single, further_singles
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.stripe_writes import WRITES, Writer

_JSON = "application/json"
_encode = msgspec.json.Encoder().encode
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_BY_ID = re.compile(r"\{\w+\}")
_LARGEST_BODY = 2 * 1024 * 1024

REQUEST_ID = web.RequestKey("request_id", str)
ACCESS = web.RequestKey("access", Access)
WORLD = web.RequestKey("world", StripeWorld)


def build_stripe_app(world: StripeWorld, controls: Controls) -> web.Application:
    """Return the application that answers as api.stripe.com does for `world`.

    Args:
        controls: counts, faults and limits; its admin calls are added.
    """
    api = _StripeApi(world)
    app = web.Application(client_max_size=_LARGEST_BODY)
    controls.install(app, api.fault, api.remember_failure)
    app.middlewares.append(api.guard())
    add = app.router
    for path, listing in LISTINGS.items():
        served = LISTS[path]
        if served.nested:
            add.add_get(path, api.nested_lister(served, listing))
        else:
            add.add_get(path, api.lister(listing, path))
    for kind in MODELLED.values():
        path = f"/v1/{kind.path}"
        if kind.name in SEARCHED:
            add.add_get(f"{path}/search", api.searcher(kind))
        add.add_get(f"{path}/{{id}}", api.retriever(kind))
    for write in WRITES:
        add.add_route(write.verb.upper(), _BY_ID.sub("{id}", write.path), api.writer(Writer(write)))
    add.add_get("/v1/charges/{id}/refunds", api.refunds_of_charge)
    add.add_get("/v1/charges/{id}/refunds/{refund}", api.refund_of_charge)
    add.add_get("/v1/account", api.account)
    add.add_get("/v1/accounts/{id}", api.account)
    for single in further_singles():
        add.add_get(single.path, api.single(single))
    return app


class _StripeApi:
    """The handlers; each works on the world while it holds its lock."""

    def __init__(self, world: StripeWorld) -> None:
        self.world = world
        self.idempotency = world.idempotency

    def guard(self) -> Middleware:
        """Return what surrounds every call: the key, the version, and errors as JSON."""

        @web.middleware
        async def guarded(request: web.Request, handler: _Handler) -> web.StreamResponse:
            if request.path.startswith(ADMIN_PREFIX):
                return await handler(request)
            with self.world.lock:
                request_id = self.world.request_id()
            request[REQUEST_ID] = request_id
            try:
                request[ACCESS] = access_of(self.world, request.headers)
                request[WORLD] = self.world.world_of(request[ACCESS].account)
                _check_version(request.headers)
                response = await handler(request)
            except StripeError as error:
                response = self._error(error, request_id)
            except web.HTTPException:
                response = self._error(unknown_url(request.method, request.path), request_id)
            response.headers["Request-Id"] = request_id
            response.headers["Stripe-Version"] = API_VERSION
            return response

        return guarded

    def fault(self, request: web.Request, status: int, reason: str) -> web.Response:
        """Return Stripe's own error for a fault or a limit; a 401 is that of an expired key."""
        error = rate_limited() if reason == "rate_limit" else server_error(status)
        if status == 401:
            error = expired_key(key_of(request.headers))
        with self.world.lock:
            request_id = self.world.request_id()
        response = self._error(error, request_id)
        response.headers["Request-Id"] = request_id
        return response

    async def remember_failure(self, request: web.Request, response: web.Response) -> None:
        """Keep a 500 for its idempotency key: Stripe repeats it, as any other first answer."""
        key = request.headers.get("Idempotency-Key")
        body = response.body
        if request.method == "POST" and response.status == 500 and key and isinstance(body, bytes):
            raw = params.decode((await request.read()).decode("utf-8", "replace"))
            answer = Answer(500, body, response.headers["Request-Id"])
            account = request.headers.get("Stripe-Account", str(self.world.account["id"]))
            self.idempotency.keep(key, f"{account} {request.path}", raw, answer)

    def _error(self, error: StripeError, request_id: str) -> web.Response:
        body = _encode(error.body(request_id, self.world.now()))
        return web.Response(
            body=body, status=error.status, content_type=_JSON, headers=error.headers
        )

    # -- reading --

    def lister(self, listing: Listing, path: str) -> _Handler:
        """Return the handler of a list that hangs on nothing in its path."""

        async def handle(request: web.Request) -> web.Response:
            raw = params.decode(request.rel_url.raw_query_string)
            world = request[WORLD]
            with world.lock:
                return _json(list_objects(world, request[ACCESS], listing, raw, path))

        return handle

    def nested_lister(self, served: ServedList, listing: Listing) -> _Handler:
        """Return the handler of a list that hangs on the object in its path."""
        (name,) = placeholders(served.path)

        async def handle(request: web.Request) -> web.Response:
            raw = params.decode(request.rel_url.raw_query_string)
            world, access = request[WORLD], request[ACCESS]
            with world.lock:
                access.require("read", {listing.permission})
                parent = _parent(world, access, served.parent, request.match_info[name])
                world = _keeper(world, served.parent, parent)
                url = served.url(parent)
                if served.by_field:
                    fixed = {served.by_field: parent}
                    return _json(list_objects(world, access, listing, raw, url, **fixed))
                home = served.home(parent)
                return _json(list_objects(world, access, listing, raw, url, home))

        return handle

    def retriever(self, kind: Kind) -> _Handler:
        """Return the handler that answers one object."""

        async def handle(request: web.Request) -> web.Response:
            raw = params.decode(request.rel_url.raw_query_string)
            world = request[WORLD]
            with world.lock:
                identifier = request.match_info["id"]
                return _json(_retrieve(world, request[ACCESS], kind, identifier, raw))

        return handle

    def single(self, single: Single) -> _Handler:
        """Return the handler that answers one object of a kind that is not modelled by hand."""

        async def handle(request: web.Request) -> web.Response:
            raw = params.decode(request.rel_url.raw_query_string)
            world, access = request[WORLD], request[ACCESS]
            with world.lock:
                names = request.match_info
                parent = names[single.parent_name] if single.parent_name else ""
                if parent:
                    parent = _parent(world, access, single.parent, parent)
                    world = _keeper(world, single.parent, parent)
                return _json(answer_single(world, access, single, parent, names[single.name], raw))

        return handle

    def searcher(self, kind: Kind) -> _Handler:
        """Return the handler of a kind's search."""

        async def handle(request: web.Request) -> web.Response:
            raw = params.decode(request.rel_url.raw_query_string)
            world = request[WORLD]
            with world.lock:
                return _json(search_objects(world, request[ACCESS], kind.name, raw))

        return handle

    async def refunds_of_charge(self, request: web.Request) -> web.Response:
        """Answer `GET /v1/charges/{id}/refunds`."""
        raw = params.decode(request.rel_url.raw_query_string)
        world, access = request[WORLD], request[ACCESS]
        with world.lock:
            charge = _parent(world, access, "charge", request.match_info["id"])
            url = f"/v1/charges/{charge}/refunds"
            listing = REFUNDS_OF_CHARGE
            return _json(list_objects(world, access, listing, raw, url, charge=charge))

    async def refund_of_charge(self, request: web.Request) -> web.Response:
        """Answer `GET /v1/charges/{id}/refunds/{refund}`."""
        raw = params.decode(request.rel_url.raw_query_string)
        world, access = request[WORLD], request[ACCESS]
        with world.lock:
            charge = _parent(world, access, "charge", request.match_info["id"])
            identifier = request.match_info["refund"]
            found = world.shelves["refund"].entries.get(identifier)
            if found is None or found.value["charge"] != charge:
                raise no_such("refund", identifier, "refund")
            return _json(_retrieve(world, access, KINDS["refund"], identifier, raw))

    async def account(self, request: web.Request) -> web.Response:
        """Answer `GET /v1/account` and `GET /v1/accounts/{id}`."""
        params.checked(params.decode(request.rel_url.raw_query_string), {"expand": params.texts()})
        world, access = request[WORLD], request[ACCESS]
        own = "id" not in request.match_info
        access.require("read", {OWN_ACCOUNT if own else "account"})
        asked = _parent(world, access, "account", request.match_info.get("id", access.account))
        with world.lock:
            return _json(_encode(world.account_named(asked)))

    # -- writing --

    def writer(self, writer: Writer) -> _Handler:
        """Return the handler of a write."""

        async def handle(request: web.Request) -> web.Response:
            text = (await request.read()).decode("utf-8", "replace")
            raw = params.decode(text or request.rel_url.raw_query_string)
            with request[WORLD].lock:
                return self._write(request, writer, raw)

        return handle

    def _write(
        self, request: web.Request, writer: Writer, raw: Mapping[str, params.Raw]
    ) -> web.Response:
        world, access = request[WORLD], request[ACCESS]
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key is not None and not 0 < len(key) <= 255:
            raise invalid("", "Idempotency keys must be 255 characters or less.")
        place = f"{access.account} {request.path}"
        first = None if key is None else self.idempotency.replay(key, place, raw)
        if key is not None and first is not None:
            headers = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
            return _json(first.body, first.status, headers | {"Idempotency-Key": key})
        order = writer.read(access, request.match_info.get("id", ""), raw)
        world.request = (request[REQUEST_ID], key)
        try:
            answer = Answer(200, order.carry_out(world), request[REQUEST_ID])
        except StripeError as error:
            if key is not None:
                self._remember(key, place, raw, error, request[REQUEST_ID])
            raise
        finally:
            world.request = (None, None)
        if key is None:
            return _json(answer.body)
        self.idempotency.keep(key, place, raw, answer)
        return _json(answer.body, 200, {"Idempotency-Key": key})

    def _remember(
        self,
        key: str,
        place: str,
        raw: Mapping[str, params.Raw],
        error: StripeError,
        request_id: str,
    ) -> None:
        """Keep what refused a request that was begun: Stripe repeats that, too."""
        body = _encode(error.body(request_id, self.world.now()))
        self.idempotency.keep(key, place, raw, Answer(error.status, body, request_id))


def _retrieve(
    world: StripeWorld,
    access: Access,
    kind: Kind,
    identifier: str,
    raw: Mapping[str, params.Raw],
) -> bytes:
    known = {"expand": params.texts()}
    if kind.name == "payment_intent":
        known["client_secret"] = params.text
    given = params.checked(raw, known)
    paths = tuple(sorted(given.get("expand", ())))
    tree = tree_of(paths, kind.name, listed=False)
    access.require("read", {kind.name} | kinds_opened(tree, EXPANDABLE[kind.name]))
    entry = world.shelves[kind.name].entries.get(identifier)
    if entry is None or hidden(world, kind.name, entry):
        raise no_such(kind.noun, identifier, kind.id_param)
    return rendered(world, entry, tree, paths)


def _parent(world: StripeWorld, access: Access, kind: str, identifier: str) -> str:
    """Return the id of the object that a path names.

    Raises:
        StripeError: there is none.
    """
    if kind == "account":
        if identifier == access.account or world.shelves["account"].listed(identifier):
            return identifier
        raise no_access(access.key, identifier)
    if not any(world.shelves[shelf].listed(identifier) for shelf in kinds_at(kind)):
        raise no_such(KINDS[kind].noun, identifier, KINDS[kind].id_param)
    return identifier


def _keeper(world: StripeWorld, kind: str, parent: str) -> StripeWorld:
    """Return the world that keeps what hangs on an object: of an account, its platform does."""
    own = kind == "account" and parent == world.account["id"]
    return world.platform if own and world.platform is not None else world


def _check_version(headers: Mapping[str, str]) -> None:
    version = headers.get("Stripe-Version", API_VERSION)
    if version != API_VERSION:
        raise StripeError(
            400,
            f"Invalid Stripe API version: {version}. This stand-in speaks {API_VERSION} alone.",
        )


def _json(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=body, status=status, content_type=_JSON, headers=headers)
