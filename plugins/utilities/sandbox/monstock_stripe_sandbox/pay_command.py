"""`sandbox pay`: what a customer does who got an invoice or a payment link."""

from __future__ import annotations

import click

from monstock_stripe_sandbox.control_commands import stripe_url_option
from monstock_stripe_sandbox.paying import PayingError, pay


@click.command("pay")
@click.argument("what")
@stripe_url_option
@click.option("--method", default="card", show_default=True, help="card, sepa_debit, …")
@click.option("--email", help="That the customer gives on the page of a payment link.")
@click.option(
    "--outcome",
    type=click.Choice(["paid", "pending", "declined"]),
    default="paid",
    show_default=True,
    help="pending leaves a debit under way; pay its payment to let it arrive.",
)
def pay_command(what: str, stripe_url: str, method: str, email: str | None, outcome: str) -> None:
    """Pay WHAT as a customer: an invoice, a payment link, their address, a session or a payment."""
    try:
        paid = pay(stripe_url, what, method=method, email=email, outcome=outcome)
    except PayingError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{paid.payment} is {paid.status}.")
