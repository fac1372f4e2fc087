"""Opening a ledger, and its transactions.

All access goes over one connection on one thread: the workers that talk to Monstock never touch
the ledger, so that what is durable, and when, is decided in one place.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from target_common.errors import LedgerError
from target_common.ledger.kind import LedgerKind
from target_common.ledger.lock import FileLock, lock_postgresql
from target_common.ledger.migrate import is_current, migrate

_BUSY_MILLISECONDS = 30_000

_EMPTY_THE_LOG = "PRAGMA wal_checkpoint(TRUNCATE)"
"""Answers in its first column whether somebody was in the way."""

_LOST = "the connection was lost, and with it the lock of the ledger. Start again."


class Ledger:
    """An open ledger. Use `open_ledger`; close it when done.

    Attributes:
        name: how messages name it (without a password).
        keeps: False for a dry run: everything is taken back on `close`.
    """

    def __init__(
        self, connection: Connection, name: str, *, keeps: bool, lock: FileLock | None
    ) -> None:
        self.name = name
        self.keeps = keeps
        self._connection = connection
        self._lock = lock

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[Connection]:
        """A transaction: durable when the block ends, undone when it raises.

        Args:
            synced: False where a power failure may take it back, since it would only be found
                again; whatever is durable afterwards makes it so too, and no crash of this process
                takes it back. It saves SQLite a sync of the disk.

        Raises:
            LedgerError: the database refused or was lost; nothing of the block is kept.
        """
        if self._connection.invalidated:
            raise LedgerError(f"the ledger {self.name} failed: {_LOST}")
        try:
            if self.keeps:
                with self._syncing(synced=synced), self._connection.begin():
                    yield self._connection
            else:
                with self._connection.begin_nested():
                    yield self._connection
        except DBAPIError as error:
            raise _ledger_error(self.name, error) from None

    @contextmanager
    def _syncing(self, *, synced: bool) -> Iterator[None]:
        if synced or self._connection.dialect.name != "sqlite":
            yield
            return
        sqlite = self._connection.connection.cursor()
        sqlite.execute("PRAGMA synchronous=NORMAL")
        try:
            yield
        finally:
            sqlite.execute("PRAGMA synchronous=FULL")
            sqlite.close()

    def leave_no_trace(self, metadata: MetaData) -> None:
        """Rewrite the database's files without what was deleted from them.

        Args:
            metadata: of the ledger's tables.

        Raises:
            LedgerError: another process reads a SQLite ledger just now, so that its log has to
                stay; what was deleted is deleted all the same.
        """
        try:
            if self._connection.dialect.name == "sqlite":
                self._rewrite_sqlite()
            else:
                connection = self._connection.execution_options(isolation_level="AUTOCOMMIT")
                for table in metadata.sorted_tables:
                    connection.execute(text(f'VACUUM (FULL) "{table.name}"'))
        except (DBAPIError, sqlite3.Error) as error:
            raise LedgerError(f"the ledger {self.name} could not be rewritten: {error}") from None

    def _rewrite_sqlite(self) -> None:
        sqlite = self._connection.connection.cursor()
        try:
            for statement in (_EMPTY_THE_LOG, "VACUUM", _EMPTY_THE_LOG):
                answer = sqlite.execute(statement).fetchone()
                if answer and answer[0]:
                    raise LedgerError(
                        f"the ledger {self.name} is read by another process just now, and traces "
                        "of what was erased may be in its -wal file: end it and run this again."
                    )
        finally:
            sqlite.close()

    def close(self) -> None:
        """End the connection and give the lock back; a dry run's changes are dropped here."""
        engine = self._connection.engine
        try:
            self._connection.close()
            engine.dispose()
        finally:
            if self._lock is not None:
                self._lock.release()

    def __enter__(self) -> "Ledger":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_ledger(ledger_url: str, kind: LedgerKind, *, keeps: bool = True) -> Ledger:
    """Open a ledger for the one process that may write to it, with its schema up to date.

    Args:
        ledger_url: SQLAlchemy URL (`sqlite:///ledger.db`, `postgresql://user@host/database`).
        kind: whose ledger it is.
        keeps: False for a dry run, which reads the real ledger and changes nothing: not even a
            missing SQLite file or an older schema.

    Raises:
        LedgerLockedError: another process writes to it.
        LedgerError: the URL, the database or its schema cannot be used.
    """
    url = _parsed(ledger_url)
    path = _sqlite_path(url)
    if path is not None and not keeps and not path.exists():
        url, path = make_url("sqlite://"), None
    lock = None
    if path is not None:
        if not path.parent.is_dir():
            raise LedgerError(f"ledger_url: the folder {path.parent} does not exist")
        lock = FileLock(path, kind.program)
        lock.acquire()
    try:
        return _opened(url, kind, keeps=keeps, lock=lock)
    except BaseException:
        if lock is not None:
            lock.release()
        raise


