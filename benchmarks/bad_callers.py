"""Bad webhook calls, so many a second, from a process of its own: `benchmarks.bad_calls` starts it.

Reads one line of JSON from standard input (`Orders`), calls until that ends, and prints what was
sent and answered as one line of JSON. Most callers keep their connection as long as they may.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import msgspec
import uvloop
from monstock_stripe_sandbox.webhook_signing import stripe_signature

_CALLERS = 60
_GIVE_UP = 5.0
_DRIP = 1.0
_SLOW_FOR = 15.0
_OVERSIZED = 5_000_000

SHARES = {
    "forged": 0.40,
    "repeated": 0.20,
    "stale": 0.15,
    "wrong path": 0.10,
    "oversized": 0.10,
    "wrong method": 0.03,
    "slow head": 0.01,
    "slow body": 0.01,
}
"""What part of the calls is bad in which way. Repeated ones are good ones that come again."""


class Orders(msgspec.Struct, frozen=True):
    """What to call.

    Args:
        listen: host:port.
        path: of the webhooks.
        secret: that signs good calls.
        body: of a call that has rung already.
        rate: calls a second.
    """

    listen: str
    path: str
    secret: str
    body: str
    rate: float


class Called(msgspec.Struct):
    """What came of it.

    Args:
        seconds: from the first call to the last.
        sent: by kind.
        answered: by kind and status.
        cut: by kind, those whose connection was closed without an answer, or that had none in time.
    """

    seconds: float = 0.0
    sent: dict[str, int] = {}
    answered: dict[str, int] = {}
    cut: dict[str, int] = {}


@dataclass(slots=True)
class Calling:
    """Bad callers that are at work; `called` once they have ended."""

    called: Called | None = None


@contextmanager
def bad_callers(orders: Orders) -> Iterator[Calling]:
    """Let bad calls be made by another process until the block ends."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bad_callers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the callers have no pipes")
        calling = Calling()
        try:
            process.stdin.write(msgspec.json.encode(orders) + b"\n")
            process.stdin.flush()
            yield calling
            process.stdin.close()
            calling.called = msgspec.json.decode(process.stdout.readline(), type=Called)
        finally:
            process.terminate()


def requests_of(orders: Orders) -> dict[str, bytes]:
    """Return the bytes of each kind of call."""
    now = int(time.time())
    good, other = orders.body.encode(), b'{"id":"evt_forged","type":"charge.succeeded"}'
    signed = stripe_signature(good, orders.secret, now)
    return {
        "forged": _request(orders.path, good, stripe_signature(good, "whsec_guessed", now)),
        "repeated": _request(orders.path, good, signed),
        "stale": _request(orders.path, good, stripe_signature(good, orders.secret, now - 3_600)),
        "wrong path": _request("/webhooks/other", good, signed),
        "oversized": _request(orders.path, other, signed, length=_OVERSIZED),
        "wrong method": _request(orders.path, good, signed, method="PUT"),
        "slow head": f"POST {orders.path} HTTP/1.1\r\nHost: x\r\nX-".encode(),
        "slow body": _request(orders.path, other, signed, length=2_000),
    }


def _request(
    path: str, body: bytes, signature: str, *, method: str = "POST", length: int | None = None
) -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: webhooks.example\r\n"
        f"Content-Type: application/json; charset=utf-8\r\nStripe-Signature: {signature}\r\n"
        f"Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode() + body


class _Answers(asyncio.Protocol):
    """A connection, and the status of the answer that comes next: 0 where it is closed instead."""

    def __init__(self) -> None:
        self._next: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it

    def data_received(self, data: bytes) -> None:
        # An answer has no body, and comes in one piece.
        if not self._next.done():
            self._next.set_result(int(data[9:12]))
        if b"connection: close" in data and self.transport is not None:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.transport = None
        if not self._next.done():
            self._next.set_result(0)

    def begin(self, request: bytes) -> asyncio.Future[int]:
        self._next = asyncio.get_running_loop().create_future()
        if self.transport is None:
            self._next.set_result(0)
        else:
            self.transport.write(request)
        return self._next

    async def call(self, request: bytes) -> int:
        try:
            return await asyncio.wait_for(self.begin(request), _GIVE_UP)
        except TimeoutError:
            if self.transport is not None:
                self.transport.abort()
            return 0


class _Callers:
    def __init__(self, orders: Orders) -> None:
        host, _, port = orders.listen.rpartition(":")
        self._address = (host, int(port))
        self._requests = requests_of(orders)
        self._rate = orders.rate
        self.called = Called()
        self._slow: set[asyncio.Task[None]] = set()

    async def call_until(self, ended: asyncio.Event) -> None:
        began = time.monotonic()
        kinds = _kinds()
        callers = [
            asyncio.create_task(self._call_on(began, number, kinds, ended))
            for number in range(_CALLERS)
        ]
        await asyncio.gather(*callers)
        self.called.seconds = time.monotonic() - began
        for task in self._slow:
            task.cancel()

    async def _call_on(
        self, began: float, number: int, kinds: Iterator[str], ended: asyncio.Event
    ) -> None:
        answers: _Answers | None = None
        while not ended.is_set():
            await asyncio.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            number += _CALLERS
            kind = next(kinds)
            _count(self.called.sent, kind)
            if kind.startswith("slow"):
                task = asyncio.create_task(self._drip(kind))
                self._slow.add(task)
                task.add_done_callback(self._slow.discard)
                continue
            if answers is None or answers.transport is None or answers.transport.is_closing():
                answers = await self._connected()
            status = await answers.call(self._requests[kind]) if answers is not None else 0
            self._note(kind, status)

    async def _drip(self, kind: str) -> None:
        """Send what there is of a call, and then a byte a second."""
        answers = await self._connected()
        if answers is None:
            self._note(kind, 0)
            return
        waiting = answers.begin(self._requests[kind])
        until = time.monotonic() + _SLOW_FOR
        status = 0
        while time.monotonic() < until:
            done, _ = await asyncio.wait([waiting], timeout=_DRIP)
            if done:
                status = waiting.result()
                break
            if answers.transport is not None:
                answers.transport.write(b"x")
        self._note(kind, status)
        if answers.transport is not None:
            answers.transport.abort()

    async def _connected(self) -> _Answers | None:
        try:
            _, answers = await asyncio.get_running_loop().create_connection(
                _Answers, *self._address
            )
        except OSError:
            return None
        return answers

    def _note(self, kind: str, status: int) -> None:
        if status:
            _count(self.called.answered, f"{kind} {status}")
        else:
            _count(self.called.cut, kind)


def _count(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


def _kinds() -> Iterator[str]:
    """Yield the kinds for ever, each as often as its share says and evenly mixed."""
    owed = dict.fromkeys(SHARES, 0.0)
    while True:
        for kind, share in SHARES.items():
            owed[kind] += share
        most = max(owed, key=lambda kind: owed[kind])
        owed[most] -= 1.0
        yield most


async def _main() -> None:
    loop = asyncio.get_running_loop()
    orders = msgspec.json.decode(sys.stdin.buffer.readline(), type=Orders)
    ended = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), ended.set)
    callers = _Callers(orders)
    await callers.call_until(ended)
    sys.stdout.buffer.write(msgspec.json.encode(callers.called) + b"\n")


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())
