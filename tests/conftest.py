"""Fixtures for the tests of the whole pipeline."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.pipeline import (
    BarePipe,
    PaymentsPipe,
    executable,
    tap_config,
    write_catalog,
)
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

SEED = 7
MakePipe = Callable[..., BarePipe]
Contents = dict[str, dict[str, Any]]
CleanEnds = list[Contents]


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's folder."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def installed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Install a plugin of others at the versions of its lock, hashes checked; return its command.

    Each has an environment of its own, made once.
    """

    @cache
    def install(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        lock = root / "plugins" / "locks" / f"{name}.txt"
        uv = executable("uv")
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        command = [uv, "pip", "install", "--quiet", "--require-hashes", "--requirement", str(lock)]
        subprocess.run([*command, "--python", str(folder / "bin" / "python")], check=True)
        return folder / "bin" / name

    return install


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with the stream `payments` selected, discovered once for all tests."""
    folder = tmp_path_factory.mktemp("catalog")
    with running_sandbox() as sandbox:
        config = folder / "tap.config.json"
        config.write_text(json.dumps(tap_config(sandbox.stripe_url)))
        write_catalog(folder / "catalog.json", ("payments",))
    return folder / "catalog.json"


@pytest.fixture
def make_pipe(tmp_path: Path, catalog: Path) -> MakePipe:
    """Make a pipeline against a sandbox; keywords give settings of tap, mapper, target."""

    def make(sandbox: RunningSandbox, **settings: Any) -> BarePipe:
        pipe = PaymentsPipe(tmp_path, sandbox.stripe_url, sandbox.monstock_url, **settings)
        pipe.catalog = catalog
        return pipe

    return make


@pytest.fixture(scope="session")
def clean_ends(tmp_path_factory: pytest.TempPathFactory, catalog: Path) -> CleanEnds:
    """What Monstock holds after each act of the scenarios and an undisturbed run."""
    ends: CleanEnds = []
    with running_sandbox(seed=SEED, scenarios=True) as sandbox:
        pipe = PaymentsPipe(
            tmp_path_factory.mktemp("clean"), sandbox.stripe_url, sandbox.monstock_url
        )
        pipe.catalog = catalog
        act: str | None = "afternoon"
        while act:
            run = pipe.run()
            assert run.ok, run.stderr
            assert sandbox.check() == []
            ends.append(monstock_contents(sandbox.monstock))
            act = sandbox.trade()
    return ends
