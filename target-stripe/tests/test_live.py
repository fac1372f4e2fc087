"""Behind a tap that never ends: over a real pipe that stays open."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from collecting import values
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.testing import Follower, following, until
from target_stripe.testing import TargetRunner, customer, singer_lines


@pytest.fixture
def follower(target: TargetRunner, tmp_path: Path) -> Iterator[Follower]:
    settings = {"create_customers": "all", "sweep_interval": 0.5, "max_attempts": 2}
    with following("target_stripe", target.config | settings, tmp_path) as started:
        yield started


def send(target: Follower, customer_id: str, state: object) -> None:
    records = [customer(customer_id, name=f"Name of {customer_id}")]
    target.send(singer_lines((), records, state))


def last_state(target: Follower) -> object:
    return target.states[-1] if target.states else None


def names(sandbox: RunningSandbox) -> set[str]:
    return {one["name"] for one in values(sandbox, "customer")}


def test_a_record_is_at_stripe_and_its_state_back_while_the_input_stays_open(
    sandbox: RunningSandbox, follower: Follower
) -> None:
    send(follower, "c1", state={"at": 1})

    until(lambda: "Name of c1" in names(sandbox), seconds=60)
    until(lambda: last_state(follower) == {"at": 1}, seconds=5)
    follower.process.send_signal(signal.SIGTERM)
    assert follower.process.wait(timeout=30) == 0


def test_an_outage_of_stripe_is_waited_out_while_records_and_states_go_on(
    sandbox: RunningSandbox, follower: Follower
) -> None:
    send(follower, "c1", state={"at": 1})
    until(lambda: "Name of c1" in names(sandbox), seconds=60)
    sandbox.stripe_controls.set_faults(Fault("status", status=503))
    send(follower, "c2", state={"at": 2})
    until(lambda: "is tried again until it works" in follower.log.read_text(), seconds=60)
    send(follower, "c3", state={"at": 3})
    until(lambda: last_state(follower) == {"at": 3}, seconds=10)

    sandbox.stripe_controls.clear_faults()

    until(lambda: {"Name of c2", "Name of c3"} <= names(sandbox), seconds=60)
    until(lambda: "Stripe works again" in follower.log.read_text(), seconds=60)
    assert len(values(sandbox, "customer")) == 3
