"""A world of records for tests: right orders, discrepancies planted among them, what must be found.

What must be found is said beside each plant, in literal figures; none of it is derived by the
connector's rules. The tables have the types that target-duckdb gives them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from monstock_stripe_core.testing import (
    stripe_charge,
    stripe_dispute,
    stripe_intent,
    stripe_refund,
    stripe_snapshot,
)
from monstock_stripe_reconcile.compare import Restriction, Result, compare
from monstock_stripe_reconcile.results import read_results
from monstock_stripe_reconcile.settings import read_settings

NOW = datetime(2026, 10, 31, 12, tzinfo=UTC)
THEN = NOW - timedelta(days=5)
"""When everything happened, unless a plant says otherwise: long enough ago to be no timing."""

Record = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Found:
    """A finding: reason, the order's number, the payment or payout, amount and currency."""

    reason: str
    order: str | None
    payment: str | None
    amount: int
    currency: str | None = "EUR"


@dataclass(slots=True)
class World:
    """Records of both systems, and what must be found in them."""

    payments: list[Record] = field(default_factory=list)
    orders: list[Record] = field(default_factory=list)
    movements: list[Record] = field(default_factory=list)
    payout_items: list[Record] = field(default_factory=list)
    payouts: list[Record] = field(default_factory=list)
    expected: set[Found] = field(default_factory=set)

    def order(self, total: int, **fields: Any) -> Record:
        """Add an order that nobody has paid yet."""
        i = len(self.orders) + 1
        record: Record = {
            "id": f"ord_{i}",
            "number": f"SO-{i}",
            "kind": "order",
            "state": "validated",
            "raw_state": "validated",
            "currency": "EUR",
            "total": total,
            "amount_due": total,
            "payment_status": "unpaid",
            "channel_reference": None,
            "customer_id": "cus_1",
            "payments": [],
            "created_at": THEN.isoformat()[:19],
            "updated_at": THEN.isoformat()[:19],
            "_sdc_deleted_at": None,
        } | fields
        self.orders.append(record)
        return record

    def payment(self, order: Record | None, amount: int, **fields: Any) -> Record:
        """Add a card payment that succeeded, and that names the order."""
        i = len(self.payments) + 1
        seconds = int(fields.pop("at", THEN).timestamp())
        currency = fields.pop("currency", "eur")
        metadata = fields.pop("metadata", None)
        if metadata is None:
            metadata = {"monstock_order_id": order["id"]} if order else {}
        movement = {
            "id": f"txn_{i}", "object": "balance_transaction", "amount": amount,
            "currency": currency, "fee": 25, "net": amount - 25, "created": seconds,
            "type": "charge",
        }  # fmt: skip
        record = stripe_snapshot(
            stripe_intent(
                id=f"pi_{i}", amount=amount, amount_received=amount, currency=currency,
                created=seconds, latest_charge=f"ch_{i}", metadata=metadata,
            ),
            stripe_charge(
                id=f"ch_{i}", amount=amount, amount_captured=amount, currency=currency,
                created=seconds, metadata=metadata, balance_transaction=movement,
            ),
            id=f"pi_{i}", created=seconds, livemode=True, version=int(NOW.timestamp()) * 1_000_000,
        ) | fields  # fmt: skip
        self.payments.append(record)
        return record

    def paid(self, total: int, *amounts: int, **fields: Any) -> tuple[Record, list[Record]]:
        """Add an order that payments have paid, and that shows them rightly."""
        order = self.order(total, **fields)
        payments = [self.payment(order, amount) for amount in amounts or (total,)]
        order["payments"] = [row(payment) for payment in payments]
        shows(order, "paid", 0)
        return order, payments

    def expect(self, reason: str, order: Record | None, payment: Record | None, amount: int,
               currency: str | None = "EUR") -> None:  # fmt: skip
        """Note what must be found."""
        self.expected.add(
            Found(
                reason,
                order["number"] if order else None,
                payment["id"] if payment else None,
                amount,
                currency,
            )
        )

    def write(self, file: Path) -> str:
        """Write the warehouse; return its SQLAlchemy URL."""
        with duckdb.connect(str(file)) as connection:
            connection.execute(_DDL)
            for name, rows in (
                ("stripe.payments", self.payments),
                ("stripe.balance_transactions", self.movements),
                ("stripe.payout_balance_transactions", self.payout_items),
                ("stripe.payouts", self.payouts),
                ("monstock.orders", self.orders),
            ):
                _insert(connection, name, rows, file)
        return f"duckdb:///{file}"


