"""Comparing both sides: the job, what it found, its report and the lines of it to copy."""

from __future__ import annotations

import html
import re
import shlex
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from monstock_stripe_reconcile.results import read_results
from rich.table import Table
from rich.text import Text

from demo.planting import Planted
from demo.shown import DemoError, console, money_text
from demo.steps import ROOT, Demo

JOB = "reconcile"
REPORTS = ROOT / "output" / "demo"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at, as the results have it; `amount` is in minor units."""

    id: str
    reason: str
    order: str | None
    payment: str | None
    amount: int
    currency: str | None

    def is_what(self, planted: Planted) -> bool:
        """Whether it is what was planted, as far as that says whose it is."""
        return (
            self.reason == planted.reason
            and planted.order in (None, self.order)
            and planted.payment in (None, self.payment)
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one comparison found."""

    findings: tuple[Finding, ...]

    def of(self, planted: Planted) -> Finding | None:
        """What was planted, as it was found."""
        return next((one for one in self.findings if one.is_what(planted)), None)


def compare(demo: Demo, **settings: str) -> Comparison:
    """Load both sides and compare them.

    Args:
        settings: environment variables, for this and later runs.

    Raises:
        DemoError: it was not compared, or the exit status is not that of the findings.
    """
    demo.project.environment |= settings
    given = "".join(f"{name}={value} " for name, value in settings.items())
    console.print(f"[bold]$ {given}meltano run {JOB}[/bold]")
    started = time.monotonic()
    run_before = _run_id(demo.project.results)
    ended = demo.project.run("run", JOB)
    if _run_id(demo.project.results) == run_before:
        raise DemoError(f"nothing was compared (exit status {ended.status}):\n{ended.stderr}")
    with read_results(demo.project.results) as results:
        orders, payments, wanted = results.execute(
            "SELECT orders, payments, exit_status FROM run"
        ).fetchall()[0]
        rows = results.execute(
            "SELECT finding_id, reason, order_number, transaction_reference, amount, currency "
            "FROM findings WHERE counts"
        ).fetchall()
    if ended.status != wanted:
        raise DemoError(f"exit status {ended.status}, not {wanted}:\n{ended.stderr}")
    console.print(
        f"Done in {time.monotonic() - started:.0f} s: {orders} orders and {payments} payments "
        f"compared, [bold]{len(rows)}[/bold] findings, exit status {ended.status}.\n"
    )
    return Comparison(tuple(Finding(*row) for row in rows))


def write_report(demo: Demo, name: str) -> Path:
    """Write what was found as a page, in place of that of the demo before; return its file."""
    report = REPORTS / f"{name}.html"
    demo.command("reconcile", "report", f"--output={report.relative_to(ROOT)}")
    return report


def must_name(comparison: Comparison, report: Path, planted: Iterable[Planted]) -> None:
    """Look whether a comparison and its report name what was planted.

    Raises:
        DemoError: one of them is missing.
    """
    page = report.read_text(encoding="utf-8")
    for one in planted:
        found = comparison.of(one)
        if found is None:
            raise DemoError(f"not found, though it is so: {one.story}")
        if found.id not in page:
            raise DemoError(f"{report} does not show {found.reason}: {one.story}")


def must_not_name(report: Path, finding: Finding) -> None:
    """Look whether a report is without a finding.

    Raises:
        DemoError: it is there.
    """
    if finding.id in report.read_text(encoding="utf-8"):
        raise DemoError(f"{report} still shows {finding.reason}, which was mended")


def line_to_copy(report: Path, command: str, payment: str) -> list[str]:
    """Return the words of the report's line for a command of target-monstock about a payment.

    Raises:
        DemoError: the report has no such line, or several.
    """
    start = shlex.split(f"meltano invoke target-monstock:{command}")
    shown = re.findall(r"<code>(meltano .*?)</code>", report.read_text(encoding="utf-8"))
    lines = [
        words
        for words in map(shlex.split, map(html.unescape, shown))
        if words[: len(start)] == start and payment in words
    ]
    if len(lines) != 1:
        raise DemoError(f"{report} has {len(lines)} lines to {command} {payment}, not 1")
    return lines[0]


def run_line(demo: Demo, words: Sequence[str]) -> None:
    """Run a line of the report as its reader does, and show what it says.

    Raises:
        DemoError: it failed.
    """
    console.print(f"[bold]$ {shlex.join(words)}[/bold]")
    ended = demo.project.run("--log-level=error", *words[1:])
    console.print(ended.stderr, markup=False, soft_wrap=True)
    if ended.status:
        raise DemoError(f"exit status {ended.status}")


def show_planted(planted: Iterable[Planted], comparison: Comparison) -> None:
    """Print what happened beside what a comparison says of it."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("What happened", "Reason", "Order or payment", "Amount"):
        table.add_column(column, justify="right" if column == "Amount" else "left")
    for one in planted:
        found = comparison.of(one)
        if found is None:
            table.add_row(one.story, Text("mended", style="green"))
            continue
        reason, about = found.reason.replace("_", " "), found.order or found.payment
        amount = money_text(found.amount, found.currency) if found.currency else ""
        table.add_row(one.story, reason, about, amount)
    console.print(table)
    console.print()


def _run_id(file: Path) -> str | None:
    if not file.exists():
        return None
    with read_results(file) as results:
        return str(results.execute("SELECT run_id FROM run").fetchall()[0][0])
