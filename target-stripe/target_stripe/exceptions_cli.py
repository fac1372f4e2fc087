"""`target-stripe exceptions`: what waits, and the decisions of people about it."""

import click
from singer_sdk.plugin_base import _ConfigInput
from target_common.decisions_file import Wanted
from target_common.exceptions_cli import EXCEPTION_KINDS, LedgerCommands, about_options
from target_common.ledger.dismissals import About

from target_stripe.deciding import DECISIONS, prepare, ways_out
from target_stripe.ledger import KIND
from target_stripe.ledger.exceptions import EXCEPTIONS
from target_stripe.ledger.schema import decisions
from target_stripe.settings import CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL

COMMANDS = LedgerCommands(KIND, CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL)

exceptions_command = COMMANDS.listing(EXCEPTIONS)
COMMANDS.add_showing(exceptions_command, EXCEPTIONS, decisions, ways_out)
COMMANDS.add_dismissing(exceptions_command, prepare, "Monstock")
COMMANDS.add_deciding(exceptions_command, prepare, DECISIONS)


@exceptions_command.command("reopen")
@click.option("--kind", type=EXCEPTION_KINDS, help="Only this dismissed exception.")
@about_options("Monstock")
@COMMANDS.decision_options
def reopen_command(
    kind: str | None,
    payment: str,
    order: str,
    customer: str,
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Have an order or a customer planned as if nothing had been dismissed, refused or closed.

    With --kind only that exception is shown again.
    """
    wanted = Wanted("reopen", About(kind or "", payment, order, customer), why=why)
    COMMANDS.record(config, ledger_url, prepare, wanted, by)
    if kind:
        click.echo(f"{kind} of {payment or order or customer} waits again.")
    else:
        click.echo(f"The next run takes up {order or customer} again.")
