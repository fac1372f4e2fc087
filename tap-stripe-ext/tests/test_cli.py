"""The command line: one clear message for each bad input, and an exit status to match."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_stripe_ext.tap import stream_names
from tap_stripe_ext.testing import SANDBOX_CONFIG

TAP = Path(sys.executable).parent / "tap-stripe-ext"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(payments=300) as running:
        yield running


@pytest.fixture
def config(sandbox: RunningSandbox, tmp_path: Path) -> Path:
    return written(tmp_path / "config.json", {**SANDBOX_CONFIG, "api_base": sandbox.stripe_url})


def written(path: Path, content: object) -> Path:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def tap(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(TAP), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def assert_refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr
    assert '"RECORD"' not in done.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"bookmarks": {"char', ["state file", "no valid JSON", "cut off"]),
        ("", ["state file is empty"]),
        ("[1]", ["state file holds no JSON object"]),
        ({"bookmarks": {"orders": {"position": 1}}}, ["'orders'", "of no stream of this tap"]),
        ({"bookmarks": {"charges": {"log": {"position": "x"}}}}, ["bookmarks.charges"]),
        ({"type": "STATE", "value": {}}, ['no object "bookmarks"']),
    ],
    ids=["cut", "empty", "list", "elsewhere", "wrong type", "message"],
)
def test_bad_state_file(config, tmp_path, content, words):
    done = tap("--config", config, "--state", written(tmp_path / "state.json", content))

    assert_refused(done, *words)


def test_bad_catalog_file(config, tmp_path):
    assert_refused(
        tap("--config", config, "--catalog", written(tmp_path / "catalog.json", '{"streams": [')),
        "catalog file",
    )
    assert_refused(
        tap("--config", config, "--catalog", written(tmp_path / "catalog.json", {"tables": []})),
        "no Singer catalog",
    )


def test_missing_config_file(tmp_path):
    assert_refused(tap("--config", tmp_path / "nowhere.json"), "nowhere.json")


def test_config_that_is_no_json(tmp_path):
    assert_refused(tap("--config", written(tmp_path / "c.json", "{api_key")), "no valid JSON")


BATCHES = {
    "encoding": {"format": "jsonl", "compression": "gzip"},
    "storage": {"root": "file:///tmp/batches"},
}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_key": None}, ["api_key"]),
        ({"api_key": " "}, ["api_key", "empty"]),
        ({"api_key": "pk_test_1"}, ["publishable"]),
        ({"api_base": "api.stripe.com"}, ["api_base", "https://api.stripe.com"]),
        ({"api_base": "https://api.stripe.com/v1"}, ["api_base", "no /v1"]),
        ({"start_date": "yesterday"}, ["start_date"]),
        ({"concurrency": 0}, ["concurrency"]),
        ({"overlap": 10**6}, ["overlap"]),
        ({"optional_streams": "customers"}, ["optional_streams"]),
        ({"batch_config": BATCHES, "follow": True}, ["batch_config", "follow"]),
    ],
    ids=str,
)
def test_setting_that_makes_no_sense_is_named(tmp_path, settings, words):
    values = {**SANDBOX_CONFIG, "api_base": "http://127.0.0.1:9", **settings}
    kept = {name: value for name, value in values.items() if value is not None}

    assert_refused(tap("--config", written(tmp_path / "c.json", kept)), *words)


def test_secret_of_the_wrong_type_is_not_repeated(tmp_path):
    wrong = {"api_key": ["sk_test_nobody"], "webhook_secrets": "whsec_nobody"}
    done = tap("--config", written(tmp_path / "c.json", SANDBOX_CONFIG | wrong))

    assert_refused(done, "api_key", "webhook_secrets")
    assert "nobody" not in done.stderr


def test_wrong_key_is_one_message_without_the_key(config, tmp_path):
    values = json.loads(config.read_text()) | {"api_key": "sk_test_wrongwrongwrong"}

    done = tap("--config", written(tmp_path / "wrong.json", values))

    assert_refused(done, "does not accept the API key")
    assert "wrongwrong" not in done.stdout + done.stderr


def test_target_that_dies_ends_the_tap_quietly_and_without_success(config):
    process = subprocess.Popen(
        [TAP, "--config", config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    process.stdout.readline()
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()

    assert process.wait(60) not in (0, None)
    assert "closed the pipe" in errors
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


def test_standard_output_holds_singer_messages_only(config):
    done = tap("--config", config)

    assert done.returncode == 0
    assert {json.loads(line)["type"] for line in done.stdout.split("\n")[:-1]} == {
        "SCHEMA",
        "RECORD",
        "STATE",
    }


def test_discovery_works_without_a_key():
    done = tap("--discover")

    assert done.returncode == 0
    assert len(json.loads(done.stdout)["streams"]) == len(stream_names())


def test_about_names_the_settings():
    about = json.loads(tap("--about", "--format", "json").stdout)

    assert "api_base" in about["settings"]["properties"]


def test_version_is_said():
    assert tap("--version").stdout.startswith("tap-stripe-ext v")


def test_connection_test_succeeds_and_fails_with_a_message(config, tmp_path):
    assert tap("--config", config, "--test").returncode == 0
    values = json.loads(config.read_text()) | {"api_key": "sk_test_wrongwrongwrong"}

    done = tap("--config", written(tmp_path / "wrong.json", values), "--test")

    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "does not accept the API key" in done.stderr
