"""Writes `stripe_resources.json` anew; with `--check` it only says whether it is up to date."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from monstock_stripe_sandbox.resources.data import FILE, text_of
from monstock_stripe_sandbox.resources.reading import read_package


@click.command(help=__doc__)
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 where it is out of date.")
def main(check: bool) -> None:
    """Write the file, or check it."""
    file = Path(__file__).parent.parent / FILE
    text = text_of(read_package())
    if not check:
        file.write_text(text, encoding="utf-8")
        click.echo(f"wrote {file}")
    elif not file.exists() or file.read_text(encoding="utf-8") != text:
        click.echo(
            f"{file.name} is not what the installed stripe package says: write it anew by "
            "python -m monstock_stripe_sandbox.resources",
            err=True,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
