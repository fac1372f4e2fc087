"""A process that is killed at any moment costs nothing but a repeat: `kill -9`, then resume."""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import LINKS, BarePipe, kill_when
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

MakePipe = Callable[..., BarePipe]
CleanEnds = list[dict[str, dict[str, Any]]]

SEED = 7
DICE = 4
KILLS_OF_THE_PIPE = (3, 2)  # in the first act, in the second
KILLS_OF_MELTANO = (2, 1)
ATTEMPTS = 12


class Moment:
    """The moment at which the n-th request, or the n-th write, has arrived since it was made."""

    def __init__(self, sandbox: RunningSandbox, dice: random.Random, most: int) -> None:
        self.stripe = sandbox.stripe_controls
        self.monstock = sandbox.monstock_controls
        self.stripe.reset_counters()
        self.monstock.reset_counters()
        self.nth = dice.randrange(1, most)
        self.of_writes = dice.random() < 0.5

    def __call__(self) -> bool:
        if self.of_writes and self.monstock.writes >= self.nth:
            return True
        return self.stripe.requests + self.monstock.requests >= self.nth


def kill_the_pipe(
    pipe: BarePipe, sandbox: RunningSandbox, dice: random.Random, kills: int
) -> list[str]:
    """Run again and again until `kills` processes were killed while they were alive."""
    killed: list[str] = []
    most = 100
    for _ in range(ATTEMPTS):
        if len(killed) == kills:
            break
        pipe.run(kill_when(dice.choice(LINKS), Moment(sandbox, dice, most), killed))
        most = max(most // 2, 4)  # a resumed run asks for less: its moments come sooner
    return killed


@pytest.mark.parametrize("dice_number", range(DICE))
def test_killed_runs_that_are_resumed_end_like_undisturbed_ones(
    dice_number: int, make_pipe: MakePipe, clean_ends: CleanEnds
) -> None:
    dice = random.Random(dice_number)
    with running_sandbox(seed=SEED, scenarios=True) as sandbox:
        pipe = make_pipe(sandbox)
        for kills, end in zip(KILLS_OF_THE_PIPE, clean_ends, strict=True):
            assert len(kill_the_pipe(pipe, sandbox, dice, kills)) == kills
            resumed = pipe.run()
            assert resumed.ok, resumed.stderr
            assert sandbox.check() == []
            assert monstock_contents(sandbox.monstock) == end
            sandbox.trade()


def kill_meltano(project: MeltanoProject, moment: Moment) -> bool:
    """Run the job; kill Meltano, and Meltano alone, at the moment; wait for its children's end."""
    process = project.start("run", "--force", "stripe-to-monstock")
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


def test_killed_meltano_is_resumed_with_force(
    tmp_path: Path, root: Path, clean_ends: CleanEnds
) -> None:
    dice = random.Random(SEED)
    with running_sandbox(seed=SEED, scenarios=True) as sandbox:
        project = MeltanoProject(root, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        for kills, end in zip(KILLS_OF_MELTANO, clean_ends, strict=True):
            for kill in range(kills):
                assert kill_meltano(project, Moment(sandbox, dice, most=max(60 >> kill, 4)))
            resumed = project.run("run", "--force", "stripe-to-monstock")
            assert resumed.status == 0, resumed.stderr
            assert sandbox.check() == []
            assert monstock_contents(sandbox.monstock) == end
            sandbox.trade()
