"""A stand-in for Stripe's lists that is fast and asks no questions: for benchmarks only.

`python -m benchmarks.list_server --objects 10000` serves 10,000 objects of each kind, prints its
address as one line of JSON, and ends when its standard input does. Objects are rendered once, as
Stripe prints them (indented by two blanks), and pages are cut out of that text, so that one core
sends more than 1,500 full pages a second. Any key, version and parameter is taken, since other
people's taps are measured on it too; lists that it has not are empty. Whatever `expand` asks for is
not expanded. For a strict Stripe there is the sandbox.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import subprocess
import sys
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec
import requests
from aiohttp import web
from aiohttp.web_request import BaseRequest
from monstock_stripe_sandbox.rate_limits import STRIPE_RATE_LIMITS, RateLimiter, RateLimits

from benchmarks.stripe_objects import ACCOUNT, KINDS, account, event, object_id

DAY = 86_400
# Stripe's events are listed for 30 days.
_EVENT_DAYS = 29
_CONTROL = "/_control/"
_JSON = {"Content-Type": "application/json", "Request-Id": "req_benchmark"}


@dataclass(frozen=True, slots=True)
class Spread:
    """So many objects of each kind, created over so many days."""

    count: int
    days: float

    @classmethod
    def parse(cls, text: str) -> Spread:
        """Return what "20000:3" means: 20,000 objects over 3 days."""
        count, _, days = text.partition(":")
        return cls(int(count), float(days))

    def __str__(self) -> str:
        return f"{self.count}:{self.days}"


@dataclass(slots=True)
class ServedList:
    """All objects of one kind, rendered side by side, newest first."""

    text: memoryview
    starts: list[int]
    ends: list[int]
    positions: dict[str, int]
    ages: list[int]  # `created` with a minus before it, so that it rises

    @classmethod
    def of(cls, objects: Sequence[tuple[str, int, bytes]]) -> ServedList:
        """Make it of ids, `created` and JSON, newest first."""
        text = bytearray()
        starts, ends = [], []
        for _, _, body in objects:
            starts.append(len(text))
            text += body
            ends.append(len(text))
            text += b",\n"
        return cls(
            memoryview(bytes(text)),
            starts,
            ends,
            {identifier: position for position, (identifier, _, _) in enumerate(objects)},
            [-created for _, created, _ in objects],
        )

    def one(self, identifier: str) -> bytes | None:
        """Return an object's JSON, or None."""
        position = self.positions.get(identifier)
        if position is None:
            return None
        return bytes(self.text[self.starts[position] : self.ends[position]])

    def page(self, params: dict[str, str], url: str) -> bytes | None:
        """Return a page, or None if there is no such object as the cursor names."""
        first, end = 0, len(self.ages)
        for name, value in params.items():
            if name in ("created[lt]", "created"):
                first = max(
                    first, bisect_left(self.ages, 1 - _seconds(value) - (name == "created"))
                )
            if name == "created[lte]":
                first = max(first, bisect_left(self.ages, -_seconds(value)))
            if name in ("created[gte]", "created"):
                end = min(end, bisect_right(self.ages, -_seconds(value)))
            if name == "created[gt]":
                end = min(end, bisect_left(self.ages, -_seconds(value)))
        after, before = params.get("starting_after"), params.get("ending_before")
        limit = int(params.get("limit", 10))
        for cursor in (after, before):
            if cursor and cursor not in self.positions:
                return None
        if after:
            first = max(first, self.positions[after] + 1)
        if before:
            end = min(end, self.positions[before])
            more = end - first > limit
            first = max(first, end - limit)
        else:
            more = end - first > limit
            end = min(end, first + limit)
        data = self.text[self.starts[first] : self.ends[end - 1]] if end > first else b""
        tail = {"has_more": more, "url": url}
        start = b'{\n  "object": "list",\n  "data": ['
        return b"".join((start, data, b"],\n  ", msgspec.json.encode(tail)[1:]))


@dataclass(slots=True)
class Counts:
    """What was asked of the server."""

    requests: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0


