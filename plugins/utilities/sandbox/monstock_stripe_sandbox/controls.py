"""What both stand-ins share: counters, faults and rate limits, and the calls that steer them.

`Controls.install(app, error_response)` puts a middleware around every request of an application
and adds its admin routes. Calls below `/_sandbox/` are never counted, limited or hit by a fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

from aiohttp import web

from monstock_stripe_sandbox.faults import ArmedFault, Fault, FaultError
from monstock_stripe_sandbox.rate_limits import RateLimiter, RateLimits

ADMIN_PREFIX = "/_sandbox/"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
ErrorResponse = Callable[[web.Request, int, str], web.Response]
"""(request, status, reason) → the API's own error; reason is `rate_limit` or `fault`."""
OnFailure = Callable[[web.Request, web.Response], Awaitable[None]]
"""Told of each answer that a `status` fault gave in place of the API."""


async def _nothing(_request: web.Request, _response: web.Response) -> None:
    pass


@dataclass(slots=True)
class EndpointCount:
    """What one endpoint (`GET /v1/charges/{id}`) was asked and what it answered."""

    requests: int = 0
    writes: int = 0
    statuses: dict[int, int] = field(default_factory=dict)


class Controls:
    """Counters, faults and rate limits of one API.

    A request counts when it arrives, also where a limit or a fault then refuses it; a write is
    a request that changes something (not GET or HEAD) and was carried out, also where a fault
    kept the answer from its caller.

    Attributes:
        on_request: called for each request before it is answered, in the server's thread; for a
            test that lets something happen while somebody reads. None does nothing.
    """

    def __init__(self, rate_limits: RateLimits | None = None) -> None:
        self.endpoints: dict[str, EndpointCount] = {}
        self.rate_limited = 0
        self.faults_hit = 0
        self.running = 0
        self.most_running = 0
        self.on_request: Callable[[], None] | None = None
        self._faults: tuple[ArmedFault, ...] = ()
        self._limiter = RateLimiter(rate_limits or RateLimits())

    # -- for tests in the same process, and behind the admin routes --

    @property
    def requests(self) -> int:
        """All requests since the last reset."""
        return sum(count.requests for count in self.endpoints.values())

    @property
    def writes(self) -> int:
        """All requests since the last reset that changed something."""
        return sum(count.writes for count in self.endpoints.values())

    def counters(self) -> dict[str, Any]:
        """Return the counters as `GET /_sandbox/counters` answers them."""
        return {
            "requests": self.requests,
            "writes": self.writes,
            "rate_limited": self.rate_limited,
            "faults": self.faults_hit,
            "most_concurrent": self.most_running,
            "endpoints": {
                endpoint: {
                    "requests": count.requests,
                    "writes": count.writes,
                    "statuses": {str(key): count.statuses[key] for key in sorted(count.statuses)},
                }
                for endpoint, count in sorted(self.endpoints.items())
            },
        }

    def reset_counters(self) -> None:
        """Start counting anew."""
        self.endpoints = {}
        self.rate_limited = 0
        self.faults_hit = 0
        self.most_running = self.running

    def set_faults(self, *faults: Fault) -> None:
        """Replace all faults by these."""
        self._faults = tuple(ArmedFault(fault) for fault in faults)

    def arm(self, *faults: Fault) -> tuple[ArmedFault, ...]:
        """Add faults to those that are armed; what comes back counts what it hit."""
        added = tuple(ArmedFault(fault) for fault in faults)
        self._faults = (*(armed for armed in self._faults if not armed.over), *added)
        return added

    def clear_faults(self) -> None:
        """Take all faults away."""
        self._faults = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The faults that are armed, without those whose time is over."""
        return tuple(
            armed.fault for armed in self._faults if armed.fault.lasts is None or not armed.over
        )

    def set_rate_limits(self, limits: RateLimits) -> None:
        """Replace the limits; their buckets start full."""
        self._limiter = RateLimiter(limits)

    # -- the web side --

    def install(
        self,
        app: web.Application,
        error_response: ErrorResponse,
        on_failure: OnFailure = _nothing,
    ) -> None:
        """Wrap `app` and add its admin routes.

        Args:
            error_response: speaks the API's own errors.
            on_failure: for an API that remembers its failures.
        """

        @web.middleware
        async def controlled(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path.startswith(ADMIN_PREFIX):
                return await handler(request)
            return await self._run(request, handler, error_response, on_failure)

        app.middlewares.append(controlled)
        app.router.add_get("/_sandbox/counters", self._get_counters)
        app.router.add_post("/_sandbox/counters/reset", self._reset_counters)
        app.router.add_get("/_sandbox/faults", self._get_faults)
        app.router.add_put("/_sandbox/faults", self._put_faults)
        app.router.add_delete("/_sandbox/faults", self._delete_faults)

    async def _run(
        self,
        request: web.Request,
        handler: Handler,
        error_response: ErrorResponse,
        on_failure: OnFailure,
    ) -> web.StreamResponse:
        resource = request.match_info.route.resource
        endpoint = f"{request.method} {resource.canonical if resource else '(unknown)'}"
        count = self.endpoints.setdefault(endpoint, EndpointCount())
        count.requests += 1
        if self.on_request is not None:
            self.on_request()
        reason = self._limiter.refuses(endpoint, self.running, time.monotonic())
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if reason is not None:
                self.rate_limited += 1
                response: web.StreamResponse = error_response(request, 429, "rate_limit")
                response.headers["Stripe-Rate-Limited-Reason"] = reason
            else:
                response = await self._with_faults(
                    request, handler, error_response, on_failure, count
                )
        finally:
            self.running -= 1
        count.statuses[response.status] = count.statuses.get(response.status, 0) + 1
        return response

    async def _with_faults(
        self,
        request: web.Request,
        handler: Handler,
        error_response: ErrorResponse,
        on_failure: OnFailure,
        count: EndpointCount,
    ) -> web.StreamResponse:
        struck = [
            armed.fault for armed in self._faults if armed.strikes(request.method, request.path)
        ]
        self.faults_hit += len(struck)
        for fault in struck:
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
        before = next((fault for fault in struck if fault.kind in _INSTEAD), None)
        if before is not None:
            return await _instead(request, before, error_response, on_failure)
        try:
            response = await handler(request)
        except web.HTTPException as error:
            response = web.Response(body=error.body, status=error.status, headers=error.headers)
        except ConnectionResetError:  # the caller died before its request was whole
            response = web.Response(status=400)
        if request.method not in ("GET", "HEAD") and response.status < 400:
            count.writes += 1
        after = next((fault for fault in struck if fault.kind in _AFTERWARDS), None)
        return response if after is None else await _spoil(request, response, after)

    async def _get_counters(self, _request: web.Request) -> web.Response:
        return web.json_response(self.counters())

    async def _reset_counters(self, _request: web.Request) -> web.Response:
        self.reset_counters()
        return web.json_response(self.counters())

    async def _get_faults(self, _request: web.Request) -> web.Response:
        return web.json_response([fault.to_json() for fault in self.faults])

    async def _put_faults(self, request: web.Request) -> web.Response:
        try:
            given = await request.json()
            if not isinstance(given, list):
                raise FaultError("the body must be a JSON list of faults")
            faults = [Fault.from_json(entry) for entry in given]
        except ValueError as error:  # FaultError, or a body that is not JSON
            return web.json_response({"error": {"message": str(error)}}, status=400)
        self.set_faults(*faults)
        return await self._get_faults(request)

    async def _delete_faults(self, request: web.Request) -> web.Response:
        self.clear_faults()
        return await self._get_faults(request)


_INSTEAD = ("status", "cut_before", "html")
_AFTERWARDS = ("cut_after", "cut_half", "slow_bytes", "half_json")
_HTML = b"<!DOCTYPE html>\n<html><head><title>Service</title></head><body>Welcome</body></html>\n"


async def _instead(
    request: web.Request, fault: Fault, error_response: ErrorResponse, on_failure: OnFailure
) -> web.StreamResponse:
    if fault.kind == "cut_before":
        return _cut(request)
    if fault.kind == "html":
        return web.Response(body=_HTML, status=fault.status or 200, content_type="text/html")
    reason = "rate_limit" if fault.status == 429 else "fault"
    response = error_response(request, fault.status, reason)
    if fault.echo:
        await _echo(request, response)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    await on_failure(request, response)
    return response


async def _echo(request: web.Request, response: web.Response) -> None:
    """Have both APIs' `error.message` repeat the query and the body of the request."""
    answer = json.loads(response.text or "")
    asked = (request.query_string, await request.text())
    answer["error"]["message"] += f" You sent: {unquote_plus(' '.join(asked))}"
    response.text = json.dumps(answer)


