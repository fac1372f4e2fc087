"""What uvicorn leaves open before a call's head is complete: its size, its time, and how many."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tap_common.doorbell.app import DoorbellApp
from tap_common.doorbell.counts import RECEIVED, refused
from tap_common.doorbell.refusals import Refusal

MOST_CONNECTIONS = 512
HEAD_SECONDS = 10.0
HEAD_BYTES = 32 * 1024
# Longer than the 60 s of nginx and others, so that a proxy does not send a call down a connection
# that is being closed here.
KEEP_ALIVE_SECONDS = 75


class GuardedProtocol(HttpToolsProtocol):
    """Closes a connection whose head comes too slowly or is too long. Where there are too many, the
    one whose head has been awaited for longest goes: a good caller's comes within milliseconds, and
    some callers that send nothing must not keep all others out.

    Neither uvicorn nor httptools limits any of the three (code of uvicorn 0.54, httptools 0.9).
    """

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            waiting = (
                (one._head_timer.when(), one)
                for one in self.connections
                if isinstance(one, GuardedProtocol) and one._head_timer is not None
            )
            _, oldest = min(waiting, key=lambda one: one[0], default=(0.0, self))
            oldest._refuse()
            if oldest is self:
                return
        self._await_head()

    def _refuse(self) -> None:
        app = self.config.app
        if isinstance(app, DoorbellApp):
            app.counts.add(RECEIVED)
            app.counts.add(refused(Refusal.BUSY))
        self._forget_head()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """End it."""
        self._forget_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        self._head_bytes += len(data)
        super().data_received(data)
        if self._head_timer is not None and self._head_bytes > HEAD_BYTES:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """Begin a call's head."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """End it."""
        self._forget_head()
        super().on_headers_complete()
        if len(self.connections) > MOST_CONNECTIONS // 2:
            self.cycle.keep_alive = False

    def _await_head(self) -> None:
        self._forget_head()
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _forget_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
