"""The server's process: started, told and ended by a tap through its standard input.

It lives as long as its standard input: a tap that dies, however it does, takes it along. Signals
that go to the whole group (Ctrl-C, a stop of the pipeline) are the tap's business, which may have
things to finish before it ends this one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable

import msgspec
import uvicorn
import uvloop

from tap_common.doorbell.app import DoorbellApp
from tap_common.doorbell.counts import Counts, RefusalLog
from tap_common.doorbell.outbox import Outbox
from tap_common.doorbell.protocol import KEEP_ALIVE_SECONDS, GuardedProtocol
from tap_common.doorbell.wire import TO_SERVER, Counted, Said, SetReady, Start, Up

_STDIN, _STDOUT = 0, 1
_EXIT_USAGE = 2
_CHUNK = 65_536
_SECONDS_BETWEEN_COUNTS = 0.25
# Calls in hand have so many seconds to come to their end.
_GRACE_SECONDS = 1


def main() -> int:
    """Serve until standard input ends; return the exit status."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    # Nothing may print what came in; a crash of the interpreter itself still shows.
    logging.disable(logging.CRITICAL)
    lines = _Lines()
    while not (first := lines.next()):
        chunk = os.read(_STDIN, _CHUNK)
        if not chunk:
            return _no_start()
        lines.feed(chunk)
    try:
        start = TO_SERVER.decode(first)
    except msgspec.MsgspecError:
        return _no_start()
    if not isinstance(start, Start):
        return _no_start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(start, lines))
    return 0


def _no_start() -> int:
    print("This is a part of a tap, which starts it by itself.", file=sys.stderr)
    return _EXIT_USAGE


async def _serve(start: Start, lines: _Lines) -> None:
    loop = asyncio.get_running_loop()
    counts = Counts()

    def end() -> None:
        app.ending = True
        loop.remove_reader(_STDIN)
        server.should_exit = True

    def on_input() -> None:
        chunk = os.read(_STDIN, _CHUNK)
        if not chunk:
            end()
            return
        lines.feed(chunk)
        while line := lines.next():
            order = TO_SERVER.decode(line)
            if isinstance(order, SetReady):
                app.ready = order.ready

    outbox = Outbox(loop, _STDOUT, counts, end)
    app = DoorbellApp(start.config, counts, outbox.ring)
    app.ready = start.ready
    server = _Server(_uvicorn_config(app), lambda: outbox.note(Up()))
    loop.add_reader(_STDIN, on_input)
    telling = asyncio.create_task(_tell(counts, outbox))
    with socket.socket(fileno=start.descriptor) as listening:
        await server.serve([listening])
    telling.cancel()
    outbox.note(Counted(counts.snapshot()))
    outbox.finish(_GRACE_SECONDS)


async def _tell(counts: Counts, outbox: Outbox) -> None:
    """Tell the tap of the counts where they have changed, and of refusals now and then."""
    told, refusals = counts.snapshot(), RefusalLog()
    while True:
        await asyncio.sleep(_SECONDS_BETWEEN_COUNTS)
        now = counts.snapshot()
        if now != told:
            outbox.note(Counted(now))
            told = now
        line = refusals.line(now, time.monotonic())
        if line is not None:
            outbox.note(Said(line))


def _uvicorn_config(app: DoorbellApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=GuardedProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        log_level=logging.CRITICAL,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    """uvicorn's, which says when it serves and leaves signals alone."""

    def __init__(self, config: uvicorn.Config, on_started: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_started = on_started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


class _Lines:
    """Bytes that come in pieces, taken out line by line."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, chunk: bytes) -> None:
        self._rest += chunk

    def next(self) -> bytes:
        """Return the next whole line; nothing if there is none yet."""
        line, end, rest = self._rest.partition(b"\n")
        if not end:
            return b""
        self._rest = rest
        return line
