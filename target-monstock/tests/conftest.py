"""Fixtures: a Monstock over HTTP, ledgers of both kinds, a target on each packaged profile."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from monstock_stripe_sandbox.postgresql import (
    NOT_INSTALLED,
    postgresql_programs,
    running_postgresql,
)
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, RunningSandbox, running_sandbox
from sqlalchemy import create_engine, text
from target_monstock.testing import TargetRunner

TOKEN = "monstock-sandbox-token"


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh ledger, in a file and on a server."""
    with fresh_ledger(request.param, request, tmp_path) as url:
        yield url


@contextmanager
def fresh_ledger(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a ledger that holds nothing yet."""
    if kind == "sqlite":
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


@pytest.fixture(params=MONSTOCK_PATHS)
def profile(request: pytest.FixtureRequest) -> str:
    """The name of each packaged profile."""
    name: str = request.param
    return name


@pytest.fixture
def sqlite_target(sandbox: RunningSandbox, profile: str, tmp_path: Path) -> TargetRunner:
    """For behaviour that has nothing to do with the kind of database."""
    return runner(sandbox, profile, f"sqlite:///{tmp_path}/ledger.db")


@pytest.fixture(
    params=[
        *(pytest.param((profile, "sqlite"), id=profile) for profile in MONSTOCK_PATHS),
        pytest.param(("monstock", "postgresql"), id="postgresql", marks=pytest.mark.postgresql),
    ]
)
def target(
    request: pytest.FixtureRequest, sandbox: RunningSandbox, tmp_path: Path
) -> Iterator[TargetRunner]:
    """Each profile with a ledger in a file, and one with a ledger on a server."""
    profile, kind = request.param
    with fresh_ledger(kind, request, tmp_path) as ledger_url:
        yield runner(sandbox, profile, ledger_url)


def runner(sandbox: RunningSandbox, profile: str, ledger_url: str) -> TargetRunner:
    return TargetRunner(
        {
            "base_url": sandbox.monstock_base_url(profile),
            "api_token": TOKEN,
            "profile": profile,
            "ledger_url": ledger_url,
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
