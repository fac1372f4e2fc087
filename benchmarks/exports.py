"""Time and memory of each format that `reconcile export` writes: `python -m benchmarks.exports`.

Each runs as a process of its own on the same results, without a comparison before it.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
import time
from pathlib import Path

from monstock_stripe_reconcile.testing import large_results
from monstock_stripe_sandbox.pipeline import executable
from rich.console import Console
from rich.table import Table

FORMATS = ("csv", "json", "xlsx")


def seconds_and_memory(command: list[str]) -> tuple[float, float, float]:
    """Run a command; return seconds, seconds of processors, and megabytes at its most."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    seconds = time.perf_counter() - started
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(sizes: list[int]) -> None:
    """Measure each format at each size, and print a table."""
    table = Table(title="reconcile export: orders with 1.2 payments each, 1 finding in 100")
    for column in ("orders", "format", "seconds", "CPU s", "MB at most", "MB written"):
        table.add_column(column, justify="left" if column == "format" else "right")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in sizes:
            results = large_results(folder / f"{size}.duckdb", size)
            for form in FORMATS:
                out = folder / f"{size}-{form}"
                command = [executable("reconcile"), "export", "--results", str(results)]
                command += ["--output-folder", str(out), "--formats", form]
                seconds, cpu, memory = seconds_and_memory(command)
                written = sum(one.stat().st_size for one in out.iterdir()) / 1e6
                row = (f"{seconds:.1f}", f"{cpu:.1f}", f"{memory:.0f}", f"{written:.0f}")
                table.add_row(f"{size:,}", form, *row)
                for one in out.iterdir():
                    one.unlink()
            results.unlink()
    Console(width=100).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--orders", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="sizes"
    )
    main(parser.parse_args().orders)
