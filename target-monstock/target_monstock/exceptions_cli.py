"""`target-monstock exceptions`: what waits, and the decisions of people about it."""

from datetime import UTC, datetime

import click
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.money import from_decimal
from singer_sdk.plugin_base import _ConfigInput
from target_common.errors import TargetError
from target_common.exceptions_cli import EXCEPTION_KINDS, LedgerCommands

from target_monstock.ledger import KIND
from target_monstock.ledger.decisions import decide_link, dismiss, reopen_link
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.ledger.payments import known_payments
from target_monstock.settings import CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL

_COMMANDS = LedgerCommands(KIND, CONFIG_JSONSCHEMA, DEFAULT_LEDGER_URL)

exceptions_command = _COMMANDS.listing(EXCEPTIONS)


@exceptions_command.command("link")
@click.argument("payment")
@click.argument("orders", nargs=-1, required=True)
@_COMMANDS.decision_options
def link_command(
    payment: str,
    orders: tuple[str, ...],
    config: _ConfigInput,
    ledger_url: str | None,
    by: str,
    why: str,
) -> None:
    """Say which order a payment pays: its Monstock id, or several as ID=AMOUNT (major units)."""
    with _COMMANDS.open(config, ledger_url) as ledger, ledger.transaction() as connection:
        known = known_payments(connection, [payment]).get(payment)
        if known is None:
            raise TargetError(f"the ledger has no payment {payment}")
        currency = known.payment.currency
        allocations = [_allocation(order, currency) for order in orders]
        decide_link(connection, payment, allocations, by=by, why=why, now=datetime.now(UTC))
    click.echo(f"{payment} pays {', '.join(orders)}; the next run writes it.")


@exceptions_command.command("dismiss")
@click.argument("kind", type=EXCEPTION_KINDS)
@click.option("--payment", default="", help="The payment concerned, if one is.")
@click.option("--order", default="", help="The Monstock id of the order concerned, if one is.")
@click.option("--customer", default="", help="The Stripe customer concerned, if one is.")
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
    """Say that an exception needs nothing more."""
    with _COMMANDS.open(config, ledger_url) as ledger, ledger.transaction() as connection:
        dismiss(
            connection,
            ExceptionKind(kind),
            transaction_reference=payment,
            order_id=order,
            customer_id=customer,
            by=by,
            why=why,
            now=datetime.now(UTC),
        )
    click.echo(f"{kind} of {payment or order or customer} is dismissed; the next run obeys.")


@exceptions_command.command("reopen")
@click.argument("payment")
@_COMMANDS.decision_options
def reopen_command(
    payment: str, config: _ConfigInput, ledger_url: str | None, by: str, why: str
) -> None:
    """Take back what was decided on a payment's link."""
    with _COMMANDS.open(config, ledger_url) as ledger, ledger.transaction() as connection:
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
