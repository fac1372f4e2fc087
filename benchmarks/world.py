"""A world of paid orders, served by a process of its own, so that it does not disturb the clock.

`python -m benchmarks.world 1000x1 10x100 1x10000` serves 1000 orders of 1 payment, 10 of 100, 1 of
10,000, prints its addresses as one line of JSON, and ends when its standard input does. `c1000`
among the arguments makes 1000 customers at Stripe, each with the name and e-mail of `customer`, and
our own metadata; `limited` has Stripe's limits of live mode enforced.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import requests
from monstock_stripe_sandbox.check import Difference, order_differences
from monstock_stripe_sandbox.rate_limits import STRIPE_RATE_LIMITS, RateLimits
from monstock_stripe_sandbox.testing import running_sandbox
from monstock_stripe_sandbox.truth import OrderTruth

AMOUNT = 1_234
_LIMITED = "limited"


@dataclass(frozen=True, slots=True)
class Shape:
    """So many orders, each with so many payments."""

    orders: int
    payments_each: int

    @property
    def payments(self) -> int:
        """How many payments that is."""
        return self.orders * self.payments_each

    def __str__(self) -> str:
        return f"{self.orders}x{self.payments_each}"


@dataclass(frozen=True, slots=True)
class ServedWorld:
    """The addresses of a served world, its process, and what was asked of it."""

    stripe_url: str
    monstock_url: str
    pid: int

    def counters(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the counters of Stripe's side and of Monstock's."""
        stripe, monstock = (
            requests.get(f"{url}/_sandbox/counters", timeout=60).json()
            for url in (self.stripe_url, self.monstock_url)
        )
        return stripe, monstock

    def reset(self) -> None:
        """Count anew."""
        for url in (self.stripe_url, self.monstock_url):
            requests.post(f"{url}/_sandbox/counters/reset", timeout=60).raise_for_status()

    def slow_down(self, seconds: float) -> None:
        """Let each answer of both sides take so much longer."""
        faults = [{"kind": "latency", "seconds": seconds}] if seconds else []
        for url in (self.stripe_url, self.monstock_url):
            requests.put(f"{url}/_sandbox/faults", json=faults, timeout=60).raise_for_status()

    def lose_webhooks(self, *, lost: bool) -> None:
        """Let no webhook of Stripe's side arrive any more, or all of them again."""
        path = f"{self.stripe_url}/_sandbox/deliveries"
        requests.put(path, json={"lost": float(lost)}, timeout=60).raise_for_status()

    def differences(self) -> list[Difference]:
        """Return where orders are not as the sandbox knows that they must be."""
        shown, truth = (
            requests.get(f"{self.monstock_url}/_sandbox/{path}", timeout=60).json()
            for path in ("orders", "truth")
        )
        return order_differences(shown, msgspec.convert(truth["orders"], tuple[OrderTruth, ...]))

    def statuses(self) -> dict[str, int]:
        """Return how many orders have which payment status."""
        found: dict[str, int] = {}
        page = 1
        while True:
            answer = requests.get(
                f"{self.monstock_url}/api/v1/orders",
                params={"page": page, "per_page": 100},
                headers={"Authorization": "Bearer monstock-sandbox-token"},
                timeout=60,
            ).json()
            for order in answer["data"]:
                status = order["payment_status"]
                found[status] = found.get(status, 0) + 1
            if page * 100 >= answer["total"]:
                return found
            page += 1


def customer(number: int) -> dict[str, str]:
    """Return the id in Monstock, the name and the e-mail of a customer."""
    return {
        "customer_id": f"con_{number}",
        "name": f"Customer {number}",
        "email": f"customer{number}@example.com",
    }


@contextmanager
def served_world(
    shapes: Sequence[Shape], customers: int = 0, *, limited: bool = False
) -> Iterator[ServedWorld]:
    """Serve a world in another process until the block ends.

    Args:
        shapes: the orders in it.
        customers: how many are at Stripe.
        limited: whether Stripe's rate limits of live mode are enforced.
    """
    made = [*map(str, shapes), f"c{customers}", *([_LIMITED] if limited else [])]
    command = [sys.executable, "-m", "benchmarks.world", *made]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout is not None else ""
            yield ServedWorld(**json.loads(line), pid=process.pid)
        finally:
            process.terminate()


def main(arguments: Sequence[str]) -> None:
    """Build and serve the world that the arguments describe."""
    counts = [int(argument[1:]) for argument in arguments if argument.startswith("c")]
    shapes = [
        Shape(*(int(number) for number in argument.split("x")))
        for argument in arguments
        if argument != _LIMITED and not argument.startswith("c")
    ]
    limits = STRIPE_RATE_LIMITS if _LIMITED in arguments else RateLimits()
    with running_sandbox(stripe_rate_limits=limits) as sandbox:
        for number in range(sum(counts)):
            one = customer(number)
            known = {"monstock_customer_id": one["customer_id"], "monstock_tenant": "sandbox"}
            sandbox.stripe.customer(one["email"], one["name"], metadata=known)
        started = time.time() - 86_400
        done = 0
        for shape in shapes:
            for _ in range(shape.orders):
                order = sandbox.monstock.order(AMOUNT * shape.payments_each, "EUR")
                for _ in range(shape.payments_each):
                    done += 1
                    with sandbox.clock.at(started + done):
                        intent = sandbox.stripe.payment_intent(
                            AMOUNT, "eur", metadata={"monstock_order_id": order}
                        )
                        sandbox.stripe.succeed(intent)
        urls = {"stripe_url": sandbox.stripe_url, "monstock_url": sandbox.monstock_url}
        print(json.dumps(urls), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
