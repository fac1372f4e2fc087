"""`target-stripe exceptions`: what waits, and the decisions of people about it."""

from datetime import UTC, datetime

import click
from monstock_stripe_core.exception_kind import ExceptionKind
from singer_sdk.plugin_base import _ConfigInput
from target_common.errors import TargetError
from target_common.exceptions_cli import EXCEPTION_KINDS, LedgerCommands

from target_stripe.decisions import take_up
from target_stripe.ledger import KIND
from target_stripe.ledger.exceptions import EXCEPTIONS, decide
from target_stripe.settings import CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL

_COMMANDS = LedgerCommands(KIND, CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL)

exceptions_command = _COMMANDS.listing(EXCEPTIONS)


@exceptions_command.command("dismiss")
@click.argument("kind", type=EXCEPTION_KINDS)
@click.option("--payment", default="", help="The payment concerned, if one is.")
@click.option("--order", default="", help="The Monstock id of the order concerned, if one is.")
@click.option("--customer", default="", help="The Monstock id of the customer, if one is.")
@_COMMANDS.decision_options
def dismiss_command(
    kind: str,
    payment: str,
    order: str,
    customer: str,
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Say that an exception needs nothing more; it is no longer shown."""
    with _COMMANDS.open(config, ledger_url) as ledger, ledger.transaction() as connection:
        decide(
            connection,
            "dismiss",
            kind=ExceptionKind(kind),
            transaction_reference=payment,
            order_id=order,
            customer_id=customer,
            by=by,
            why=why,
            now=datetime.now(UTC),
        )
    click.echo(f"{kind} of {payment or order or customer} is dismissed.")


@exceptions_command.command("reopen")
@click.option("--order", default="", help="The Monstock id of an order.")
@click.option("--customer", default="", help="The Monstock id of a customer.")
@_COMMANDS.decision_options
def reopen_command(
    order: str, customer: str, config: _ConfigInput, ledger_url: str | None, by: str, why: str
) -> None:
    """Have an order or a customer planned as if nothing had been dismissed, refused or closed."""
    if bool(order) == bool(customer):
        raise TargetError("say either --order or --customer")
    with _COMMANDS.open(config, ledger_url) as ledger, ledger.transaction() as connection:
        take_up(connection, order=order, customer=customer, by=by, why=why, now=datetime.now(UTC))
    click.echo(f"The next run takes up {order or customer} again.")
