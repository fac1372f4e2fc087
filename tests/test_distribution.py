"""What others install: the wheels alone, and the definition for another Meltano project."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from monstock_stripe_sandbox.pipeline import MONSTOCK_TOKEN, executable, tap_config
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, running_sandbox

# What a tap has no use for, by the names that packages import and install under.
UNWANTED = ("aiohttp", "alembic", "duckdb", "flask", "meltano", "psycopg", "target-monstock")

pytestmark = pytest.mark.slow


def run(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheels(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheels of all packages, built as `make dist` builds them, but elsewhere."""
    folder = tmp_path_factory.mktemp("dist")
    run(executable("uv"), "build", "--wheel", "--all-packages", "--out-dir", folder, cwd=root)
    return folder


def test_wheels_are_those_of_all_packages(root: Path, wheels: Path) -> None:
    projects = [*root.glob("*/pyproject.toml"), *root.glob("plugins/*/*/pyproject.toml")]
    assert len(list(wheels.glob("*.whl"))) == len(projects)


def installed_alone(package: str, wheels: Path, folder: Path) -> tuple[Path, set[str]]:
    """Install a package into an environment of its own; its command, and all that is there."""
    run(sys.executable, "-m", "venv", folder / "venv")
    bin_folder = folder / "venv" / "bin"
    pip = [bin_folder / "python", "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--find-links", wheels, package)
    listed = json.loads(run(*pip, "list", "--format=json").stdout)
    return bin_folder / package, {one["name"].lower() for one in listed}


def test_tap_monstock_is_installed_alone_and_runs(wheels: Path, tmp_path: Path) -> None:
    tap, installed = installed_alone("tap-monstock", wheels, tmp_path)
    assert {"tap-monstock", "monstock-stripe-core", "singer-sdk"} <= installed
    assert [name for name in sorted(installed) if name.startswith((*UNWANTED, "stripe"))] == []

    assert run(tap, "--version").stdout.startswith("tap-monstock v")
    with running_sandbox() as sandbox:
        orders = [sandbox.monstock.order(5, "EUR") for _ in range(3)]
        for profile in MONSTOCK_PATHS:
            config = tmp_path / "config.json"
            url = sandbox.monstock_base_url(profile)
            given = {"base_url": url, "api_token": MONSTOCK_TOKEN, "profile": profile}
            config.write_text(json.dumps(given))
            said = [json.loads(line) for line in run(tap, "--config", config).stdout.splitlines()]
            assert [m["record"]["id"] for m in said if m["type"] == "RECORD"] == orders


def test_tap_is_installed_alone_and_runs(wheels: Path, tmp_path: Path) -> None:
    tap, installed = installed_alone("tap-stripe-ext", wheels, tmp_path)
    assert {"tap-stripe-ext", "monstock-stripe-core", "singer-sdk", "stripe"} <= installed
    assert [name for name in sorted(installed) if name.startswith(UNWANTED)] == []

    assert run(tap, "--version").stdout.startswith("tap-stripe-ext v")
    catalog = json.loads(run(tap, "--discover").stdout)
    assert {"payments", "customers"} <= {one["tap_stream_id"] for one in catalog["streams"]}
    with running_sandbox(payments=5) as sandbox:
        (tmp_path / "config.json").write_text(json.dumps(tap_config(sandbox.stripe_url)))
        (tmp_path / "catalog.json").write_text(json.dumps(catalog))
        given = ["--config", tmp_path / "config.json", "--catalog", tmp_path / "catalog.json"]
        (tmp_path / "out.jsonl").write_text(run(tap, *given).stdout)
        done = run(tap, *given, "--verify", tmp_path / "out.jsonl", "--verify-format", "json")
    found = json.loads(done.stdout)
    assert found["status"] == "equal"
    assert found["streams"]["payment_intents"]["total"]["equal"] == 5


def test_another_meltano_project_adds_the_tap_by_its_definition(
    root: Path, wheels: Path, tmp_path: Path
) -> None:
    definition = yaml.safe_load((root / "plugins/extractors/tap-stripe-ext.yml").read_text())
    # The address of this repository, for which its wheels stand in here.
    assert definition["pip_url"].startswith("git+${MONSTOCK_STRIPE_REPOSITORY}#")
    definition["pip_url"] = f"--find-links {wheels} tap-stripe-ext"
    reference = tmp_path / "tap-stripe-ext.yml"
    reference.write_text(yaml.safe_dump(definition))
    meltano = executable("meltano")
    project = tmp_path / "project"
    run(meltano, "init", project, "--no-usage-stats", cwd=tmp_path)

    run(
        *(meltano, "add", "--plugin-type", "extractor", "tap-stripe-ext"),
        *("--from-ref", reference),
        cwd=project,
    )

    settings = run(meltano, "config", "list", "--all", "tap-stripe-ext", cwd=project).stdout
    assert "api_key" in settings
    assert "TAP_STRIPE_EXT_API_BASE" in settings
    run(meltano, "config", "set", "tap-stripe-ext", "api_key", "sk_test_sandbox", cwd=project)
    catalog = run(meltano, "invoke", "tap-stripe-ext", "--discover", cwd=project).stdout
    assert "payments" in {one["tap_stream_id"] for one in json.loads(catalog)["streams"]}
    # Without it Meltano selects every stream, and the sandbox does not serve them all.
    run(meltano, "select", "tap-stripe-ext", "payment_intents", "*", cwd=project)
    with running_sandbox(payments=3) as sandbox:
        for name, value in tap_config(sandbox.stripe_url).items():
            run(meltano, "config", "set", "tap-stripe-ext", name, value, cwd=project)
        said = run(meltano, "invoke", "tap-stripe-ext", cwd=project).stdout
    written = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    read = [
        one for one in written if one["type"] == "RECORD" and one["stream"] == "payment_intents"
    ]
    assert len(read) == 3
