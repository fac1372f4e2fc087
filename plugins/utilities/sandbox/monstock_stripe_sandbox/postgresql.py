"""For tests: a throw-away PostgreSQL server, where its programs are installed."""

from __future__ import annotations

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


@contextmanager
def running_postgresql(programs: Path) -> Iterator[str]:
    """Serve an empty database on a socket of its own until the block ends.

    Args:
        programs: see `postgresql_programs`.

    Yields:
        Its SQLAlchemy URL, for psycopg.
    """
    folder = Path(tempfile.mkdtemp(prefix="sandbox-postgresql-"))
    run = _as_owner_of(folder)
    data = folder / "data"
    try:
        run([programs / "initdb", "-D", data, "-U", USER, "-E", "UTF8", "-A", "trust", "--no-sync"])
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c max_connections=20"
        start = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options]
        run([*start, "start"])
        try:
            yield f"postgresql+psycopg://{USER}@/postgres?host={folder}"
        finally:
            run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
