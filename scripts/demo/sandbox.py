"""Both stand-ins, as a process of the demo's own."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monstock_stripe_sandbox.pipeline import executable

from demo.shown import DemoError

START_SECONDS = 30


@contextmanager
def served_sandbox(folder: Path) -> Iterator[tuple[str, str]]:
    """Start both stand-ins on free ports; yield their addresses; end them whatever happens.

    Raises:
        DemoError: they did not start.
    """
    ready = folder / "addresses.env"
    command = [executable("sandbox"), "serve", "--stripe-port", "0", "--monstock-port", "0"]
    with (folder / "sandbox.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [*command, "--ready-file", str(ready)], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                said = (folder / "sandbox.log").read_text()
                raise DemoError(f"the sandbox did not start:\n{said}")
            time.sleep(0.05)
        addresses = dict(line.split("=", 1) for line in ready.read_text().splitlines())
        yield addresses["SANDBOX_STRIPE_URL"], addresses["SANDBOX_MONSTOCK_URL"]
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
        process.kill()
        process.wait()
