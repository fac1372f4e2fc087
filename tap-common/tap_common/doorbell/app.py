"""The doorbell's HTTP face, as an ASGI application: check, ring, answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import msgspec

from tap_common.doorbell.config import HEALTH_PATH, READY_PATH, DoorbellConfig
from tap_common.doorbell.counts import FAILED, RECEIVED, REPEATED, RUNG, Counts, refused
from tap_common.doorbell.message import message_id, read_message
from tap_common.doorbell.recent import RecentIds
from tap_common.doorbell.refusals import Refusal
from tap_common.doorbell.ring import Ring

if TYPE_CHECKING:
    from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

_HEALTH_METHODS = ("GET", "HEAD")


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


class _Gone(Exception):
    """The caller has hung up."""


class DoorbellApp:
    """Answers calls. Everything of it happens in one event loop.

    Args:
        config: whom to believe, and what to hand on.
        counts: where calls are counted.
        ring: is given what came in; must neither wait nor raise.
        clock: returns the present in seconds since 1970.
    """

    def __init__(
        self,
        config: DoorbellConfig,
        counts: Counts,
        ring: Callable[[Ring], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.counts = counts
        self.ready = False
        self.ending = False
        self._config = config
        self._ring = ring
        self._clock = clock
        self._recent = RecentIds()
        self._awaited: dict[asyncio.Timeout, None] = {}
        """What limits each body that is being read, the oldest first."""

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answer one call."""
        call = cast("HTTPScope", scope)  # the server is set to take nothing else
        if call["path"] in (HEALTH_PATH, READY_PATH):
            await self._tell_health(call, send)
            return
        self.counts.add(RECEIVED)
        try:
            await self._take(call, receive)
        except _Refused as error:
            self.counts.add(refused(error.refusal))
            allow = "POST" if error.refusal is Refusal.METHOD else None
            await _answer(send, error.refusal.status, allow=allow, close=error.refusal.leaves_body)
        except _Gone:
            return
        except Exception:  # its text might hold a part of the body
            self.counts.add(FAILED)
            await _answer(send, 500, close=True)
        else:
            await _answer(send, 200)

    async def _tell_health(self, call: HTTPScope, send: ASGISendCallable) -> None:
        if call["method"] not in _HEALTH_METHODS:
            await _answer(send, 405, allow=", ".join(_HEALTH_METHODS), close=True)
            return
        well = call["path"] == HEALTH_PATH or (self.ready and not self.ending)
        await _answer(send, 200 if well else 503)

    async def _take(self, call: HTTPScope, receive: ASGIReceiveCallable) -> None:
        """Ring, if the call is a good one; raise `_Refused` if not."""
        if call["path"] != self._config.path:
            raise _Refused(Refusal.PATH)
        if call["method"] != "POST":
            raise _Refused(Refusal.METHOD)
        if self.ending:
            raise _Refused(Refusal.BUSY)
        body = await self._body(call, receive)
        now = self._clock()
        refusal = self._config.signature.refusal(call["headers"], body, self._config.secrets, now)
        if refusal is not None:
            raise _Refused(refusal)
        message = read_message(body, self._config.shape)
        if message is None:
            raise _Refused(Refusal.MALFORMED)
        one = message_id(message, self._config.shape)
        if one and self._recent.has_seen(one):
            self.counts.add(REPEATED)
            return
        self._ring(Ring(one, now, msgspec.Raw(msgspec.json.encode(message))))
        self.counts.add(RUNG)

    async def _body(self, call: HTTPScope, receive: ASGIReceiveCallable) -> bytes:
        """Return the body; no more of it is read than is allowed."""
        limit = self._config.body_limit
        declared = dict(call["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared[:20]) > limit:
            raise _Refused(Refusal.TOO_LARGE)
        body = bytearray()
        self._make_room()
        timeout = asyncio.timeout(self._config.body_seconds)
        try:
            async with timeout:
                self._awaited[timeout] = None
                more = True
                while more:
                    event = await receive()
                    if event["type"] != "http.request":
                        raise _Gone
                    body += event["body"]
                    if len(body) > limit:
                        raise _Refused(Refusal.TOO_LARGE)
                    more = event["more_body"]
        except TimeoutError:
            raise _Refused(Refusal.SLOW) from None
        finally:
            self._awaited.pop(timeout, None)
        return bytes(body)

    def _make_room(self) -> None:
        """Give up the body that has been awaited for longest, where too many are.

        A good caller's comes within milliseconds. Were the newest call refused instead, some
        callers that send nothing could keep all others out.
        """
        while len(self._awaited) >= self._config.at_once:
            oldest = next(iter(self._awaited))
            del self._awaited[oldest]
            if not oldest.expired():  # else it is being given up already
                oldest.reschedule(asyncio.get_running_loop().time())


async def _answer(
    send: ASGISendCallable, status: int, *, allow: str | None = None, close: bool = False
) -> None:
    headers = [(b"content-length", b"0")]
    if allow:
        headers.append((b"allow", allow.encode()))
    if close:
        headers.append((b"connection", b"close"))
    await send(
        {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
    )
    await send({"type": "http.response.body", "body": b"", "more_body": False})
