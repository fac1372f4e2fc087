"""For tests: Singer lines, runs of a target in this process, and one behind an open pipe."""

import io
import json
import logging
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from monstock_stripe_core.errors import MonstockStripeError
from sqlalchemy import Connection, Inspector, Select, event, inspect, literal_column, select, table

from target_common.ledger import visit_ledger
from target_common.ledger.exceptions import ExceptionBook, OpenException
from target_common.ledger.kind import LedgerKind
from target_common.ledger.store import sqlite_files
from target_common.run import LedgerRun, utc_now
from target_common.target import LedgerTarget

S = TypeVar("S")
"""The summary of a run."""


def stream_lines(
    stream: str,
    schema: Mapping[str, Any],
    key: Sequence[str],
    records: Sequence[Mapping[str, Any]],
    state: object = None,
) -> bytes:
    """A SCHEMA, the records, and a STATE if one is given."""
    messages: list[dict[str, Any]] = [
        {"type": "SCHEMA", "stream": stream, "schema": schema, "key_properties": list(key)}
    ]
    messages += [{"type": "RECORD", "stream": stream, "record": dict(one)} for one in records]
    if state is not None:
        messages.append({"type": "STATE", "value": state})
    return "".join(json.dumps(message) + "\n" for message in messages).encode()


def shape_of(connection: Connection) -> dict[str, object]:
    """All that a database tells of its tables and their rows, whatever order they were made in."""
    inspector = inspect(connection)
    return {
        name: {
            "rows": sorted(map(str, connection.execute(_ALL.select_from(table(name))))),
            "columns": {one["name"]: _told(one) for one in inspector.get_columns(name)},
            "key": _told(inspector.get_pk_constraint(name)),
            "indexes": {one["name"]: _told(one) for one in inspector.get_indexes(name)},
            "unique": {one["name"]: _told(one) for one in inspector.get_unique_constraints(name)},
            "foreign": _told(inspector.get_foreign_keys(name)),
            "checks": _told(inspector.get_check_constraints(name)),
            "comment": _comment(inspector, name),
        }
        for name in inspector.get_table_names()
    }


def scans_of(connection: Connection, ask: Callable[[], object]) -> list[str]:
    """How tables are gone through that a piece of work reads from end to end, as SQLite plans it.

    Args:
        connection: to a SQLite ledger, inside a transaction.
        ask: makes its queries on the connection.

    Returns:
        Steps of the plans, such as `SCAN orders USING INDEX ix_orders_dirty`.
    """
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: Any, *_: object) -> None:
        asked.append((statement, values))

    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        ask()
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)
    scans = tuple(f"SCAN {name}" for name in inspect(connection).get_table_names())
    return [
        step[3]
        for statement, values in asked
        for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        if step[3].startswith(scans)
    ]


def ledger_text(ledger_url: str, kind: LedgerKind) -> str:
    """All that stands in the tables of a ledger; of a SQLite one the bytes of its file too."""
    with visit_ledger(ledger_url, kind) as ledger, ledger.transaction() as connection:
        found = [
            str(tuple(row))
            for one in kind.metadata.sorted_tables
            for row in connection.execute(select(one))
        ]
    files = [path for path in sqlite_files(ledger_url) if path.exists()]
    return "\n".join([*found, *(path.read_bytes().decode("latin-1") for path in files)])


_ALL: Select[Any] = select(literal_column("*"))


def _told(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _told(one) for key, one in value.items()}
    return [_told(one) for one in value] if isinstance(value, list) else str(value)


def _comment(inspector: Inspector, name: str) -> object:
    return inspector.get_table_comment(name) if inspector.dialect.supports_comments else None


@dataclass(frozen=True, slots=True)
class RunResult(Generic[S]):
    """How a run ended.

    Attributes:
        states: STATE values returned, in order.
        error: the one message of a run that is not complete.
        plan: lines of a dry run's plan.
        writes: how many writes the other system took.
    """

    summary: S
    states: tuple[Any, ...]
    error: str | None
    plan: tuple[str, ...]
    writes: int


@dataclass(frozen=True, slots=True)
class Called:
    """What a command came to."""

    status: int
    output: str
    errors: str

    @property
    def last_line(self) -> str:
        """The last thing that it said to people."""
        return self.errors.strip().splitlines()[-1]


