"""A tenant whose API is unlike the default in every respect: the same trade, the same ends."""

import re
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

from monstock_stripe_sandbox.pipeline import BarePipe
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

MakePipe = Callable[..., BarePipe]

SEED = 7
# The tenant's payments have neither a currency of their own nor a place for fees.
LACKING = {
    ("paid in another currency", "is missing"),
    ("paid, and once more in another currency", "is missing"),
    ("fee that comes later", "fee"),
}


def differences(sandbox: RunningSandbox) -> set[tuple[str, str]]:
    return {(one.label, one.what) for one in sandbox.check()}


def profile_for_the_scenarios(folder: Path) -> Path:
    """The French profile, with the default's words for what staff of the scenarios record."""
    packaged = files("monstock_stripe_core") / "profiles"
    methods = re.search(r"stripe_like_methods: .*", (packaged / "monstock.yml").read_text())
    assert methods is not None
    french = (packaged / "monstock-fr.yml").read_text()
    path = folder / "profile.yml"
    path.write_text(re.sub(r"stripe_like_methods: .*", methods[0], french))
    return path


def test_every_order_ends_right_but_for_what_the_tenant_has_no_field_for(
    make_pipe: MakePipe, tmp_path: Path
) -> None:
    with running_sandbox(seed=SEED, scenarios=True) as sandbox:
        pipe = make_pipe(
            sandbox,
            target={
                "profile": str(profile_for_the_scenarios(tmp_path)),
                "base_url": f"{sandbox.monstock_url}/gestion",
            },
        )
        for _ in ("afternoon", "evening"):
            run = pipe.run()
            assert run.ok, run.stderr
            assert differences(sandbox) <= LACKING
            sandbox.trade()
        sandbox.monstock_controls.reset_counters()
        third = pipe.run()

        assert third.ok, third.stderr
        assert differences(sandbox) == LACKING
        assert sandbox.monstock_controls.writes == 0
