"""Fixtures for the tests of the whole pipeline."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.pipeline import BarePipe, tap_config, write_catalog
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

MakePipe = Callable[..., BarePipe]
CleanEnd = Callable[[int], dict[str, dict[str, Any]]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the stream `payments` selected, discovered once for all tests."""
    folder = tmp_path_factory.mktemp("catalog")
    with running_sandbox() as sandbox:
        config = folder / "tap.config.json"
        config.write_text(json.dumps(tap_config(sandbox.stripe_url)))
        write_catalog(folder / "catalog.json", config, ("payments",))
    return folder / "catalog.json"


@pytest.fixture
def make_pipe(tmp_path: Path, catalog: Path) -> MakePipe:
    """Make a pipeline against a sandbox; keywords give settings of tap, mapper, target."""

    def make(sandbox: RunningSandbox, **settings: Any) -> BarePipe:
        pipe = BarePipe(tmp_path, sandbox.stripe_url, sandbox.monstock_url, **settings)
        pipe.catalog = catalog
        return pipe

    return make


@pytest.fixture(scope="session")
def clean_end(tmp_path_factory: pytest.TempPathFactory, catalog: Path) -> CleanEnd:
    """What Monstock holds after all acts of a seed's scenarios, an undisturbed run after each."""
    known: dict[int, dict[str, dict[str, Any]]] = {}

    def end(seed: int) -> dict[str, dict[str, Any]]:
        if seed not in known:
            with running_sandbox(seed=seed, scenarios=True) as sandbox:
                folder = tmp_path_factory.mktemp("clean")
                pipe = BarePipe(folder, sandbox.stripe_url, sandbox.monstock_url)
                pipe.catalog = catalog
                act: str | None = "afternoon"
                while act:
                    run = pipe.run()
                    assert run.ok, run.stderr
                    act = sandbox.trade()
                known[seed] = monstock_contents(sandbox.monstock)
        return known[seed]

    return end
