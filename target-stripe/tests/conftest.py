"""Fixtures: a Stripe over HTTP, ledgers of both kinds, a target that runs on them."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    postgresql_programs,
    running_postgresql,
)
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from sqlalchemy import create_engine, text
from target_stripe.testing import TargetRunner

API_KEY = "sk_test_sandbox"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh ledger, in a file and on a server."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"ledger_{uuid.uuid4().hex[:12]}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    yield f"{server}&options=-csearch_path%3D{name}"
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA {name} CASCADE"))
    engine.dispose()


@pytest.fixture
def target(sandbox: RunningSandbox, tmp_path: Path) -> TargetRunner:
    return runner(sandbox, f"sqlite:///{tmp_path}/ledger.db")


@pytest.fixture
def any_target(sandbox: RunningSandbox, ledger_url: str) -> TargetRunner:
    """On each kind of database."""
    return runner(sandbox, ledger_url)


def runner(sandbox: RunningSandbox, ledger_url: str) -> TargetRunner:
    return TargetRunner(
        {
            "api_key": API_KEY,
            "api_base": sandbox.stripe_url,
            "ledger_url": ledger_url,
            "requests_per_second": 0,
            "requests_per_second_per_endpoint": 0,
            "max_wait": 0,
            "max_attempts": 4,
        }
    )


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A throw-away PostgreSQL on a socket of its own; skipped where none is installed."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip(NOT_INSTALLED)
    with running_postgresql(programs) as url:
        yield url
