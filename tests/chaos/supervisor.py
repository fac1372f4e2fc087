"""Keeps the live pipeline running as systemd would, and finds its processes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import psutil
from monstock_stripe_sandbox.live import LivePayments
from monstock_stripe_sandbox.pipeline import PipelineError

COMMANDS = {
    "tap": "tap-stripe-ext",
    "mapper": "map-payments",
    "target": "target-monstock",
}
READY_WITHIN = 120.0
GIVES_UP_AFTER = 5
"""Problems after which it is not started again."""

OUTLIVES = 30.0
"""Seconds in which the rest of a pipeline must have ended after Meltano's death."""


class Supervisor:
    """Starts the pipeline, and starts it again whenever it ends.

    Args:
        live: the pipeline.

    Attributes:
        problems: what should not have happened: an end without a reason, processes that stay.
        starts: how often it was started.
    """

    def __init__(self, live: LivePayments) -> None:
        self.live = live
        self.problems: list[str] = []
        self.starts = 0
        self._excused = False
        self._closing = threading.Event()
        self._paused = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    @property
    def has_given_up(self) -> bool:
        """Whether too much went wrong to start it once more."""
        return len(self.problems) >= GIVES_UP_AFTER

    def finish(self) -> None:
        """End the pipeline as a supervisor does, and start it no more.

        Raises:
            PipelineError: it does not end.
        """
        with self._paused:
            self._excused = True
            self._closing.set()
            self.live.stop()
        self._thread.join(OUTLIVES)

    def close(self) -> None:
        """End the pipeline at once, and start it no more."""
        self._closing.set()
        self.live.kill()
        if self._thread.is_alive():
            self._thread.join(OUTLIVES)
        self.live.kill()

    @contextmanager
    def stopped(self) -> Iterator[int]:
        """End the pipeline as a supervisor does; it is started again after the block.

        Yields:
            Its exit status.
        """
        while self._pid() is None and self._thread.is_alive():
            time.sleep(0.05)
        with self._paused:
            self._excused = True
            yield self.live.stop()

    def excuse(self) -> None:
        """Say that the pipeline's next end has a reason."""
        self._excused = True

    def wait_until_ready(self) -> None:
        """Wait until the tap has caught up.

        Raises:
            PipelineError: that takes too long.
        """
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and self._thread.is_alive():
            with contextlib.suppress(PipelineError):
                if self._pid() is not None:
                    self.live.wait_until_ready(1)
                    return
            time.sleep(0.1)
        raise PipelineError(f"the pipeline was not ready within {READY_WITHIN:g} s")

    def find(self, name: str) -> psutil.Process | None:
        """Return a process of the pipeline by its name, if it lives and nobody has ended it yet."""
        pid = self._pid()
        if pid is None or self._excused:
            return None
        with contextlib.suppress(psutil.Error):
            meltano = psutil.Process(pid)
            if name == "meltano":
                return meltano if _is_alive(meltano) else None
            for process in meltano.children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if _is_named(process, name) and _is_alive(process):
                        return process
        return None

    def everybody(self) -> list[psutil.Process]:
        """Return all processes of the pipeline, Meltano first."""
        pid = self._pid()
        if pid is None:
            return []
        try:
            meltano = psutil.Process(pid)
            return [meltano, *meltano.children(recursive=True)]
        except psutil.Error:
            return []

    def _pid(self) -> int | None:
        process = self.live.process
        return process.pid if process is not None and process.poll() is None else None

    def _run(self) -> None:
        while not self._closing.is_set():
            with self._paused:
                if self._closing.is_set():
                    return
                self._excused = False
                self.live.start()
                self.starts += 1
            process = self.live.process
            while process is not None and process.poll() is None:
                time.sleep(0.05)
            if process is None:
                return
            if not self._excused:
                status, now = process.returncode, datetime.now(UTC)
                self.problems.append(f"the pipeline ended by itself: {now:%H:%M:%S}, {status}")
            self._wait_for_the_rest(process.pid)
            if self.has_given_up:
                return

    def _wait_for_the_rest(self, group: int) -> None:
        """Wait until no process of the pipeline is left, as it must be without any help."""
        until = time.monotonic() + OUTLIVES
        with contextlib.suppress(ProcessLookupError):
            while time.monotonic() < until:
                os.killpg(group, 0)
                time.sleep(0.05)
            self.problems.append(f"outlives Meltano by {OUTLIVES:g} s: {_commands_of(group)}")
            os.killpg(group, signal.SIGKILL)


def _commands_of(group: int) -> str:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group:
                found.append(" ".join(process.cmdline()[:3]))
    return "; ".join(found)


def _is_named(process: psutil.Process, name: str) -> bool:
    command = process.cmdline()
    if name == "doorbell":
        return "tap_common.doorbell" in command
    return any(part.endswith(f"/{COMMANDS[name]}") for part in command[:3]) and (
        "--discover" not in command
    )


def _is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() not in (
        psutil.STATUS_ZOMBIE,
        psutil.STATUS_DEAD,
    )
