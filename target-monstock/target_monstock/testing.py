"""For tests: order_payments as Singer lines, and runs of the target in this process."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from monstock_stripe_core.payment_link_record import PAYMENT_LINK_SCHEMA
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA
from monstock_stripe_core.profile import Profile, load_profile
from monstock_stripe_core.stripe_customer_record import STRIPE_CUSTOMER_SCHEMA
from target_common.run import LedgerRun
from target_common.testing import LedgerTargetRunner, RunResult, stream_lines

from target_monstock.ledger import KIND
from target_monstock.ledger.exceptions import EXCEPTIONS
from target_monstock.run import Run
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


def payment_link(
    stripe_id: str, order_id: str | None, *, state: str = "open", version: int = 1, **fields: Any
) -> dict[str, Any]:
    """A record of an invoice that names an order.

    Args:
        stripe_id: its id.
        order_id: Monstock's id of the order.
        state: of the invoice; there is an address only where it is open.
        version: of the reading.
        fields: any other field of the stream, or another value for one of these.
    """
    record = {
        "stripe_id": stripe_id,
        "version": version,
        "kind": "invoice",
        "state": state,
        "livemode": False,
        "order_id": order_id,
        "url": f"https://invoice.stripe.com/i/{stripe_id}" if state == "open" else None,
        "created_at": "2026-11-20T10:00:00Z",
    }
    return record | fields


def link_lines(records: Sequence[Mapping[str, Any]], state: object = None) -> bytes:
    """The same as `singer_lines`, of invoices and Payment Links."""
    return stream_lines("order_payment_links", PAYMENT_LINK_SCHEMA, ["stripe_id"], records, state)


def stripe_customer(stripe_customer_id: str, *, version: int = 1, **fields: Any) -> dict[str, Any]:
    """A record of a customer with an e-mail address of their own.

    Args:
        stripe_customer_id: Stripe's id.
        version: of the reading.
        fields: any other field of the stream, or another value for one of these.
    """
    record = {
        "stripe_customer_id": stripe_customer_id,
        "version": version,
        "livemode": False,
        "created_at": "2026-11-20T10:00:00Z",
        "email": f"{stripe_customer_id}@example.com",
        "name": f"Name of {stripe_customer_id}",
        "phone": "+33 1 00 00 00 00",
        "address": {"line1": "1 Road", "city": "Lyon", "country": "FR"},
    }
    return record | fields


def customer_lines(records: Sequence[Mapping[str, Any]], state: object = None) -> bytes:
    """The same as `singer_lines`, of Stripe's customers."""
    key = ["stripe_customer_id"]
    return stream_lines("stripe_customers", STRIPE_CUSTOMER_SCHEMA, key, records, state)


def singer_lines(records: Sequence[Mapping[str, Any]], state: object = None) -> bytes:
    """A SCHEMA, the records, and a STATE if one is given."""
    key = ["transaction_reference"]
    return stream_lines("order_payments", ORDER_PAYMENT_SCHEMA, key, records, state)


class TargetRunner(LedgerTargetRunner[Summary]):
    """Runs the target again and again on one configuration, as a schedule would."""

    kind = KIND
    exception_book = EXCEPTIONS

    @property
    def profile(self) -> Profile:
        """What the tenant's API is like."""
        return load_profile(self.config["profile"])

    def run(
        self, records: Sequence[Mapping[str, Any]] = (), *, state: object = None, **config: Any
    ) -> RunResult[Summary]:
        """Run on records; without any, on an empty input."""
        lines = singer_lines(records, state) if records or state is not None else b""
        return self.run_lines(lines, **config)

    def _opened(
        self, config: Mapping[str, Any], show: Callable[[str], None]
    ) -> tuple[TargetMonstock, Run]:
        target = TargetMonstock(config=dict(config))
        settings = read_settings(target.config)
        return target, Run(settings, "test", clock=self.clock, sleep=self.sleep, show=show)

    def _result(
        self, run: LedgerRun, states: tuple[Any, ...], error: str | None, plan: tuple[str, ...]
    ) -> RunResult[Summary]:
        summary = cast("Run", run).summary
        return RunResult(summary, states, error, plan, summary.writes.total())
