"""Whatever either system does to a request, the run ends in the same Monstock."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.pipeline import BarePipe
from monstock_stripe_sandbox.testing import running_sandbox

MakePipe = Callable[..., BarePipe]
CleanEnds = list[dict[str, dict[str, Any]]]

SEED = 7
RUNS = 5

FAULTS = {
    "latency": Fault("latency", every=5, seconds=0.2),
    "429 with Retry-After": Fault("status", status=429, retry_after=1, every=7, times=4),
    "429 without Retry-After": Fault("status", status=429, every=7, times=4),
    "500": Fault("status", status=500, every=7, times=4),
    "502": Fault("status", status=502, every=7, times=4),
    "503": Fault("status", status=503, every=7, times=4),
    "cut before the effect": Fault("cut_before", every=7, times=4),
    "cut after the effect": Fault("cut_after", every=7, times=4),
    "cut in the middle of the body": Fault("cut_half", every=7, times=4),
    "slow bytes": Fault("slow_bytes", every=5, seconds=0.3),
    "half a JSON": Fault("half_json", every=7, times=4),
    "HTML in place of JSON": Fault("html", every=7, times=2),
}

MIXED = tuple(
    Fault(fault.kind, status=fault.status, seconds=fault.seconds, probability=0.04, seed=number)
    for number, fault in enumerate(FAULTS.values())
)


def ends_alike(
    make_pipe: MakePipe,
    ends: CleanEnds,
    stripe: Sequence[Fault] = (),
    monstock: Sequence[Fault] = (),
    runs: int = RUNS,
) -> None:
    """Play as many acts as there are ends, with the faults on; repeat a run that failed."""
    with running_sandbox(seed=SEED, scenarios=True) as sandbox:
        pipe = make_pipe(sandbox)
        sandbox.stripe_controls.set_faults(*stripe)
        sandbox.monstock_controls.set_faults(*monstock)
        for end in ends:
            done = next((run for run in (pipe.run() for _ in range(runs)) if run.ok), None)
            assert done is not None, "no run was complete"
            assert sandbox.check() == []
            assert monstock_contents(sandbox.monstock) == end
            sandbox.trade()
        assert not stripe or sandbox.stripe_controls.faults_hit
        assert not monstock or sandbox.monstock_controls.faults_hit


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_stripe_changes_nothing(
    name: str, make_pipe: MakePipe, clean_ends: CleanEnds
) -> None:
    ends_alike(make_pipe, clean_ends[:1], stripe=[FAULTS[name]])


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_at_monstock_changes_nothing(
    name: str, make_pipe: MakePipe, clean_ends: CleanEnds
) -> None:
    ends_alike(make_pipe, clean_ends[:1], monstock=[FAULTS[name]])


@pytest.mark.slow
def test_all_faults_mixed_change_nothing(make_pipe: MakePipe, clean_ends: CleanEnds) -> None:
    ends_alike(make_pipe, clean_ends, stripe=MIXED, monstock=MIXED)


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_on_both_sides_changes_nothing_in_two_acts(
    name: str, make_pipe: MakePipe, clean_ends: CleanEnds
) -> None:
    ends_alike(make_pipe, clean_ends, stripe=[FAULTS[name]], monstock=[FAULTS[name]])
