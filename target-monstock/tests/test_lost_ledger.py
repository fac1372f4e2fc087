"""A ledger on PostgreSQL whose server goes away in the middle of a run that follows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.pipeline import target_config
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    PostgresqlServer,
    postgresql_programs,
    postgresql_server,
)
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.testing import Follower, following, until
from target_monstock.testing import TargetRunner, order_payment, singer_lines

pytestmark = pytest.mark.postgresql

NUMBERS = [f"N{number}" for number in range(12)]
RECORDS = [order_payment(f"pi_{one}", 1000, order=one) for one in NUMBERS]


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresqlServer]:
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with postgresql_server(programs) as running:
        yield running


def settings(sandbox: RunningSandbox, ledger_url: str) -> dict[str, Any]:
    return target_config(sandbox.monstock_url, ledger_url)


def paid(sandbox: RunningSandbox) -> int:
    return sum(order.payment_status == "paid" for order in sandbox.monstock.orders())


def ends_with_one_message(target: Follower) -> None:
    """It ended by itself, within its time, saying what happened and nothing else."""
    assert target.process.wait(60) == 1
    said = target.log.read_text()
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("target-monstock: the ledger postgresql+psycopg://sandbox:***@/")
    assert "Start again." in last
    assert "hunter2" not in said


@pytest.mark.parametrize("mode", ["immediate", pytest.param("fast", marks=pytest.mark.slow)])
@pytest.mark.parametrize("when", ["while it waits", "while it works"])
def test_the_run_ends_with_one_message_and_the_next_one_goes_on_without_a_double(
    mode: str,
    when: str,
    server: PostgresqlServer,
    sandbox: RunningSandbox,
    tmp_path: Path,
) -> None:
    for number in NUMBERS:
        sandbox.monstock.order(1000, "EUR", number=number)
    database = f"{mode} {when}".replace(" ", "_")
    server.create_database(database)
    config = settings(sandbox, server.url(database, "hunter2"))

    with following("target_monstock", config, tmp_path) as target:
        target.send(singer_lines(RECORDS[:4], state={"at": 1}))
        if when == "while it waits":
            until(lambda: paid(sandbox) == 4 and target.states == [{"at": 1}])
        else:
            until(lambda: sandbox.monstock_controls.writes > 2)
        server.stop(mode)
        target.send(singer_lines(RECORDS[4:8], state={"at": 2}))
        ends_with_one_message(target)
        returned = target.states
    assert {"at": 2} not in returned

    server.start()
    with following("target_monstock", config, tmp_path) as target:
        # The tap reads again from the last STATE that came back: none may be lacking by it.
        target.send(singer_lines(RECORDS[4 if returned else 0 :], state={"at": 3}))
        until(lambda: paid(sandbox) == len(NUMBERS))
        until(lambda: {"at": 3} in target.states)
        assert target.end() == 0

    again = TargetRunner(config)
    assert again.run(RECORDS).writes == 0
    assert [len(order.payments or ()) for order in sandbox.monstock.orders()] == [1] * 12


def test_a_start_while_the_server_is_away_says_so_and_a_later_one_works(
    server: PostgresqlServer, sandbox: RunningSandbox, tmp_path: Path
) -> None:
    config = settings(sandbox, server.url(password="hunter2"))
    server.stop()
    with following("target_monstock", config, tmp_path) as target:
        assert target.process.wait(60) == 1
        said = target.log.read_text()
    assert "Traceback" not in said
    assert "the ledger postgresql+psycopg://sandbox:***@/postgres" in said
    assert "hunter2" not in said

    server.start()
    sandbox.monstock.order(1000, "EUR", number="N0")
    assert TargetRunner(config).run(RECORDS[:1]).error is None
    assert paid(sandbox) == 1
