"""Memory, open files and threads of a pipeline that goes on: `python -m benchmarks.soak`.

Payments are made at a steady pace, and once a minute a hundred more at one blow, while `meltano run
live-payments` goes on; each of its processes is looked at every few seconds. After the first
minutes nothing may grow: the median of every minute, and the least-squares line through all values,
must stay within 5 % of the median of the first two minutes looked at. Options: --rate (payments a
second), --seconds, --settle (seconds that are not looked at), --picture FILE (the memory as SVG).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pygal
from monstock_stripe_sandbox.live import LivePayments, live_payments
from monstock_stripe_sandbox.selling import Seller

from benchmarks.figures import at, course, milliseconds, picture, tell
from benchmarks.paying import Paid, pay, record
from benchmarks.processes import Taken, taken
from benchmarks.world import served_world

ROOT = Path(__file__).resolve().parent.parent
WITHIN = 0.05
_EVERY = 3.0
_BURST = 100
_BETWEEN_BURSTS = 60.0
_AHEAD = 2.0
_MEGABYTE = 1_000_000

Series = dict[tuple[str, int], list[tuple[float, Taken]]]
"""By name and process id: seconds since the start, and what was taken then."""


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--seconds", type=float, default=1_800.0)
    parser.add_argument("--settle", type=float, default=300.0)
    parser.add_argument("--picture", type=Path)
    given = parser.parse_args()
    if given.seconds < given.settle + 180:
        parser.error("--seconds must be 180 more than --settle at least")
    with (
        tempfile.TemporaryDirectory() as folder,
        served_world([]) as world,
        live_payments(ROOT, Path(folder), world.stripe_url, world.monstock_url) as live,
    ):
        paid, series = watch(live, world.monstock_url, given.rate, given.seconds)
        time.sleep(3)
        found = Seller(world.monstock_url).first_paid()
        live.stop()
    shown = {order: moment for order, moment in found.items() if moment}
    print(f"{len(shown):,} of {len(paid):,} payments are on their orders")
    waits = sorted(shown[order] - moment for order, (_, moment) in paid.items() if order in shown)
    print(f"latency: p50 {milliseconds(at(waits, 0.5))}, p99 {milliseconds(at(waits, 0.99))}")
    tell_courses(series, given.seconds, given.settle)
    if given.picture is not None:
        given.picture.write_bytes(drawn(series, given.rate))


def watch(
    live: LivePayments, monstock_url: str, rate: float, seconds: float
) -> tuple[Paid, Series]:
    """Pay at a pace, and look at the pipeline's processes meanwhile."""
    series: Series = {}
    pid = live.process.pid if live.process is not None else 0
    with ThreadPoolExecutor(2) as threads:
        began = time.monotonic()
        paying = threads.submit(pay, Seller(monstock_url), rate, seconds, ahead=_AHEAD)
        bursts = threads.submit(pay_in_bursts, Seller(monstock_url), paying.done)
        while not paying.done():
            now = time.monotonic() - began
            for key, each in taken(pid).items():
                series.setdefault(key, []).append((now, each))
            time.sleep(max(0.0, _EVERY - (time.monotonic() - began - now)))
        return paying.result() | bursts.result(), series


def pay_in_bursts(seller: Seller, is_over: Callable[[], bool]) -> Paid:
    """Let a hundred orders be paid at once, each minute: what a burst takes is taken early."""
    paid: Paid = {}
    while not is_over():
        orders = list(record(seller, _BURST))
        for sold in seller.pay(orders):
            paid[sold.order] = (str(sold.payment), float(sold.paid_at or 0))
        until = time.monotonic() + _BETWEEN_BURSTS
        while not is_over() and time.monotonic() < until:
            time.sleep(0.5)
    return paid


def tell_courses(series: Series, seconds: float, settled: float) -> None:
    """Print how each value of each process went, and whether it stayed flat."""
    rows = []
    verdicts: dict[str, bool] = {}
    for (name, pid), values in series.items():
        if values[0][0] > settled or values[-1][0] < seconds - 10 * _EVERY:
            print(
                f"{name} (process {pid}) was there from {values[0][0]:.0f} to {values[-1][0]:.0f} s"
            )
            verdicts[name] = False
            continue
        for what, numbers, shown in _columns(values):
            one = course(numbers, settled)
            flat = one.is_flat(WITHIN)
            verdicts[name] = verdicts.get(name, True) and flat
            figures = (one.first, one.lowest, one.highest, one.drift)
            verdict = "yes" if flat else "NO"
            rows.append((f"{name}: {what}", *map(shown.format, figures), verdict))
    tell(
        f"After the first {settled:.0f} s",
        ("process", "first 2 minutes", "lowest minute", "highest", "drift", "flat"),
        rows,
    )
    for name, flat in verdicts.items():
        print(f"{name} flat within {WITHIN:.0%}: {'yes' if flat else 'NO'}")


def _columns(
    values: Sequence[tuple[float, Taken]],
) -> list[tuple[str, list[tuple[float, float]], str]]:
    return [
        ("MB", [(now, each.memory / _MEGABYTE) for now, each in values], "{:,.2f}"),
        ("files", [(now, each.files) for now, each in values], "{:,.1f}"),
        ("threads", [(now, each.threads) for now, each in values], "{:,.1f}"),
    ]


def drawn(series: Mapping[tuple[str, int], Sequence[tuple[float, Taken]]], rate: float) -> bytes:
    """Return the memory of each process over time as SVG."""
    chart = pygal.XY(
        title=f"Memory of the live pipeline's processes, {rate:g} payments a second",
        x_title="minutes",
        y_title="MB that belong to the process alone",
        show_dots=False,
        range=(0, None),
        js=(),
        no_prefix=True,
    )
    for (name, _), values in series.items():
        step = max(1, len(values) // 120)
        points = [
            (round(now / 60, 2), round(each.memory / _MEGABYTE, 1)) for now, each in values[::step]
        ]
        chart.add(name, points)
    return picture(chart)


if __name__ == "__main__":
    main()
