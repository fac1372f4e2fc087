"""Behind a tap that never ends: over a real pipe that stays open."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.live import free_address
from monstock_stripe_sandbox.testing import RunningSandbox
from sqlalchemy import text
from target_common.testing import Follower, following, until
from target_monstock.ledger.customers import known_customers
from target_monstock.testing import (
    TargetRunner,
    customer_lines,
    order_payment,
    singer_lines,
    stripe_customer,
)


def send(target: Follower, *records: dict[str, Any], state: object = None) -> None:
    """Write records, and a STATE if one is given."""
    target.send(singer_lines(records, state))


def status(sandbox: RunningSandbox, number: str) -> str | None:
    return next(o.payment_status for o in sandbox.monstock.orders() if o.number == number)


AT_ONE_TENANT = pytest.mark.parametrize("profile", ["monstock"])
"""For what takes long and is the same whatever the profile says."""


@pytest.fixture
def follow(sqlite_target: TargetRunner, tmp_path: Path) -> Callable[..., Any]:
    """Start a target that follows; keywords are settings."""

    def started(**settings: Any) -> AbstractContextManager[Follower]:
        return following("target_monstock", sqlite_target.config | settings, tmp_path)

    return started


def test_a_payment_is_on_its_order_and_its_state_comes_back_while_the_input_stays_open(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    for number in "AB":
        sandbox.monstock.order(1000, "EUR", number=number)
    with follow() as target:
        send(target, order_payment("pi_A", 1000, order="A"), state={"at": 1})
        until(lambda: status(sandbox, "A") == "paid")
        until(lambda: target.states == [{"at": 1}])

        send(target, order_payment("pi_B", 1000, order="B"), state={"at": 2})

        until(lambda: status(sandbox, "B") == "paid")
        until(lambda: target.states == [{"at": 1}, {"at": 2}], seconds=5)
        assert target.end() == 0


def test_terminated_while_it_waits_it_ends_well_with_its_state_and_a_noted_run(
    sandbox: RunningSandbox, follow: Callable[..., Any], sqlite_target: TargetRunner
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    with follow() as target:
        send(target, order_payment("pi_A", 1000, order="A"), state={"at": 1})
        until(lambda: status(sandbox, "A") == "paid")

        assert target.end(signal.SIGTERM) == 0

        assert target.states == [{"at": 1}]
        assert "ended: 1 records" in target.log.read_text()
    assert sqlite_target.run().writes == 0


def test_a_sweep_finds_what_changed_in_monstock_while_nothing_comes(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    with follow(sweep_interval=0.5) as target:
        send(target, order_payment("pi_A", 1000, order="A"))
        time.sleep(1)
        sandbox.monstock.order(1000, "EUR", number="A")

        until(lambda: status(sandbox, "A") == "paid")
        assert target.end() == 0


@AT_ONE_TENANT
def test_an_outage_is_waited_out_while_records_and_states_go_on(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    for number in "ABC":
        sandbox.monstock.order(1000, "EUR", number=number)
    address = free_address()
    with follow(metrics_listen=address) as target:
        send(target, order_payment("pi_A", 1000, order="A"), state={"at": 1})
        until(lambda: status(sandbox, "A") == "paid")
        sandbox.monstock_controls.set_faults(Fault("status", status=503))
        send(target, order_payment("pi_B", 1000, order="B"), state={"at": 2})
        until(lambda: target.states[-1:] == [{"at": 2}], seconds=10)
        send(target, order_payment("pi_C", 1000, order="C"), state={"at": 3})
        until(lambda: target.states[-1:] == [{"at": 3}], seconds=10)
        until(lambda: "is tried again until it works" in target.log.read_text(), seconds=120)
        until(lambda: "monstock_target_dirty_subjects 2.0" in figures(address))

        sandbox.monstock_controls.clear_faults()

        until(lambda: status(sandbox, "B") == status(sandbox, "C") == "paid", seconds=60)
        until(lambda: "Monstock works again" in target.log.read_text())
        assert target.end() == 0


def figures(address: str) -> str:
    """What is served for Prometheus."""
    with urlopen(f"http://{address}/metrics") as answer:
        return str(answer.read().decode())


@AT_ONE_TENANT
def test_figures_are_served_and_noted_while_it_runs(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    address = free_address()
    with follow(metrics_listen=address) as target:
        until(lambda: "metrics at" in target.log.read_text())
        send(target, order_payment("pi_A", 1000, order="A"))

        until(lambda: 'monstock_target_writes_total{action="put"} 1.0' in figures(address))
        assert "monstock_target_dirty_subjects 0.0" in figures(address)
        assert target.end() == 0


def test_a_wrong_token_ends_it_at_once_where_nothing_ever_worked(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    with follow(api_token="wrong-token") as target:
        send(target, order_payment("pi_A", 1000, order="A"), state={"at": 1})

        assert target.process.wait(timeout=60) == 1

        assert "401" in target.log.read_text()
        assert target.states == [{"at": 1}]


def test_a_refused_order_is_tried_again_by_each_sweep(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    sandbox.monstock.order(1000, "EUR", number="A")
    sandbox.monstock_controls.set_faults(Fault("status", status=422, method="PUT"))
    with follow(sweep_interval=0.5) as target:
        send(target, order_payment("pi_A", 1000, order="A"))
        until(lambda: sandbox.monstock_controls.requests > 1)
        time.sleep(1)
        sandbox.monstock_controls.clear_faults()

        until(lambda: status(sandbox, "A") == "paid")
        assert target.end() == 0


def test_killed_and_started_again_it_ends_as_one_clean_run(
    sandbox: RunningSandbox, follow: Callable[..., Any], sqlite_target: TargetRunner
) -> None:
    numbers = [f"N{number}" for number in range(30)]
    for number in numbers:
        sandbox.monstock.order(1000, "EUR", number=number)
    sandbox.monstock_controls.set_faults(Fault("latency", seconds=0.02))
    records = [order_payment(f"pi_{one}", 1000, order=one) for one in numbers]
    with follow() as target:
        send(target, *records)
        until(lambda: sandbox.monstock_controls.writes > 5)
        os.kill(target.process.pid, signal.SIGKILL)
        target.process.wait()
    with follow() as target:
        send(target, *records)
        until(lambda: all(status(sandbox, one) == "paid" for one in numbers))
        assert target.end(signal.SIGTERM) == 0
    sandbox.monstock_controls.clear_faults()
    assert sqlite_target.run(records).writes == 0


def test_a_payment_read_again_while_its_order_is_looked_for_is_linked_by_what_it_says_now(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    for number in "AB":
        sandbox.monstock.order(1000, "EUR", number=number)
    sandbox.monstock_controls.set_faults(Fault("latency", seconds=1, method="GET"))
    with follow() as target:
        send(target, order_payment("pi_1", 1000, order="A"))
        until(lambda: sandbox.monstock_controls.requests > 0)

        send(target, order_payment("pi_1", 1000, order="B", version=2))

        until(lambda: status(sandbox, "B") == "paid", seconds=30)
        assert target.end() == 0
    assert status(sandbox, "A") != "paid"


def test_a_customer_read_again_while_the_link_is_written_keeps_what_was_read(
    sandbox: RunningSandbox, follow: Callable[..., Any], sqlite_target: TargetRunner
) -> None:
    ann = sandbox.monstock.customer("Ann", email="ann@example.com")
    writes = [Fault("latency", seconds=1, method=method) for method in ("PATCH", "PUT")]
    sandbox.monstock_controls.set_faults(*writes)
    with follow(customers="link") as target:
        target.send(customer_lines([stripe_customer("cus_1", email="ann@example.com")]))
        until(lambda: sandbox.monstock_controls.requests == 3)

        again = stripe_customer("cus_1", version=2, email="new@example.com")
        target.send(customer_lines([again]))

        assert target.end() == 0
    customer = sandbox.monstock.get_customer(ann)
    assert customer is not None
    assert customer.stripe_customer_id == "cus_1"
    with sqlite_target.ledger() as connection:
        kept = known_customers(connection, ["cus_1"])["cus_1"].customer
    assert (kept.version, kept.email) == (2, "new@example.com")


def test_a_payment_does_not_wait_until_orders_are_read_again(
    sandbox: RunningSandbox, follow: Callable[..., Any], sqlite_target: TargetRunner
) -> None:
    numbers = [f"N{number:04}" for number in range(900)]
    for number in (*numbers, "Y", "Z"):
        sandbox.monstock.order(1000, "EUR", number=number)
    lines = singer_lines([order_payment(f"pi_{one}", 1000, order=one) for one in numbers])
    assert sqlite_target.run_lines(lines).error is None
    with sqlite_target.ledger() as connection:
        connection.execute(text("UPDATE orders SET dirty = 1"))
    sandbox.monstock_controls.reset_counters()
    sandbox.monstock_controls.set_faults(Fault("latency", seconds=0.1))
    with follow() as target:
        send(target, order_payment("pi_Y", 1000, order="Y"))
        until(lambda: sandbox.monstock_controls.requests > 20)

        send(target, order_payment("pi_Z", 1000, order="Z"))

        until(lambda: status(sandbox, "Z") == "paid", seconds=60)
        assert sandbox.monstock_controls.requests < 150


def test_what_came_last_goes_before_a_backlog(
    sandbox: RunningSandbox, follow: Callable[..., Any]
) -> None:
    numbers = [f"N{number:04}" for number in range(1500)]
    for number in (*numbers, "Z"):
        sandbox.monstock.order(1000, "EUR", number=number)
    sandbox.monstock_controls.set_faults(Fault("latency", seconds=0.02))
    with follow() as target:
        send(target, *(order_payment(f"pi_{one}", 1000, order=one) for one in numbers))
        until(lambda: sandbox.monstock_controls.writes > 20)

        send(target, order_payment("pi_Z", 1000, order="Z"))

        until(lambda: status(sandbox, "Z") == "paid")
        assert sum(o.payment_status == "paid" for o in sandbox.monstock.orders()) < 1400
