"""Small examples of each type, for tests: what a test does not name is plain and in order.

Stripe's objects have the fields that Stripe's API reference documents and the core reads.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from monstock_stripe_core.order import Order, OrderPaymentRow, OrderState
from monstock_stripe_core.order_record import OrderRecord, RecordPayment
from monstock_stripe_core.payment import Payment, PaymentStatus

NOON = datetime(2026, 10, 1, 12, tzinfo=UTC)
"""When everything in the examples happens, unless a test says otherwise."""

NOON_SECONDS = 1_790_856_000
"""The same in Stripe's unix seconds."""


def example_payment(**fields: Any) -> Payment:
    """A card payment of 100.00 EUR that succeeded."""
    plain: dict[str, Any] = {
        "transaction_reference": "pi_1",
        "version": 1,
        "livemode": False,
        "created_at": NOON,
        "status": PaymentStatus.SUCCEEDED,
        "currency": "EUR",
        "amount": 10000,
    }
    if fields.get("status", PaymentStatus.SUCCEEDED) is PaymentStatus.SUCCEEDED:
        plain["captured"] = fields.get("amount", 10000)
        plain["captured_at"] = NOON
    return Payment(**(plain | fields))


def example_order(**fields: Any) -> Order:
    """A validated order of 100.00 EUR without payments."""
    plain: dict[str, Any] = {
        "id": "ord_1",
        "number": "SO-1",
        "currency": "EUR",
        "total": 10000,
        "state": OrderState.VALIDATED,
        "raw_state": "validated",
        "updated_at": NOON,
        "created_at": NOON,
    }
    return Order(**(plain | fields))


def example_record(**fields: Any) -> OrderRecord:
    """What target-stripe takes of a validated order of 100.00 EUR without payments."""
    plain: dict[str, Any] = {
        "order_id": "ord_1",
        "order_number": "SO-1",
        "state": OrderState.VALIDATED,
        "currency": "EUR",
        "total": 10000,
        "updated_at": NOON,
    }
    return OrderRecord(**(plain | fields))


def example_record_row(**fields: Any) -> RecordPayment:
    """100.00 EUR in such a record, that a PaymentIntent has brought in."""
    plain: dict[str, Any] = {
        "transaction_reference": "pi_1",
        "currency": "EUR",
        "amount": 10000,
        "status": PaymentStatus.SUCCEEDED,
    }
    return RecordPayment(**(plain | fields))


def example_row(**fields: Any) -> OrderPaymentRow:
    """100.00 EUR in cash that staff recorded."""
    plain: dict[str, Any] = {
        "method": "cash",
        "transaction_reference": None,
        "currency": "EUR",
        "amount": 10000,
        "row_id": "row_1",
        "paid_at": NOON,
    }
    return OrderPaymentRow(**(plain | fields))


def stripe_intent(**fields: Any) -> dict[str, Any]:
    """A PaymentIntent of 100.00 EUR by card that succeeded."""
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 10000,
        "amount_capturable": 0,
        "amount_received": 10000,
        "created": NOON_SECONDS,
        "currency": "eur",
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": "ch_1",
        "livemode": False,
        "metadata": {},
        "next_action": None,
        "payment_method_types": ["card"],
        "receipt_email": None,
        "status": "succeeded",
    } | fields


def stripe_charge(**fields: Any) -> dict[str, Any]:
    """A Charge of 100.00 EUR that was captured; its balance transaction is not there yet."""
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": 10000,
        "amount_captured": 10000,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": {"email": None},
        "captured": True,
        "created": NOON_SECONDS,
        "currency": "eur",
        "description": None,
        "disputed": False,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "last4": "4242"}},
        "refunded": False,
        "status": "succeeded",
    } | fields


def stripe_refund(**fields: Any) -> dict[str, Any]:
    """A Refund of 100.00 EUR that went through and moved money."""
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 10000,
        "balance_transaction": "txn_re_1",
        "created": NOON_SECONDS + 3600,
        "currency": "eur",
        "status": "succeeded",
    } | fields


def stripe_dispute(**fields: Any) -> dict[str, Any]:
    """A Dispute over 100.00 EUR that waits for us."""
    return {
        "id": "dp_1",
        "object": "dispute",
        "amount": 10000,
        "created": NOON_SECONDS + 7200,
        "currency": "eur",
        "status": "needs_response",
    } | fields


def stripe_invoice(**fields: Any) -> dict[str, Any]:
    """A paid invoice of 100.00 EUR that a PaymentIntent paid."""
    return {
        "id": "in_1",
        "number": "INV-1",
        "metadata": {},
        "currency": "eur",
        "status": "paid",
        "total": 10000,
        "amount_due": 10000,
        "amount_paid": 10000,
        "amount_remaining": 0,
        "amount_paid_off_stripe": 0,
        "starting_balance": 0,
        "ending_balance": 0,
        "status_transitions": {"paid_at": NOON_SECONDS},
        "customer_email": None,
        "created": NOON_SECONDS,
    } | fields


def stripe_snapshot(
    intent: Mapping[str, Any] | None,
    charge: Mapping[str, Any] | None = None,
    *,
    refunds: Sequence[Mapping[str, Any]] = (),
    disputes: Sequence[Mapping[str, Any]] = (),
    **fields: Any,
) -> dict[str, Any]:
    """A record of the `payments` stream: a PaymentIntent, or a Charge that has none."""
    main = intent or charge or {}
    return {
        "id": main.get("id"),
        "object": main.get("object"),
        "account_id": None,
        "livemode": False,
        "created": NOON_SECONDS,
        "version": 1,
        "payment_intent": intent,
        "charge": charge,
        "refunds": list(refunds),
        "disputes": list(disputes),
        "checkout_sessions": [],
        "invoices": [],
    } | fields


def invoice_snapshot(invoice: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    """A record of the `payments` stream for an invoice that was settled without a payment."""
    return stripe_snapshot(
        None, **({"id": invoice["id"], "object": "invoice", "invoices": [invoice]} | fields)
    )


def days(number: int) -> timedelta:
    """A number of days."""
    return timedelta(days=number)
