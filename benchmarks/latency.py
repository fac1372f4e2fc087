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
from monstock_stripe_sandbox.selling import Seller

from benchmarks.figures import at, milliseconds, picture, tell
from benchmarks.paying import Paid, pay
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
    tell_latency(seconds, len(paid), given.poll)
    tell_hops(paid, shown, hops, given.poll)
    if given.picture is not None:
        given.picture.write_bytes(histogram(seconds))


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


def tell_latency(seconds: Sequence[float], paid: int, poll: float | None) -> None:
    """Print the distribution, and whether it is as was asked for."""
    how = "with webhooks" if poll is None else f"polling every {poll:g} s"
    values = [at(seconds, part) for part in (0.5, 0.9, 0.99, 1.0)]
    tell(
        f"From success to its order, {how}",
        ("on their orders", "p50", "p90", "p99", "longest"),
        [(f"{len(seconds):,} of {paid:,}", *map(milliseconds, values))],
    )
    goals = GOALS if poll is None else {"p50": poll / 2 + 0.2}
    reached = {"p50": values[0], "p99": values[2]}
    for name, goal in goals.items():
        word = "yes" if reached[name] < goal else "NO"
        print(f"{name} below {milliseconds(goal)}: {word}")


def tell_hops(
    paid: Paid,
    shown: Mapping[str, float],
    hops: Mapping[str, tuple[float, float]],
    poll: float | None,
) -> None:
    """Print where the milliseconds go."""
    first = "Stripe calls, the tap begins to read" if poll is None else "the next look begins"
    found: dict[str, list[float]] = {
        first: [],
        "read, mapped, through Meltano, kept in the ledger": [],
        "linked, derived, written to Monstock": [],
    }
    for order, (payment, moment) in paid.items():
        if payment in hops and order in shown:
            read, kept = hops[payment]
            parts = (read - moment, kept - read, shown[order] - kept)
            for name, part in zip(found, parts, strict=True):
                found[name].append(part)
    tell(
        "Where the milliseconds go (payments that were read once)",
        ("hop", "p50", "p99"),
        [
            (name, *(f"{at(sorted(parts), part) * 1000:,.1f} ms" for part in (0.5, 0.99)))
            for name, parts in found.items()
            if parts
        ],
    )


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
        no_prefix=True,
    )
    chart.x_labels = [str(bar * _BAR) for bar in range(last + 1)]
    chart.add("payments", [bars[bar] for bar in range(last + 1)])
    return picture(chart)


if __name__ == "__main__":
    main()