def run_on(
    world: World,
    folder: Path,
    *,
    as_of: datetime = NOW,
    restriction: Restriction = Restriction(),  # noqa: B008 - immutable
    **settings: Any,
) -> Result:
    """Write a world's warehouse and compare it; keywords are settings."""
    warehouse = folder / "warehouse.duckdb"
    warehouse.unlink(missing_ok=True)
    given = {
        "source": world.write(warehouse),
        "results": str(folder / "results.duckdb"),
        "expect_livemode": True,
        "threads": 1,
    }
    return compare(read_settings(given | settings), as_of=as_of, restriction=restriction)


def findings(result: Result, *, counts: bool = True) -> set[Found]:
    """What was found, as far as it counts (or does not)."""
    return {
        Found(*found)
        for found in rows(
            result,
            "SELECT reason, order_number, coalesce(transaction_reference, payout_id), amount, "
            f"currency FROM findings WHERE counts = {counts}",
        )
    }


def rows(result: Result, query: str) -> list[tuple[Any, ...]]:
    """What a query on the results brings."""
    with read_results(result.results) as connection:
        return connection.execute(query).fetchall()


def row(payment: Record, **fields: Any) -> Record:
    """A row of Monstock that shows a payment rightly, before refunds and disputes."""
    amount = payment["payment_intent"]["amount_received"]
    return {
        "row_id": f"row_{payment['id']}", "method": "stripe",
        "transaction_reference": payment["id"],
        "status": "succeeded", "currency": payment["payment_intent"]["currency"].upper(),
        "amount": amount, "authorized": 0, "refunded": 0, "disputed": 0, "dispute_lost": 0,
        "fee": None, "fee_currency": None, "paid_at": THEN.isoformat().replace("+00:00", "Z"),
        "payment_method": "card", "note": None, "ours": True, "link_rule": "metadata",
    } | fields  # fmt: skip


def cash(amount: int, **fields: Any) -> Record:
    """A row that staff recorded."""
    return {
        "row_id": "row_cash", "method": "cash", "transaction_reference": None,
        "status": "succeeded", "currency": "EUR", "amount": amount, "authorized": 0, "refunded": 0,
        "disputed": 0, "dispute_lost": 0, "fee": None, "fee_currency": None, "paid_at": None,
        "payment_method": None, "note": None, "ours": False, "link_rule": None,
    } | fields  # fmt: skip


def shows(order: Record, status: str, due: int) -> None:
    """Let Monstock show a status and an amount due."""
    order["payment_status"], order["amount_due"] = status, due


def refunded(payment: Record, amount: int, **fields: Any) -> None:
    """Give a part back at Stripe."""
    number = payment["id"].removeprefix("pi_")
    refund = {"id": f"re_{number}", "amount": amount, "created": int(THEN.timestamp()) + 60}
    refund["currency"] = payment["payment_intent"]["currency"]
    payment["refunds"] = [stripe_refund(**(refund | fields))]


def disputed(payment: Record, amount: int, status: str) -> None:
    """Let the customer's bank ask for the money back."""
    number = payment["id"].removeprefix("pi_")
    dispute = {"id": f"dp_{number}", "amount": amount, "created": int(THEN.timestamp()) + 60}
    payment["disputes"] = [stripe_dispute(status=status, **dispute)]


