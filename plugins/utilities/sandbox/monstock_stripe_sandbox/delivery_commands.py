"""`sandbox deliveries` and `sandbox webhook`: they steer the webhooks of a running sandbox."""

from __future__ import annotations

import json

import click

from monstock_stripe_sandbox.control_commands import (
    api_option,
    bases_of,
    call_control,
    monstock_url_option,
    stripe_url_option,
)

_SENT_NOW = ("again", "forged", "unsigned", "stale", "oversized")
_share = click.FloatRange(0, 1)


@click.group()
def deliveries() -> None:
    """Count webhooks on their way, and let them go wrong on purpose."""


@deliveries.command("show")
@stripe_url_option
@monstock_url_option
@api_option
@click.option("--reset", is_flag=True, help="Start counting anew, after showing.")
def show_deliveries(stripe_url: str, monstock_url: str, api: str, reset: bool) -> None:
    """Show counts and settings of each side, as JSON."""
    for base in bases_of(api, stripe_url, monstock_url):
        click.echo(f"{base}: {json.dumps(call_control('GET', base, '/_sandbox/deliveries'))}")
        if reset:
            call_control("POST", base, "/_sandbox/deliveries/reset")


@deliveries.command("set")
@stripe_url_option
@monstock_url_option
@api_option
@click.option("--lost", type=_share, help="Share that never arrive.")
@click.option("--doubled", type=_share, help="Share that arrive twice.")
@click.option("--delayed", type=_share, help="Share that come late.")
@click.option("--reordered", type=_share, help="Share that come after a later one.")
@click.option("--delay", type=click.FloatRange(0, 3600), help="Seconds of the late ones; 5.")
@click.option("--seed", type=int, help="Of the dice.")
@click.option("--speed", type=click.FloatRange(0.001), help="Of retries: 1 is the real one; 600.")
@click.option("--timeout", type=click.FloatRange(0.001), help="Seconds to wait for an answer; 20.")
def set_deliveries(
    stripe_url: str, monstock_url: str, api: str, **settings: float | int | None
) -> None:
    """Settle how webhooks are delivered; what is not named is as it is by itself."""
    given = {name: value for name, value in settings.items() if value is not None}
    for base in bases_of(api, stripe_url, monstock_url):
        settled = call_control("PUT", base, "/_sandbox/deliveries", given)["settings"]
        click.echo(f"{base}: {json.dumps(settled)}")


@deliveries.command("clear")
@stripe_url_option
@monstock_url_option
@api_option
def clear_deliveries(stripe_url: str, monstock_url: str, api: str) -> None:
    """Let nothing go wrong any more."""
    for base in bases_of(api, stripe_url, monstock_url):
        call_control("DELETE", base, "/_sandbox/deliveries")
        click.echo(f"{base}: deliveries go as they should")


@deliveries.command("send")
@click.argument("kind", type=click.Choice(_SENT_NOW))
@stripe_url_option
@monstock_url_option
@click.option(
    "--api", type=click.Choice(["stripe", "monstock"]), default="stripe", show_default=True
)
@click.option("--about", help="An event's id, or an order's or customer's; the newest by default.")
@click.option("--endpoint", help="An endpoint's id; all that are enabled by default.")
@click.option("--seconds", type=click.IntRange(0), help="How old a stale one is; 3600.")
@click.option("--size", type=click.IntRange(1), help="Bytes of an oversized one; 5000000.")
def send_delivery(
    kind: str, stripe_url: str, monstock_url: str, api: str, **asked: str | int | None
) -> None:
    """Send one webhook by hand, and show how it was answered."""
    given = {name: value for name, value in asked.items() if value is not None} | {"kind": kind}
    for base in bases_of(api, stripe_url, monstock_url):
        for sent in call_control("POST", base, "/_sandbox/deliveries/send", given)["sent"]:
            click.echo(f"{sent['url']}: {sent['status'] or 'no answer'}")


@click.command()
@monstock_url_option
@click.argument("url", required=False)
@click.option("--secret", help="What the calls are signed with.")
@click.option("--off", is_flag=True, help="Tell nobody any more.")
def webhook(monstock_url: str, url: str | None, secret: str | None, off: bool) -> None:
    """Let Monstock tell URL of every change of an order or a customer; without one, show who is."""
    path = "/_sandbox/webhook"
    if off:
        told = call_control("DELETE", monstock_url, path)
    elif url is not None:
        given = {"url": url} if secret is None else {"url": url, "secret": secret}
        told = call_control("PUT", monstock_url, path, given)
    else:
        told = call_control("GET", monstock_url, path)
    click.echo("nobody is told" if told is None else f"{told['url']} is told")


DELIVERY_COMMANDS: tuple[click.Command, ...] = (deliveries, webhook)
