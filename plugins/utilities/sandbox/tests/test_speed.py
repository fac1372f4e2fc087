"""Stripe's stand-in is fast enough not to be what is measured."""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
import pytest
from monstock_stripe_sandbox.stripe_world import SECRET_KEY

PAGES = 400


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, psutil.Process]]:
    command = [
        *(str(Path(sys.executable).with_name("sandbox")), "serve", "--no-scenarios"),
        *("--no-rate-limits", "--payments=3000", "--stripe-port=0", "--monstock-port=0"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[1], psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()
        process.stdout.close()


def cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@pytest.mark.slow
@pytest.mark.parametrize("expand", [[], ["data.latest_charge.balance_transaction"]])
def test_one_core_answers_150_full_pages_of_payment_intents_a_second(
    served: tuple[str, psutil.Process], expand: list[str]
) -> None:
    """Seconds of its own processor time, so that it holds on a busy machine too."""
    url, process = served
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    began = cpu_seconds(process)
    after: str | None = None
    for _ in range(PAGES):
        asked = [("limit", "100"), *(("expand[]", path) for path in expand)]
        if after is not None:
            asked.append(("starting_after", after))
        connection.request(
            "GET",
            f"/v1/payment_intents?{urlencode(asked)}",
            headers={"Authorization": f"Bearer {SECRET_KEY}"},
        )
        page = connection.getresponse().read()
        last = page.rpartition(b'{"id":"pi_')[2].partition(b'"')[0].decode()
        more = page.rpartition(b'"has_more":')[2].startswith(b"true")
        after = f"pi_{last}" if more else None
    assert PAGES / (cpu_seconds(process) - began) > 150