def visit_ledger(ledger_url: str, kind: LedgerKind) -> Ledger:
    """Open a ledger that exists, beside a run that may be writing to it: to read, or to decide.

    Raises:
        LedgerError: there is none, it cannot be opened, or its schema is not this program's.
    """
    url = _parsed(ledger_url)
    path = _sqlite_path(url)
    if path is not None and not path.exists():
        raise LedgerError(f"there is no ledger at {path}: run {kind.program} first")
    name = url.render_as_string(hide_password=True)
    ledger = Ledger(_connect(url, name, kind), name, keeps=True, lock=None)
    try:
        with ledger.transaction() as connection:
            current = is_current(connection, kind)
    except BaseException:
        ledger.close()
        raise
    if not current:
        ledger.close()
        raise LedgerError(
            f"the ledger {name} has the schema of another version: run {kind.program} once"
        )
    return ledger


def _opened(url: URL, kind: LedgerKind, *, keeps: bool, lock: FileLock | None) -> Ledger:
    name = url.render_as_string(hide_password=True)
    connection = _connect(url, name, kind)
    try:
        if url.get_backend_name() == "postgresql":
            lock_postgresql(connection, name, kind.program)
        if not keeps:
            connection.begin()
        ledger = Ledger(connection, name, keeps=keeps, lock=lock)
        with ledger.transaction() as opened:
            migrate(opened, kind)
    except BaseException as error:
        connection.close()
        connection.engine.dispose()
        if isinstance(error, DBAPIError):
            raise _ledger_error(name, error) from None
        raise
    return ledger


def _parsed(ledger_url: str) -> URL:
    try:
        url = make_url(ledger_url)
    except ArgumentError:
        # The text is not repeated: it may hold a password.
        raise LedgerError(
            "ledger_url is not a SQLAlchemy URL such as sqlite:///ledger.db "
            "or postgresql://user:password@host/database"
        ) from None
    backend = url.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise LedgerError(f"ledger_url: {backend} is not supported; use sqlite or postgresql")
    if backend == "postgresql" and url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    return url


def sqlite_files(ledger_url: str) -> list[Path]:
    """The files of a SQLite ledger, there or not, without links; none for another one."""
    path = _sqlite_path(_parsed(ledger_url))
    if path is None:
        return []
    return [path.with_name(path.name + ending) for ending in ("", "-wal", "-shm", ".lock")]


def _sqlite_path(url: URL) -> Path | None:
    if url.get_backend_name() != "sqlite" or url.database in {None, "", ":memory:"}:
        return None
    # SQLite writes to where links lead, so that is the file to lock, by whatever name it is opened.
    # Path.resolve raises where links go round, up to Python 3.12.
    return Path(os.path.realpath(str(url.database)))


def _connect(url: URL, name: str, kind: LedgerKind) -> Connection:
    try:
        if url.get_backend_name() == "sqlite":
            engine = create_engine(
                url,
                poolclass=StaticPool,
                connect_args={
                    "check_same_thread": False,
                    "timeout": _BUSY_MILLISECONDS / 1000,
                    "isolation_level": None,
                },
            )
            _prepare_sqlite(engine)
        else:
            engine = create_engine(
                url, pool_size=1, max_overflow=0, connect_args={"client_encoding": "utf8"}
            )
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise LedgerError(
            f"ledger_url: the database driver is missing ({error}); "
            f"install {kind.program}[postgresql]"
        ) from None
    try:
        return engine.connect()
    except DBAPIError as error:
        raise _ledger_error(name, error) from None


def _prepare_sqlite(engine: Engine) -> None:
    """Durability and real transactions, as SQLite's and SQLAlchemy's documentation advise.

    A returned STATE promises that what came before it is kept even if the power fails at once.
    In WAL mode only `synchronous=FULL` syncs the log at each commit; NORMAL may lose the last
    ones. Commits are grouped instead, so that few are needed.
    """

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # The driver would open a transaction only at the first write, and none for DDL.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _ledger_error(name: str, error: DBAPIError) -> LedgerError:
    # `orig` is the driver's own sentence; str(error) would repeat the parameters, which are data.
    cause = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
    lost = f" ({_LOST})" if error.connection_invalidated else ""
    return LedgerError(f"the ledger {name} failed: {cause}{lost}")
