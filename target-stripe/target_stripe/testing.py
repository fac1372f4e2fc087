"""For tests: orders and customers as Singer lines, and runs of the target in this process."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from monstock_stripe_core.customer_record import CUSTOMER_SCHEMA
from monstock_stripe_core.order_record import ORDER_SCHEMA
from target_common.run import LedgerRun
from target_common.testing import LedgerTargetRunner, RunResult, stream_lines

from target_stripe.decisions import take_up
from target_stripe.ledger import KIND, visit_ledger
from target_stripe.ledger.exceptions import EXCEPTIONS
from target_stripe.run import Run
from target_stripe.settings import read_settings
from target_stripe.summary import Summary
from target_stripe.target import TargetStripe


def order(order_id: str, total: int, **fields: Any) -> dict[str, Any]:
    """A record of a validated order in euros.

    Args:
        order_id: its id; its number is the same in capitals.
        total: minor units.
        fields: any other field of the stream, or another value for one of these.
    """
    record = {
        "order_id": order_id,
        "order_number": order_id.upper(),
        "state": "validated",
        "currency": "EUR",
        "total": total,
        "updated_at": "2026-11-20T10:00:00Z",
    }
    return record | fields


def row(transaction_reference: str, amount: int, **fields: Any) -> dict[str, Any]:
    """A row of a Stripe payment in euros that succeeded."""
    record = {
        "transaction_reference": transaction_reference,
        "currency": "EUR",
        "amount": amount,
        "status": "succeeded",
        "ours": True,
        "link_rule": "metadata",
    }
    return record | fields


def customer(customer_id: str, **fields: Any) -> dict[str, Any]:
    """A record of a customer."""
    return {"customer_id": customer_id, "updated_at": "2026-11-20T10:00:00Z"} | fields


def singer_lines(
    orders: Sequence[Mapping[str, Any]] = (),
    customers: Sequence[Mapping[str, Any]] = (),
    state: object = None,
) -> bytes:
    """Both streams, and a STATE if one is given."""
    lines = stream_lines("customers", CUSTOMER_SCHEMA, ["customer_id"], customers)
    return lines + stream_lines("orders", ORDER_SCHEMA, ["order_id"], orders, state)


class TargetRunner(LedgerTargetRunner[Summary]):
    """Runs the target again and again on one configuration, as a schedule would."""

    kind = KIND
    exception_book = EXCEPTIONS

    def run(
        self,
        orders: Sequence[Mapping[str, Any]] = (),
        customers: Sequence[Mapping[str, Any]] = (),
        *,
        state: object = None,
        **config: Any,
    ) -> RunResult[Summary]:
        """Run on records; without any, on an empty input."""
        return self.run_lines(singer_lines(orders, customers, state), **config)

    def reopen(self, *, order: str = "", customer: str = "") -> None:
        """A person has an order or a customer taken up again."""
        url = self.config["ledger_url"]
        with visit_ledger(url) as ledger, ledger.transaction() as connection:
            take_up(connection, order=order, customer=customer, by="ann", why="", now=self.clock())

    def _opened(
        self, config: Mapping[str, Any], show: Callable[[str], None]
    ) -> tuple[TargetStripe, Run]:
        target = TargetStripe(config=dict(config))
        settings = read_settings(target.config)
        return target, Run(settings, "test", clock=self.clock, sleep=self.sleep, show=show)

    def _result(
        self, run: LedgerRun, states: tuple[Any, ...], error: str | None, plan: tuple[str, ...]
    ) -> RunResult[Summary]:
        summary = cast("Run", run).summary
        return RunResult(summary, states, error, plan, summary.writes.total())
