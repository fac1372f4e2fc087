"""`target-monstock explain`: why an order or a payment stands as it does."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import click
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.profile import load_profile
from singer_sdk.plugin_base import _ConfigInput

from target_monstock.exceptions_cli import COMMANDS
from target_monstock.explaining import Tenant, explain, explanation_lines, explanation_record
from target_monstock.monstock import Monstock
from target_monstock.rules import rules_for
from target_monstock.target import settings_from


@click.command("explain")
@click.argument("order_or_payment")
@COMMANDS.ledger_options
@click.option("--offline", is_flag=True, help="From the ledger alone; Monstock is not asked.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How it is shown.",
)
def explain_command(
    order_or_payment: str,
    config: _ConfigInput,
    ledger_url: str | None,
    form: str,
    *,
    offline: bool,
) -> None:
    """Say why an order or a payment stands as it does.

    ORDER_OR_PAYMENT is an order's id or number, or any id of a payment (pi_…, ch_…). Shown are its
    payments with their links, the row of the table of statuses that decides, what waits, what
    people decided, and what was written, when and by which run. With the settings of the target
    the order is read as Monstock has it now, else it is as the ledger last derived it.
    """
    settings = COMMANDS.settings(config)
    note = None
    if not offline and not (settings.get("base_url") and settings.get("api_token")):
        note = "Monstock was not asked: base_url and api_token are not set"
    rules = StatusRules(
        action_expires_after=timedelta(hours=float(settings.get("action_expires_after_hours", 24)))
    )
    with (
        COMMANDS.open(config, ledger_url) as ledger,
        _tenant(config, asked=not offline and note is None) as tenant,
    ):
        explained = explain(ledger, order_or_payment, tenant, rules, datetime.now(UTC), note)
    if form == "json":
        click.echo(json.dumps(explanation_record(explained), indent=2, ensure_ascii=False))
        return
    for line in explanation_lines(explained):
        click.echo(line)


@contextmanager
def _tenant(config: _ConfigInput, *, asked: bool) -> Iterator[Tenant | None]:
    if not asked:
        yield None
        return
    settings = settings_from(config.config, parse_env=config.parse_env)
    client = MonstockClient(
        settings.base_url, settings.api_token, load_profile(settings.profile), sleep=_no_sleep
    )
    client.be_brief(brief=True)
    try:
        yield Tenant(Monstock(client), rules_for(settings, client))
    finally:
        client.close()


def _no_sleep(_: float) -> None:
    """Whoever asks does not wait for a Monstock that does not answer."""
