"""Kills processes of a pipeline at random moments: `kill -9`."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import time

import pytest
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import LINKS, BarePipe, kill_when
from monstock_stripe_sandbox.testing import RunningSandbox

ATTEMPTS = 12


class Moment:
    """The moment at which the n-th request, or the n-th write, has arrived since it was made."""

    def __init__(self, sandbox: RunningSandbox, dice: random.Random, most: int) -> None:
        self._sides = (sandbox.stripe_controls, sandbox.monstock_controls)
        for side in self._sides:
            side.reset_counters()
        self.nth = dice.randrange(1, most)
        self.of_writes = dice.random() < 0.5

    def __call__(self) -> bool:
        if self.of_writes and sum(side.writes for side in self._sides) >= self.nth:
            return True
        return sum(side.requests for side in self._sides) >= self.nth


def kill_the_pipe(
    pipe: BarePipe, sandbox: RunningSandbox, dice: random.Random, kills: int, most: int = 100
) -> list[str]:
    """Run again and again until `kills` processes were killed while they were alive."""
    killed: list[str] = []
    for _ in range(ATTEMPTS):
        if len(killed) == kills:
            break
        pipe.run(kill_when(dice.choice(LINKS), Moment(sandbox, dice, most), killed))
        most = max(most // 2, 4)  # a resumed run asks for less: its moments come sooner
    return killed


def kill_meltano(project: MeltanoProject, job: str, moment: Moment) -> bool:
    """Run the job; kill Meltano, and Meltano alone, at the moment; wait for its children's end."""
    process = project.start("run", "--force", job)
    killed = False
    while process.poll() is None and not killed:
        if moment():
            os.kill(process.pid, signal.SIGKILL)
            killed = True
        time.sleep(0.0005)
    process.wait()
    wait_until_all_are_gone(process.pid)
    if process.stdout is not None:
        process.stdout.close()
    return killed


def wait_until_all_are_gone(group: int) -> None:
    """Wait until no process of the group is left: broken pipes end those that Meltano started."""
    deadline = time.monotonic() + 30
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(0.02)
        pytest.fail("processes that Meltano started outlive it")