async def _spoil(
    request: web.Request, response: web.StreamResponse, fault: Fault
) -> web.StreamResponse:
    if fault.kind == "cut_after" or not isinstance(response, web.Response):
        return _cut(request)
    body = response.body
    whole = bytes(body) if isinstance(body, bytes | bytearray) else b""
    if fault.kind == "half_json":
        half = web.Response(body=whole[: len(whole) // 2], status=response.status)
        half.content_type = response.content_type
        return half
    spoilt = web.StreamResponse(status=response.status, headers=response.headers)
    spoilt.content_length = len(whole)
    with contextlib.suppress(ConnectionResetError):  # the caller did not wait, or has died
        await _send_spoilt(request, spoilt, whole, fault)
    return spoilt


async def _send_spoilt(
    request: web.Request, spoilt: web.StreamResponse, whole: bytes, fault: Fault
) -> None:
    await spoilt.prepare(request)
    if fault.kind == "cut_half":
        await spoilt.write(whole[: len(whole) // 2])
        _cut(request)
        return
    pieces = 20
    size = max(1, -(-len(whole) // pieces))
    for start in range(0, len(whole), size):
        await asyncio.sleep(fault.seconds / pieces)
        await spoilt.write(whole[start : start + size])
    await spoilt.write_eof()


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response(status=499)  # never sent: the connection is closed
