"""Serving both stand-ins in the foreground, until a signal ends it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
from pathlib import Path

import click

from monstock_stripe_sandbox.monstock_webhook import WEBHOOK_SECRET, WebhookEndpoint
from monstock_stripe_sandbox.rate_limits import STRIPE_RATE_LIMITS, RateLimits
from monstock_stripe_sandbox.scenarios import ScenarioError
from monstock_stripe_sandbox.server import Sandbox, SandboxOptions, SandboxServer
from monstock_stripe_sandbox.state_file import StateFileError

_SAVE_EVERY = 30.0  # seconds


class ServingError(Exception):
    """The sandbox cannot be served; the message says why and what to do."""


def serve_until_stopped(
    *,
    host: str,
    stripe_port: int,
    monstock_port: int,
    ready_file: Path | None,
    seed: int,
    scenarios: bool,
    payments: int,
    payments_per_order: int,
    visibility_delay: float,
    search_lag: float,
    rate_limits: bool,
    state_file: Path | None,
    monstock_webhook: str | None = None,
    monstock_webhook_secret: str | None = None,
) -> None:
    """Make the worlds, listen, and return after SIGINT or SIGTERM.

    Raises:
        ServingError: a port is taken, or the state file cannot be used.
    """
    options = SandboxOptions(
        seed=seed,
        scenarios=scenarios,
        payments=payments,
        payments_per_order=payments_per_order,
        visibility_delay=visibility_delay,
        search_lag=search_lag,
        stripe_rate_limits=STRIPE_RATE_LIMITS if rate_limits else RateLimits(),
        state_file=state_file,
        monstock_webhook=None
        if monstock_webhook is None
        else WebhookEndpoint(monstock_webhook, monstock_webhook_secret or WEBHOOK_SECRET),
    )
    try:
        sandbox = Sandbox(options)
        asyncio.run(_serve(sandbox, host, stripe_port, monstock_port, ready_file))
    except (StateFileError, ScenarioError) as error:
        raise ServingError(str(error)) from error
    except OSError as error:
        message = _cannot_listen(error, host, stripe_port, monstock_port)
        raise ServingError(message) from error


def _cannot_listen(error: OSError, host: str, stripe_port: int, monstock_port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"a port is taken ({host}:{stripe_port} or {host}:{monstock_port}): another sandbox "
            "may be running. Stop it, or choose by --stripe-port and --monstock-port (0: any)."
        )
    if error.errno in (errno.EACCES, errno.EADDRNOTAVAIL):
        return (
            f"cannot listen on {host}, ports {stripe_port} and {monstock_port}: {error.strerror}. "
            "Choose by --host, --stripe-port and --monstock-port."
        )
    return str(error)


async def _serve(
    sandbox: Sandbox, host: str, stripe_port: int, monstock_port: int, ready_file: Path | None
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = SandboxServer(sandbox)
    try:
        await server.start(host, stripe_port, monstock_port)
        click.echo(f"Stripe   {server.stripe_url}")
        click.echo(f"Monstock {server.monstock_url}/api/v1")
        if ready_file is not None:
            _write_whole(
                ready_file,
                f"SANDBOX_STRIPE_URL={server.stripe_url}\n"
                f"SANDBOX_MONSTOCK_URL={server.monstock_url}\n",
            )
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _SAVE_EVERY)
            sandbox.save()
    finally:
        await server.stop()


def _write_whole(path: Path, content: str) -> None:
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(content)
    beside.replace(path)
