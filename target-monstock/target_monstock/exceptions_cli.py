"""`target-monstock exceptions`: what waits, and the decisions of people about it."""

import click
from singer_sdk.plugin_base import _ConfigInput
from target_common.decisions_file import Wanted
from target_common.errors import TargetError
from target_common.exceptions_cli import EXCEPTION_KINDS, LedgerCommands, about_options
from target_common.ledger.dismissals import About

from target_monstock.deciding import DECISIONS, prepare, ways_out
from target_monstock.ledger import KIND
from target_monstock.ledger.decisions import LINK_KINDS
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.schema import decisions
from target_monstock.settings import CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL

COMMANDS = LedgerCommands(KIND, CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL)

exceptions_command = COMMANDS.listing(EXCEPTIONS)
COMMANDS.add_showing(exceptions_command, EXCEPTIONS, decisions, ways_out)
COMMANDS.add_dismissing(exceptions_command, prepare, "Stripe")
COMMANDS.add_deciding(exceptions_command, prepare, DECISIONS, LINK_KINDS)


@exceptions_command.command("link")
@click.argument("payment")
@click.argument("orders", nargs=-1, required=True)
@COMMANDS.decision_options
def link_command(
    payment: str,
    orders: tuple[str, ...],
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Say which order a payment pays, by its id or number; several as ORDER=AMOUNT (60.00)."""
    wanted = Wanted("link", About("", payment), orders, why)
    COMMANDS.record(config, ledger_url, prepare, wanted, by)
    click.echo(f"{payment} pays {', '.join(orders)}; the next run writes it.")


@exceptions_command.command("reopen")
@click.argument("linked_payment", metavar="[PAYMENT]", default="")
@click.option("--kind", type=EXCEPTION_KINDS, help="The dismissed exception; none: the link.")
@about_options("Stripe")
@COMMANDS.decision_options
def reopen_command(
    linked_payment: str,
    kind: str | None,
    payment: str,
    order: str,
    customer: str,
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Take back what was decided on a payment's link, or the dismissal of an exception (--kind)."""
    payment = payment or linked_payment
    if not kind and not payment:
        raise TargetError("say which payment's link, or --kind of a dismissed exception")
    wanted = Wanted("reopen", About(kind or "", payment, order, customer), why=why)
    COMMANDS.record(config, ledger_url, prepare, wanted, by)
    if kind:
        click.echo(f"{kind} of {payment or order or customer} waits again.")
    else:
        click.echo(f"The rules say again where {payment} belongs.")
