"""How fast tap-stripe-ext back-fills and catches up: `python -m benchmarks.backfill [--quick]`.

Against the list server, a process of its own on the same machine, never Stripe:

* pace: with 200 ms latency and Stripe's limits, the part of the ceiling (25 pages of 100 records a
  second for a list, 100 for all) that one stream and four streams reach, from their first record
  to their last;
* work: with neither, how many payment intents one second of processor time brings, beside a plain
  stream of the SDK in the same run, start-up taken off both;
* memory: the most that is held while 10,000 and 100,000 payment intents are read;
* day off: 20,000 payment intents that changed since the last run, most of them young, and the same
  number spread over two years.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from tap_stripe_ext.schemas import load_schema

from benchmarks.list_server import ServedLists, Spread, served_lists

ONE = ("payment_intents",)
FOUR = ("payment_intents", "charges", "customers", "invoices")
PAGE = 100
LATENCY = 0.2
_TAP = ("-c", "from tap_stripe_ext.tap import TapStripeExt; TapStripeExt.cli()")
_PLAIN = ("-m", "benchmarks.plain_tap")
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Reading:
    """What one run of a tap did and took.

    Args:
        records: how many RECORD messages it wrote.
        seconds: from the first RECORD message to the end.
        whole: from its start to its end, in seconds.
        processor: seconds of processor time, user's and system's.
        memory: the most that it held, in bytes.
        requests: how many requests it made of any list.
        refused: how many of them were answered by 429.
        state: its last STATE.
    """

    records: int
    seconds: float
    whole: float
    processor: float
    memory: int
    requests: int
    refused: int
    state: dict[str, Any]


def read(
    served: ServedLists,
    streams: Sequence[str],
    *,
    limited: bool = False,
    tap: Sequence[str] = _TAP,
    state: dict[str, Any] | None = None,
) -> Reading:
    """Run a tap in a process of its own.

    Args:
        served: what it reads.
        streams: the streams that are selected.
        limited: whether it keeps Stripe's limits, or none.
        tap: what Python is to run.
        state: what an earlier run left.

    Raises:
        RuntimeError: if the tap failed.
    """
    served.reset()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, *tap]
        files = {"config": _config(served, limited), "catalog": _catalog(streams), "state": state}
        for option, content in files.items():
            if content is not None and (tap is _TAP or option == "config"):
                path = folder / f"{option}.json"
                path.write_text(json.dumps(content))
                command += [f"--{option}", str(path)]
        started = time.perf_counter()
        records, first, last_state = 0, started, b"{}"
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, cwd=_ROOT) as process,
        ):
            for line in process.stdout or ():
                if line.startswith(b'{"type":"RECORD"'):
                    records += 1
                    first = time.perf_counter() if records == 1 else first
                elif line.startswith(b'{"type":"STATE"'):
                    last_state = line
            ended = time.perf_counter()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError((folder / "log").read_text()[-2_000:])
    counts = served.counts()
    return Reading(
        records,
        ended - first,
        ended - started,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
        counts.requests.total(),
        counts.refused.total(),
        json.loads(last_state).get("value", {}),
    )


def _config(served: ServedLists, limited: bool) -> dict[str, Any]:
    config = {"api_base": served.url, "api_key": "sk_live_benchmark"}
    if limited:
        return config
    return config | {"requests_per_second": 0, "requests_per_second_per_endpoint": 0}


def _catalog(streams: Sequence[str]) -> dict[str, Any]:
    selected = {"breadcrumb": [], "metadata": {"inclusion": "available", "selected": True}}
    return {
        "streams": [
            {
                "tap_stream_id": name,
                "stream": name,
                "key_properties": ["id"],
                "schema": load_schema(name),
                "metadata": [selected],
            }
            for name in streams
        ]
    }


def pace(console: Console, objects: int) -> None:
    """Measure what part of Stripe's limits is used."""
    table = _table(
        f"Pace: {objects:,} objects of each list, latency {LATENCY * 1000:.0f} ms, Stripe's limits",
        ("streams", "records", "seconds", "records / s", "of the ceiling", "requests", "refused"),
    )
    kinds = (*FOUR, "events")
    with served_lists(Spread(objects, 700), latency=LATENCY, limited=True, kinds=kinds) as served:
        for streams in (ONE, FOUR):
            one = read(served, streams, limited=True)
            rate = one.records / one.seconds
            table.add_row(
                str(len(streams)),
                f"{one.records:,}",
                f"{one.seconds:.1f}",
                f"{rate:,.0f}",
                f"{rate / (2_500 * len(streams)):.1%}",
                f"{one.requests:,}",
                f"{one.refused:,}",
            )
    console.print(table)