class ListServer:
    """Answers requests.

    Args:
        spreads: the objects of each kind.
        latency: seconds that each answer takes longer.
        limits: which requests are refused by 429.
        age: no object is younger than this many seconds.
        kinds: the last parts of the paths of the lists that are not empty.
    """

    def __init__(
        self,
        spreads: Sequence[Spread],
        latency: float,
        limits: RateLimits,
        age: float,
        kinds: Collection[str],
    ) -> None:
        self.latency = latency
        self.limiter = RateLimiter(limits)
        self.counts = Counts()
        self._running = 0
        self._account = _pretty(account())
        self._now = int(time.time() - age)
        self._created = _moments(spreads, self._now)
        self._lists = {
            path: ServedList.of(_rendered(path, self._created if path in kinds else ()))
            for path in KINDS
            if path != "events"
        }
        recent = [Spread(one.count, min(one.days, _EVENT_DAYS)) for one in spreads]
        moments = _moments(recent, self._now) if "events" in kinds else ()
        self._events = _rendered("events", moments)
        self._lists["events"] = ServedList.of(self._events)

    def change(self, count: int, days: float, seconds: int) -> int:
        """Let events of the last `seconds` tell that PaymentIntents changed.

        Args:
            count: so many of them,
            days: created over so many days before the newest; evenly spread.
            seconds: how long ago the first event was.

        Returns:
            How many there were: no more than were created in that time.
        """
        oldest = self._created[-1] - days * DAY
        young = [number for number, created in enumerate(self._created) if created >= oldest]
        chosen = young[:: max(len(young) // count, 1)][:count]
        now = int(time.time())
        _, _, make = KINDS["payment_intents"]
        random.Random(11).shuffle(chosen)
        base = len(self._events)
        for position, number in enumerate(chosen):
            at = now - seconds + seconds * position // len(chosen)
            body = event(base + position, at, make(number, self._created[number]))
            self._events.insert(0, (body["id"], at, _pretty(body)))
        self._lists["events"] = ServedList.of(self._events)
        return len(chosen)

    async def handle(self, request: BaseRequest) -> web.Response:
        """Answer one request."""
        path, _, query = request.raw_path.partition("?")
        if path.startswith(_CONTROL):
            return self._control(path.removeprefix(_CONTROL), dict(parse_qsl(query)))
        name, _, identifier = path.removeprefix("/v1/").partition("/")
        one = bool(identifier) and name in self._lists
        endpoint = f"{request.method} /v1/{name}/{{id}}" if one else f"{request.method} {path}"
        self.counts.requests[endpoint] += 1
        reason = self.limiter.refuses(endpoint, self._running, time.monotonic())
        self._running += 1
        self.counts.most_at_once = max(self.counts.most_at_once, self._running)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            if reason is not None:
                self.counts.refused[endpoint] += 1
                return _error(429, "rate_limit", {"Stripe-Rate-Limited-Reason": reason})
            body = self._body(path, name, identifier, query)
        finally:
            self._running -= 1
        if body is None:
            return _error(404 if one else 400, "resource_missing")
        return web.Response(body=body, headers=_JSON)

    def _body(self, path: str, name: str, identifier: str, query: str) -> bytes | None:
        if path in ("/v1/account", f"/v1/accounts/{ACCOUNT}"):
            return self._account
        listed = self._lists.get(name, _EMPTY)
        if identifier and name in self._lists and "/" not in identifier:
            return listed.one(identifier)
        return (_EMPTY if identifier else listed).page(dict(parse_qsl(query)), path)

    def _control(self, command: str, given: dict[str, str]) -> web.Response:
        if command == "reset":
            self.counts = Counts()
            self.limiter = RateLimiter(self.limiter.limits)
        if command == "behave":
            self.latency = float(given["latency"])
            self.limiter = RateLimiter(_limits(given["limited"] == "1"))
        if command == "change":
            count, days, seconds = given["count"], given["days"], given["seconds"]
            return _answer({"changed": self.change(int(count), float(days), int(seconds))})
        return _answer(msgspec.to_builtins(self.counts))


_EMPTY = ServedList.of([])


def _limits(limited: bool) -> RateLimits:
    return replace(STRIPE_RATE_LIMITS, concurrent=None) if limited else RateLimits()


def _moments(spreads: Sequence[Spread], newest: int) -> list[int]:
    """Return each object's `created`, rising: more by day than by night, some in one second."""
    dice = random.Random(7)
    moments = []
    for spread in spreads:
        for _ in range(spread.count):
            second = dice.triangular(0, DAY, 15 * 3600)
            moments.append(newest - int(dice.uniform(0, spread.days) // 1 * DAY + DAY - second))
    return sorted(min(moment, newest) for moment in moments)


def _seconds(text: str) -> int:
    return int(float(text))


def _rendered(path: str, moments: Sequence[int]) -> list[tuple[str, int, bytes]]:
    """Return objects of a kind, newest first, created at these moments."""
    name, _, make = KINDS[path]
    return [
        (object_id(name, number), moments[number], _pretty(make(number, moments[number])))
        for number in reversed(range(len(moments)))
    ]


def _pretty(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def _answer(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), headers=_JSON)


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> web.Response:
    error = {"code": code, "message": f"Benchmark: {code}", "type": "invalid_request_error"}
    return web.Response(
        body=_pretty({"error": error}), status=status, headers={**_JSON, **(headers or {})}
    )


@dataclass(frozen=True, slots=True)
class ServedLists:
    """A list server in a process of its own."""

    url: str
    pid: int

    def counts(self) -> Counts:
        """Return what was asked so far."""
        found = self._ask("counts")
        return Counts(
            Counter(found["requests"]), Counter(found["refused"]), int(found["most_at_once"])
        )

    def reset(self) -> None:
        """Count anew, and fill the buckets of the rate limits."""
        self._ask("reset")

    def behave(self, *, latency: float, limited: bool) -> None:
        """Answer from now on with this latency, in seconds, and with Stripe's limits or without."""
        self._ask("behave", latency=latency, limited=int(limited))

    def change(self, count: int, days: float, seconds: int = DAY) -> int:
        """See `ListServer.change`."""
        return int(self._ask("change", count=count, days=days, seconds=seconds)["changed"])

    def _ask(self, command: str, **params: float) -> dict[str, Any]:
        answer = requests.post(f"{self.url}{_CONTROL}{command}", params=params, timeout=600)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found


@contextmanager
def served_lists(
    *spreads: Spread,
    latency: float = 0.0,
    limited: bool = False,
    age: float = 3_600.0,
    kinds: Collection[str] = tuple(KINDS),
) -> Iterator[ServedLists]:
    """Serve lists in another process until the block ends.

    Args:
        spreads: how many objects of each kind there are.
        latency: seconds that each answer takes longer.
        limited: whether Stripe's rate limits hold: 100 requests a second, 25 for an endpoint.
        age: no object is younger than this many seconds.
        kinds: the last parts of the paths of the lists that are not empty.
    """
    command = [sys.executable, "-m", "benchmarks.list_server"]
    for spread in spreads:
        command += ["--spread", str(spread)]
    command += ["--latency", str(latency), "--age", str(age), "--kinds", ",".join(kinds)]
    command += ["--limits"] if limited else []
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            yield ServedLists(json.loads(line)["url"], process.pid)
        finally:
            process.terminate()


async def _serve(server: ListServer, port: int) -> None:
    runner = web.ServerRunner(web.Server(server.handle, access_log=None))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=1_024)
    await site.start()
    print(json.dumps({"url": f"http://127.0.0.1:{runner.addresses[0][1]}"}), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    """Serve what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.list_server", description=__doc__)
    parser.add_argument("--objects", type=int, default=10_000, help="of each kind")
    parser.add_argument("--days", type=float, default=700, help="over which they were created")
    parser.add_argument(
        "--spread",
        type=Spread.parse,
        action="append",
        metavar="COUNT:DAYS",
        help="instead of --objects and --days; may be given several times",
    )
    parser.add_argument("--latency", type=float, default=0.0, help="seconds for each answer")
    parser.add_argument("--limits", action="store_true", help="refuse as Stripe does, by 429")
    parser.add_argument("--age", type=float, default=3_600.0, help="of the newest, in seconds")
    parser.add_argument("--kinds", default=",".join(KINDS), help="the others' lists are empty")
    parser.add_argument("--port", type=int, default=0)
    given = parser.parse_args()
    spreads = given.spread or [Spread(given.objects, given.days)]
    server = ListServer(
        spreads, given.latency, _limits(given.limits), given.age, given.kinds.split(",")
    )
    gc.collect()
    gc.freeze()
    asyncio.run(_serve(server, given.port))


if __name__ == "__main__":
    main()
