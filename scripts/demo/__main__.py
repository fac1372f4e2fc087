"""`make demo`, or `PYTHONPATH=scripts python -m demo`."""

from __future__ import annotations

import signal
import sys
import tempfile
import time
from pathlib import Path

from demo.play import play
from demo.shown import DemoError, console


def main() -> int:
    """Play the demo in a temporary folder; the exit status is 0 only if all of it went well."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `finally` ends the sandbox
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="monstock-stripe-demo-") as folder:
        try:
            play(Path(folder))
        except DemoError as error:
            console.print(f"The demo failed: {error}", style="bold red", markup=False)
            return 1
        except KeyboardInterrupt:
            console.print("\nStopped.")
            return 130
    console.print(f"The demo took {time.monotonic() - started:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
