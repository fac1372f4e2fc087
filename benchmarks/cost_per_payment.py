"""What a payment costs, in requests and seconds, on orders with 1, 100 and 10,000 payments.

`python -m benchmarks.cost_per_payment [--payments 10000]`. Each world holds the same number of
payments, cut into orders of different sizes; the last holds all sizes in one run. Each is moved
by the whole pipeline (`tap | mapper | target`), with one request at a time and with several. The
sandbox answers at once, which no remote system does: a second table lets each answer take time.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from monstock_stripe_sandbox.pipeline import BarePipe, PaymentsPipe
from rich.console import Console
from rich.table import Table

from benchmarks.world import ServedWorld, Shape, served_world

SEVERAL = 8
LATENCY = 0.02
RUN_SECONDS = 1_800
NO_LIMIT = {"requests_per_second": 0, "requests_per_second_per_endpoint": 0}


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run cost. `idle_seconds` is what a run without any news takes."""

    payments: int
    stripe_requests: int
    monstock_reads: int
    monstock_writes: int
    seconds: float
    idle_seconds: float

    @property
    def milliseconds_each(self) -> float:
        """Milliseconds for each payment, start-up left out."""
        return max(self.seconds - self.idle_seconds, 0) * 1000 / self.payments


def measure(shapes: Sequence[Shape], concurrency: int, latency: float = 0) -> Cost:
    """Move a world's payments once, then run without news.

    Args:
        shapes: the world.
        concurrency: requests, and orders, at a time.
        latency: seconds that each answer of either system takes longer.

    Raises:
        RuntimeError: the run failed, or an order is not paid afterwards.
    """
    with served_world(shapes) as world, tempfile.TemporaryDirectory() as folder:
        pipe = PaymentsPipe(
            Path(folder),
            world.stripe_url,
            world.monstock_url,
            tap={"concurrency": concurrency, "relist_interval": 3_600, **NO_LIMIT},
            target={"concurrency": concurrency},
        )
        world.slow_down(latency)
        seconds = _run(pipe)
        stripe, monstock = world.counters()
        _must_all_be_paid(world)
        _run(pipe)  # looks once more at what the first run changed
        idle_seconds = _run(pipe)
    reads = sum(
        count["requests"]
        for endpoint, count in monstock["endpoints"].items()
        if endpoint.startswith("GET ")
    )
    return Cost(
        payments=sum(shape.payments for shape in shapes),
        stripe_requests=stripe["requests"],
        monstock_reads=reads,
        monstock_writes=monstock["writes"],
        seconds=seconds,
        idle_seconds=idle_seconds,
    )


def _run(pipe: BarePipe) -> float:
    run = pipe.run(timeout=RUN_SECONDS)
    if not run.ok:
        raise RuntimeError(run.stderr)
    return run.seconds


def _must_all_be_paid(world: ServedWorld) -> None:
    statuses = world.statuses()
    if set(statuses) != {"paid"}:
        raise RuntimeError(f"orders that are not paid: {statuses}")


def worlds(payments: int) -> list[tuple[str, tuple[Shape, ...]]]:
    """Return the worlds to measure, each of `payments` payments (the last: three times that)."""
    sizes = [size for size in (1, 100, 10_000) if size <= payments]
    shapes = [Shape(payments // size, size) for size in sizes]
    titles = [f"{size:,} per order" for size in sizes]
    return [
        *zip(titles, ((shape,) for shape in shapes), strict=True),
        ("all, one run", tuple(shapes)),
    ]


def main(payments: int) -> None:
    """Measure and print the tables."""
    console = Console(width=130)
    console.print(table("Cost of a payment (whole pipeline)", payments, latency=0))
    title = f"The same, each answer {LATENCY * 1000:.0f} ms later, {payments // 10:,} payments"
    console.print(table(title, payments // 10, latency=LATENCY))


def table(title: str, payments: int, latency: float) -> Table:
    """Measure all worlds of so many payments."""
    shown = Table(title=title)
    shown.add_column("payments")
    for column in (
        "at once",
        "Stripe requests",
        "Monstock reads",
        "Monstock writes",
        "seconds",
        "idle run",
        "ms / payment",
        "requests / payment",
    ):
        shown.add_column(column, justify="right")
    for name, shapes in worlds(payments):
        for concurrency in (1, SEVERAL):
            cost = measure(shapes, concurrency, latency)
            requests = cost.stripe_requests + cost.monstock_reads + cost.monstock_writes
            shown.add_row(
                name,
                str(concurrency),
                f"{cost.stripe_requests:,}",
                f"{cost.monstock_reads:,}",
                f"{cost.monstock_writes:,}",
                f"{cost.seconds:.1f}",
                f"{cost.idle_seconds:.1f}",
                f"{cost.milliseconds_each:.2f}",
                f"{requests / cost.payments:.3f}",
            )
    return shown


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=10_000)
    main(parser.parse_args().payments)
