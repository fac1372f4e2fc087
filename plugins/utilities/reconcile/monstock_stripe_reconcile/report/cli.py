"""`reconcile report`: the results as one HTML page for people."""

from __future__ import annotations

import os
from pathlib import Path

import click

from monstock_stripe_reconcile.errors import ReconcileError
from monstock_stripe_reconcile.report.page import report
from monstock_stripe_reconcile.report.reader import reader
from monstock_stripe_reconcile.report.reading import Results
from monstock_stripe_reconcile.results import read_results


@click.command("report")
@click.option(
    "--results", type=click.Path(path_type=Path, dir_okay=False), envvar="RECONCILE_RESULTS",
    default=Path("reconciliation.duckdb"), show_default=True, help="The results database.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), envvar="RECONCILE_REPORT",
    default=Path("output/reconciliation.html"), show_default=True, help="The page to write.",
)  # fmt: skip
@click.option(
    "--language", envvar="RECONCILE_LANGUAGE", default="en", show_default=True,
    help="Language of the page, also with a country: en, fr, en_GB, fr_CH.",
)  # fmt: skip
@click.option(
    "--time-zone", envvar="RECONCILE_TIME_ZONE", default="UTC", show_default=True,
    help="Time zone of its days and moments, such as Europe/Paris.",
)  # fmt: skip
@click.option(
    "--rows", type=click.IntRange(min=1), default=100_000, show_default=True,
    help="Most orders, payouts and days that it carries; findings are always whole.",
)  # fmt: skip
def report_command(results: Path, output: Path, language: str, time_zone: str, rows: int) -> None:
    """Write the results as one HTML page that needs nothing else."""
    who = reader(language, time_zone)
    with read_results(results) as connection:
        page = report(Results(connection), who, rows)
    try:
        _put(page, output)
    except OSError as error:
        raise ReconcileError(f"{output} cannot be written: {error.strerror}") from None
    click.echo(f"Report: {output}")


def _put(page: str, output: Path) -> None:
    """Put the page in place of the last one at once and whole."""
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.exists() and not output.is_file():
        output.write_text(page, encoding="utf-8")  # /dev/stdout and the like
        return
    file = output.resolve()
    new = file.with_name(f"{file.name}.new-{os.getpid()}")
    try:
        new.write_text(page, encoding="utf-8")
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