Plant = Callable[[World, int], None]
"""Adds one order (or payment) with its discrepancies to a world; the amount is at least 1000."""


def right_single(world: World, total: int) -> None:
    world.paid(total)


def right_deposit(world: World, total: int) -> None:
    world.paid(total, total // 3, total - total // 3)


def right_with_cash(world: World, total: int) -> None:
    order, _ = world.paid(total, total - 500)
    order["payments"].append(cash(500))


def right_unpaid(world: World, total: int) -> None:
    world.order(total)


def right_refunded(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    refunded(payment, 300)
    order["payments"][0]["refunded"] = 300
    shows(order, "partially_refunded", 300)


RIGHT: tuple[Plant, ...] = (
    right_single,
    right_deposit,
    right_with_cash,
    right_unpaid,
    right_refunded,
)


def paid_not_shown(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    order["payments"] = []
    shows(order, "unpaid", total)
    world.expect("paid_not_shown", order, payment, total)


def pending_in_monstock(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    order["payments"][0] |= {"status": "pending", "amount": 0}
    shows(order, "pending", total)
    world.expect("paid_not_shown", order, payment, total)


def status_alone_not_shown(world: World, total: int) -> None:
    order, _ = world.paid(total)
    shows(order, "pending", 0)
    world.expect("paid_not_shown", order, None, total)


def shown_not_paid(world: World, total: int) -> None:
    order = world.order(total)
    stranger = {"id": f"pi_unknown{order['id']}", "payment_intent": {}}
    order["payments"] = [
        cash(total) | {"method": "stripe", "ours": True, "transaction_reference": stranger["id"]}
    ]
    shows(order, "paid", 0)
    world.expect("shown_not_paid", order, stranger, total)


def status_alone_shown(world: World, total: int) -> None:
    order = world.order(total)
    shows(order, "paid", total)
    world.expect("shown_not_paid", order, None, total)


def amount_differs(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    order["payments"][0]["amount"] = total - 100
    shows(order, "partially_paid", 100)
    world.expect("amount_differs", order, payment, 100)


def due_differs(world: World, total: int) -> None:
    order, _ = world.paid(total)
    shows(order, "paid", 77)
    world.expect("amount_differs", order, None, 77)


def currency_differs(world: World, total: int) -> None:
    order = world.order(total)
    payment = world.payment(order, total, currency="usd")
    order["payments"] = [row(payment)]
    world.expect("currency_differs", order, payment, total, "USD")


def refund_missing(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    refunded(payment, 400)
    world.expect("refund_missing", order, payment, 400)


def dispute_open(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    disputed(payment, total, "needs_response")
    order["payments"][0]["disputed"] = total
    shows(order, "disputed", 0)
    world.expect("dispute_open", order, payment, total)


def dispute_lost(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    disputed(payment, total, "lost")
    order["payments"][0]["dispute_lost"] = total
    shows(order, "refunded", total)
    world.expect("dispute_lost", order, payment, total)


def no_order(world: World, total: int) -> None:
    world.expect("no_order", None, world.payment(None, total), total)


def order_that_is_not_there(world: World, total: int) -> None:
    payment = world.payment(None, total, metadata={"monstock_order_number": "SO-gone"})
    world.expect("no_order", None, payment, total)


def several_orders(world: World, total: int) -> None:
    one, other = world.order(total), world.order(total)
    metadata = {"monstock_order_id": one["id"], "monstock_order_number": other["number"]}
    payment = world.payment(None, total, metadata=metadata)
    world.expect("several_orders", None, payment, total)


def cancelled_order(world: World, total: int) -> None:
    order, (payment,) = world.paid(total, state="cancelled")
    world.expect("cancelled_order", order, payment, total)


def duplicate_payment(world: World, total: int) -> None:
    order, _ = world.paid(total)
    second = world.payment(order, total, at=THEN + timedelta(minutes=5))
    order["payments"].append(row(second))
    shows(order, "overpaid", -total)
    world.expect("duplicate_payment", order, second, total)


def overpaid(world: World, total: int) -> None:
    order, _ = world.paid(total, total + 250)
    shows(order, "overpaid", -250)
    world.expect("overpaid", order, None, 250)


def customer_owed(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    refunded(payment, 600, status="failed")
    world.expect("customer_owed", order, payment, 600)


def shipped_not_paid(world: World, total: int) -> None:
    order, (payment,) = world.paid(total, state="shipped")
    refunded(payment, 350)
    order["payments"][0]["refunded"] = 350
    shows(order, "partially_refunded", 350)
    world.expect("shipped_not_paid", order, None, 350)


def recorded_twice(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    order["payments"] = [cash(total, method="card", paid_at=THEN.isoformat())]
    world.expect("recorded_twice", order, payment, total)


def status_differs(world: World, total: int) -> None:
    right_refunded(world, total)
    order = world.orders[-1]
    shows(order, "pending", 300)
    world.expect("status_differs", order, None, 0)


def test_payment(world: World, total: int) -> None:
    payment = world.payment(None, total, livemode=False)
    world.expect("test_payment", None, payment, total)


def unpaid_too_long(world: World, total: int) -> None:
    long_ago = (NOW - timedelta(days=45)).isoformat()[:19]
    order = world.order(total, created_at=long_ago, updated_at=long_ago)
    world.expect("unpaid_too_long", order, None, total)


def unreadable(world: World, total: int) -> None:
    payment = world.payment(None, total)
    payment["payment_intent"]["currency"] = "zzz"
    world.expect("unreadable", None, payment, 0, None)


def payout_differs(world: World, total: int) -> None:
    payout = f"po_{len(world.payouts)}"
    movement = {
        "id": f"txn_of_{payout}", "type": "charge", "reporting_category": "charge",
        "source": f"ch_of_{payout}", "created": int(THEN.timestamp()),
        "available_on": int(THEN.timestamp()), "currency": "eur", "amount": total, "fee": 30,
        "net": total - 30,
    }  # fmt: skip
    world.movements.append(movement)
    world.payout_items.append({**movement, "payout": payout})
    world.payouts.append(
        {
            "id": payout,
            "currency": "eur",
            "amount": total - 29,
            "status": "paid",
            "automatic": True,
            "reconciliation_status": "completed",
            "created": int(THEN.timestamp()),
            "arrival_date": int(THEN.timestamp()),
        }
    )
    world.expect("payout_differs", None, {"id": payout}, 1)


ALONE: tuple[Plant, ...] = (
    *(paid_not_shown, pending_in_monstock, status_alone_not_shown, shown_not_paid),
    *(status_alone_shown, amount_differs, due_differs, currency_differs, refund_missing),
    *(dispute_open, dispute_lost, no_order, order_that_is_not_there, several_orders),
    *(cancelled_order, duplicate_payment, overpaid, customer_owed, shipped_not_paid),
    *(recorded_twice, status_differs, test_payment, unpaid_too_long, unreadable, payout_differs),
)
"""One discrepancy each."""


def refund_missing_on_shipped(world: World, total: int) -> None:
    refund_missing(world, total)
    world.orders[-1]["state"] = "shipped"
    world.expect("shipped_not_paid", world.orders[-1], None, 400)


def second_payment_not_shown(world: World, total: int) -> None:
    order, _ = world.paid(total)
    second = world.payment(order, total, at=THEN + timedelta(minutes=5))
    world.expect("duplicate_payment", order, second, total)
    world.expect("paid_not_shown", order, second, total)


def dispute_on_shipped(world: World, total: int) -> None:
    dispute_open(world, total)
    world.orders[-1]["state"] = "shipped"
    world.expect("shipped_not_paid", world.orders[-1], None, total)


def lost_and_not_shown_on_shipped(world: World, total: int) -> None:
    order, (payment,) = world.paid(total, state="shipped")
    disputed(payment, total, "lost")
    world.expect("dispute_lost", order, payment, total)
    world.expect("shipped_not_paid", order, None, total)


def owed_and_wrong_amount(world: World, total: int) -> None:
    amount_differs(world, total)
    payment = world.payments[-1]
    refunded(payment, 200, status="failed")
    world.expect("customer_owed", world.orders[-1], payment, 200)


def cancelled_with_missing_refund(world: World, total: int) -> None:
    order, (payment,) = world.paid(total, state="cancelled")
    refunded(payment, 400)
    world.expect("cancelled_order", order, payment, total - 400)
    world.expect("refund_missing", order, payment, 400)


def overpaid_and_in_two_currencies(world: World, total: int) -> None:
    overpaid(world, total)
    order = world.orders[-1]
    payment = world.payment(order, 900, currency="usd")
    order["payments"].append(row(payment))
    world.expect("currency_differs", order, payment, 900, "USD")


def wrong_row_and_wrong_status(world: World, total: int) -> None:
    order, (payment,) = world.paid(total)
    order["payments"][0]["amount"] = total - 100
    shows(order, "failed", 100)
    world.expect("amount_differs", order, payment, 100)
    world.expect("paid_not_shown", order, None, total)


TOGETHER: tuple[Plant, ...] = (
    *(refund_missing_on_shipped, second_payment_not_shown, dispute_on_shipped),
    *(lost_and_not_shown_on_shipped, owed_and_wrong_amount, cancelled_with_missing_refund),
    *(overpaid_and_in_two_currencies, wrong_row_and_wrong_status),
)
"""Several discrepancies on one order."""


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Record], file: Path
) -> None:
    if not rows:
        return
    lines = file.with_suffix(".jsonl")
    lines.write_text("".join(json.dumps(_flat(row)) + "\n" for row in rows))
    names = ", ".join(f"'{name}': 'VARCHAR'" for name in rows[0])
    connection.execute(
        f"INSERT INTO {table} BY NAME SELECT * FROM read_json('{lines}', "
        f"format = 'newline_delimited', columns = {{{names}}})"
    )
    lines.unlink()


def _flat(record: Record) -> dict[str, str | None]:
    return {
        name: value if value is None or isinstance(value, str) else json.dumps(value)
        for name, value in record.items()
    }


_MOVEMENT = (
    "id VARCHAR, account_id VARCHAR, type VARCHAR, reporting_category VARCHAR, source VARCHAR, "
    "created HUGEINT, available_on HUGEINT, currency VARCHAR, amount HUGEINT, fee HUGEINT, "
    "net HUGEINT"
)
_DDL = f"""
CREATE SCHEMA stripe;
CREATE SCHEMA monstock;
CREATE TABLE stripe.payments (
    id VARCHAR, object VARCHAR, account_id VARCHAR, own_account BOOLEAN, livemode BOOLEAN,
    created HUGEINT, version HUGEINT, payment_intent JSON, charge JSON, refunds JSON, disputes JSON,
    checkout_sessions JSON, invoices JSON);
CREATE TABLE stripe.balance_transactions ({_MOVEMENT});
CREATE TABLE stripe.payout_balance_transactions ({_MOVEMENT}, payout VARCHAR);
CREATE TABLE stripe.payouts (
    id VARCHAR, account_id VARCHAR, currency VARCHAR, amount HUGEINT, status VARCHAR,
    automatic BOOLEAN, reconciliation_status VARCHAR, created HUGEINT, arrival_date HUGEINT);
CREATE TABLE monstock.orders (
    id VARCHAR, number VARCHAR, kind VARCHAR, state VARCHAR, raw_state VARCHAR, currency VARCHAR,
    total HUGEINT, amount_due HUGEINT, payment_status VARCHAR, channel_reference VARCHAR,
    customer_id VARCHAR, payments JSON, created_at TIMESTAMP, updated_at TIMESTAMP,
    _sdc_deleted_at VARCHAR);
"""
