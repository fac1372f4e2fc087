"""How long a reconciliation takes, and how much memory: `python -m benchmarks.reconcile`.

`--orders 10000 100000 1000000` says how many; `--folder` keeps the warehouses between runs. Making
a warehouse is not part of what is measured; the command's start is.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from monstock_stripe_sandbox.pipeline import executable
from rich.console import Console
from rich.table import Table

from benchmarks.processes import Used, use_of
from benchmarks.reconcile_warehouse import NOW, make_warehouse

_AS_OF = datetime.fromtimestamp(NOW, UTC).strftime("%Y-%m-%d %H:%M:%S")


def measure(orders: int, folder: Path) -> Used:
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
    used = use_of(command)
    if used.status > 1:
        raise RuntimeError(f"reconcile ended with {used.status}")
    return used


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reconcile", description=__doc__)
    parser.add_argument("--orders", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--folder", type=Path, help="keep the warehouses here")
    given = parser.parse_args()
    table = Table("orders", "seconds", "CPU s", "orders/s", "MB", "said")
    with tempfile.TemporaryDirectory(prefix="reconcile-benchmark-") as temporary:
        for orders in given.orders:
            used = measure(orders, given.folder or Path(temporary))
            table.add_row(
                f"{orders:,}",
                f"{used.seconds:.1f}",
                f"{used.processors:.1f}",
                f"{orders / used.seconds:,.0f}",
                f"{used.megabytes:,}",
                used.said.split(". Results")[0].strip(),
            )
    Console().print(table)


if __name__ == "__main__":
    main()
