"""From a payment's success at Stripe to its order in Monstock: `python -m benchmarks.latency`.

The whole pipeline runs through `meltano run live-payments` against the sandbox in a process of its
own. Orders are paid at a steady pace; the sandbox itself notes when each payment succeeded and when
its order first said "paid". Options: --rate (payments a second), --seconds, --poll SECONDS (without
webhooks, at that interval), --picture FILE (a histogram as SVG).

Hop by hop: the tap's snapshot carries the moment at which its reading began, the ledger the moment
at which it was kept; only payments that were read once are taken for these.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pygal
from monstock_stripe_sandbox.live import LivePayments, live_payments
from monstock_stripe_sandbox.selling import Seller, Sold
from rich.console import Console
from rich.table import Table

from benchmarks.world import served_world

ROOT = Path(__file__).resolve().parent.parent
GOALS = {"p50": 0.100, "p99": 0.400}
_BAR = 10  # milliseconds


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.latency", description=__doc__)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--poll", type=float)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    settings = {}
    if given.poll is not None:
        settings = {
            "TAP_STRIPE_EXT_POLL_INTERVAL": f"{given.poll:g}",
            "TAP_STRIPE_EXT_POLL_INTERVAL_IDLE": f"{given.poll:g}",
        }
    with tempfile.TemporaryDirectory() as folder, served_world([]) as world:
        seller = Seller(world.monstock_url)
        with live_payments(
            ROOT,
            Path(folder),
            world.stripe_url,
            world.monstock_url,
            webhooks=given.poll is None,
            settings=settings,
        ) as live:
            paid = pay(seller, given.rate, given.seconds)
            time.sleep(3 + 2 * (given.poll or 0))
            shown = {order: at for order, at in seller.first_paid(list(paid)).items() if at}
            hops = kept_moments(live)
            live.stop()
    seconds = sorted(shown[order] - at for order, (_, at) in paid.items() if order in shown)
    tell(seconds, len(paid), given.poll)
    if given.poll is None:
        tell_hops(paid, shown, hops)
    if given.picture is not None:
        given.picture.write_bytes(histogram(seconds))


def pay(seller: Seller, rate: float, seconds: float) -> dict[str, tuple[str, float]]:
    """Pay so many orders a second; return by order its payment and when that succeeded."""
    count = int(rate * seconds)
    orders: list[Sold] = []
    while len(orders) < count:
        orders += seller.order(1_200, "EUR", count=min(500, count - len(orders)))
    paid = {}
    began = time.monotonic()
    for number, order in enumerate(orders):
        time.sleep(max(0.0, began + number / rate - time.monotonic()))
        (sold,) = seller.pay([order.order])
        paid[order.order] = (str(sold.payment), float(sold.paid_at or 0))
    return paid


def kept_moments(live: LivePayments) -> dict[str, tuple[float, float]]:
    """Return by payment when its reading began and when the ledger kept it, if read only once."""
    with sqlite3.connect(f"file:{live.project.ledger}?mode=ro", uri=True) as ledger:
        rows = ledger.execute(
            "SELECT transaction_reference, version, first_seen_at FROM payments "
            "WHERE first_seen_at = updated_at"
        ).fetchall()
    return {name: (version / 1e6, _seconds(kept)) for name, version, kept in rows}


def _seconds(stored: str) -> float:
    return datetime.fromisoformat(stored).replace(tzinfo=UTC).timestamp()


def at(seconds: Sequence[float], part: float) -> float:
    """Return the value below which so much of the sorted values lies."""
    return seconds[min(int(len(seconds) * part), len(seconds) - 1)]


def tell(seconds: Sequence[float], paid: int, poll: float | None) -> None:
    """Print the distribution, and whether it is as was asked for."""
    how = "with webhooks" if poll is None else f"polling every {poll:g} s"
    table = Table(title=f"From success to its order, {how}: {len(seconds):,} of {paid:,} payments")
    for name in ("p50", "p90", "p99", "longest"):
        table.add_column(name, justify="right")
    values = [at(seconds, part) for part in (0.5, 0.9, 0.99, 1.0)]
    table.add_row(*(f"{value * 1000:,.0f} ms" for value in values))
    Console().print(table)
    goals = GOALS if poll is None else {"p50": poll / 2 + 0.2}
    reached = {"p50": values[0], "p99": values[2]}
    for name, goal in goals.items():
        word = "yes" if reached[name] < goal else "NO"
        print(f"{name} below {goal * 1000:,.0f} ms: {word}")


def tell_hops(
    paid: Mapping[str, tuple[str, float]],
    shown: Mapping[str, float],
    hops: Mapping[str, tuple[float, float]],
) -> None:
    """Print where the milliseconds go."""
    found: dict[str, list[float]] = {
        "Stripe calls, the tap begins to read": [],
        "read, mapped, through Meltano, kept in the ledger": [],
        "linked, derived, written to Monstock": [],
    }
    for order, (payment, moment) in paid.items():
        if payment in hops and order in shown:
            read, kept = hops[payment]
            parts = (read - moment, kept - read, shown[order] - kept)
            for name, part in zip(found, parts, strict=True):
                found[name].append(part)
    table = Table(title="Where the milliseconds go (payments that were read once)")
    for name in ("hop", "p50", "p99"):
        table.add_column(name, justify="left" if name == "hop" else "right")
    for name, several in found.items():
        if several:
            ordered = sorted(several)
            table.add_row(name, *(f"{at(ordered, part) * 1000:,.1f} ms" for part in (0.5, 0.99)))
    Console().print(table)


def histogram(seconds: Sequence[float]) -> bytes:
    """Return the distribution as SVG."""
    bars = Counter(int(one * 1000) // _BAR for one in seconds)
    last = int(at(seconds, 0.999) * 1000) // _BAR
    chart = pygal.Bar(
        title=f"From a payment's success to its order, {len(seconds):,} payments",
        x_title=f"milliseconds (bars of {_BAR})",
        y_title="payments",
        show_legend=False,
        js=(),
    )
    chart.x_labels = [str(bar * _BAR) for bar in range(last + 1)]
    chart.add("payments", [bars[bar] for bar in range(last + 1)])
    return bytes(chart.render())


if __name__ == "__main__":
    main()
