"""The command `sandbox`: serve both stand-ins, and steer those that are running."""

from __future__ import annotations

from pathlib import Path

import click

from monstock_stripe_sandbox.control_commands import CONTROL_COMMANDS
from monstock_stripe_sandbox.delivery_commands import DELIVERY_COMMANDS
from monstock_stripe_sandbox.pay_command import pay_command
from monstock_stripe_sandbox.script_commands import COMMANDS


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="monstock-stripe-sandbox")
def main() -> None:
    """Stand-ins for Stripe and Monstock on this machine, with trade whose outcome is known."""


for _command in (*COMMANDS, pay_command, *CONTROL_COMMANDS, *DELIVERY_COMMANDS):
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
    "--monstock-webhook", metavar="URL", help="Tell this address of every change in Monstock."
)
@click.option("--monstock-webhook-secret", metavar="TEXT", help="What these calls are signed with.")
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
    monstock_webhook: str | None,
    monstock_webhook_secret: str | None,
    ready_file: Path | None,
) -> None:
    """Serve both stand-ins until SIGINT or SIGTERM; port 0 takes a free one."""
    # imported here alone: the commands that only talk to a sandbox then start in half the time
    from monstock_stripe_sandbox.serving import ServingError, serve_until_stopped

    try:
        serve_until_stopped(
            host=host,
            stripe_port=stripe_port,
            monstock_port=monstock_port,
            ready_file=ready_file,
            seed=seed,
            scenarios=scenarios,
            payments=payments,
            payments_per_order=payments_per_order,
            visibility_delay=visibility_delay,
            search_lag=search_lag,
            rate_limits=rate_limits,
            state_file=state_file,
            monstock_webhook=monstock_webhook,
            monstock_webhook_secret=monstock_webhook_secret,
        )
    except ServingError as error:
        raise click.ClickException(str(error)) from error
