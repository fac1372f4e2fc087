"""Meltano's state and both ledgers on PostgreSQL: batch, live, killed, lost, and batch again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from monstock_stripe_sandbox.live import WEBHOOK_PATH, LivePayments, free_address, register_webhook
from monstock_stripe_sandbox.meltano_project import MeltanoProject
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    PostgresqlServer,
    postgresql_programs,
    postgresql_server,
)
from monstock_stripe_sandbox.selling import Seller
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

ROOT = Path(__file__).parents[1]
PASSWORD = "hunter2-of-the-database"
SOON = 60.0
DATABASES = {
    "MELTANO_DATABASE_URI": "meltano",
    "TARGET_MONSTOCK_LEDGER_URL": "payments",
    "TARGET_STRIPE_LEDGER_URL": "orders",
}

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]


@dataclass
class Place:
    """Where a deployment runs: its two systems, its server, and Meltano."""

    sandbox: RunningSandbox
    server: PostgresqlServer
    project: MeltanoProject

    def scalar(self, database: str, query: str) -> object:
        engine = sqlalchemy.create_engine(self.server.url(database))
        with engine.connect() as connection:
            found: object = connection.execute(sqlalchemy.text(query)).scalar_one()
        engine.dispose()
        return found

    def batch(self, job: str = "stripe-to-monstock") -> None:
        # --force: of a run that was killed, Meltano still believes that it lives.
        ended = self.project.run("run", "--force", job)
        assert ended.status == 0, ended.stderr


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with running_sandbox() as sandbox, postgresql_server(programs) as server:
        project = MeltanoProject(ROOT, tmp_path, sandbox.stripe_url, sandbox.monstock_url)
        for variable, database in DATABASES.items():
            server.create_database(database)
            project.environment[variable] = server.url(database, PASSWORD)
        yield Place(sandbox, server, project)


@pytest.fixture
def live(place: Place, tmp_path: Path) -> Iterator[LivePayments]:
    listen = free_address()
    secret = register_webhook(place.sandbox.stripe_url, f"http://{listen}{WEBHOOK_PATH}")
    running = LivePayments(place.project, tmp_path, listen, secret)
    yield running
    running.kill()


def wait_for(condition: Callable[[], object], said: Path) -> None:
    until = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < until, said.read_text()
        time.sleep(0.05)


def test_batch_and_live_share_state_and_ledger_whatever_is_killed_or_lost(
    place: Place, live: LivePayments, tmp_path: Path
) -> None:
    seller = Seller(place.sandbox.monstock_url)
    orders = [one.order for one in seller.order(1_200, count=5)]

    def is_paid(order: str) -> bool:
        return seller.first_paid([order])[order] is not None

    seller.pay(orders[:1])
    place.batch()
    assert is_paid(orders[0])
    first_state = place.scalar("meltano", "SELECT completed_state::text FROM state")

    live.start()
    live.wait_until_ready()
    seller.pay(orders[1:2])
    wait_for(lambda: is_paid(orders[1]), live.log)
    live.kill()

    seller.pay(orders[2:3])
    place.batch()
    assert is_paid(orders[2])
    assert place.scalar("meltano", "SELECT completed_state::text FROM state") != first_state

    live.start()
    live.wait_until_ready()
    place.server.stop("fast")
    seller.pay(orders[3:4])
    assert live.process is not None
    assert live.process.wait(SOON) == 1
    place.server.start()

    live.start()
    live.wait_until_ready()
    wait_for(lambda: is_paid(orders[3]), live.log)
    seller.pay(orders[4:])
    wait_for(lambda: is_paid(orders[4]), live.log)
    live.stop()

    place.batch("monstock-to-stripe")
    place.batch()
    for controls in (place.sandbox.monstock_controls, place.sandbox.stripe_controls):
        controls.reset_counters()
    place.batch("sync")
    assert place.sandbox.monstock_controls.writes == place.sandbox.stripe_controls.writes == 0
    assert [len(order.payments or ()) for order in place.sandbox.monstock.orders()] == [1] * 5
    assert place.scalar("payments", "SELECT count(*) FROM payments") == 5

    # Nothing is kept in a file: another machine could have gone on.
    assert list(tmp_path.rglob("*.db")) == list(tmp_path.rglob("*.sqlite")) == []
    assert PASSWORD not in live.log.read_text()
