"""A process that is killed at any moment costs nothing but a repeat: `kill -9`, then resume.

Here on the way from Stripe to Monstock; `test_crashes_of_orders` is about the way back.
"""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from killing import Moment, kill_meltano, kill_the_pipe
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.pipeline import BarePipe
from monstock_stripe_sandbox.testing import running_sandbox

MakePipe = Callable[..., BarePipe]
CleanEnds = list[dict[str, dict[str, Any]]]

SEED = 7
DICE = (0, 1, *(pytest.param(number, marks=pytest.mark.slow) for number in (2, 3, 4, 5)))
KILLS_OF_THE_PIPE = (3, 2)  # in the first act, in the second
KILLS_OF_MELTANO = (2, 1)
JOB = "stripe-to-monstock"


@pytest.mark.parametrize("dice_number", DICE)
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


def test_killed_meltano_is_resumed_with_force(
    tmp_path: Path, root: Path, clean_ends: CleanEnds
) -> None:
    dice = random.Random(SEED)
    with running_sandbox(seed=SEED, scenarios=True) as sandbox:
        project = MeltanoProject(root, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        for kills, end in zip(KILLS_OF_MELTANO, clean_ends, strict=True):
            for kill in range(kills):
                moment = Moment(sandbox, dice, most=max(60 >> kill, 4))
                assert kill_meltano(project, JOB, moment)
            resumed = project.run("run", "--force", JOB)
            assert resumed.status == 0, resumed.stderr
            assert sandbox.check() == []
            assert monstock_contents(sandbox.monstock) == end
            sandbox.trade()
