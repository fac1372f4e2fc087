"""The command `sandbox`, as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from monstock_stripe_sandbox.stripe_world import SECRET_KEY

SANDBOX = str(Path(sys.executable).with_name("sandbox"))


@contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[dict[str, str], subprocess.Popen[str]]]:
    """A sandbox that runs until the block ends; its addresses as environment variables."""
    ready = folder / "ready"
    ready.unlink(missing_ok=True)
    process = subprocess.Popen(
        [
            *(SANDBOX, "serve", "--stripe-port=0", "--monstock-port=0"),
            *(f"--ready-file={ready}", *options),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        until = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < until, "the sandbox does not come up"
            time.sleep(0.05)
        lines = ready.read_text().split()
        yield dict(line.split("=", 1) for line in lines), process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def call(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SANDBOX, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, **(env or {})},
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_the_state_goes_on(tmp_path: Path, number: int) -> None:
    state = tmp_path / "state.json"
    with served(tmp_path, "--no-scenarios", f"--state={state}") as (env, process):
        made = requests.post(
            f"{env['SANDBOX_STRIPE_URL']}/v1/customers",
            data={"email": "kept@example.com"},
            auth=(SECRET_KEY, ""),
            timeout=10,
        ).json()
        process.send_signal(number)
        assert process.wait(timeout=15) == 0
        assert process.stdout is not None
        first, second = process.stdout.read().splitlines()
        assert first == f"Stripe   {env['SANDBOX_STRIPE_URL']}"
        assert second == f"Monstock {env['SANDBOX_MONSTOCK_URL']}/api/v1"
    with served(tmp_path, "--no-scenarios", f"--state={state}") as (env, _):
        found = requests.get(
            f"{env['SANDBOX_STRIPE_URL']}/v1/customers/{made['id']}",
            auth=(SECRET_KEY, ""),
            timeout=10,
        )
        assert found.json() == made


def test_a_taken_port_and_a_broken_state_are_said_and_end_with_status_1(tmp_path: Path) -> None:
    with served(tmp_path, "--no-scenarios") as (env, _):
        port = env["SANDBOX_STRIPE_URL"].rpartition(":")[2]
        second = call("serve", "--no-scenarios", f"--stripe-port={port}", "--monstock-port=0")
        assert second.returncode == 1
        assert "a port is taken" in second.stderr
        assert "--stripe-port" in second.stderr
    broken = tmp_path / "broken.json"
    broken.write_text('{"sandbox": 1, "state": {')
    ended = call("serve", f"--state={broken}", "--stripe-port=0", "--monstock-port=0")
    assert ended.returncode == 1
    assert f"state file {broken} is not whole JSON" in ended.stderr


def test_counters_and_faults_are_steered_from_outside(tmp_path: Path) -> None:
    with served(tmp_path, "--no-scenarios") as (env, _):
        set_fault = call(
            *("faults", "set", "--api=stripe", "--kind=status", "--status=503", "--times=1"),
            env=env,
        )
        assert set_fault.returncode == 0, set_fault.stderr
        assert '"status": 503' in call("faults", "show", env=env).stdout
        charges = f"{env['SANDBOX_STRIPE_URL']}/v1/charges"
        answers = [requests.get(charges, auth=(SECRET_KEY, ""), timeout=10) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [503, 200]
        shown = call("counters", "--reset", env=env)
        assert "Stripe: 2 requests, 0 writes" in shown.stdout
        assert '"requests": 0' in call("counters", "--json", env=env).stdout
        assert "no faults" in call("faults", "clear", env=env).stdout


def test_no_sandbox_to_talk_to_is_one_clear_message() -> None:
    ended = call("counters", env={"SANDBOX_STRIPE_URL": "http://127.0.0.1:9"})
    assert ended.returncode == 1
    assert ended.stderr.startswith("Error: no sandbox answers at http://127.0.0.1:9: start one")


def test_an_order_is_recorded_from_the_command_line(tmp_path: Path) -> None:
    with served(tmp_path, "--no-scenarios") as (env, _):
        said = call(
            "order", "Table", "129.00", "EUR", "--email", "a@example.com", "--json", env=env
        )
        made = json.loads(said.stdout)
        shown = requests.get(f"{env['SANDBOX_MONSTOCK_URL']}/_sandbox/orders", timeout=10).json()
        wrong = call("order", "Table", "129.001", "EUR", env=env)

    assert [one["id"] for one in shown] == [made["id"]]
    assert (made["total_amount"], made["status"], made["payment_status"]) == (
        12900,
        "validated",
        "unpaid",
    )
    assert wrong.returncode == 1
    assert "129.001" in wrong.stderr
