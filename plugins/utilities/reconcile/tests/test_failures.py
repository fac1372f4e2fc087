"""A run that fails has exit status 2, never that of a finding, and the last results stand."""

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner, Result
from monstock_stripe_reconcile import cli
from reconcile_world import World, paid_not_shown


@pytest.fixture
def config(tmp_path: Path) -> Path:
    world = World()
    paid_not_shown(world, 5000)
    settings = {"source": world.write(tmp_path / "w.duckdb"), "results": f"{tmp_path}/r.duckdb"}
    file = tmp_path / "config.json"
    file.write_text(json.dumps(settings | {"threads": 2}))
    return file


def compared(config: Path) -> Result:
    return CliRunner().invoke(cli.main, ["compare", "--config", str(config)])


def with_files_of(most: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run it where no file can get more bytes, as on a disk that is full."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("reconcile")), *arguments],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        capture_output=True,
        text=True,
        timeout=120,
    )


def left(config: Path) -> list[str]:
    return sorted(one.name for one in config.parent.iterdir())


def test_folder_for_temporary_files_that_is_gone(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(config.parent / "gone"))
    done = compared(config)
    assert done.exit_code == 2
    assert "the comparison failed: [Errno 2] No such file or directory" in done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("raised", "said"),
    [(ZeroDivisionError("a fault of ours"), "Traceback"), (KeyboardInterrupt(), "interrupted")],
)
def test_anything_else(
    raised: BaseException, said: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_given: object, **_named: object) -> NoReturn:
        raise raised

    monkeypatch.setattr(cli, "compare", fails)
    done = compared(config)
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize("most", [0, 1000, 20_000, 300_000])
def test_file_that_cannot_grow(most: int, config: Path) -> None:
    before = compared(config)
    assert before.exit_code == 1, before.output
    results = (config.parent / "r.duckdb").read_bytes()
    done = with_files_of(most, "compare", "--config", str(config))
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert (config.parent / "r.duckdb").read_bytes() == results
    assert left(config) == ["config.json", "r.duckdb", "w.duckdb"]


def test_report_that_cannot_be_written_leaves_the_last_one(config: Path) -> None:
    compared(config)
    page = config.parent / "page.html"
    link = config.parent / "linked.html"
    link.symlink_to(page)
    given = ["report", "--results", f"{config.parent}/r.duckdb", "--output", str(link)]
    assert CliRunner().invoke(cli.main, given).exit_code == 0
    written = page.read_bytes()
    done = with_files_of(10_000, *given)
    assert (done.returncode, done.stderr) == (
        2,
        f"reconcile: {link} cannot be written: File too large\n",
    )
    assert page.read_bytes() == written
    assert link.is_symlink()
    assert left(config) == ["config.json", "linked.html", "page.html", "r.duckdb", "w.duckdb"]


def test_report_into_a_pipe(config: Path) -> None:
    compared(config)
    done = with_files_of(10_000_000, "report", "--results", f"{config.parent}/r.duckdb",
                         "--output", "/dev/stdout")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("<!DOCTYPE html>")
