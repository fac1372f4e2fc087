"""The command `sandbox`: serve both stand-ins, and steer those that are running."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
from pathlib import Path

import click

from monstock_stripe_sandbox.control_commands import CONTROL_COMMANDS
from monstock_stripe_sandbox.rate_limits import STRIPE_RATE_LIMITS, RateLimits
from monstock_stripe_sandbox.scenarios import ScenarioError
from monstock_stripe_sandbox.script_commands import COMMANDS
from monstock_stripe_sandbox.server import Sandbox, SandboxOptions, SandboxServer
from monstock_stripe_sandbox.state_file import StateFileError

_SAVE_EVERY = 30.0  # seconds


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="monstock-stripe-sandbox")
def main() -> None:
    """Stand-ins for Stripe and Monstock on this machine, with trade whose outcome is known."""


for _command in (*COMMANDS, *CONTROL_COMMANDS):
    main.add_command(_command)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--stripe-port", type=click.IntRange(0, 65535), default=12111, show_default=True)
@click.option("--monstock-port", type=click.IntRange(0, 65535), default=12112, show_default=True)
@click.option("--seed", default=7, show_default=True, help="The same seed makes the same worlds.")
@click.option("--scenarios/--no-scenarios", default=True, help="With the script of trade or not.")
@click.option(
    "--payments", type=click.IntRange(0), default=0, help="So many payments in bulk beside."
)
@click.option(
    "--payments-per-order",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="How many of the bulk's payments each order gets.",
)
@click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Keep the worlds in this file: taken up at the start, written at the end and between.",
)
@click.option(
    "--visibility-delay",
    type=click.FloatRange(0),
    default=0.0,
    help="Seconds before Stripe's new rows and events are all listed; not in their order.",
)
@click.option(
    "--search-lag",
    type=click.FloatRange(0),
    default=0.0,
    help="Seconds before Stripe's search finds what is new or changed.",
)
@click.option(
    "--rate-limits/--no-rate-limits",
    default=True,
    help="Refuse what goes beyond Stripe's limits (100/s, 25/s for each endpoint), or do not.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write both addresses into this file when all is ready.",
)
def serve(
    host: str,
    stripe_port: int,
    monstock_port: int,
    seed: int,
    scenarios: bool,
    payments: int,
    payments_per_order: int,
    state_file: Path | None,
    visibility_delay: float,
    search_lag: float,
    rate_limits: bool,
    ready_file: Path | None,
) -> None:
    """Serve both stand-ins until SIGINT or SIGTERM; port 0 takes a free one."""
    options = SandboxOptions(
        seed=seed,
        scenarios=scenarios,
        payments=payments,
        payments_per_order=payments_per_order,
        visibility_delay=visibility_delay,
        search_lag=search_lag,
        stripe_rate_limits=STRIPE_RATE_LIMITS if rate_limits else RateLimits(),
        state_file=state_file,
    )
    try:
        sandbox = Sandbox(options)
        asyncio.run(_serve(sandbox, host, stripe_port, monstock_port, ready_file))
    except (StateFileError, ScenarioError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(
            _cannot_listen(error, host, stripe_port, monstock_port)
        ) from error


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
