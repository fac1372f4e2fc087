"""Delivers webhooks in the server's event loop: concurrently, signed at each try, with retries."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp

from monstock_stripe_sandbox.delivery_settings import DeliveryCount, DeliverySettings

_AT_ONCE = 100
_ANSWER_READ = 65536


@dataclass(frozen=True, slots=True)
class Target:
    """Where a delivery goes now, and how it is signed there."""

    url: str
    headers: Callable[[bytes], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message for one endpoint.

    Attributes:
        endpoint: what it is counted under.
        target: where it goes, asked at each try; None where nobody wants it any more.
        retries: seconds after each failure, at the speed of the real service.
        acknowledged: called once, in the server's thread, when it was answered by 2xx.
    """

    endpoint: str
    body: bytes
    target: Callable[[], Target | None]
    retries: tuple[float, ...]
    acknowledged: Callable[[], None]


class Courier:
    """Sends deliveries while it is started; before and after, nothing is sent.

    `send` may be called from any thread.

    Attributes:
        settings: may be replaced at any time; the dice begin anew only by `settle`.
        counts: by endpoint.
    """

    def __init__(self) -> None:
        self.settings = DeliverySettings()
        self.counts: dict[str, DeliveryCount] = {}
        self._dice = random.Random(0)  # noqa: S311 - dice, not a secret
        self._loop: asyncio.AbstractEventLoop | None = None
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: dict[str, list[asyncio.Event]] = {}

    def start(self) -> None:
        """Begin to deliver in the running event loop."""
        self._loop = asyncio.get_running_loop()

    async def stop(self) -> None:
        """End all deliveries at once, those that wait for another try too."""
        self._loop = None
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._held.clear()
        if self._session is not None:
            await self._session.close()
            self._session = None

    def settle(self, settings: DeliverySettings) -> None:
        """Take other settings, with fresh dice."""
        self.settings = settings
        self._dice = random.Random(settings.seed)  # noqa: S311 - dice, not a secret

    def reset_counts(self) -> None:
        """Start counting anew."""
        self.counts = {}

    def to_json(self) -> dict[str, Any]:
        """Return counts and settings as the control API answers them."""
        total = DeliveryCount()
        for count in self.counts.values():
            for name, value in count.to_json().items():
                setattr(total, name, getattr(total, name) + value)
        return {
            **total.to_json(),
            "waiting": len(self._tasks),
            "endpoints": {name: count.to_json() for name, count in self.counts.items()},
        }

    def send(self, delivery: Delivery) -> None:
        """Deliver soon; never waits."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop was closed in this moment
                loop.call_soon_threadsafe(self._take, delivery)

    async def post(self, endpoint: str, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send once, now; return the answer's status, 0 where there was none in time."""
        count = self._count(endpoint)
        count.sent += 1
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_AT_ONCE)
            self._session = aiohttp.ClientSession(connector=connector)
        timeout = aiohttp.ClientTimeout(total=self.settings.timeout)
        status = 0
        with contextlib.suppress(aiohttp.ClientError, OSError, ValueError):
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as answer:
                status = answer.status
                await answer.content.read(_ANSWER_READ)
        if 200 <= status < 300:
            count.acknowledged += 1
        else:
            count.failed += 1
        return status

    # -- in the server's thread --

    def _take(self, delivery: Delivery) -> None:
        """Begin with a delivery, or let a fault hit it."""
        settings, count = self.settings, self._count(delivery.endpoint)
        if not settings.faulty:
            self._begin(self._deliver(delivery, 0.0))
            return
        shares = (settings.lost, settings.doubled, settings.delayed, settings.reordered)
        lost, doubled, delayed, reordered = (self._dice.random() < share for share in shares)
        if lost:
            count.lost += 1
            return
        count.doubled += doubled
        count.delayed += delayed
        pause = settings.delay if delayed else 0.0
        if doubled:
            self._begin(self._once(delivery, pause))
        if reordered:
            count.reordered += 1
            gate = asyncio.Event()
            self._held.setdefault(delivery.endpoint, []).append(gate)
            self._begin(self._deliver(delivery, pause, gate))
        else:
            self._begin(self._deliver(delivery, pause))

    def _begin(self, work: Any) -> None:
        if self._loop is None:
            work.close()
            return
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _once(self, delivery: Delivery, pause: float) -> None:
        await asyncio.sleep(pause)
        await self._try(delivery)

    async def _deliver(
        self, delivery: Delivery, pause: float, gate: asyncio.Event | None = None
    ) -> None:
        overtaken = self._held.pop(delivery.endpoint, []) if gate is None else []
        if pause:
            await asyncio.sleep(pause)
        if gate is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(gate.wait(), self.settings.delay)
        try:
            done = await self._try(delivery)
        finally:
            for other in overtaken:
                other.set()
        for seconds in delivery.retries:
            if done:
                break
            await asyncio.sleep(seconds / self.settings.speed)
            if delivery.target() is not None:
                self._count(delivery.endpoint).retried += 1
            done = await self._try(delivery)
        if done:
            delivery.acknowledged()
        elif done is False:
            self._count(delivery.endpoint).given_up += 1

    async def _try(self, delivery: Delivery) -> bool | None:
        """Say whether it was acknowledged; None where nobody wants it any more."""
        target = delivery.target()
        if target is None:
            return None
        headers = target.headers(delivery.body)
        status = await self.post(delivery.endpoint, target.url, delivery.body, headers)
        return 200 <= status < 300

    def _count(self, endpoint: str) -> DeliveryCount:
        return self.counts.setdefault(endpoint, DeliveryCount())


def seconds_now() -> int:
    """Return the real time: receivers hold signatures against their own clocks."""
    return int(time.time())
