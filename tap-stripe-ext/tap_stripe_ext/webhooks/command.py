"""The commands `webhook register`, `webhook list` and `webhook remove`."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click
from monstock_stripe_core.stripe_calls import API_VERSION
from monstock_stripe_core.stripe_writer import StripeWriter
from singer_sdk.plugin_base import _ConfigInput
from tap_common.tap import CommonTap

from tap_stripe_ext.settings import Settings, read_settings
from tap_stripe_ext.stream_table import PAYMENTS
from tap_stripe_ext.webhooks import endpoints
from tap_stripe_ext.webhooks.endpoints import Endpoint, Registered, WebhookEndpointError
from tap_stripe_ext.webhooks.event_types import types_for
from tap_stripe_ext.webhooks.secret_file import new_secret_file

_KEY_NEEDS = "The key needs the permission Webhook Endpoints: Write (rak_webhook_write)."


def webhook_command(tap_class: type[CommonTap]) -> click.Group:
    """Return the group of commands.

    Args:
        tap_class: reads the settings.
    """
    group = click.Group(
        "webhook",
        help="Register, show and remove the webhook endpoints at Stripe that ring this tap.",
    )
    group.add_command(_register(tap_class))
    group.add_command(_list(tap_class))
    group.add_command(_remove(tap_class))
    return group


def _config_option(tap_class: type[CommonTap]) -> Callable[..., Any]:
    return click.option(
        "--config",
        "given",
        multiple=True,
        required=True,
        metavar="FILE|ENV",
        callback=tap_class.cb_config,
        help="The tap's configuration file, or ENV for the environment's variables.",
    )


def _register(tap_class: type[CommonTap]) -> click.Command:
    @click.command("register", epilog=_KEY_NEEDS)
    @click.argument("url")
    @click.option(
        "--streams",
        default=PAYMENTS,
        show_default=True,
        metavar="NAME,…",
        help="The streams whose events are to ring.",
    )
    @click.option("--connect", is_flag=True, help="Events of the connected accounts instead.")
    @click.option(
        "--secret-file",
        type=click.Path(dir_okay=False, path_type=Path),
        help="A new file for the signing secret, instead of standard output.",
    )
    @_config_option(tap_class)
    def register(
        url: str, streams: str, connect: bool, secret_file: Path | None, given: _ConfigInput
    ) -> None:
        """Let Stripe call URL where something changes in the streams.

        An endpoint that was registered here for the same URL is brought up to date instead.
        """
        events = _types_for([one.strip() for one in streams.split(",") if one.strip()])
        settings = _settings(tap_class, given)
        endpoints.check_url(url, live="_live_" in settings.api_key)
        with _stripe(settings) as stripe:
            scope: endpoints.Scope = "connect" if connect else "account"
            present = endpoints.ours_at(endpoints.endpoints(stripe), url, scope)
            if present is not None:
                _tell_updated(endpoints.update(stripe, present, events))
            elif secret_file is None:
                made = endpoints.create(stripe, url, events, scope)
                click.echo(made.secret)
                _tell_created(made, "above")
            else:
                with new_secret_file(secret_file) as descriptor:
                    made = endpoints.create(stripe, url, events, scope)
                    os.write(descriptor, f"{made.secret}\n".encode())
                _tell_created(made, f"in {secret_file}")

    return register


def _list(tap_class: type[CommonTap]) -> click.Command:
    @click.command("list")
    @click.option("--format", "shown_as", type=click.Choice(["table", "json"]), default="table")
    @_config_option(tap_class)
    def show(shown_as: str, given: _ConfigInput) -> None:
        """Show the account's webhook endpoints, this tap's and others."""
        with _stripe(_settings(tap_class, given)) as stripe:
            found = endpoints.endpoints(stripe)
        if shown_as == "json":
            click.echo(json.dumps([_as_json(one) for one in found], indent=2))
            return
        for line in _table(found):
            click.echo(line)

    return show


def _remove(tap_class: type[CommonTap]) -> click.Command:
    @click.command("remove", epilog=_KEY_NEEDS)
    @click.argument("what", metavar="ID|URL")
    @click.option("--force", is_flag=True, help="Also one that this tap has not registered.")
    @_config_option(tap_class)
    def remove(what: str, force: bool, given: _ConfigInput) -> None:
        """Remove a webhook endpoint from Stripe."""
        with _stripe(_settings(tap_class, given)) as stripe:
            found = endpoints.endpoints(stripe)
            for one in endpoints.to_remove(found, what, others_too=force):
                endpoints.remove(stripe, one)
                click.echo(f"Removed {one.id} ({one.url}).", err=True)

    return remove


def _settings(tap_class: type[CommonTap], given: _ConfigInput) -> Settings:
    # Without stream maps: they would be prepared for all streams, which takes seconds.
    tap = tap_class(config=given.config, parse_env_config=given.parse_env, setup_mapper=False)
    return read_settings(tap.config)


@contextlib.contextmanager
def _stripe(settings: Settings) -> Iterator[StripeWriter]:
    stripe = StripeWriter(
        settings.api_key,
        api_base=settings.api_base,
        limits=settings.limits,
        retries=settings.retries,
    )
    with contextlib.closing(stripe):
        yield stripe


def _types_for(streams: Sequence[str]) -> tuple[str, ...]:
    try:
        events = types_for(streams)
    except KeyError as error:
        raise WebhookEndpointError(
            f"There is no stream {error.args[0]}. `tap-stripe-ext --discover` shows all."
        ) from None
    if not events:
        raise WebhookEndpointError(
            f"No event of Stripe's tells of changes in {', '.join(streams) or 'no stream'}, so "
            "there is nothing to register. The tap finds them when it looks by itself."
        )
    return events


def _tell_created(made: Registered, where: str) -> None:
    one = made.endpoint
    click.echo(
        f"Registered {one.id}: Stripe calls {one.url} for {_counted(one)}. Its signing secret is "
        f"{where}; put it into the setting webhook_secrets now, for Stripe's API never shows it "
        "again.",
        err=True,
    )


def _tell_updated(done: Registered) -> None:
    one = done.endpoint
    what = "brought up to date" if done.changed else "already as it should be"
    click.echo(
        f"{one.id} for {one.url} is {what}: {_counted(one)}. Its signing secret stays the one that "
        "was shown when it was made.",
        err=True,
    )
    if one.api_version != API_VERSION:
        click.echo(
            f"It sends events of the API version {one.api_version or 'of the account'}, not "
            f"{API_VERSION}, which Stripe does not change later. To have it changed, remove the "
            "endpoint and register it anew.",
            err=True,
        )


def _counted(one: Endpoint) -> str:
    if one.events == ("*",):
        return "all types of events"
    return f"{len(one.events)} types of events"


def _as_json(one: Endpoint) -> dict[str, Any]:
    return {
        "id": one.id,
        "url": one.url,
        "status": _status(one),
        "enabled_events": one.events,
        "api_version": one.api_version,
        "scope": one.scope,
        "ours": one.is_ours,
    }


def _table(found: Sequence[Endpoint]) -> Iterator[str]:
    if not found:
        yield "The account has no webhook endpoint."
        return
    rows = [("id", "whose", "status", "events", "API version", "URL")]
    for one in found:
        whose = f"ours, {one.scope}" if one.is_ours else "other"
        events = "all" if one.events == ("*",) else str(len(one.events))
        rows.append((one.id, whose, _status(one), events, one.api_version or "account's", one.url))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _status(one: Endpoint) -> str:
    return "enabled" if one.enabled else "disabled"
