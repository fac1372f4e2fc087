"""`sandbox trade`, `check`, `orders` and `order`: they talk to a running sandbox."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import msgspec
import requests
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.money import from_decimal, to_decimal_text
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monstock_stripe_sandbox.check import Difference, exception_differences, order_differences
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth

DEFAULT_MONSTOCK_URL = "http://127.0.0.1:12112"
_TIMEOUT = 30

_COLOURS = {
    "paid": "green",
    "overpaid": "magenta",
    "partially_paid": "yellow",
    "authorized": "cyan",
    "pending": "cyan",
    "partially_refunded": "yellow",
    "refunded": "blue",
    "disputed": "red",
    "failed": "red",
}

_monstock_url = click.option(
    "--monstock-url",
    envvar="SANDBOX_MONSTOCK_URL",
    default=DEFAULT_MONSTOCK_URL,
    show_default=True,
    help="Where the sandbox serves Monstock.",
)


@click.command()
@_monstock_url
def trade(monstock_url: str) -> None:
    """Play the next act of the scenarios: what happens between two runs."""
    answer = _call("POST", monstock_url, "/_sandbox/trade")
    click.echo(f"The {answer['act']} has happened.")


@click.command()
@_monstock_url
@click.option(
    "--exceptions",
    "exceptions_file",
    type=click.File("r"),
    help="What `target-monstock exceptions --format json` printed: compared as well (- is stdin).",
)
def check(monstock_url: str, exceptions_file: Any) -> None:
    """Compare Monstock with the outcome that was written beside each scenario.

    Exit status 1 where anything differs.
    """
    truth = _call("GET", monstock_url, "/_sandbox/truth")
    orders = _call("GET", monstock_url, "/_sandbox/orders")
    wanted = msgspec.convert(truth["orders"], tuple[OrderTruth, ...])
    found = order_differences(orders, wanted)
    compared = f"{len(wanted)} orders"
    if exceptions_file is not None:
        expected = msgspec.convert(truth["exceptions"], tuple[ExceptionTruth, ...])
        found += exception_differences(_exceptions(exceptions_file), expected)
        compared += f" and {len(expected)} exceptions"
    if found:
        _show_differences(found)
        raise SystemExit(1)
    click.echo(f"No difference: {compared} are as they must be.")


@click.command()
@_monstock_url
@click.option("--json", "as_json", is_flag=True, help="The orders as JSON.")
@click.option("--save", type=click.Path(path_type=Path), help="Keep the statuses in this file.")
@click.option(
    "--since",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of --save: show the status before beside the one now.",
)
@click.option("--changed", is_flag=True, help="With --since: only the orders that changed.")
def orders(
    monstock_url: str, as_json: bool, save: Path | None, since: Path | None, changed: bool
) -> None:
    """Show the orders as Monstock has them."""
    shown = _call("GET", monstock_url, "/_sandbox/orders")
    truth = _call("GET", monstock_url, "/_sandbox/truth")
    labels = {order["order_id"]: order["label"] for order in truth["orders"]}
    if as_json:
        click.echo(json.dumps(shown, indent=2))
        return
    now = {order["id"]: _standing(order) for order in shown}
    before = None if since is None else json.loads(since.read_text())
    if save is not None:
        save.write_text(json.dumps(now))
    listed = [
        order
        for order in shown
        if not (changed and before is not None and before.get(order["id"]) == now[order["id"]])
    ]
    _console().print(_table(listed, labels, before))
    click.echo(f"{len(listed)} of {len(shown)} orders")


@click.command()
@_monstock_url
@click.argument("article")
@click.argument("total")
@click.argument("currency")
@click.option("--customer", help="Name of the customer.")
@click.option("--email", help="The customer's e-mail address.")
@click.option("--json", "as_json", is_flag=True, help="The order as JSON.")
def order(
    monstock_url: str,
    article: str,
    total: str,
    currency: str,
    customer: str | None,
    email: str | None,
    as_json: bool,
) -> None:
    """Record an order of one ARTICLE in Monstock, as staff do, for example Table 129.00 EUR."""
    try:
        amount = from_decimal(total, currency)
    except MoneyError as error:
        raise click.ClickException(str(error)) from None
    given = {"article": article, "total": amount, "currency": currency}
    given |= {"customer": customer, "email": email}
    made = _call("POST", monstock_url, "/_sandbox/orders", given)
    click.echo(
        json.dumps(made) if as_json else f"Order {made['number']} ({made['id']}) is recorded."
    )


COMMANDS = (trade, check, orders, order)


def _table(
    listed: list[dict[str, Any]],
    labels: Mapping[str, str],
    before: Mapping[str, list[str]] | None,
) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Scenario", no_wrap=True)
    table.add_column("Order", no_wrap=True)
    table.add_column("Total", justify="right", no_wrap=True)
    table.add_column("Paid", justify="right", no_wrap=True)
    if before is not None:
        table.add_column("Before", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    for order in listed:
        paid, status = _standing(order)
        cells = [
            Text(labels.get(order["id"], "")),
            Text(order["number"]),
            Text(
                f"{to_decimal_text(order['total_amount'], order['currency'])} {order['currency']}"
            ),
            Text(paid),
        ]
        if before is not None:
            cells.append(_status(before.get(order["id"], ["", "new"])[1]))
        table.add_row(*cells, _status(status))
    return table


def _standing(order: Mapping[str, Any]) -> list[str]:
    """What Monstock says of an order: the money that its rows keep, and its payment status."""
    kept = sum(
        row["amount"] - row["refunded_amount"] - row["dispute_lost_amount"]
        for row in order["payments"]
        if row["currency"] == order["currency"]
    )
    return [to_decimal_text(kept, order["currency"]), order["payment_status"] or ""]


def _status(status: str) -> Text:
    return Text(status.replace("_", " "), style=_COLOURS.get(status, "dim"))


def _show_differences(found: list[Difference]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Scenario", "Where", "What", "Expected", "Found"):
        table.add_column(column, overflow="fold")
    for each in found:
        table.add_row(
            *(Text(t) for t in (each.label, each.where, each.what, each.expected, each.found))
        )
    _console().print(table)
    click.echo(f"{len(found)} differences")


def _exceptions(file: Any) -> list[dict[str, Any]]:
    try:
        given = json.load(file)
        shown = given["exceptions"] if isinstance(given, dict) else given
        if not all("kind" in each for each in shown):
            raise ValueError("no kind")
    except (ValueError, KeyError, TypeError):
        raise click.ClickException(
            f"{file.name}: expected a JSON list of exceptions, as "
            "`target-monstock exceptions --format json` prints it"
        ) from None
    return list(shown)


def _call(method: str, base: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    try:
        answer = requests.request(method, base.rstrip("/") + path, json=body, timeout=_TIMEOUT)
        content = answer.json()
    except (requests.RequestException, ValueError):
        raise click.ClickException(
            f"no sandbox answers at {base}: start one with `sandbox serve`, or say where it is by "
            "--monstock-url or SANDBOX_MONSTOCK_URL"
        ) from None
    if not answer.ok:
        message = content.get("error", {}).get("message", f"HTTP {answer.status_code}")
        raise click.ClickException(str(message))
    return content


def _console() -> Console:
    """A console that never cuts a line where nobody looks at a screen."""
    return Console() if sys.stdout.isatty() else Console(width=140)
