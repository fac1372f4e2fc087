"""Time and memory of each format that is handed out: `python -m benchmarks.exports`.

csv, json and xlsx are `reconcile export`, html is `reconcile report`.

Each runs as a process of its own on the same results, without a comparison before it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from monstock_stripe_reconcile.testing import large_results
from monstock_stripe_sandbox.pipeline import executable
from rich.console import Console
from rich.table import Table

from benchmarks.processes import use_of

FORMATS = ("csv", "html", "json", "xlsx")


def command_of(form: str, results: Path, out: Path) -> list[str]:
    """Return what writes a format of results into a folder."""
    if form == "html":
        what = ["report", "--output", str(out / "report.html")]
    else:
        what = ["export", "--output-folder", str(out), "--formats", form]
    return [executable("reconcile"), *what, "--results", str(results)]


def main(sizes: list[int], formats: Sequence[str]) -> None:
    """Measure each format at each size, and print a table."""
    table = Table(title="results of orders with 1.2 payments each, 1 finding in 100")
    for column in ("orders", "format", "seconds", "CPU s", "MB at most", "MB written"):
        table.add_column(column, justify="left" if column == "format" else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in sizes:
            results = large_results(folder / f"{size}.duckdb", size)
            for form in formats:
                out = folder / f"{size}-{form}"
                used = use_of(command_of(form, results, out))
                if used.status:
                    raise SystemExit(f"{form}: reconcile ended with {used.status}")
                written = sum(one.stat().st_size for one in out.iterdir()) / 1e6
                row = (f"{used.seconds:.1f}", f"{used.processors:.1f}", f"{used.megabytes}")
                table.add_row(f"{size:,}", form, *row, f"{written:.0f}")
                for one in out.iterdir():
                    one.unlink()
            results.unlink()
    Console(width=100).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--orders", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="sizes"
    )
    parser.add_argument("--formats", nargs="+", default=FORMATS, choices=FORMATS)
    given = parser.parse_args()
    main(given.orders, given.formats)
