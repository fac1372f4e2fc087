"""A port that an application is served on, and that can refuse every connection for a while."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.faults import Fault

_UNTIL_ANSWERED = 0.05
"""Seconds that the answer to the call which begins a refusal gets to be sent."""


class Outage(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing works for `seconds`: every call gets HTTP 503, or no connection where `refused`."""

    seconds: Annotated[float, Meta(gt=0, le=3600)]
    refused: bool = False


class Port:
    """Serves one application, whose controls leave `/_sandbox/` alone.

    Args:
        app: gets the call `POST /_sandbox/outage`.
        controls: the application's own; take the 503s of an outage.
    """

    def __init__(self, app: web.Application, controls: Controls) -> None:
        self._controls = controls
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        self._site: web.BaseSite | None = None
        self._refusing: asyncio.Task[None] | None = None
        app.router.add_post("/_sandbox/outage", self._begin_outage)

    async def open(self, host: str, port: int) -> str:
        """Listen; return the address. Port 0 takes a free one.

        Raises:
            OSError: the port is taken, or not ours to take.
        """
        await self._runner.setup()
        self._site = web.TCPSite(self._runner, host, port)
        await self._site.start()
        return f"http://{host}:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Close the port and every connection."""
        if self._refusing is not None:
            self._refusing.cancel()
            await asyncio.gather(self._refusing, return_exceptions=True)
        await self._runner.cleanup()

    async def refuse(self, seconds: float) -> None:
        """Cut every connection, refuse new ones for so long, then listen again."""
        address = self._runner.addresses[0]
        if self._site is not None:
            await self._site.stop()
            self._site = None
        server = self._runner.server
        for connection in list(server.connections) if server is not None else ():
            connection.force_close()
        # bound, so that nobody else takes the port, and not listening
        with contextlib.ExitStack() as stack:
            bound = stack.enter_context(
                socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
            )
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind(address)
            await asyncio.sleep(seconds)
            self._site = web.SockSite(self._runner, bound)
            await self._site.start()
            stack.pop_all()

    async def _begin_outage(self, request: web.Request) -> web.Response:
        try:
            outage = msgspec.json.decode(await request.read(), type=Outage)
        except msgspec.MsgspecError as error:
            return web.json_response({"error": {"message": str(error)}}, status=400)
        if outage.refused:
            self._refusing = asyncio.create_task(self._refuse_soon(outage.seconds))
        else:
            fault = Fault("status", status=503, lasts=outage.seconds)
            self._controls.set_faults(fault, *self._controls.faults)
        return web.json_response(msgspec.to_builtins(outage))

    async def _refuse_soon(self, seconds: float) -> None:
        await asyncio.sleep(_UNTIL_ANSWERED)
        await self.refuse(seconds)
