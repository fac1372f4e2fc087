"""What the demo prints, but for what the commands say themselves."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from monstock_stripe_core.money import to_decimal_text
from monstock_stripe_sandbox.pipeline import Ended
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)


class DemoError(Exception):
    """The demo could not go on; the text says where and shows what was said."""


def heading(text: str) -> None:
    """Announce a step."""
    console.print(Panel(text, expand=True))


def money_text(amount: int, currency: str) -> str:
    """Minor units as a person writes them: 21500 EUR is "215.00 EUR"."""
    return f"{to_decimal_text(amount, currency)} {currency}"


def article(order: dict[str, Any]) -> str:
    """What an order is of."""
    return str(order["lines"][0]["description"])


def show_orders(orders: Iterable[dict[str, Any]]) -> None:
    """Print how orders stand, and where each can be paid."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("Order", "Article", "Total", "Status", "Can be paid at"):
        table.add_column(column, no_wrap=True)
    for one in orders:
        status = str(one["payment_status"]).replace("_", " ")
        total = money_text(one["total_amount"], one["currency"])
        table.add_row(one["number"], article(one), total, status, one["payment_url"] or "")
    console.print(table)
    console.print()


def show_exceptions(waiting: list[dict[str, Any]]) -> None:
    """Print the exceptions, those of one kind together under what to do about them."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for column in ("order", "amount", "message"):
        table.add_column(column, no_wrap=column != "message")
    kinds: dict[str, list[dict[str, Any]]] = {}
    for one in waiting:
        kinds.setdefault(one["kind"], []).append(one)
    for kind, found in kinds.items():
        table.add_row(Text(kind.replace("_", " "), style="bold"), "", found[0]["next_step"])
        for one in found:
            amount = f"{one['amount']} {one['currency']}" if one["amount"] else ""
            table.add_row(
                f"  {one['order'] or one['payment']}", amount, Text(one["message"], style="dim")
            )
    console.print(table)
    console.print()


def show_warnings(ended: Ended) -> None:
    """Print what the plugins warned of; Meltano's own remarks (no state yet) are left out."""
    for line in ended.stderr.splitlines():
        said = line[line.find("[") :]
        if said.startswith(("[error", "[critical")) or (
            said.startswith("[warning") and "] meltano " not in said
        ):
            console.print(f"  {said}", markup=False)
