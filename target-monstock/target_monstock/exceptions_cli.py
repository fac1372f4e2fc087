"""`target-monstock exceptions`: what waits, and the decisions of people about it."""

import getpass
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.money import from_decimal
from singer_sdk.configuration._dict_config import parse_environment_config
from singer_sdk.plugin_base import _ConfigInput

from target_monstock.config_files import read_config
from target_monstock.errors import TargetError
from target_monstock.exceptions_report import exceptions_lines
from target_monstock.ledger import Ledger, visit_ledger
from target_monstock.ledger.decisions import decide_link, dismiss, reopen_link
from target_monstock.ledger.exceptions import open_exceptions
from target_monstock.ledger.payments import known_payments
from target_monstock.settings import CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL


def _ledger_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--ledger-url",
            envvar="TARGET_MONSTOCK_LEDGER_URL",
            help="The ledger; instead of a configuration file.",
        ),
        click.option(
            "--config",
            multiple=True,
            callback=read_config,
            help="The target's configuration file, or ENV for the environment.",
        ),
    ):
        command = option(command)
    return command


def _decision_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option("--why", required=True, help="The reason, for the record."),
        click.option("--by", default=getpass.getuser, help="Who decides. Default: the login name."),
    ):
        command = option(command)
    return _ledger_options(command)


def _open(config: _ConfigInput, ledger_url: str | None) -> Ledger:
    settings = dict(config.config)
    if config.parse_env:
        settings |= parse_environment_config(CONFIG_JSONSCHEMA, "TARGET_MONSTOCK_")
    return visit_ledger(ledger_url or settings.get("ledger_url") or DEFAULT_LEDGER_URL)


@click.group(invoke_without_command=True)
@_ledger_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    help="How they are shown.",
)
@click.option(
    "--kind", type=click.Choice([kind.value for kind in ExceptionKind]), help="Only of this kind."
)
@click.pass_context
def exceptions_command(
    context: click.Context,
    config: _ConfigInput,
    ledger_url: str | None,
    form: str,
    kind: str | None,
) -> None:
    """List what the rules could not place or what contradicts itself, oldest first."""
    if context.invoked_subcommand is not None:
        return
    with _open(config, ledger_url) as ledger, ledger.transaction() as connection:
        waiting = [
            one for one in open_exceptions(connection) if kind is None or one.kind.value == kind
        ]
    for line in exceptions_lines(waiting, form):
        click.echo(line)


@exceptions_command.command("link")
@click.argument("payment")
@click.argument("orders", nargs=-1, required=True)
@_decision_options
def link_command(
    payment: str,
    orders: tuple[str, ...],
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Say which order a payment pays: its Monstock id, or several as ID=AMOUNT (major units)."""
    with _open(config, ledger_url) as ledger, ledger.transaction() as connection:
        known = known_payments(connection, [payment]).get(payment)
        if known is None:
            raise TargetError(f"the ledger has no payment {payment}")
        currency = known.payment.currency
        allocations = [_allocation(order, currency) for order in orders]
        decide_link(connection, payment, allocations, by=by, why=why, now=datetime.now(UTC))
    click.echo(f"{payment} pays {', '.join(orders)}; the next run writes it.")


@exceptions_command.command("dismiss")
@click.argument("kind", type=click.Choice([kind.value for kind in ExceptionKind]))
@click.option("--payment", default="", help="The payment concerned, if one is.")
@click.option("--order", default="", help="The Monstock id of the order concerned, if one is.")
@_decision_options
def dismiss_command(
    kind: str,
    payment: str,
    order: str,
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Say that an exception needs nothing more."""
    with _open(config, ledger_url) as ledger, ledger.transaction() as connection:
        dismiss(
            connection,
            ExceptionKind(kind),
            transaction_reference=payment,
            order_id=order,
            by=by,
            why=why,
            now=datetime.now(UTC),
        )
    click.echo(f"{kind} of {payment or order} is dismissed; the next run obeys.")


@exceptions_command.command("reopen")
@click.argument("payment")
@_decision_options
def reopen_command(
    payment: str, config: _ConfigInput, ledger_url: str | None, by: str, why: str
) -> None:
    """Take back what was decided on a payment's link."""
    with _open(config, ledger_url) as ledger, ledger.transaction() as connection:
        reopen_link(connection, payment, by=by, why=why, now=datetime.now(UTC))
    click.echo(f"The rules say again where {payment} belongs.")


def _allocation(text: str, currency: str) -> Allocation:
    order_id, _, amount = text.partition("=")
    if not amount:
        return Allocation(order_id)
    try:
        return Allocation(order_id, from_decimal(amount, currency, what=f"amount for {order_id}"))
    except MoneyError as error:
        raise TargetError(str(error)) from None
