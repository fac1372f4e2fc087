"""`reconcile show` and `reconcile export`."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from monstock_stripe_reconcile.errors import SettingError
from monstock_stripe_reconcile.exports.csv_files import CsvStyle
from monstock_stripe_reconcile.exports.exporting import FORMATS, export
from monstock_stripe_reconcile.exports.reading import opened
from monstock_stripe_reconcile.exports.summary import read_summary
from monstock_stripe_reconcile.exports.terminal import show
from monstock_stripe_reconcile.settings import SETTINGS

_WIDTH_OF_A_FILE = 120

_DEFAULT_RESULTS = next(one.default for one in SETTINGS if one.name == "results")

results_option = click.option(
    "--results", type=click.Path(path_type=Path), envvar="RECONCILE_RESULTS",
    default=_DEFAULT_RESULTS, show_default=True, help="The database that `compare` wrote.",
)  # fmt: skip


@click.command("show")
@results_option
def show_command(results: Path) -> None:
    """Show in a few lines what the last comparison found."""
    with opened(results) as connection:
        summary = read_summary(connection)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_OF_A_FILE)
    show(summary, console)


@click.command("export")
@results_option
@click.option(
    "--output-folder", type=click.Path(path_type=Path, file_okay=False), required=True,
    envvar="RECONCILE_OUTPUT_FOLDER", help="Where the files go; an earlier export is replaced.",
)  # fmt: skip
@click.option(
    "--formats", default=",".join(FORMATS), show_default=True, envvar="RECONCILE_FORMATS",
    help="Which, separated by commas.",
)  # fmt: skip
@click.option("--csv-bom", is_flag=True, help="Begin CSV with a byte order mark, for Excel.")
@click.option(
    "--csv-semicolons", is_flag=True,
    help="Write CSV with semicolons and decimal commas, as spreadsheets of most of Europe read it.",
)  # fmt: skip
def export_command(
    results: Path, output_folder: Path, formats: str, *, csv_bom: bool, csv_semicolons: bool
) -> None:
    """Write what the last comparison found as files.

    The files of one run stand in the folder together, or those of the run before; manifest.json
    says of which run they are.
    """
    manifest = export(
        results,
        output_folder,
        _formats(formats),
        CsvStyle(byte_order_mark=csv_bom, semicolons=csv_semicolons),
        during=lambda step: click.echo(f"reconcile: {step}", err=True),
    )
    click.echo(f"{len(manifest.files)} files of run {manifest.run['run_id']} in {output_folder}")


def _formats(text: str) -> list[str]:
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in FORMATS:
            raise SettingError(f"formats: {name!r:.40} is none of {', '.join(FORMATS)}")
    if not names:
        raise SettingError(f"formats is empty; it may name {', '.join(FORMATS)}")
    return list(dict.fromkeys(names))
