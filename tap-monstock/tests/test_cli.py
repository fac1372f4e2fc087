"""The command line: one clear message for each bad input, and an exit status to match."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_monstock.testing import SANDBOX_TOKEN

TAP = Path(sys.executable).parent / "tap-monstock"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        for number in range(300):
            running.monstock.order(5, "EUR", number=f"N-{number}")
        running.monstock.customer("Ann", email="ann@example.com")
        yield running


@pytest.fixture
def settings(sandbox: RunningSandbox, profile: str) -> dict[str, Any]:
    return {
        "base_url": sandbox.monstock_base_url(profile),
        "api_token": SANDBOX_TOKEN,
        "profile": profile,
    }


@pytest.fixture
def config(settings: dict[str, Any], tmp_path: Path) -> Path:
    return written(tmp_path / "config.json", settings)


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def tap(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(TAP), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert '"RECORD"' not in done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"bookmarks": {"ord', ["state file", "no valid JSON", "cut off"]),
        ("", ["state file is empty"]),
        ({"bookmarks": {"charges": {}}}, ["'charges'", "of no stream of this tap"]),
        ({"type": "STATE", "value": {}}, ['no object "bookmarks"']),
    ],
    ids=["cut", "empty", "elsewhere", "message"],
)
def test_a_bad_state_file_is_refused(
    config: Path, tmp_path: Path, content: object, words: list[str]
) -> None:
    done = tap("--config", config, "--state", written(tmp_path / "state.json", content))
    assert_refused(done, *words)


def test_a_bad_catalog_file_is_refused(config: Path, tmp_path: Path) -> None:
    catalog = written(tmp_path / "catalog.json", {"tables": []})
    done = tap("--config", config, "--catalog", catalog)
    assert_refused(done, "no Singer catalog", "tap-monstock --discover")


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    assert_refused(tap("--config", tmp_path / "nowhere.json"), "nowhere.json")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"base_url": None}, ["base_url"]),
        ({"base_url": "tenant.example.com"}, ["base_url"]),
        ({"api_token": None}, ["api_token"]),
        ({"api_token": " "}, ["api_token"]),
        ({"profile": "nowhere"}, ["nowhere", "monstock-fr"]),
        ({"start_date": "yesterday"}, ["start_date"]),
        ({"overlap": -1}, ["overlap"]),
        ({"unreadable": "ignore"}, ["unreadable"]),
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_named(
    settings: dict[str, Any], tmp_path: Path, changes: dict[str, Any], words: list[str]
) -> None:
    kept = {name: value for name, value in (settings | changes).items() if value is not None}
    assert_refused(tap("--config", written(tmp_path / "c.json", kept)), *words)


def test_a_broken_profile_is_named_with_its_key(settings: dict[str, Any], tmp_path: Path) -> None:
    profile = written(tmp_path / "tenant.yml", "name: tenant\nauth: {shceme: bearer}\n")
    broken = written(tmp_path / "c.json", settings | {"profile": str(profile)})
    for arguments in (["--config", broken], ["--config", broken, "--discover"]):
        assert_refused(tap(*arguments), str(profile), "auth.shceme", "did you mean 'scheme'?")


@pytest.mark.parametrize("arguments", [[], ["--test"]], ids=["run", "test"])
def test_a_wrong_token_is_one_message_without_the_token(
    settings: dict[str, Any], tmp_path: Path, arguments: list[str]
) -> None:
    wrong = written(tmp_path / "c.json", settings | {"api_token": "wrongwrong"})
    done = tap("--config", wrong, *arguments)
    assert_refused(done, "api_token")
    assert "wrongwrong" not in done.stdout + done.stderr


def test_a_target_that_dies_ends_the_tap_quietly_and_without_success(config: Path) -> None:
    process = subprocess.Popen(
        [TAP, "--config", config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 74
    assert "closed the pipe" in errors
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


def test_standard_output_holds_singer_messages_and_the_log_no_personal_data(config: Path) -> None:
    done = tap("--config", config)
    assert done.returncode == 0
    kinds = {json.loads(line)["type"] for line in done.stdout.splitlines()}
    assert kinds == {"SCHEMA", "RECORD", "STATE"}
    assert "Emitted 1 customers, 0 order_payments, 300 orders" in done.stderr
    assert "ann@example.com" not in done.stderr


def test_a_state_as_meltano_keeps_it_is_taken(config: Path, tmp_path: Path) -> None:
    first = [json.loads(line) for line in tap("--config", config).stdout.splitlines()]
    kept = written(tmp_path / "state.json", {"singer_state": first[-1]["value"]})
    done = tap("--config", config, "--state", kept)
    assert done.returncode == 0
    assert '"RECORD"' not in done.stdout


def test_discovery_works_without_address_and_token(tmp_path: Path) -> None:
    done = tap("--discover")
    assert done.returncode == 0
    streams = json.loads(done.stdout)["streams"]
    assert [one["tap_stream_id"] for one in streams] == ["customers", "order_payments", "orders"]
    assert {one["replication_method"] for one in streams} == {"INCREMENTAL"}
    french = tap("--config", written(tmp_path / "c.json", {"profile": "monstock-fr"}), "--discover")
    orders = json.loads(french.stdout)["streams"][2]["schema"]["properties"]
    assert "_sdc_deleted_at" in orders


def test_about_names_the_settings() -> None:
    about = json.loads(tap("--about", "--format", "json").stdout)
    assert {"base_url", "api_token", "profile"} <= set(about["settings"]["properties"])


def test_version_is_said() -> None:
    assert tap("--version").stdout.startswith("tap-monstock v")


def test_the_connection_test_succeeds(config: Path) -> None:
    assert tap("--config", config, "--test").returncode == 0
