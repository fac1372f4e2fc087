"""The tap with a target that others wrote: `target-jsonl` of PyPI, in an environment of its own."""

import json
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.pipeline import executable, tap_config, write_catalog
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

STREAMS = ("payments", "payment_intents", "charges", "refunds", "customers", "events")


@pytest.fixture(scope="session")
def target_jsonl(installed: Callable[[str], Path]) -> Path:
    """target-jsonl at the versions of its lock."""
    return installed("target-jsonl")


class TapAlone:
    """`tap-stripe-ext --config … --catalog … --state … | target-jsonl > state` in one folder."""

    def __init__(self, folder: Path, sandbox: RunningSandbox, target: Path) -> None:
        self.folder = folder
        self.target = target
        self.config = folder / "config.json"
        self.catalog = folder / "catalog.json"
        self.state = folder / "state.json"
        self.config.write_text(json.dumps(tap_config(sandbox.stripe_url) | {"relist_interval": 0}))
        write_catalog(self.catalog, STREAMS)

    def run(self, *, lines: int | None = None) -> dict[str, list[dict[str, Any]]]:
        """Run once; return what was written, by stream. `lines` kills the tap after so many."""
        output = self.folder / f"output-{len(list(self.folder.glob('output-*')))}"
        output.mkdir()
        target_config = output / "config.json"
        target_config.write_text(
            json.dumps({"destination_path": str(output), "do_timestamp_file": False})
        )
        arguments = ["--config", str(self.config), "--catalog", str(self.catalog)]
        if self.state.exists():
            arguments += ["--state", str(self.state)]
        with (
            subprocess.Popen(
                [executable("tap-stripe-ext"), *arguments], stdout=subprocess.PIPE
            ) as tap,
            subprocess.Popen(
                [str(self.target), "--config", str(target_config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            ) as target,
        ):
            assert tap.stdout is not None
            assert target.stdin is not None
            for number, line in enumerate(tap.stdout):
                if number == lines:
                    tap.kill()
                    break
                target.stdin.write(line)
            said, _ = target.communicate()
        assert target.returncode == 0
        assert lines is not None or tap.returncode == 0
        if said.splitlines():
            self.state.write_bytes(said.splitlines()[-1])
        return {
            path.stem: [json.loads(line) for line in path.read_text().splitlines()]
            for path in output.glob("*.jsonl")
        }


def ids(written: dict[str, list[dict[str, Any]]], stream: str) -> Counter[str]:
    return Counter(record["id"] for record in written.get(stream, []))


def paid(sandbox: RunningSandbox, count: int, *, hours_ago: int = 0) -> list[str]:
    stripe = sandbox.stripe
    with sandbox.clock.at(sandbox.clock.now() - hours_ago * 3600):
        intents = [stripe.payment_intent(1000 + number, "eur") for number in range(count)]
        for intent in intents:
            stripe.succeed(intent)
    return intents


def test_first_run_writes_everything_once_and_the_next_only_what_changed(
    tmp_path: Path, target_jsonl: Path
) -> None:
    with running_sandbox() as sandbox:
        first = paid(sandbox, 230, hours_ago=2)
        alone = TapAlone(tmp_path, sandbox, target_jsonl)

        written = alone.run()
        assert ids(written, "payment_intents") == Counter(first)
        assert ids(written, "payments") == Counter(first)

        sandbox.stripe.refund(first[3], 500)
        new = paid(sandbox, 2)
        written = alone.run()
        assert ids(written, "payments") == Counter([first[3], *new])
        assert ids(written, "payment_intents") == Counter([first[3], *new])
        assert len(written["refunds"]) == 1
        assert ids(written, "charges").total() == 3

        assert alone.run() == {}


def test_stopped_back_fill_goes_on_without_a_gap(tmp_path: Path, target_jsonl: Path) -> None:
    with running_sandbox() as sandbox:
        intents = paid(sandbox, 650, hours_ago=2)
        alone = TapAlone(tmp_path, sandbox, target_jsonl)
        written = [alone.run(lines=700), alone.run(lines=1500), alone.run()]
        for stream in ("payments", "payment_intents"):
            seen = sum((ids(part, stream) for part in written), Counter())
            assert set(seen) == set(intents)
        assert alone.run() == {}
