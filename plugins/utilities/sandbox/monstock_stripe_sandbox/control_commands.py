"""`sandbox counters` and `sandbox faults`: they steer a running sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click
import requests
from rich.console import Console
from rich.table import Table

from monstock_stripe_sandbox.faults import KINDS

DEFAULT_STRIPE_URL = "http://127.0.0.1:12111"
DEFAULT_MONSTOCK_URL = "http://127.0.0.1:12112"

stripe_url_option = click.option(
    "--stripe-url",
    envvar="SANDBOX_STRIPE_URL",
    default=DEFAULT_STRIPE_URL,
    show_default=True,
    help="Where the sandbox serves Stripe.",
)
"""Of every command that talks to Stripe's side."""
monstock_url_option = click.option(
    "--monstock-url",
    envvar="SANDBOX_MONSTOCK_URL",
    default=DEFAULT_MONSTOCK_URL,
    show_default=True,
    help="Where the sandbox serves Monstock.",
)
"""Of every command that talks to Monstock's side."""
api_option = click.option(
    "--api", type=click.Choice(["stripe", "monstock", "both"]), default="both", show_default=True
)
"""Of every command that can talk to one side or to both."""


@click.command()
@stripe_url_option
@monstock_url_option
@click.option("--reset", is_flag=True, help="Start counting anew, after showing.")
@click.option("--json", "as_json", is_flag=True, help="The counters as JSON.")
def counters(stripe_url: str, monstock_url: str, reset: bool, as_json: bool) -> None:
    """Show how often each endpoint was called, and how many calls changed something."""
    bases = {"Stripe": stripe_url, "Monstock": monstock_url}
    counted = {
        name: call_control("GET", base, "/_sandbox/counters") for name, base in bases.items()
    }
    if as_json:
        click.echo(json.dumps({name.lower(): given for name, given in counted.items()}, indent=2))
    else:
        for name, given in counted.items():
            _show(name, given)
    if reset:
        for base in bases.values():
            call_control("POST", base, "/_sandbox/counters/reset")


def _show(name: str, given: Mapping[str, Any]) -> None:
    table = Table(title=f"{name}: {given['requests']} requests, {given['writes']} writes")
    table.add_column("Endpoint", no_wrap=True)
    table.add_column("Requests", justify="right")
    table.add_column("Writes", justify="right")
    table.add_column("Answers")
    for endpoint, count in given["endpoints"].items():
        answers = ", ".join(f"{status} x {times}" for status, times in count["statuses"].items())
        table.add_row(endpoint, str(count["requests"]), str(count["writes"]), answers)
    Console().print(table)
    if given["rate_limited"] or given["faults"]:
        click.echo(f"refused by limits: {given['rate_limited']}, faults: {given['faults']}")


@click.group()
def faults() -> None:
    """Let requests go wrong on purpose."""


@faults.command("set")
@stripe_url_option
@monstock_url_option
@api_option
@click.option("--kind", type=click.Choice(KINDS), required=True)
@click.option("--path", default="*", show_default=True, help="A glob over the path.")
@click.option("--method", default="*", show_default=True, help="GET, POST, …")
@click.option("--probability", type=click.FloatRange(0, 1), help="Of being hit; 1 by default.")
@click.option("--every", type=click.IntRange(1), help="Hit each n-th request that matches.")
@click.option("--times", type=click.IntRange(1), help="End after so many hits.")
@click.option("--seed", type=int, help="Of the dice.")
@click.option("--status", type=click.IntRange(100, 599), help="Of the kinds status and html.")
@click.option("--retry-after", type=click.IntRange(0), help="Seconds, as a header.")
@click.option("--seconds", type=click.FloatRange(0), help="Of the kinds latency and slow_bytes.")
@click.option("--lasts", type=click.FloatRange(0), help="End so many seconds from now.")
@click.option("--add", is_flag=True, help="Keep the faults that are there.")
def set_faults(
    stripe_url: str, monstock_url: str, api: str, add: bool, **fault: str | float | None
) -> None:
    """Arm a fault; without --add it takes the place of all others."""
    given = {name: value for name, value in fault.items() if value is not None}
    for base in bases_of(api, stripe_url, monstock_url):
        before = call_control("GET", base, "/_sandbox/faults") if add else []
        armed = call_control("PUT", base, "/_sandbox/faults", [*before, given])
        click.echo(f"{base}: {len(armed)} armed")


@faults.command("show")
@stripe_url_option
@monstock_url_option
@api_option
def show_faults(stripe_url: str, monstock_url: str, api: str) -> None:
    """Show the faults that are armed, as JSON."""
    for base in bases_of(api, stripe_url, monstock_url):
        for fault in call_control("GET", base, "/_sandbox/faults"):
            given = {name: value for name, value in fault.items() if value is not None}
            click.echo(f"{base}: {json.dumps(given)}")


@faults.command("clear")
@stripe_url_option
@monstock_url_option
@api_option
def clear_faults(stripe_url: str, monstock_url: str, api: str) -> None:
    """Take all faults away."""
    for base in bases_of(api, stripe_url, monstock_url):
        call_control("DELETE", base, "/_sandbox/faults")
        click.echo(f"{base}: no faults")


@click.command()
@stripe_url_option
@monstock_url_option
@api_option
@click.argument("seconds", type=click.FloatRange(0, 3600, min_open=True))
@click.option("--refused", is_flag=True, help="Refuse connections, rather than to answer 503.")
def outage(stripe_url: str, monstock_url: str, api: str, seconds: float, refused: bool) -> None:
    """Let nothing work for SECONDS: every call gets HTTP 503."""
    for base in bases_of(api, stripe_url, monstock_url):
        call_control("POST", base, "/_sandbox/outage", {"seconds": seconds, "refused": refused})
        click.echo(f"{base}: out for {seconds:g} s")


CONTROL_COMMANDS: tuple[click.Command, ...] = (counters, faults, outage)


def bases_of(api: str, stripe_url: str, monstock_url: str) -> list[str]:
    """Return the addresses of the sides that are meant."""
    named = {"stripe": [stripe_url], "monstock": [monstock_url]}
    return named.get(api, [stripe_url, monstock_url])


def call_control(method: str, base: str, path: str, body: object = None) -> Any:
    """Make a call below `/_sandbox/`; return its JSON.

    Raises:
        ClickException: no sandbox answers, or it refuses.
    """
    try:
        answer = requests.request(method, f"{base.rstrip('/')}{path}", json=body, timeout=30)
        content = answer.json()
    except (requests.RequestException, ValueError):
        raise click.ClickException(
            f"no sandbox answers at {base}: start one with `sandbox serve`, or say where it is by "
            "--stripe-url and --monstock-url (SANDBOX_STRIPE_URL, SANDBOX_MONSTOCK_URL)"
        ) from None
    if not answer.ok:
        raise click.ClickException(str(content.get("error", {}).get("message", answer.status_code)))
    return content
