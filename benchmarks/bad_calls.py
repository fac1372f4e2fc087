"""Bad webhook calls beside good ones: `python -m benchmarks.bad_calls`.

The whole pipeline runs through `meltano run live-payments`. Orders are paid at a steady pace, first
alone, then while another process makes bad calls to the same address: forged, stale, oversized,
slow, repeated, at the wrong path. How much later is a payment on its order? Options: --rate (good
payments a second), --bad (calls a second), --seconds (of each half).
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests
from monstock_stripe_sandbox.live import WEBHOOK_PATH, LivePayments, live_payments
from monstock_stripe_sandbox.pipeline import STRIPE_KEY
from monstock_stripe_sandbox.selling import Seller

from benchmarks.bad_callers import SHARES, Called, Orders, bad_callers
from benchmarks.figures import at, milliseconds, tell
from benchmarks.paying import pay
from benchmarks.processes import processor_seconds
from benchmarks.world import served_world

ROOT = Path(__file__).resolve().parent.parent
TIMES = 2.0
_WARM_UP = 10.0
_PARTS = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "longest": 1.0}


def main() -> None:
    """Run the benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bad_calls", description=__doc__)
    parser.add_argument("--rate", type=float, default=10.0)
    parser.add_argument("--bad", type=float, default=1_000.0)
    parser.add_argument("--seconds", type=float, default=80.0)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        served_world([]) as world,
        live_payments(ROOT, Path(folder), world.stripe_url, world.monstock_url) as live,
    ):
        seller = Seller(world.monstock_url)
        waits(seller, given.rate, _WARM_UP)
        alone = waits(seller, given.rate, given.seconds)
        before = spent(live)
        with bad_callers(orders(live, world.stripe_url, given.bad)) as calling:
            beside = waits(seller, given.rate, given.seconds)
        used = {name: seconds - before.get(name, 0.0) for name, seconds in spent(live).items()}
        live.stop()
    if calling.called is not None:
        tell_calls(calling.called)
    tell_waits(alone, beside)
    tell(
        "Beside bad calls, of one processor",
        ("process", "part"),
        [(name, f"{seconds / given.seconds:.0%}") for name, seconds in used.items()],
    )


def waits(seller: Seller, rate: float, seconds: float) -> list[float]:
    """Pay at a pace; return how long each payment took to its order, sorted; inf for never."""
    paid = pay(seller, rate, seconds)
    time.sleep(3)
    shown = seller.first_paid(list(paid))
    return sorted(
        (shown.get(order) or float("inf")) - moment for order, (_, moment) in paid.items()
    )


def orders(live: LivePayments, stripe_url: str, rate: float) -> Orders:
    """Return what bad callers are to call, with a body that has rung already."""
    answer = requests.get(
        f"{stripe_url}/v1/events", params={"limit": 1}, auth=(STRIPE_KEY, ""), timeout=30
    )
    body = json.dumps(answer.json()["data"][0])
    return Orders(str(live.listen), WEBHOOK_PATH, str(live.secret), body, rate)


def spent(live: LivePayments) -> Mapping[str, float]:
    """Return the processor seconds of the pipeline's processes."""
    return {} if live.process is None else processor_seconds(live.process.pid)


def tell_calls(called: Called) -> None:
    """Print what the bad calls were answered."""
    rows = []
    for kind in SHARES:
        answers = {
            name.rpartition(" ")[2]: count
            for name, count in called.answered.items()
            if name.rpartition(" ")[0] == kind
        }
        said = ", ".join(f"{status}: {count:,}" for status, count in answers.items())
        rows.append((kind, f"{called.sent.get(kind, 0):,}", said, f"{called.cut.get(kind, 0):,}"))
    tell("Bad calls", ("kind", "sent", "answered", "no answer"), rows)
    print(f"{sum(called.sent.values()) / called.seconds:,.0f} bad calls a second were made")


def tell_waits(alone: Sequence[float], beside: Sequence[float]) -> None:
    """Print both distributions, and whether one stays near the other."""
    names = list(_PARTS)
    first, second = ([at(each, part) for part in _PARTS.values()] for each in (alone, beside))
    tell(
        f"From success to its order, {len(alone):,} and {len(beside):,} payments",
        ("", *names),
        [
            ("alone", *map(milliseconds, first)),
            ("beside bad calls", *map(milliseconds, second)),
            ("times", *(f"{b / a:.2f}" for a, b in zip(first, second, strict=True))),
        ],
    )
    for name, a, b in zip(names, first, second, strict=True):
        if name in {"p50", "p99"}:
            print(f"{name} within {TIMES:g} times: {'yes' if b <= TIMES * a else 'NO'}")


if __name__ == "__main__":
    main()
