"""How long a reconciliation takes, and how much memory: `python -m benchmarks.reconcile`.

`--orders 10000 100000 1000000` says how many; `--folder` keeps the warehouses between runs. Making
a warehouse is not part of what is measured; the command's start is.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from monstock_stripe_sandbox.pipeline import clean_environment, executable
from rich.console import Console
from rich.table import Table

from benchmarks.reconcile_warehouse import NOW, make_warehouse

_EVERY = 0.1
_AS_OF = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Taken:
    """What a comparison took: seconds, megabytes of all its processes at their peak."""

    orders: int
    seconds: float
    megabytes: int
    said: str


def measure(orders: int, folder: Path) -> Taken:
    """Compare a warehouse of so many orders.

    Args:
        orders: how many.
        folder: where the warehouse is, or is made.

    Raises:
        RuntimeError: the comparison failed.
    """
    warehouse = folder / f"warehouse-{orders}.duckdb"
    if not warehouse.exists():
        make_warehouse(warehouse, orders)
    results = folder / f"results-{orders}.duckdb"
    results.unlink(missing_ok=True)
    config = folder / "reconcile.json"
    config.write_text(json.dumps({"source": f"duckdb:///{warehouse}", "results": str(results)}))
    command = [executable("reconcile"), "compare", "--config", str(config), "--as-of", _AS_OF]
    started, peak = time.monotonic(), 0
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=clean_environment()
    ) as process:
        while process.poll() is None:
            peak = max(peak, _resident(process.pid))
            time.sleep(_EVERY)
        said = process.stdout.read().strip() if process.stdout else ""
    if process.returncode > 1:
        raise RuntimeError(f"reconcile ended with {process.returncode}")
    return Taken(orders, time.monotonic() - started, peak // 1024, said)


def _resident(pid: int) -> int:
    """Kilobytes of a process and of those that it started, as of now."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    own = next((line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")), "0")
    return int(own) + sum(_resident(int(child)) for child in children)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconcile", description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="keep the warehouses here")
    given = parser.parse_args()
    table = Table("orders", "seconds", "orders/s", "MB", "said")
    with tempfile.TemporaryDirectory(prefix="reconcile-benchmark-") as temporary:
        for orders in given.orders:
            taken = measure(orders, given.folder or Path(temporary))
            table.add_row(
                f"{taken.orders:,}",
                f"{taken.seconds:.1f}",
                f"{taken.orders / taken.seconds:,.0f}",
                f"{taken.megabytes:,}",
                taken.said.split(". Results")[0],
            )
    Console().print(table)


if __name__ == "__main__":
    main()
