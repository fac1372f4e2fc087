"""A day of outage is caught up: `python -m benchmarks.outage`.

The pipeline has run before, so it has a state and a ledger. Then it is off for a day in which
orders are paid, evenly over the day. Then `meltano run live-payments` is started, under Stripe's
limits of live mode, while new payments go on. How long until every order of that day says so, from
the start of the process, and how long do the new ones wait? Options: --payments, --rate (new ones a
second).

At the end every order is held against the sandbox's truth.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from monstock_stripe_sandbox.live import LivePayments, live_payments
from monstock_stripe_sandbox.selling import Seller

from benchmarks.figures import at, milliseconds, tell
from benchmarks.paying import Paid, pay, record
from benchmarks.processes import processor_seconds
from benchmarks.world import ServedWorld, served_world

ROOT = Path(__file__).resolve().parent.parent
GOAL = 60.0
_DAY = 86_400.0
_BEFORE = 200
_AT_ONCE = 1_000
_LONGEST = 600.0
_LOOK_EVERY = 2.0
_AFTER = 5.0


@dataclass(slots=True)
class CaughtUp:
    """What was seen while the pipeline caught up; moments in seconds since 1970.

    Attributes:
        began: when the process was started.
        read_at: when the first request came to Stripe.
        old: the orders of the outage.
        new: what was paid since.
        shown: when each order first was paid in Monstock.
        spent: seconds of processor time, by process.
    """

    began: float
    old: list[str]
    read_at: float = 0.0
    new: Paid = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    spent: Mapping[str, float] = field(default_factory=dict)


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.outage", description=__doc__)
    parser.add_argument("--payments", type=int, default=20_000)
    parser.add_argument("--rate", type=float, default=2.0)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served_world([], limited=True) as world,
        live_before(Path(folder), world) as live,
    ):
        old = outage(world, given.payments)
        world.reset()
        seen = catch_up(live, world, old, given.rate)
        live.stop()
        stripe, monstock = world.counters()
        wrong = world.differences()
    tell_moments(seen)
    tell_work(seen, stripe, monstock)
    for line in wrong[:10]:
        print(line)
    print(f"every order is right: {'NO' if wrong else 'yes'}")


@contextmanager
def live_before(folder: Path, world: ServedWorld) -> Iterator[LivePayments]:
    """Have run payments live, before the outage; it is stopped now."""
    seller = Seller(world.monstock_url)
    before = list(record(seller, _BEFORE))
    seller.pay(before, ago=_DAY + 3_600, over=3_000)
    with live_payments(ROOT, folder, world.stripe_url, world.monstock_url) as live:
        wait(lambda: None not in seller.first_paid(before).values())
        time.sleep(_AFTER)  # the tap ends its first look, and its state comes back
        live.stop()
        if "tap-stripe-ext" not in live.project.run("state", "list").stderr:
            raise RuntimeError("no state was kept, so what follows would be a back-fill")
        yield live


def outage(world: ServedWorld, payments: int) -> list[str]:
    """Let orders be paid over a whole day while nobody reads; return them, oldest first.

    Nobody takes the webhooks either; Stripe's further attempts come hours apart.
    """
    world.lose_webhooks(lost=True)
    seller = Seller(world.monstock_url)
    orders = list(record(seller, payments))
    part = _DAY * _AT_ONCE / payments
    for number, start in enumerate(range(0, payments, _AT_ONCE)):
        several = orders[start : start + _AT_ONCE]
        seller.pay(several, ago=_DAY - number * part, over=part * len(several) / _AT_ONCE)
    world.lose_webhooks(lost=False)
    return orders


def catch_up(live: LivePayments, world: ServedWorld, old: list[str], rate: float) -> CaughtUp:
    """Start the pipeline, and let orders be paid until all of the outage is on its orders."""
    seller = Seller(world.monstock_url)
    done = threading.Event()
    missing = set(old)
    spent_before = processor_seconds(world.pid)
    seen = CaughtUp(time.time(), old)
    live.start()
    with ThreadPoolExecutor(1) as threads:
        paying = threads.submit(
            pay, Seller(world.monstock_url), rate, _LONGEST, ahead=10, until=done.is_set
        )
        wait(lambda: world.counters()[0]["requests"] > 0, every=0.1)
        seen.read_at = time.time()
        until = time.monotonic() + _LONGEST
        while missing and time.monotonic() < until:
            time.sleep(_LOOK_EVERY)
            found = seller.first_paid()
            missing = {order for order in missing if not found.get(order)}
        sandbox = processor_seconds(world.pid)
        spent = {} if live.process is None else processor_seconds(live.process.pid)
        done.set()
        seen.new = paying.result()
    time.sleep(_AFTER)
    seen.spent = spent | {
        f"sandbox ({name})": seconds - spent_before[name] for name, seconds in sandbox.items()
    }
    seen.shown = {order: moment for order, moment in seller.first_paid().items() if moment}
    return seen


def wait(condition: Callable[[], bool], every: float = 0.5) -> None:
    """Wait until something is so.

    Raises:
        TimeoutError: it takes too long.
    """
    until = time.monotonic() + _LONGEST
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError("what was waited for has not come")
        time.sleep(every)


def tell_moments(seen: CaughtUp) -> None:
    """Print when all was caught up, and how long the new payments waited."""
    old = [seen.shown[order] - seen.began for order in seen.old if order in seen.shown]
    print(f"{len(old):,} of {len(seen.old):,} payments of the outage are on their orders")
    tenth = max(1, len(old) // 10)
    tell(
        "Seconds from the start of the process",
        ("what", "seconds"),
        [
            ("first request to Stripe", f"{seen.read_at - seen.began:.1f}"),
            ("first order", f"{min(old):.1f}"),
            ("oldest tenth, median", f"{at(sorted(old[:tenth]), 0.5):.1f}"),
            ("newest tenth, median", f"{at(sorted(old[-tenth:]), 0.5):.1f}"),
            ("half of the orders", f"{at(sorted(old), 0.5):.1f}"),
            ("all orders", f"{max(old):.1f}"),
        ],
    )
    reached = len(old) == len(seen.old) and max(old) < GOAL
    print(f"caught up within {GOAL:.0f} s: {'yes' if reached else 'NO'}")
    caught_up = seen.began + max(old)
    waits = {
        order: seen.shown.get(order, float("inf")) - moment
        for order, (_, moment) in seen.new.items()
        if moment < caught_up
    }
    began = {order: seen.new[order][1] >= seen.read_at for order in waits}
    tell(
        "How long new payments waited for their orders",
        ("paid", "payments", "p50", "p90", "longest"),
        [
            (name, f"{len(several)}", *(milliseconds(at(several, p)) for p in (0.5, 0.9, 1.0)))
            for name, several in (
                ("before the first request", _sorted(waits, began, which=False)),
                ("while it caught up", _sorted(waits, began, which=True)),
            )
            if several
        ],
    )


def _sorted(waits: Mapping[str, float], began: Mapping[str, bool], *, which: bool) -> list[float]:
    return sorted(wait for order, wait in waits.items() if began[order] is which)


def tell_work(seen: CaughtUp, stripe: Mapping[str, object], monstock: Mapping[str, object]) -> None:
    """Print what it took."""
    rows: Sequence[tuple[str, str]] = [
        (f"{name}, processor seconds", f"{seconds:.1f}") for name, seconds in seen.spent.items()
    ]
    counted = [
        (f"{system}: {what}", f"{counters[what]:,}")
        for system, counters in (("Stripe", stripe), ("Monstock", monstock))
        for what in ("requests", "writes", "rate_limited")
    ]
    tell("What it took", ("what", "figure"), [*rows, *counted])


if __name__ == "__main__":
    main()
