"""The results in a terminal: no more than a screen, the verdict first."""

from __future__ import annotations

from collections.abc import Sequence

from monstock_stripe_core.ageing import AGE_BUCKETS
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from monstock_stripe_reconcile.at_stake import Answer, answer
from monstock_stripe_reconcile.exports.summary import ReasonLine, Summary
from monstock_stripe_reconcile.exports.verdict import (
    money_text,
    scope_lines,
    trend_text,
    verdict_text,
)

_LINES_OF_A_FILE = 60
"""Where no terminal says how high it is."""


def show(summary: Summary, console: Console) -> None:
    """Print what a run comes to.

    Args:
        summary: of the run.
        console: where it goes; rich leaves colours out where it is no terminal or NO_COLOR is set.
    """
    height = console.height - 1 if console.is_terminal else _LINES_OF_A_FILE
    lines = [line for line in summary.reasons if line.findings]
    shown = len(lines)
    page = _page(summary, lines, shown)
    while shown > 1 and len(console.render_lines(page)) > height:
        shown -= 1
        page = _page(summary, lines, shown)
    console.print(page)


def _page(summary: Summary, lines: Sequence[ReasonLine], shown: int) -> Group:
    verdict = summary.verdict
    style = "bold green" if answer(summary.run) is Answer.AGREES else "bold yellow"
    parts: list[RenderableType] = [Text(verdict_text(summary), style=style)]
    parts += [Text(text) for text in (trend_text(verdict), *scope_lines(summary)) if text]
    if lines:
        parts += [Text(), _reasons(lines[:shown])]
        if shown < len(lines):
            left = lines[shown:]
            count = sum(line.findings for line in left)
            parts.append(
                Text(f"and {count:,} more of {len(left)} less urgent reasons: `reconcile export`")
            )
    tolerated = sum(line.tolerated for line in summary.reasons)
    if tolerated:
        parts.append(Text(f"{tolerated:,} more do not count: small, young or dismissed", "dim"))
    if any(line.orders for line in summary.ageing):
        parts += [Text(), _ageing(summary)]
    return Group(*parts)


def _reasons(lines: Sequence[ReasonLine]) -> Table:
    table = _table()
    table.add_column("reason", no_wrap=True)
    table.add_column("findings", justify="right", no_wrap=True)
    table.add_column("amount", justify="right", no_wrap=True)
    table.add_column("next step", overflow="fold")
    for line in lines:
        amounts = [money_text(one.amount, one.currency) for one in line.amounts if one.amount]
        table.add_row(
            Text(line.reason.replace("_", " "), style="bold" if line.fails else ""),
            f"{line.findings:,}",
            "\n".join(amounts),
            Text(line.next_step),
        )
    return table


def _ageing(summary: Summary) -> Table:
    """A row for each currency, a column for each age."""
    table = _table()
    table.add_column("waiting, days", no_wrap=True)
    for bucket in AGE_BUCKETS:
        table.add_column(bucket.name, justify="right")
    for currency in dict.fromkeys(line.currency for line in summary.ageing if line.orders):
        cells = {line.bucket: line for line in summary.ageing if line.currency == currency}
        table.add_row(
            currency,
            *(
                f"{cells[bucket.name].orders:,} / "
                f"{money_text(cells[bucket.name].amount, currency).removesuffix(currency).strip()}"
                if bucket.name in cells and cells[bucket.name].orders
                else "-"
                for bucket in AGE_BUCKETS
            ),
        )
    return table


def _table() -> Table:
    """Columns apart by spaces alone, so that it reads alike in a terminal, a log and a mail."""
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
