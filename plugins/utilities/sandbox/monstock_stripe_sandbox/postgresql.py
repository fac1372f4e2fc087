"""For tests: a throw-away PostgreSQL server, where its programs are installed."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

NOT_INSTALLED = (
    "no PostgreSQL server is installed (initdb and pg_ctl; Debian's package is postgresql)"
)
"""Why a test that wants one is skipped."""

USER = "sandbox"


def postgresql_programs() -> Path | None:
    """Return the folder of the newest server's programs, or None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    return max(debian, key=lambda folder: int(folder.parent.name), default=None)


class PostgresqlServer:
    """A server on a socket of its own, with an empty database; see `postgresql_server`.

    Anybody who reaches the socket is let in, whatever password they give.

    Args:
        programs: see `postgresql_programs`.
        folder: receives all its files.
    """

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs = programs
        self._folder = folder
        self._run = _as_owner_of(folder)

    def url(self, database: str = "postgres", password: str = "") -> str:
        """Return the SQLAlchemy URL of a database, for psycopg."""
        who = f"{USER}:{password}" if password else USER
        return f"postgresql+psycopg://{who}@/{database}?host={self._folder}"

    def create(self) -> None:
        """Make its files."""
        initdb = [self._programs / "initdb", "-D", self._data, "-U", USER, "-E", "UTF8"]
        self._run([*initdb, "-A", "trust", "--no-sync"])

    def create_database(self, name: str) -> None:
        """Make an empty database; needs psycopg, which the sandbox itself does not."""
        import psycopg

        with psycopg.connect(
            host=str(self._folder), user=USER, dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())

    def start(self) -> None:
        """Serve; returns when it takes connections."""
        options = f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=40"
        log = self._folder / "log"
        self._run([*self._control, "-w", "-l", log, "-o", options, "start"])

    def stop(self, mode: str = "immediate") -> None:
        """End: `immediate` as a crash does, `fast` as an orderly restart does."""
        self._run([*self._control, "-m", mode, "stop"])

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    @property
    def _control(self) -> list[object]:
        return [self._programs / "pg_ctl", "-D", self._data]


@contextmanager
def postgresql_server(programs: Path) -> Iterator[PostgresqlServer]:
    """Serve until the block ends.

    Args:
        programs: see `postgresql_programs`.
    """
    folder = Path(tempfile.mkdtemp(prefix="sandbox-postgresql-"))
    server = PostgresqlServer(programs, folder)
    try:
        server.create()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # it was stopped already
                server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """Serve an empty database on a socket of its own until the block ends.

    Args:
        programs: see `postgresql_programs`.

    Yields:
        Its SQLAlchemy URL, for psycopg.
    """
    with postgresql_server(programs) as server:
        yield server.url()


def _as_owner_of(folder: Path) -> Callable[[list[object]], None]:
    """How to start a program: PostgreSQL refuses to be root, and then runs as `postgres`."""
    user = None
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)

    def run(command: list[object]) -> None:
        subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [str(part) for part in command],
            check=True,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            user=user.pw_uid if user else None,
            group=user.pw_gid if user else None,
            extra_groups=[] if user else None,
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )

    return run
