"""For tests: a whole sandbox in this process, on free ports, served by another thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from monstock_stripe_sandbox.check import Difference, order_differences
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.courier import Courier
from monstock_stripe_sandbox.monstock_api import BASE_PATH
from monstock_stripe_sandbox.monstock_french import BASE_PATH as FRENCH_BASE_PATH
from monstock_stripe_sandbox.monstock_webhook import MonstockWebhook
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.rate_limits import RateLimits
from monstock_stripe_sandbox.sensitive import Sensitive, sensitive_texts
from monstock_stripe_sandbox.server import Sandbox, SandboxOptions, SandboxServer
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth

MONSTOCK_PATHS = {"monstock": BASE_PATH, "monstock-fr": FRENCH_BASE_PATH}
"""Where the API of each packaged profile is served."""


class RunningSandbox:
    """A served sandbox: its addresses, and its insides for a test to act on directly."""

    def __init__(self, sandbox: Sandbox, stripe_url: str, monstock_url: str) -> None:
        self.sandbox = sandbox
        self.stripe_url = stripe_url
        self.monstock_url = monstock_url

    def monstock_base_url(self, profile: str) -> str:
        """Return the root of the API that a packaged profile describes."""
        return self.monstock_url + MONSTOCK_PATHS[profile]

    @property
    def clock(self) -> Clock:
        """The clock of both worlds."""
        return self.sandbox.clock

    @property
    def stripe(self) -> StripeWorld:
        """Stripe's objects and operations."""
        return self.sandbox.stripe

    @property
    def monstock(self) -> MonstockWorld:
        """Monstock's orders and operations."""
        return self.sandbox.monstock

    @property
    def stripe_controls(self) -> Controls:
        """Counters, faults and limits of Stripe's side."""
        return self.sandbox.stripe_controls

    @property
    def stripe_courier(self) -> Courier:
        """Stripe's webhooks on their way: settings, faults and counts."""
        return self.sandbox.stripe_courier

    @property
    def monstock_courier(self) -> Courier:
        """Monstock's webhooks on their way: settings, faults and counts."""
        return self.sandbox.monstock_courier

    @property
    def monstock_webhook(self) -> MonstockWebhook:
        """Whom Monstock tells of changes."""
        return self.sandbox.monstock_webhook

    @property
    def monstock_controls(self) -> Controls:
        """Counters, faults and limits of Monstock's side."""
        return self.sandbox.monstock_controls

    def trade(self) -> str | None:
        """Play the script's next act."""
        return self.sandbox.trade()

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return what must be true in Monstock now."""
        return self.sandbox.truth()

    def exceptions(self) -> tuple[ExceptionTruth, ...]:
        """Return the exceptions that must be shown now."""
        return self.sandbox.exceptions()

    def sensitive(self) -> tuple[Sensitive, ...]:
        """Return the secrets and the personal texts of both worlds as they are now."""
        return sensitive_texts(self.stripe, self.monstock, self.monstock_webhook)

    def check(self) -> list[Difference]:
        """Return where Monstock differs from the truth; exceptions are not looked at."""
        shown = msgspec.to_builtins(self.monstock.orders())
        return order_differences(shown, self.truth())


@contextmanager
def running_sandbox(
    *,
    seed: int = 7,
    scenarios: bool = False,
    payments: int = 0,
    payments_per_order: int = 1,
    visibility_delay: float = 0.0,
    search_lag: float = 0.0,
    stripe_rate_limits: RateLimits = RateLimits(),  # noqa: B008 - immutable
    state_file: Path | None = None,
    clock: Clock | None = None,
) -> Iterator[RunningSandbox]:
    """Serve a sandbox until the block ends."""
    options = SandboxOptions(
        seed=seed,
        scenarios=scenarios,
        payments=payments,
        payments_per_order=payments_per_order,
        visibility_delay=visibility_delay,
        search_lag=search_lag,
        stripe_rate_limits=stripe_rate_limits,
        state_file=state_file,
    )
    server = SandboxServer(Sandbox(options, clock))
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()

    def run(coroutine: Any) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, loop).result(timeout=30)

    try:
        run(server.start("127.0.0.1", 0, 0))
        yield RunningSandbox(server.sandbox, server.stripe_url, server.monstock_url)
    finally:
        run(server.stop())
        server.sandbox.save()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