def work(console: Console, objects: int) -> None:
    """Measure what a record costs beside a plain stream of the SDK."""
    table = _table(
        f"Work: {objects:,} payment intents of 4.7 kB, no limits, no latency, start-up taken off",
        ("tap", "records / s", "records / s of one core", "start-up, s", "times the plain stream"),
    )
    few = objects // 20
    costs: dict[str, tuple[float, float, float]] = {}
    with (
        served_lists(Spread(few, 700), kinds=ONE) as small,
        served_lists(Spread(objects, 700), kinds=ONE) as large,
    ):
        for name, tap in (("plain stream of the SDK", _PLAIN), ("tap-stripe-ext", _TAP)):
            read(small, ONE, tap=tap)  # warms up
            short, long = read(small, ONE, tap=tap), read(large, ONE, tap=tap)
            more = long.records - short.records
            cost = (long.processor - short.processor) / more
            costs[name] = (more / (long.whole - short.whole), 1 / cost, short.processor)
    plain = costs["plain stream of the SDK"][1]
    for name, (rate, per_core, start) in costs.items():
        table.add_row(
            name, f"{rate:,.0f}", f"{per_core:,.0f}", f"{start:.1f}", f"{per_core / plain:.1f}"
        )
    console.print(table)


def memory(console: Console, sizes: Sequence[int]) -> None:
    """Measure whether memory grows with the number of objects."""
    table = _table("Memory", ("payment intents", "most held, MB", "of the first"))
    first = 0
    for size in sizes:
        with served_lists(Spread(size, 700), kinds=ONE) as served:
            one = read(served, ONE)
        first = first or one.memory
        table.add_row(f"{size:,}", f"{one.memory / 2**20:.0f}", f"{one.memory / first:.1%}")
    console.print(table)


def day_off(console: Console, changed: int) -> None:
    """Measure how long it takes to catch up with a day's changes.

    Once half of the account is young and changed, once every tenth object of two years did.
    """
    table = _table(
        f"Day off: {changed:,} payment intents changed, latency {LATENCY * 1000:.0f} ms, limits",
        ("created within", "changed", "seconds", "requests", "one by one, seconds"),
    )
    kinds = (*ONE, "events")
    accounts = {
        3.0: (Spread(changed, 3), Spread(changed, 700)),
        700.0: (Spread(10 * changed, 700),),
    }
    for days, spreads in accounts.items():
        with served_lists(*spreads, age=90_000, kinds=kinds) as served:
            before = read(served, ONE).state
            told = served.change(changed, days)
            served.behave(latency=LATENCY, limited=True)
            one = read(served, ONE, limited=True, state=before)
        if one.records < told:
            raise RuntimeError(f"{told} payment intents changed, but {one.records} were read")
        table.add_row(
            f"{days:.0f} days",
            f"{told:,}",
            f"{one.whole:.1f}",
            f"{one.requests:,}",
            f"{told / 25:,.0f}",
        )
    console.print(table)


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title)
    for column in columns:
        table.add_column(column, justify="right")
    return table


def main() -> None:
    """Measure all, or what the command line names."""
    parts = {"pace": pace, "work": work, "memory": memory, "day_off": day_off}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backfill", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}; all")
    parser.add_argument("--quick", action="store_true", help="a tenth of the objects")
    given = parser.parse_args()
    unknown = set(given.parts) - set(parts)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    console = Console(width=110)
    share = 10 if given.quick else 1
    console.print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    for name in given.parts or parts:
        if name == "pace":
            pace(console, 100_000 // share)
        elif name == "work":
            work(console, 100_000 // share)
        elif name == "memory":
            memory(console, (10_000 // share, 100_000 // share))
        else:
            day_off(console, 20_000 // share)


if __name__ == "__main__":
    main()
