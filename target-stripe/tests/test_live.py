"""Behind a tap that never ends: over a real pipe that stays open."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from collecting import values
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_stripe.testing import TargetRunner, customer, singer_lines


class Follower:
    """A target whose input stays open."""

    def __init__(self, config: Path, folder: Path) -> None:
        self.log, self.output = folder / "log", folder / "states"
        with self.log.open("ab") as log, self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "target_stripe", "--config", str(config)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=log,
            )

    def send(self, customer_id: str, state: object) -> None:
        assert self.process.stdin is not None
        records = [customer(customer_id, name=f"Name of {customer_id}")]
        self.process.stdin.write(singer_lines((), records, state))
        self.process.stdin.flush()

    @property
    def last_state(self) -> object:
        lines = self.output.read_text().splitlines()
        return json.loads(lines[-1]) if lines else None


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds
        time.sleep(0.01)


@pytest.fixture
def following(target: TargetRunner, tmp_path: Path) -> Iterator[Follower]:
    settings = {"create_customers": "all", "sweep_interval": 0.5, "max_attempts": 2}
    config = tmp_path / "config.json"
    config.write_text(json.dumps(target.config | settings))

    @contextmanager
    def started() -> Iterator[Follower]:
        follower = Follower(config, tmp_path)
        try:
            yield follower
        finally:
            if follower.process.poll() is None:
                follower.process.kill()
                follower.process.wait()
            if follower.process.stdin is not None:
                follower.process.stdin.close()

    with started() as follower:
        yield follower


def names(sandbox: RunningSandbox) -> set[str]:
    return {one["name"] for one in values(sandbox, "customer")}


def test_a_record_is_at_stripe_and_its_state_back_while_the_input_stays_open(
    sandbox: RunningSandbox, following: Follower
) -> None:
    following.send("c1", state={"at": 1})

    until(lambda: "Name of c1" in names(sandbox))
    until(lambda: following.last_state == {"at": 1}, seconds=5)
    following.process.send_signal(signal.SIGTERM)
    assert following.process.wait(timeout=30) == 0


def test_an_outage_of_stripe_is_waited_out_while_records_and_states_go_on(
    sandbox: RunningSandbox, following: Follower
) -> None:
    following.send("c1", state={"at": 1})
    until(lambda: "Name of c1" in names(sandbox))
    sandbox.stripe_controls.set_faults(Fault("status", status=503))
    following.send("c2", state={"at": 2})
    until(lambda: "is tried again until it works" in following.log.read_text())
    following.send("c3", state={"at": 3})
    until(lambda: following.last_state == {"at": 3}, seconds=10)

    sandbox.stripe_controls.clear_faults()

    until(lambda: {"Name of c2", "Name of c3"} <= names(sandbox))
    until(lambda: "Stripe works again" in following.log.read_text())
    assert len(values(sandbox, "customer")) == 3
