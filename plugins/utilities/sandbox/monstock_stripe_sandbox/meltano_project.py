"""For tests and the demo: the pipelines through `meltano run`, with databases of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from monstock_stripe_sandbox.pipeline import (
    Ended,
    PipelineError,
    clean_environment,
    executable,
    ledger_in,
)


class MeltanoProject:
    """The project's own meltano.yml, run with a system folder, database and ledger of its own.

    Args:
        root: the project (where meltano.yml is).
        folder: receives all that Meltano and the target keep.
    """

    def __init__(self, root: Path, folder: Path, stripe_url: str, monstock_url: str) -> None:
        self.root = root
        self.ledger = ledger_in(folder)
        self.orders_ledger = folder / "orders-ledger.sqlite"
        self.results = folder / "results.duckdb"
        warehouse = folder / "warehouse.duckdb"
        self.environment = clean_environment() | {
            "MELTANO_SYS_DIR_ROOT": str(folder / "meltano"),
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "MELTANO_ENVIRONMENT": "sandbox",
            "NO_COLOR": "1",
            "TAP_STRIPE_EXT_API_BASE": stripe_url,
            "TARGET_MONSTOCK_BASE_URL": f"{monstock_url}/api/v1",
            "TARGET_MONSTOCK_LEDGER_URL": f"sqlite:///{self.ledger}",
            "TAP_MONSTOCK_BASE_URL": f"{monstock_url}/api/v1",
            "TARGET_STRIPE_API_BASE": stripe_url,
            "TARGET_STRIPE_LEDGER_URL": f"sqlite:///{self.orders_ledger}",
            "TARGET_DUCKDB_PATH": str(warehouse),
            "RECONCILE_SOURCE": f"duckdb:///{warehouse}",
            "RECONCILE_RESULTS": str(self.results),
            "RECONCILE_LEDGER_URL": f"sqlite:///{self.ledger}",
            "SANDBOX_STRIPE_URL": stripe_url,
            "SANDBOX_MONSTOCK_URL": monstock_url,
        }

    def start(
        self,
        *arguments: str,
        said: IO[str] | int = subprocess.PIPE,
        settings: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[str]:
        """Start `meltano …` as the leader of a group of its own.

        Args:
            arguments: of `meltano`.
            said: receives its output, errors included; by itself that is the process's stdout.
            settings: further environment variables.
        """
        command = [executable("meltano"), "--cwd", str(self.root), "--log-format=uncolored"]
        return subprocess.Popen(  # noqa: S603 - Meltano, with arguments of ours
            [*command, *arguments],
            env={**self.environment, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, timeout: float = 170) -> Ended:
        """Run `meltano …` to its end; no process outlives a run that is broken off.

        Raises:
            PipelineError: it did not end within `timeout` seconds; it was stopped.
        """
        process = self.start(*arguments)
        try:
            said, _ = process.communicate(timeout=timeout)
        except BaseException as error:  # Ctrl-C does not reach a group of its own
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            said, _ = process.communicate()
            if isinstance(error, subprocess.TimeoutExpired):
                raise PipelineError(f"meltano still runs after {timeout:g} s\n{said}") from None
            raise
        return Ended(process.returncode, said)
