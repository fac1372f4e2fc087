"""The folder of an export holds one run's files, whole, whatever happens on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from exported import csv_rows, exported, order
from monstock_stripe_reconcile.errors import ReconcileError
from monstock_stripe_reconcile.exports.exporting import export
from monstock_stripe_reconcile.exports.manifest import Written
from monstock_stripe_reconcile.exports.publishing import publish, staging
from monstock_stripe_reconcile.testing import large_results, results_database

RUN: dict[str, object] = {
    "run_id": "run_9",
    "as_of": None,
    "finished_at": None,
    "restricted_to": {},
    "agrees": True,
}


def manifest(folder: Path) -> dict[str, object]:
    found: dict[str, object] = json.loads((folder / "manifest.json").read_bytes())
    return found


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def test_the_manifest_names_the_run_and_each_file_with_its_digest(tmp_path: Path) -> None:
    exported(tmp_path, {"orders": [order(1), order(2)]}, ("csv", "xlsx"))
    folder = tmp_path / "out"
    found = json.loads((folder / "manifest.json").read_bytes())
    assert (found["complete"], found["run"]["run_id"]) == (True, "run_1")
    assert names(folder) == {one["name"] for one in found["files"]} | {"manifest.json"}
    for one in found["files"]:
        content = (folder / one["name"]).read_bytes()
        assert (one["bytes"], one["sha256"]) == (len(content), sha256(content).hexdigest())
    rows = {one["name"]: one["rows"] for one in found["files"]}
    assert (rows["orders.csv"], rows["payments.csv"]) == (2, 0)


def test_files_of_the_run_before_are_gone_and_those_of_people_stay(tmp_path: Path) -> None:
    exported(tmp_path, {"orders": [order(1)]})
    folder = tmp_path / "out"
    (folder / "notes.txt").write_text("mine")
    results = results_database(tmp_path / "next.duckdb", {"orders": [order(2)]}, "run_2")
    export(results, folder, ("csv",))
    assert manifest(folder)["run"]["run_id"] == "run_2"  # type: ignore[index]
    assert [row["number"] for row in csv_rows(tmp_path, "orders")] == ["CMD-2"]
    listed = {one["name"] for one in manifest(folder)["files"]}  # type: ignore[attr-defined]
    assert names(folder) == listed | {"manifest.json", "notes.txt"}
    assert "reconciliation.xlsx" not in listed


def test_a_file_of_ours_by_name_alone_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "orders.csv").write_text("somebody's")
    with pytest.raises(ReconcileError, match=r"orders\.csv is there and of no export of ours"):
        exported(tmp_path, {})
    assert names(folder) == {"orders.csv"}
    assert (folder / "orders.csv").read_text() == "somebody's"


def test_a_manifest_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "an app"}')
    with pytest.raises(ReconcileError, match=r"manifest\.json is there and is no manifest of ours"):
        exported(tmp_path, {})
    assert names(folder) == {"manifest.json"}


def test_a_manifest_that_names_files_elsewhere_removes_none(tmp_path: Path) -> None:
    exported(tmp_path, {}, ("csv",))
    precious = tmp_path / "precious"
    precious.write_text("stays")
    file = tmp_path / "out" / "manifest.json"
    file.write_text(file.read_text().replace("ageing.csv", "../precious"))
    export(tmp_path / "results.duckdb", tmp_path / "out", ("json",))
    assert precious.read_text() == "stays"


def test_a_format_that_fails_leaves_the_run_before_as_it_was(tmp_path: Path) -> None:
    exported(tmp_path, {"orders": [order(1)]}, ("csv",))
    folder = tmp_path / "out"
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    with pytest.raises(ReconcileError, match="there are no results"):
        export(tmp_path / "missing.duckdb", folder, ("csv",))
    assert {name: (folder / name).read_bytes() for name in names(folder)} == before


@pytest.mark.parametrize("moves", range(4))
def test_a_stop_while_files_are_put_in_place_is_told_and_mended(tmp_path: Path, moves: int) -> None:
    folder = tmp_path / "out"
    first = (Written("a.csv", "csv", "a", 1), Written("old.csv", "csv", "old", 1))
    _publish(folder, first, "first")
    done = 0

    def stops(source: Path, target: Path) -> None:
        nonlocal done
        if done == moves:
            raise KeyboardInterrupt
        done += 1
        source.replace(target)

    second = (Written("a.csv", "csv", "a", 1), Written("b.csv", "csv", "b", 1))
    with pytest.raises(KeyboardInterrupt), staging(folder) as place:
        _fill(place, second, "second")
        publish(place, RUN, second, move=stops)
    # Before the first move nothing has changed; then it is said, and no file is half of one.
    assert manifest(folder)["complete"] is (moves == 0)
    for one in folder.glob("*.csv"):
        assert one.read_text() in ("first", "second")
    third = (Written("c.csv", "csv", "c", 1),)
    _publish(folder, third, "third")
    assert names(folder) == {"c.csv", "manifest.json"}
    assert manifest(folder)["complete"] is True


def _publish(folder: Path, written: tuple[Written, ...], content: str) -> None:
    with staging(folder) as place:
        _fill(place, written, content)
        publish(place, RUN, written)


def _fill(place: Path, written: tuple[Written, ...], content: str) -> None:
    for one in written:
        (place / one.name).write_text(content)


def test_a_process_that_is_killed_leaves_the_run_before_and_the_next_tidies_up(
    tmp_path: Path,
) -> None:
    exported(tmp_path, {"orders": [order(1)]}, ("csv",))
    folder = tmp_path / "out"
    before = {name: (folder / name).read_bytes() for name in names(folder)}
    results = large_results(tmp_path / "large.duckdb", 40_000)
    program = str(Path(sys.executable).with_name("reconcile"))
    process = subprocess.Popen(
        [program, "export", "--results", str(results), "--output-folder", str(folder)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        written = folder / ".new" / "orders.csv"
        for _ in range(600):
            if written.exists() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert process.poll() is None, "it was to be stopped in the middle"
        os.kill(process.pid, signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert {name: (folder / name).read_bytes() for name in names(folder) - {".new"}} == before
    assert ".new" in names(folder)
    export(tmp_path / "results.duckdb", folder, ("csv",))
    assert names(folder) == set(before)


def test_two_exports_do_not_write_to_one_folder(tmp_path: Path) -> None:
    with (
        staging(tmp_path / "out") as place,
        pytest.raises(ReconcileError, match="another export is writing"),
    ):
        (place / "a.csv").write_text("mine")
        exported(tmp_path, {}, ("csv",))