def called_here(
    main: Callable[[Sequence[str]], int], *arguments: str, lines: bytes = b""
) -> Called:
    """Call a target's command in this process: quicker where it is not the process that is tested.

    Args:
        main: of the command.
        arguments: of its command line.
        lines: its standard input.
    """
    output, errors = io.StringIO(), io.StringIO()
    handlers, given = list(logging.getLogger().handlers), sys.stdin
    sys.stdin = io.TextIOWrapper(io.BytesIO(lines))
    try:
        with redirect_stdout(output), redirect_stderr(errors):
            status = main(arguments)
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        sys.stdin = given
        logging.getLogger().handlers[:] = handlers  # the SDK adds one at each call
    return Called(status, output.getvalue(), errors.getvalue())


class LedgerTargetRunner(ABC, Generic[S]):
    """Runs a target again and again on one configuration, as a schedule would."""

    kind: LedgerKind
    exception_book: ExceptionBook

    def __init__(
        self,
        config: Mapping[str, Any],
        *,
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = lambda _: None,
    ) -> None:
        self.config = dict(config)
        self.clock = clock
        self.sleep = sleep

    @abstractmethod
    def _opened(
        self, config: Mapping[str, Any], show: Callable[[str], None]
    ) -> tuple[LedgerTarget, LedgerRun]:
        """The target, and a run of it with this runner's clock and sleeper."""

    @abstractmethod
    def _result(
        self, run: LedgerRun, states: tuple[Any, ...], error: str | None, plan: tuple[str, ...]
    ) -> RunResult[S]:
        """The result of a run, with its summary."""

    def run_lines(self, lines: bytes, **config: Any) -> RunResult[S]:
        """Run on lines as they are."""
        plan: list[str] = []
        target, run = self._opened(self.config | config, plan.append)
        target.use(run)
        error = None
        output = io.StringIO()
        try:
            with redirect_stdout(output):
                target.listen(io.BytesIO(lines))  # type: ignore[arg-type]
        except MonstockStripeError as raised:
            error = str(raised)
        finally:
            target.close()
        states = tuple(json.loads(line) for line in output.getvalue().splitlines())
        return self._result(run, states, error, tuple(plan))

    @contextmanager
    def ledger(self) -> Iterator[Connection]:
        """The ledger between two runs, in a transaction."""
        with (
            visit_ledger(self.config["ledger_url"], self.kind) as ledger,
            ledger.transaction() as connection,
        ):
            yield connection

    def exceptions(self) -> list[OpenException]:
        """What waits for a person."""
        with self.ledger() as connection:
            return self.exception_book.open(connection)

    def exception_kinds(self) -> list[str]:
        """The kinds of what waits, sorted."""
        return sorted(one.kind.value for one in self.exceptions())


def until(condition: Callable[[], bool], seconds: float = 30) -> float:
    """Wait for something; return the seconds it took.

    Raises:
        AssertionError: it does not come.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise AssertionError(f"not within {seconds:g} s")
        time.sleep(0.002)
    return time.monotonic() - began


class Ticks:
    """A steady clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Follower:
    """A target in a process of its own, whose input stays open.

    Args:
        process: with a pipe as its input.
        log: where its standard error goes.
        output: where its standard output goes.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: Path, output: Path) -> None:
        self.process = process
        self.log = log
        self._output = output

    def send(self, lines: bytes) -> None:
        """Write lines into its input."""
        if self.process.stdin is not None:
            self.process.stdin.write(lines)
            self.process.stdin.flush()

    @property
    def states(self) -> list[Any]:
        """What was returned so far."""
        return [json.loads(line) for line in self._output.read_text().splitlines()]

    def end(self, signum: int | None = None) -> int:
        """End it by a signal, or by the end of its input; return its status."""
        if signum is not None:
            self.process.send_signal(signum)
        elif self.process.stdin is not None:
            self.process.stdin.close()
        return self.process.wait(timeout=60)


@contextmanager
def following(module: str, config: Mapping[str, Any], folder: Path) -> Iterator[Follower]:
    """Start a target whose input stays open; it is gone at the end of the block.

    Args:
        module: that `python -m` runs.
        config: its settings.
        folder: receives them, its log and its states, also of several starts.
    """
    path, log, output = folder / "config.json", folder / "follower.log", folder / "follower.out"
    path.write_text(json.dumps(config))
    with log.open("ab") as errors, output.open("ab") as states:
        process = subprocess.Popen(  # noqa: S603 - a target of ours
            [sys.executable, "-m", module, "--config", str(path)],
            stdin=subprocess.PIPE,
            stdout=states,
            stderr=errors,
        )
    try:
        yield Follower(process, log, output)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        if process.stdin is not None and not process.stdin.closed:
            process.stdin.close()
