"""Carries faults out, and says of each whether it bit."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from monstock_stripe_sandbox.live import LivePayments
from monstock_stripe_sandbox.testing import RunningSandbox

from chaos import ledger_holder
from chaos.market import Market
from chaos.plan import Strike
from chaos.strikes_at_systems import ApiStrikes
from chaos.strikes_at_webhooks import WebhookStrikes
from chaos.supervisor import Supervisor

FINDS_WITHIN = 120.0
BATCH_ATTEMPTS = 3
ALONE = ("kill", "terminate", "batch", "freeze", "ledger")
"""Kinds that begin with one of these wait for each other: each wants a pipeline that lives."""


class Strikes:
    """Every kind of fault.

    Args:
        sandbox: both systems.
        supervisor: of the pipeline.
        live: the pipeline.
        batch_log: receives what runs in between say.
        market: where payments are made meanwhile.
    """

    def __init__(
        self,
        sandbox: RunningSandbox,
        supervisor: Supervisor,
        live: LivePayments,
        batch_log: Path,
        market: Market,
    ) -> None:
        self._supervisor = supervisor
        self._live = live
        self._batch_log = batch_log
        self._market = market
        self._webhooks = WebhookStrikes(sandbox)
        self._apis = ApiStrikes(sandbox)
        self._by_first_word: dict[str, Callable[[Strike], bool]] = {
            "kill": self._kill,
            "terminate": self._terminate,
            "batch": self._batch,
            "freeze": self._freeze,
            "ledger": self._hold_the_ledger,
            "stripe:": self._apis.strike,
            "monstock:": self._apis.strike,
            "webhooks:": self._webhooks.strike,
        }

    def strike(self, strike: Strike) -> bool:
        """Let it happen, and return whether it hit anything."""
        return self._by_first_word[strike.kind.split()[0]](strike)

    def _kill(self, strike: Strike) -> bool:
        """`kill -9` one process or all; every third time while the pipeline is still starting."""
        name = strike.kind.removeprefix("kill ")
        if strike.variant % 3:
            self._supervisor.wait_until_ready()
            time.sleep(strike.moment * 1.5)
        if name == "all":
            return self._kill_all(strike)
        victim = self._found(name)
        if victim is None:
            return False
        if not strike.variant % 3:
            time.sleep(strike.moment)
        if name != "doorbell":
            self._supervisor.excuse()
        return _killed(victim)

    def _kill_all(self, strike: Strike) -> bool:
        if self._found("meltano") is None:
            return False
        time.sleep(strike.moment * 4)
        self._supervisor.excuse()
        victims = self._supervisor.everybody()
        for victim in victims:
            _kill(victim)
        gone, _ = psutil.wait_procs(victims, timeout=10)
        return bool(gone)

    def _terminate(self, strike: Strike) -> bool:
        """SIGTERM, as a supervisor sends it; what it does not end in time is a fault of its own."""
        self._supervisor.wait_until_ready()
        time.sleep(strike.moment * 2)
        with self._supervisor.stopped():
            return True

    def _batch(self, _strike: Strike) -> bool:
        """Stop, let the job that ends do its work on the same state and ledger, and go on."""
        self._supervisor.wait_until_ready()
        with self._supervisor.stopped():
            for _ in range(BATCH_ATTEMPTS):
                ended = self._live.project.run("run", "--force", "stripe-to-monstock")
                with self._batch_log.open("a") as said:
                    said.write(ended.stderr)
                if ended.status == 0:
                    return True
        self._supervisor.problems.append("a run in between never ended well")
        return False

    def _freeze(self, strike: Strike) -> bool:
        """Let one process stand still for seconds, as on a machine that swaps."""
        name = ("tap", "mapper", "target", "meltano", "doorbell")[strike.variant % 5]
        victim = self._found(name)
        if victim is None:
            return False
        try:
            victim.suspend()
            time.sleep(0.5 + 2.5 * strike.size)
            stood = bool(victim.status() == psutil.STATUS_STOPPED)
            victim.resume()
        except psutil.NoSuchProcess:
            return False
        return stood

    def _hold_the_ledger(self, strike: Strike) -> bool:
        """Hold the ledger's write lock, and keep the disk busy, for seconds while payments come."""
        target = self._found("target")
        ledger = self._live.project.ledger
        if target is None or not _exists(ledger):
            return False
        seconds = f"{1 + 4 * strike.size:.1f}"
        command = [sys.executable, ledger_holder.__file__, str(ledger), seconds]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
            held = holder.stdout is not None and holder.stdout.readline() == "held\n"
            before = self._market.sold
            self._market.hurry()
            holder.wait()
        # What was paid meanwhile rang, and could not be kept until now.
        return held and bool(target.is_running()) and self._market.sold > before

    def _found(self, name: str) -> psutil.Process | None:
        until = time.monotonic() + FINDS_WITHIN
        while time.monotonic() < until:
            process = self._supervisor.find(name)
            if process is not None:
                return process
            time.sleep(0.05)
        return None


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


def _killed(process: psutil.Process) -> bool:
    """Kill a process, and say whether it was there to be killed."""
    try:
        alive = bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
        process.kill()
        process.wait(10)
    except psutil.NoSuchProcess:
        return False
    return alive


def _exists(path: Path) -> bool:
    until = time.monotonic() + FINDS_WITHIN
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    return path.exists()
