"""Fixtures: a Monstock over HTTP, ledgers of both kinds, a target that runs on them."""

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
from target_monstock.testing import TargetRunner

TOKEN = "monstock-sandbox-token"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def base_url(sandbox: RunningSandbox) -> str:
    return f"{sandbox.monstock_url}/api/v1"


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
def target(base_url: str, ledger_url: str) -> TargetRunner:
    return TargetRunner({"base_url": base_url, "api_token": TOKEN, "ledger_url": ledger_url})


@pytest.fixture
def sqlite_target(base_url: str, tmp_path: Path) -> TargetRunner:
    """For behaviour that has nothing to do with the kind of database."""
    ledger_url = f"sqlite:///{tmp_path}/ledger.db"
    return TargetRunner({"base_url": base_url, "api_token": TOKEN, "ledger_url": ledger_url})


@pytest.fixture(params=["monstock", "monstock-fr"])
def profile_target(
    request: pytest.FixtureRequest, sandbox: RunningSandbox, tmp_path: Path
) -> TargetRunner:
    """For behaviour that must be the same whatever the tenant's API is like."""
    return TargetRunner(
        {
            "base_url": sandbox.monstock_base_url(request.param),
            "api_token": TOKEN,
            "profile": request.param,
            "ledger_url": f"sqlite:///{tmp_path}/ledger.db",
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
