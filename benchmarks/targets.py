"""What workers bring, what unchanged customers cost: `python -m benchmarks.targets [--orders 300]`.

Each target takes the same records twice on worlds alike, each answer 50 ms late, once with one
worker and once with sixteen. What a run without records takes is taken off. Then 10,000 customers
that stand at Stripe as Monstock has them go into target-stripe, with a ledger that knows nothing,
and with one that knows them: requests for each, and no write.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from monstock_stripe_core.customer_record import CUSTOMER_SCHEMA
from monstock_stripe_sandbox.pipeline import (
    BarePipe,
    OrdersPipe,
    PaymentsPipe,
    clean_environment,
    executable,
)
from rich.console import Console
from rich.table import Table

from benchmarks.world import ServedWorld, Shape, customer, served_world

LATENCY = 0.05
WORKERS = 16
GOAL = 12.0
MOST_REQUESTS_PER_CUSTOMER = 0.05
NO_LIMIT = {"requests_per_second": 0, "requests_per_second_per_endpoint": 0}


@dataclass(frozen=True, slots=True)
class Taken:
    """What a target took: seconds for all records, start and sweep taken off, and writes."""

    seconds: float
    writes: int


def workers_of(name: str, orders: int, workers: int) -> Taken:
    """Let a target work on so many orders of one payment each.

    Args:
        name: the target.
        orders: how many.
        workers: its setting `concurrency`.

    Raises:
        RuntimeError: a program failed.
    """
    with (
        served_world([Shape(orders, 1)]) as world,
        tempfile.TemporaryDirectory() as payments,
        tempfile.TemporaryDirectory() as known,
    ):
        to_monstock = PaymentsPipe(
            Path(payments), world.stripe_url, world.monstock_url, tap=NO_LIMIT
        )
        if name == "target-monstock":
            return _timed(to_monstock, world, workers, {})
        run = to_monstock.run(timeout=600)
        if not run.ok:
            raise RuntimeError(run.stderr)
        to_stripe = OrdersPipe(Path(known), world.stripe_url, world.monstock_url)
        return _timed(to_stripe, world, workers, NO_LIMIT)


def _timed(pipe: BarePipe, world: ServedWorld, workers: int, settings: dict[str, Any]) -> Taken:
    records = pipe.folder / "records.singer"
    config = pipe.folder / "target.config.json"
    config.write_text(
        json.dumps(json.loads(config.read_text()) | settings | {"concurrency": workers})
    )
    _read_into(records, pipe)
    world.slow_down(LATENCY)
    world.reset()
    seconds = _feed(pipe.programs.target, config, records)
    counted = world.counters()
    (pipe.folder / "nothing.singer").write_text("")
    _feed(pipe.programs.target, config, pipe.folder / "nothing.singer")
    idle = _feed(pipe.programs.target, config, pipe.folder / "nothing.singer")
    return Taken(seconds - idle, sum(side["writes"] for side in counted))


def _read_into(records: Path, pipe: BarePipe) -> None:
    """Let tap and mapper write their messages into a file."""
    pipe.write_catalog()
    tap = [executable(pipe.programs.tap), "--config", str(pipe.folder / "tap.config.json")]
    mapper = [executable(pipe.programs.mapper), "--config", str(pipe.folder / "mapper.config.json")]
    environment = clean_environment()
    with (
        records.open("wb") as file,
        subprocess.Popen(
            [*tap, "--catalog", str(pipe.catalog)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        ) as reading,
    ):
        subprocess.run(
            mapper,
            stdin=reading.stdout,
            stdout=file,
            stderr=subprocess.DEVNULL,
            check=True,
            env=environment,
        )
    if reading.returncode:
        raise RuntimeError(f"{pipe.programs.tap} ended with {reading.returncode}")


def _feed(target: str, config: Path, records: Path) -> float:
    """Let a target take a file; return the seconds it took."""
    started = time.perf_counter()
    with records.open("rb") as file:
        done = subprocess.run(
            [executable(target), "--config", str(config)],
            stdin=file,
            capture_output=True,
            check=False,
            env=clean_environment(),
        )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace")[-2_000:])
    return time.perf_counter() - started


def customers(console: Console, count: int) -> None:
    """Count what unchanged customers cost."""
    table = _table(
        f"{count:,} customers that stand at Stripe already",
        ("ledger", "requests", "requests / customer", f"at most {MOST_REQUESTS_PER_CUSTOMER}"),
    )
    with served_world([], customers=count) as world, tempfile.TemporaryDirectory() as name:
        settings = {**NO_LIMIT, "create_customers": "all"}
        pipe = OrdersPipe(Path(name), world.stripe_url, world.monstock_url, target=settings)
        records = pipe.folder / "customers.singer"
        records.write_text("".join(f"{line}\n" for line in _customer_lines(count)))
        for ledger in ("empty", "knows them"):
            world.reset()
            _feed("target-stripe", pipe.folder / "target.config.json", records)
            stripe, _ = world.counters()
            if stripe["writes"]:
                raise RuntimeError(f"{stripe['writes']} writes where nothing had changed")
            each = stripe["requests"] / count
            met = "met" if each < MOST_REQUESTS_PER_CUSTOMER else "missed"
            table.add_row(ledger, f"{stripe['requests']:,}", f"{each:.4f}", met)
    console.print(table)


def _customer_lines(count: int) -> list[str]:
    schema = {
        "type": "SCHEMA",
        "stream": "customers",
        "schema": CUSTOMER_SCHEMA,
        "key_properties": ["customer_id"],
    }
    records = (
        {
            "type": "RECORD",
            "stream": "customers",
            "record": {**customer(number), "updated_at": "2026-11-20T10:00:00Z"},
        }
        for number in range(count)
    )
    return [json.dumps(schema), *map(json.dumps, records)]


def throughput(console: Console, orders: int) -> None:
    """Measure both targets with one worker and with many."""
    table = _table(
        f"{orders:,} orders of one payment, each answer {LATENCY * 1000:.0f} ms late",
        ("target", "writes", "1 worker, s", f"{WORKERS} workers, s", "times", f"at least {GOAL}"),
    )
    for name in ("target-monstock", "target-stripe"):
        alone, many = (workers_of(name, orders, workers) for workers in (1, WORKERS))
        ratio = alone.seconds / many.seconds
        table.add_row(
            name,
            f"{many.writes:,}",
            f"{alone.seconds:.1f}",
            f"{many.seconds:.1f}",
            f"{ratio:.1f}",
            "met" if ratio >= GOAL else "missed",
        )
    console.print(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def main() -> None:
    """Measure all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.targets", description=__doc__)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--customers", type=int, default=10_000)
    given = parser.parse_args()
    console = Console(width=110)
    throughput(console, given.orders)
    customers(console, given.customers)


if __name__ == "__main__":
    main()
