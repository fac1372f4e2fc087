"""For tests and benchmarks: payments live, through a `meltano run` that does not end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import requests

from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import STRIPE_KEY, PipelineError

WEBHOOK_PATH = "/webhooks/stripe"
LIVE_LIMITS = {"TAP_STRIPE_EXT_REQUESTS_PER_SECOND": "100"}
"""Environment with Stripe's limits in live mode; a test key's would be a quarter of them."""
_STARTS_WITHIN = 90.0
_ENDS_WITHIN = 30.0


def free_address() -> str:
    """Return "127.0.0.1:port" with a port that was free a moment ago."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


class LivePayments:
    """The job `live-payments`, started and stopped; its state and ledger outlive each start.

    Args:
        project: Meltano with a folder of its own.
        folder: receives what it says, in `meltano.log`.
        listen: where webhooks are taken; None for polling alone.
        secret: that signs them.
        settings: further environment variables of plugins.
    """

    def __init__(
        self,
        project: MeltanoProject,
        folder: Path,
        listen: str | None,
        secret: str | None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.log = folder / "meltano.log"
        self.project = project
        self.listen = listen
        self.secret = secret
        self._settings = {
            "TAP_STRIPE_EXT_FOLLOW": "true",
            **LIVE_LIMITS,
        }
        if listen is not None and secret is not None:
            self._settings["TAP_STRIPE_EXT_WEBHOOK_LISTEN"] = listen
            self._settings["TAP_STRIPE_EXT_WEBHOOK_SECRETS"] = f'["{secret}"]'
        self._settings |= settings or {}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it; it goes on from where the last one was."""
        with self.log.open("a") as said:
            self.process = self.project.start(
                "run", "--force", "live-payments", said=said, settings=self._settings
            )

    def wait_until_ready(self, seconds: float = _STARTS_WITHIN) -> None:
        """Wait until the tap has caught up and takes webhooks.

        Raises:
            PipelineError: it ended, or takes longer.
        """
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if self.process is None or self.process.poll() is not None:
                raise PipelineError(f"live-payments ended\n{self.log.read_text()}")
            if self.listen is None:
                if "back-fill" in self.log.read_text():
                    return
            else:
                with contextlib.suppress(urllib.error.URLError, OSError):
                    urllib.request.urlopen(f"http://{self.listen}/readyz", timeout=1).close()
                    return
            time.sleep(0.1)
        raise PipelineError(f"live-payments is not ready\n{self.log.read_text()}")

    def stop(self) -> int:
        """End it as a supervisor does, and return its exit status.

        Raises:
            PipelineError: it does not end.
        """
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.kill()
            raise PipelineError(f"SIGTERM does not end it\n{self.log.read_text()}") from None

    def kill(self) -> None:
        """End all of its processes at once."""
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def register_webhook(stripe_url: str, url: str) -> str:
    """Make a webhook endpoint for all events at a sandbox; return the secret that signs its calls.

    Raises:
        requests.RequestException: the sandbox refuses it.
    """
    answer = requests.post(
        f"{stripe_url}/v1/webhook_endpoints",
        data={"url": url, "enabled_events[]": "*"},
        auth=(STRIPE_KEY, ""),
        timeout=30,
    )
    answer.raise_for_status()
    return str(answer.json()["secret"])


@contextmanager
def live_payments(
    root: Path,
    folder: Path,
    stripe_url: str,
    monstock_url: str,
    *,
    webhooks: bool = True,
    settings: Mapping[str, str] | None = None,
) -> Iterator[LivePayments]:
    """Have payments live until the block ends; it is started and ready.

    Args:
        root: the project (where meltano.yml is).
        folder: receives all that it keeps.
        stripe_url: the sandbox's Stripe.
        monstock_url: its Monstock.
        webhooks: whether Stripe's calls ring.
        settings: further environment variables of plugins.
    """
    project = MeltanoProject(root, folder, stripe_url, monstock_url)
    listen = free_address() if webhooks else None
    secret = register_webhook(stripe_url, f"http://{listen}{WEBHOOK_PATH}") if webhooks else None
    live = LivePayments(project, folder, listen, secret, settings)
    live.start()
    try:
        live.wait_until_ready()
        yield live
    finally:
        live.kill()
