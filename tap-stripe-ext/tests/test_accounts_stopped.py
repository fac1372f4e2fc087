"""The command over many accounts, ended by real signals and run again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from tap_stripe_ext.testing import catalog_of

STREAMS = ("charges", "customers")
Message = dict[str, Any]


def run(folder: Path, state: Message | None, stop: signal.Signals | None, after: int = 0):
    """Run the command, end it by a signal after so many records; return status and messages."""
    command = [str(Path(sys.executable).parent / "tap-stripe-ext")]
    command += ["--config", str(folder / "config.json"), "--catalog", str(folder / "catalog.json")]
    if state is not None:
        (folder / "state.json").write_text(json.dumps(state))
        command += ["--state", str(folder / "state.json")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        lines: list[bytes] = []
        for line in process.stdout or ():
            lines.append(line)
            if stop and sum(b'"RECORD"' in one[:40] for one in lines) == after:
                process.send_signal(stop)
        process.wait()
    whole = [line for line in lines if line.endswith(b"\n")]
    return process.returncode, [json.loads(line) for line in whole]


def written(messages: list[Message]) -> set[tuple[str, str, str]]:
    return {
        (one["stream"], one["record"]["account_id"], one["record"]["id"])
        for one in messages
        if one["type"] == "RECORD"
    }


def last_state(messages: list[Message]) -> Message:
    states: list[Message] = [one["value"] for one in messages if one["type"] == "STATE"]
    return states[-1]


def everything(sandbox: RunningSandbox) -> set[tuple[str, str, str]]:
    worlds = {sandbox.stripe.account["id"]: sandbox.stripe, **sandbox.stripe.connected}
    return {
        (stream, str(account), one)
        for account, world in worlds.items()
        for stream, kind in (("charges", "charge"), ("customers", "customer"))
        for one in world.shelves[kind].entries
    }


@pytest.mark.slow
def test_run_over_accounts_that_is_stopped_and_killed_is_completed(tmp_path):
    with running_sandbox(payments=300) as sandbox:
        for number in range(25):
            _, world = sandbox.stripe.connected_account()
            world.customer(f"{number}@example.com")
        sandbox.clock.advance(700)
        config = {"api_key": "sk_test_sandbox", "api_base": sandbox.stripe_url}
        pace = {"requests_per_second": 12, "requests_per_second_per_endpoint": 6}
        (tmp_path / "config.json").write_text(
            json.dumps({**config, **pace, "account_ids": ["all"]})
        )
        catalog = [
            one for one in catalog_of(*STREAMS)["streams"] if one["tap_stream_id"] in STREAMS
        ]
        (tmp_path / "catalog.json").write_text(json.dumps({"streams": catalog}))

        stopped, first = run(tmp_path, None, signal.SIGTERM, after=50)
        killed, second = run(tmp_path, last_state(first), signal.SIGKILL, after=50)
        states = [one for one in (*first, *second) if one["type"] == "STATE"]
        ended, third = run(tmp_path, states[-1]["value"], None)
        idle, fourth = run(tmp_path, last_state(third), None)

        assert (stopped, killed, ended, idle) == (128 + 15, -9, 0, 0)
        assert first[-1]["type"] == "STATE"
        assert written(first) | written(second) | written(third) == everything(sandbox)
        assert len(written(third)) < len(everything(sandbox))
        assert written(fourth) == set()
