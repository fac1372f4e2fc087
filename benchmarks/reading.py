"""How fast the sandbox serves, and how fast the tap reads: `python -m benchmarks.reading`."""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from monstock_stripe_sandbox.pipeline import STRIPE_KEY, executable, tap_config, write_catalog
from rich.console import Console
from rich.table import Table

from benchmarks.cost_per_payment import NO_LIMIT
from benchmarks.world import ServedWorld, Shape, served_world

SECONDS = 5
PAGE = 100
STREAMS = ("payments", "payment_intents", "charges", "events")


def pages_per_second(world: ServedWorld) -> float:
    """Ask for full pages of payment intents over one connection for some seconds."""
    host = urlsplit(world.stripe_url).netloc
    connection = http.client.HTTPConnection(host, timeout=60)
    headers = {"Authorization": f"Bearer {STRIPE_KEY}"}
    pages = 0
    started = time.perf_counter()
    while (spent := time.perf_counter() - started) < SECONDS:
        connection.request("GET", f"/v1/payment_intents?limit={PAGE}", headers=headers)
        connection.getresponse().read()
        pages += 1
    connection.close()
    return pages / spent


def records_and_seconds(world: ServedWorld, stream: str) -> tuple[int, float]:
    """Back-fill one stream by the tap alone; seconds from its first message to its last."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config, catalog = folder / "config.json", folder / "catalog.json"
        config.write_text(json.dumps(tap_config(world.stripe_url) | NO_LIMIT))
        write_catalog(catalog, (stream,))
        command = [executable("tap-stripe-ext"), "--config", str(config), "--catalog", str(catalog)]
        started = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tap:
            lines = tap.stdout if tap.stdout is not None else ()
            records = sum(1 for line in lines if b'"RECORD"' in line[:60])
        return records, time.perf_counter() - started


def main(payments: int) -> None:
    """Measure and print both tables."""
    console = Console(width=130)
    with served_world([Shape(payments, 1)]) as world:
        console.print(
            f"Sandbox: {pages_per_second(world):.0f} full pages of {PAGE} payment intents a second"
        )
        table = Table(title=f"Tap alone, back-fill of {payments:,} payments, no rate limit")
        for column in ("stream", "records", "seconds", "records / s"):
            table.add_column(column, justify="left" if column == "stream" else "right")
        for stream in STREAMS:
            records, seconds = records_and_seconds(world, stream)
            table.add_row(stream, f"{records:,}", f"{seconds:.1f}", f"{records / seconds:,.0f}")
    console.print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=10_000)
    main(parser.parse_args().payments)
