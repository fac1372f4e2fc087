"""For tests: Singer lines, and runs of a target in this process."""

import io
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from monstock_stripe_core.errors import MonstockStripeError

from target_common.ledger import visit_ledger
from target_common.ledger.exceptions import ExceptionBook, OpenException
from target_common.ledger.kind import LedgerKind
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

    def exceptions(self) -> list[OpenException]:
        """What waits for a person."""
        with (
            visit_ledger(self.config["ledger_url"], self.kind) as ledger,
            ledger.transaction() as connection,
        ):
            return self.exception_book.open(connection)

    def exception_kinds(self) -> list[str]:
        """The kinds of what waits, sorted."""
        return sorted(one.kind.value for one in self.exceptions())
