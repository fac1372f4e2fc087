"""Both stand-ins as one process: worlds, controls and script, and the ports that serve them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from monstock_stripe_sandbox.bulk import make_bulk
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.courier import Courier
from monstock_stripe_sandbox.delivery_routes import install_delivery_routes
from monstock_stripe_sandbox.monstock_api import build_monstock_app
from monstock_stripe_sandbox.monstock_webhook import (
    MonstockWebhook,
    WebhookEndpoint,
    install_webhook_routes,
)
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.ports import Port
from monstock_stripe_sandbox.rate_limits import RateLimits
from monstock_stripe_sandbox.sales import Sales
from monstock_stripe_sandbox.sales_routes import install_sales_routes
from monstock_stripe_sandbox.scenarios import make_script
from monstock_stripe_sandbox.script import Script
from monstock_stripe_sandbox.script_routes import install_script_routes
from monstock_stripe_sandbox.sensitive import install_sensitive_route
from monstock_stripe_sandbox.state_file import read_state, write_state
from monstock_stripe_sandbox.stripe_api import build_stripe_app
from monstock_stripe_sandbox.stripe_parcels import stripe_parcels
from monstock_stripe_sandbox.stripe_pay_routes import install_pay_routes
from monstock_stripe_sandbox.stripe_state import restore_stripe, stripe_to_json
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """How the two worlds are made and behave.

    Attributes:
        seed: the same seed makes the same worlds.
        scenarios: play the script's first act before anything is served.
        payments: how many payments of `bulk` there are beside.
        payments_per_order: how many of them each order gets.
        visibility_delay: seconds; Stripe's new rows are in no list for a part of them.
        search_lag: seconds before Stripe's search finds what is new or changed.
        stripe_rate_limits: none by default.
        monstock_webhook: who is told of changes in Monstock; None leaves who was told before.
        state_file: where the worlds are kept between two starts; None keeps them nowhere.
    """

    seed: int = 7
    scenarios: bool = True
    payments: int = 0
    payments_per_order: int = 1
    visibility_delay: float = 0.0
    search_lag: float = 0.0
    stripe_rate_limits: RateLimits = field(default_factory=RateLimits)
    monstock_webhook: WebhookEndpoint | None = None
    state_file: Path | None = None


class Sandbox:
    """The two worlds, their controls and the script; nothing here listens to the network.

    Raises:
        StateFileError: the state file cannot be read, or is another's.
    """

    def __init__(self, options: SandboxOptions, clock: Clock | None = None) -> None:
        self.options = options
        self.clock = clock or Clock()
        self.stripe = StripeWorld(options.seed, self.clock)
        self.stripe.search_lag = options.search_lag
        self.monstock = MonstockWorld(options.seed, self.clock)
        self.stripe_controls = Controls(options.stripe_rate_limits)
        self.monstock_controls = Controls()
        self.script: Script | None = None
        self.bulk: tuple[OrderTruth, ...] = ()
        self.sales = Sales(self.stripe, self.monstock, self.clock)
        self.stripe_courier, self.monstock_courier = Courier(), Courier()
        self.monstock_webhook = MonstockWebhook(self.monstock, self.monstock_courier)
        self.stripe.courier = self.stripe_courier
        if options.scenarios:
            self.script = make_script(self.stripe, self.monstock, self.clock)
        kept = None if options.state_file is None else read_state(options.state_file)
        if kept is None:
            self._begin()
        else:
            self._restore(kept)
        if options.monstock_webhook is not None:
            self.monstock_webhook.endpoint = options.monstock_webhook
        for world in (self.stripe, *self.stripe.connected.values()):
            world.visibility_delay = options.visibility_delay

    def _begin(self) -> None:
        if self.script is not None:
            self.script.trade()
        options = self.options
        if options.payments:
            self.bulk = make_bulk(
                self.stripe,
                self.monstock,
                self.clock,
                payments=options.payments,
                payments_per_order=options.payments_per_order,
                seed=options.seed,
            )

    def trade(self) -> str | None:
        """Play the script's next act; its title, or None where no act is left."""
        if self.script is None:
            return None
        with self.stripe.lock:
            return self.script.trade()

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return what must be true in Monstock now."""
        scripted = () if self.script is None else self.script.truth()
        return scripted + self.bulk + self.sales.truth()

    def exceptions(self) -> tuple[ExceptionTruth, ...]:
        """Return the exceptions that must be shown now."""
        return () if self.script is None else self.script.exceptions()

    def stripe_app(self) -> web.Application:
        """Return Stripe's stand-in as a web application, with the call by which customers pay."""
        app = build_stripe_app(self.stripe, self.stripe_controls)
        install_pay_routes(app, self.stripe)
        compose = partial(stripe_parcels, self.stripe)
        install_delivery_routes(app, self.stripe_courier, compose)
        return app

    def monstock_app(self) -> web.Application:
        """Return Monstock's stand-in as a web application, with the calls of the script."""
        app = build_monstock_app(self.monstock, self.monstock_controls)
        install_script_routes(app, self)
        install_delivery_routes(app, self.monstock_courier, self.monstock_webhook.parcels)
        install_webhook_routes(app, self.monstock_webhook)
        install_sales_routes(app, self.sales, self.monstock, self.clock)
        install_sensitive_route(app, self.stripe, self.monstock, self.monstock_webhook)
        return app

    def save(self) -> None:
        """Write the worlds into the state file, where there is one."""
        if self.options.state_file is not None:
            write_state(self.options.state_file, self._to_json())

    def _to_json(self) -> dict[str, Any]:
        return {
            "seed": self.options.seed,
            "stripe": stripe_to_json(self.stripe),
            "monstock": self.monstock.to_json(),
            "bulk": msgspec.to_builtins(self.bulk),
            "sales": self.sales.to_json(),
            "monstock_webhook": self.monstock_webhook.to_json(),
            "script": None if self.script is None else self.script.to_json(),
        }

    def _restore(self, kept: dict[str, Any]) -> None:
        restore_stripe(self.stripe, kept["stripe"])
        self.monstock.restore(kept["monstock"])
        self.bulk = msgspec.convert(kept["bulk"], tuple[OrderTruth, ...])
        self.sales.restore(kept["sales"])
        self.monstock_webhook.restore(kept["monstock_webhook"])
        if self.script is not None and kept["script"] is not None:
            self.script.restore(kept["script"])


class SandboxServer:
    """The two applications on two ports of one host; port 0 takes a free one."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.stripe_url = ""
        self.monstock_url = ""
        self._ports: list[Port] = []

    async def start(self, host: str, stripe_port: int, monstock_port: int) -> None:
        """Listen.

        Raises:
            OSError: a port is taken, or not ours to take.
        """
        self.sandbox.stripe_courier.start()
        self.sandbox.monstock_courier.start()
        sandbox = self.sandbox
        stripe = Port(sandbox.stripe_app(), sandbox.stripe_controls)
        monstock = Port(sandbox.monstock_app(), sandbox.monstock_controls)
        self._ports = [stripe, monstock]
        self.stripe_url = await stripe.open(host, stripe_port)
        self.monstock_url = await monstock.open(host, monstock_port)

    async def stop(self) -> None:
        """Close both ports and every connection; what is not delivered yet never will be."""
        await self.sandbox.stripe_courier.stop()
        await self.sandbox.monstock_courier.stop()
        for port in self._ports:
            await port.close()
        self._ports.clear()
