"""Both stand-ins as one process: worlds, controls and script, and the ports that serve them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.rate_limits import RateLimits
from monstock_stripe_sandbox.script import Script
from monstock_stripe_sandbox.script_routes import install_script_routes
from monstock_stripe_sandbox.stripe_api import build_stripe_app
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the two worlds are made and behave."""

    seed: int = 7
    scenarios: bool = True
    payments: int = 0
    payments_per_order: int = 1
    visibility_delay: float = 0.0
    stripe_rate_limits: RateLimits = field(default_factory=RateLimits)


class Sandbox:
    """The two worlds, their controls and the script; nothing here listens to the network."""

    def __init__(self, options: SandboxOptions, clock: Clock | None = None) -> None:
        self.options = options
        self.clock = clock or Clock()
        self.stripe = StripeWorld(options.seed, self.clock)
        self.monstock: Any = _optional("monstock_world", "MonstockWorld", options.seed, self.clock)
        self.stripe_controls = Controls(options.stripe_rate_limits)
        self.monstock_controls = Controls()
        self.script: Script | None = None
        if options.scenarios:
            self.script = _optional(
                "scenarios", "make_script", self.stripe, self.monstock, self.clock
            )
            if self.script is not None:
                self.script.trade()

    def trade(self) -> str | None:
        """Play the script's next act; its title, or None where no act is left."""
        return None if self.script is None else self.script.trade()

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return what must be true in Monstock now."""
        return () if self.script is None else self.script.truth()

    def exceptions(self) -> tuple[ExceptionTruth, ...]:
        """Return the exceptions that must be shown now."""
        return () if self.script is None else self.script.exceptions()

    def stripe_app(self) -> web.Application:
        """Return Stripe's stand-in as a web application."""
        return build_stripe_app(self.stripe, self.stripe_controls)

    def monstock_app(self) -> web.Application:
        """Return Monstock's stand-in as a web application."""
        app: web.Application = _optional(
            "monstock_api", "build_monstock_app", self.monstock, self.monstock_controls
        )
        install_script_routes(app, self)
        return app


def _optional(module: str, name: str, *arguments: object) -> Any:
    try:
        found = importlib.import_module(f"monstock_stripe_sandbox.{module}")
    except ModuleNotFoundError:
        return None
    return getattr(found, name)(*arguments)


class SandboxServer:
    """The two applications on two ports of one host; port 0 takes a free one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stripe_url = ""
        self.monstock_url = ""
        self._runners: list[web.AppRunner] = []

    async def start(self, host: str, stripe_port: int, monstock_port: int) -> None:
        """Listen.

        Raises:
            OSError: a port is taken, or not ours to take.
        """
        self.stripe_url = await self._listen(self.sandbox.stripe_app(), host, stripe_port)
        self.monstock_url = await self._listen(self.sandbox.monstock_app(), host, monstock_port)

    async def _listen(self, app: web.Application, host: str, port: int) -> str:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, host, port)
        await site.start()
        return f"http://{host}:{runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close both ports and every connection."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
