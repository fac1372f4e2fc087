"""One writer per ledger. Both locks die with the process that holds them.

A SQLite ledger is guarded by an advisory lock of the operating system on a file beside it, a
PostgreSQL one by an advisory lock of the server on the ledger's own connection: where that
connection is lost, so is the lock, and the next ledger write fails instead of going on unguarded.
"""

import fcntl
import os
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, text

from target_common.errors import LedgerError, LedgerLockedError

_REFUSAL = (
    "{ledger} is in use by another {program}{who}: two runs may not write to one ledger. "
    "Wait until it has ended, or give this run a ledger_url of its own."
)

# Any fixed number would do; this one spells "mons" and keeps clear of other users of such locks.
_POSTGRESQL_LOCK_CLASS = 0x6D6F6E73


class FileLock:
    """An exclusive lock on `<path>.lock`, held from `acquire` until `release` or the process' end.

    The file itself stays: removing it would let two processes lock two files of one name.
    """

    def __init__(self, ledger_path: Path, program: str) -> None:
        self._ledger_path = ledger_path
        self._program = program
        self._path = ledger_path.with_name(ledger_path.name + ".lock")
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock at once.

        Raises:
            LedgerLockedError: another process has it; its process id is named where known.
            LedgerError: the file cannot be made (folder missing, no permission).
        """
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise LedgerError(
                f"cannot make the lock file {self._path}: {error.strerror}. "
                "Check ledger_url and the permissions of its folder."
            ) from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "ignore").strip()
            os.close(descriptor)
            who = f" (process {holder})" if holder else ""
            refusal = _REFUSAL.format(ledger=self._ledger_path, program=self._program, who=who)
            raise LedgerLockedError(refusal) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "FileLock":
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.release()


def lock_postgresql(connection: Connection, ledger_name: str, program: str) -> None:
    """Take the advisory lock of this ledger's schema for as long as the connection lives.

    Args:
        connection: the ledger's own connection.
        ledger_name: how the message names the ledger (no password in it).
        program: how the message names the target.

    Raises:
        LedgerLockedError: another connection has it.
    """
    taken = connection.execute(
        text("SELECT pg_try_advisory_lock(:class, hashtext(current_schema()))"),
        {"class": _POSTGRESQL_LOCK_CLASS},
    ).scalar_one()
    connection.commit()
    if not taken:
        raise LedgerLockedError(_REFUSAL.format(ledger=ledger_name, program=program, who=""))
