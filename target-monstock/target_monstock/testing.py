"""For tests: order_payments as Singer lines, and runs of the target in this process."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA

from target_monstock.ledger import visit_ledger
from target_monstock.ledger.exceptions import OpenException, open_exceptions
from target_monstock.run import Run, utc_now
from target_monstock.settings import read_settings
from target_monstock.summary import Summary
from target_monstock.target import TargetMonstock


def order_payment(
    transaction_reference: str,
    amount: int,
    *,
    order: str | None = None,
    version: int = 1,
    currency: str = "EUR",
    **fields: Any,
) -> dict[str, Any]:
    """A record of a card payment that succeeded.

    Args:
        transaction_reference: its id.
        amount: asked and captured, minor units.
        order: the number of the order that its metadata names, if it names one.
        version: of the snapshot.
        currency: ISO code.
        fields: any other field of the stream, or another value for one of these.
    """
    record = {
        "transaction_reference": transaction_reference,
        "references": [transaction_reference],
        "version": version,
        "livemode": False,
        "created_at": "2026-11-20T10:00:00Z",
        "status": "succeeded",
        "currency": currency,
        "amount": amount,
        "captured": amount,
        "captured_at": "2026-11-20T10:00:00Z",
        "method": "card",
        "link_candidates": (
            [{"rule": "metadata", "order_number": order}] if order is not None else []
        ),
    }
    return record | fields


def singer_lines(records: Sequence[Mapping[str, Any]], state: object = None) -> bytes:
    """A SCHEMA, the records, and a STATE if one is given."""
    messages: list[dict[str, Any]] = [
        {
            "type": "SCHEMA",
            "stream": "order_payments",
            "schema": ORDER_PAYMENT_SCHEMA,
            "key_properties": ["transaction_reference"],
        }
    ]
    messages += [
        {"type": "RECORD", "stream": "order_payments", "record": dict(record)} for record in records
    ]
    if state is not None:
        messages.append({"type": "STATE", "value": state})
    return "".join(json.dumps(message) + "\n" for message in messages).encode()


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended.

    Attributes:
        states: STATE values returned, in order.
        error: the one message of a run that is not complete.
        plan: lines of a dry run's plan.
    """

    summary: Summary
    states: tuple[Any, ...]
    error: str | None
    plan: tuple[str, ...]

    @property
    def writes(self) -> int:
        """How many writes Monstock took."""
        return self.summary.writes.total()


class TargetRunner:
    """Runs the target again and again on one configuration, as a schedule would."""

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

    def run(
        self, records: Sequence[Mapping[str, Any]] = (), *, state: object = None, **config: Any
    ) -> RunResult:
        """Run on records; without any, on an empty input."""
        lines = singer_lines(records, state) if records or state is not None else b""
        return self.run_lines(lines, **config)

    def run_lines(self, lines: bytes, **config: Any) -> RunResult:
        """Run on lines as they are."""
        plan: list[str] = []
        settings = self.config | config
        target = TargetMonstock(config=settings)
        run = Run(
            read_settings(target.config),
            "test",
            clock=self.clock,
            sleep=self.sleep,
            show=plan.append,
        )
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
        return RunResult(run.summary, states, error, tuple(plan))

    def exceptions(self) -> list[OpenException]:
        """What waits for a person."""
        with visit_ledger(self.config["ledger_url"]) as ledger, ledger.transaction() as connection:
            return open_exceptions(connection)

    def exception_kinds(self) -> list[str]:
        """The kinds of what waits, sorted."""
        return sorted(one.kind.value for one in self.exceptions())
