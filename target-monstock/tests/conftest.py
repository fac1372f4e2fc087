"""Fixtures: a Monstock over HTTP, ledgers of both kinds, a target that runs on them."""

import os
import pwd
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
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


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A throw-away PostgreSQL on a socket of its own; skipped where none is installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    found = shutil.which("initdb")
    folder = Path(found).parent if found else (programs[-1] if programs else None)
    if folder is None:
        pytest.skip("no PostgreSQL server is installed")
    data = Path(tempfile.mkdtemp(prefix="target-monstock-postgresql-"))
    run = _as_user_of(data)
    try:
        run(
            [
                folder / "initdb",
                "-D",
                data / "data",
                "-U",
                "ledger",
                "-E",
                "UTF8",
                "-A",
                "trust",
                "--no-sync",
            ]
        )
        options = f"-k {data} -c listen_addresses='' -c fsync=off -c max_connections=20"
        run(
            [
                folder / "pg_ctl",
                "-D",
                data / "data",
                "-w",
                "-l",
                data / "log",
                "-o",
                options,
                "start",
            ]
        )
        try:
            yield f"postgresql+psycopg://ledger@/postgres?host={data}"
        finally:
            run([folder / "pg_ctl", "-D", data / "data", "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _as_user_of(data: Path) -> Callable[[list[object]], None]:
    """How to start a program: PostgreSQL refuses to be root, and then runs as `postgres`."""
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(data, user.pw_uid, user.pw_gid)

    def run(command: list[object]) -> None:
        subprocess.run(
            [str(part) for part in command],
            check=True,
            cwd=data,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )

    return run
