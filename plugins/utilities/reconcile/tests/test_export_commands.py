"""`reconcile show` and `reconcile export` as processes."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from exported import finding, order
from monstock_stripe_reconcile.testing import results_database


def reconcile(
    folder: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("reconcile")
    return subprocess.run(
        [str(program), *arguments],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_export_writes_what_the_environment_names(tmp_path: Path) -> None:
    results_database(tmp_path / "r.duckdb", {"orders": [order(1)]})
    done = reconcile(
        tmp_path,
        "export",
        RECONCILE_RESULTS="r.duckdb",
        RECONCILE_OUTPUT_FOLDER="deep/out",
        RECONCILE_FORMATS="json, csv",
    )
    assert (done.returncode, done.stdout) == (0, "20 files of run run_1 in deep/out\n")
    assert (tmp_path / "deep" / "out" / "orders.csv").is_file()
    assert not (tmp_path / "deep" / "out" / "reconciliation.xlsx").exists()


def test_show_prints_plain_text_into_a_pipe(tmp_path: Path) -> None:
    results_database(tmp_path / "reconciliation.duckdb", {"findings": [finding(1)]})
    done = reconcile(tmp_path, "show", TERM="xterm-256color", COLORTERM="truecolor")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "1 record, 10.00 EUR to look at"
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_show_on_a_terminal_has_colours_unless_no_color_is_set(
    tmp_path: Path, no_color: str, coloured: bool
) -> None:
    results_database(tmp_path / "reconciliation.duckdb", {"findings": [finding(1)]})
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [str(Path(sys.executable).with_name("reconcile")), "show"],
        cwd=tmp_path,
        env=os.environ | {"TERM": "xterm", "NO_COLOR": no_color},
        stdout=theirs,
    )
    os.close(theirs)
    written = b""
    try:
        while part := os.read(ours, 65536):
            written += part
    except OSError:  # the other end is closed: it has said all
        pass
    finally:
        os.close(ours)
    assert process.wait(timeout=60) == 0
    assert b"10.00 EUR to look at" in written
    assert (b";33m" in written) is coloured


def test_what_cannot_be_is_told_in_a_sentence(tmp_path: Path) -> None:
    missing = reconcile(tmp_path, "show", "--results", "none.duckdb")
    assert (missing.returncode, missing.stderr) == (
        2,
        "reconcile: there are no results at none.duckdb: run `reconcile compare` first\n",
    )
    results_database(tmp_path / "r.duckdb", {})
    given = ("export", "--results", "r.duckdb", "--output-folder")
    formats = reconcile(tmp_path, *given, "out", "--formats", "csv,pdf")
    assert (formats.returncode, formats.stderr) == (
        2,
        "reconcile: formats: 'pdf' is none of csv, json, xlsx\n",
    )
    (tmp_path / "file").write_text("")
    folder = reconcile(tmp_path, *given, "file/out")
    assert folder.returncode == 2
    assert "file/out cannot be written to" in folder.stderr
    assert "Traceback" not in folder.stderr


def test_results_of_another_version_are_refused(tmp_path: Path) -> None:
    results = results_database(tmp_path / "r.duckdb", {})
    with duckdb.connect(str(results)) as connection:
        connection.execute("UPDATE run SET model_version = 99")
    done = reconcile(tmp_path, "show", "--results", "r.duckdb")
    assert done.returncode == 2
    assert "made by another version of reconcile" in done.stderr
