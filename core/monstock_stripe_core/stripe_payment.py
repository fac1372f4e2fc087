"""What a snapshot of Stripe's objects comes to: status and amounts of one payment.

The input is a record of tap-stripe-ext's `payments` stream, in Stripe's own field names. What
counts as captured, refunded and disputed follows Stripe's API reference ("PaymentIntents",
"Refunds", "Disputes", "Invoices") and is stated here once.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.errors import MoneyError, PaymentError, RecordError
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.money import from_stripe, iso_currency
from monstock_stripe_core.payment import Payment, PaymentStatus
from monstock_stripe_core.payment_checks import check_payment
from monstock_stripe_core.stripe_fields import (
    connected_account,
    expanded,
    id_of,
    moment,
    only,
    products,
    texts,
    transaction_reference,
    true_or_false,
    units,
    whole_number,
)
from monstock_stripe_core.stripe_invoice import payment_from_invoice
from monstock_stripe_core.stripe_links import CandidateRules, link_candidates
from monstock_stripe_core.stripe_reversals import reversals

# Next actions that leave the customer days: vouchers, bank transfers, micro-deposits. The others
# (3-D Secure, redirects) are done within minutes or never.
_SLOW_ACTIONS = frozenset(
    {
        "boleto_display_details",
        "display_bank_transfer_instructions",
        "konbini_display_details",
        "multibanco_display_details",
        "oxxo_display_details",
        "verify_with_microdeposits",
    }
)


def payment_from_stripe(
    record: Mapping[str, Any], rules: CandidateRules | None = None
) -> Payment | None:
    """A record of the `payments` stream as a payment of ours.

    Args:
        record: PaymentIntent, Charge or Invoice with what belongs to it, as tap-stripe-ext emits.
        rules: where to look for the order beside our own metadata keys.

    Returns:
        The payment; None for an invoice that was paid by a PaymentIntent alone, which has a
        record of its own.

    Raises:
        PaymentError: a field is missing or cannot be; the message names the payment.
    """
    if not isinstance(record, Mapping):
        raise PaymentError(f"not a snapshot of Stripe's objects but a {type(record).__name__}")
    name = f"payment {record.get('id')!s:.255}"
    try:
        kind = record["object"]
        if kind == "invoice":
            payment = payment_from_invoice(record, rules or CandidateRules())
        elif kind in ("payment_intent", "charge"):
            payment = _from_charge(record, rules or CandidateRules())
        else:
            raise PaymentError(f"unknown object {kind!r:.40}")
        if payment is not None:
            check_payment(payment)
    except (MoneyError, RecordError) as error:
        raise PaymentError(f"{name}: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError) as error:
        raise PaymentError(
            f"{name}: not a snapshot of Stripe's objects ({type(error).__name__}: {error!s:.100})"
        ) from None
    return payment


def _from_charge(record: Mapping[str, Any], rules: CandidateRules) -> Payment:
    intent: Mapping[str, Any] | None = record.get("payment_intent")
    charge: Mapping[str, Any] = record.get("charge") or {}
    main = intent or charge
    currency = iso_currency(main["currency"])
    if intent is not None:
        captured = units(intent.get("amount_received"), currency, "amount_received")
        capturable = units(intent.get("amount_capturable"), currency, "amount_capturable")
        status = _intent_status(intent, charge, captured)
    else:
        captured = _captured_by_charge(charge, currency)
        capturable = units(charge["amount"], currency, "amount")
        status = _charge_status(charge, captured)
    authorized = capturable if status is PaymentStatus.AUTHORIZED else 0
    back = reversals(record.get("refunds") or (), record.get("disputes") or (), captured, currency)
    method_details = charge.get("payment_method_details") or {}
    method = method_details.get("type") or only(main.get("payment_method_types"))
    details = method_details.get(method) or {}
    balance = expanded(charge.get("balance_transaction"))
    fee_currency = iso_currency(balance["currency"]) if balance else None
    capture_before = details.get("capture_before") if authorized else None
    acts = status is PaymentStatus.PENDING and _waits_for_action(main)
    return Payment(
        transaction_reference=transaction_reference(record),
        references=tuple(dict.fromkeys(filter(None, (record["id"], charge.get("id"))))),
        account_id=connected_account(record),
        version=whole_number(record["version"], "version"),
        livemode=true_or_false(record["livemode"], "livemode"),
        created_at=moment(main["created"]),
        status=status,
        currency=currency,
        amount=units(main["amount"], currency, "amount"),
        authorized=authorized,
        authorized_until=None
        if capture_before is None
        else moment(capture_before, "capture_before"),
        action_required_since=moment(main["created"]) if acts else None,
        captured=captured,
        captured_at=moment((balance or charge or main)["created"]) if captured else None,
        funded=_funded(main, currency) if status is PaymentStatus.PENDING else 0,
        refunded=back.refunded,
        refund_pending=back.refund_pending,
        refund_failed=back.refund_failed,
        disputed=back.disputed,
        dispute_open=back.dispute_open,
        dispute_lost=back.dispute_lost,
        fee=from_stripe(balance["fee"], str(fee_currency), what="fee") if balance else None,
        fee_currency=fee_currency,
        net=from_stripe(balance["net"], str(fee_currency), what="net") if balance else None,
        method=method,
        method_detail=details.get("brand") or details.get("bank_name"),
        failure=_failure(main, charge) if status is PaymentStatus.FAILED else None,
        flags=(*back.flags, *_surplus(main, currency)),
        link_candidates=link_candidates(record, rules),
        customer_id=id_of(main.get("customer")),
        customer_email=_email(record, main, charge),
        description=main.get("description"),
        metadata=MappingProxyType(texts(main.get("metadata"))),
        products=products(record),
    )


def _intent_status(
    intent: Mapping[str, Any], charge: Mapping[str, Any], captured: int
) -> PaymentStatus:
    """The status of a PaymentIntent, as a table (Stripe, 'How PaymentIntents work').

    `requires_payment_method` is two things: nobody has tried yet, or the last try was declined.
    A cancelled intent of which a part was captured has that part; one that nobody ever tried to
    pay counts for nothing.
    """
    status = intent["status"]
    tried = bool(intent.get("last_payment_error")) or bool(charge)
    table = {
        "succeeded": PaymentStatus.SUCCEEDED,
        "requires_capture": PaymentStatus.AUTHORIZED,
        "processing": PaymentStatus.PENDING,
        "requires_action": PaymentStatus.PENDING,
        "requires_confirmation": PaymentStatus.NOT_ATTEMPTED,
        "requires_payment_method": PaymentStatus.FAILED if tried else PaymentStatus.NOT_ATTEMPTED,
        "canceled": PaymentStatus.CANCELED if tried else PaymentStatus.NOT_ATTEMPTED,
    }
    if status not in table:
        raise PaymentError(f"unknown status {status!r:.40}")
    if captured and status != "requires_capture":
        return PaymentStatus.SUCCEEDED
    return table[status]


def _captured_by_charge(charge: Mapping[str, Any], currency: str) -> int:
    """What a Charge without PaymentIntent took: nothing until it has succeeded.

    `captured` says only that no second step is awaited: a debit that is on its way is "captured"
    too.
    """
    if charge["status"] != "succeeded":
        return 0
    return units(charge.get("amount_captured"), currency, "amount_captured")


def _charge_status(charge: Mapping[str, Any], captured: int) -> PaymentStatus:
    """The status of a Charge that has no PaymentIntent."""
    if charge["status"] == "failed":
        return PaymentStatus.FAILED
    if charge["status"] == "pending":
        return PaymentStatus.PENDING
    if charge.get("captured") or captured:
        return PaymentStatus.SUCCEEDED
    return PaymentStatus.CANCELED if charge.get("refunded") else PaymentStatus.AUTHORIZED


def _funded(intent: Mapping[str, Any], currency: str) -> int:
    """The part of a bank transfer that has come (event `payment_intent.partially_funded`)."""
    action = intent.get("next_action") or {}
    remaining = (action.get("display_bank_transfer_instructions") or {}).get("amount_remaining")
    if remaining is None:
        return 0
    asked = from_stripe(intent["amount"], currency, what="amount")
    return max(0, asked - from_stripe(remaining, currency, what="amount_remaining"))


def _surplus(intent: Mapping[str, Any], currency: str) -> tuple[str, ...]:
    """A flag where a bank transfer left money in the customer's cash balance.

    Stripe, 'Customer balance': what comes in above the amount stays there until somebody refunds
    or applies it. Seen where the reader expanded the customer with its `cash_balance`.
    """
    customer = expanded(intent.get("customer")) or {}
    available = (expanded(customer.get("cash_balance")) or {}).get("available") or {}
    by_transfer = "customer_balance" in (intent.get("payment_method_types") or ())
    left = units(available.get(currency.lower()), currency, "cash_balance")
    return (ExceptionKind.CASH_BALANCE_SURPLUS.value,) if by_transfer and left > 0 else ()


def _waits_for_action(intent: Mapping[str, Any]) -> bool:
    action = (intent.get("next_action") or {}).get("type")
    return intent.get("status") == "requires_action" and action not in _SLOW_ACTIONS


def _failure(main: Mapping[str, Any], charge: Mapping[str, Any]) -> str | None:
    error = main.get("last_payment_error") or {}
    code = error.get("decline_code") or error.get("code") or charge.get("failure_code")
    message = error.get("message") or charge.get("failure_message")
    return ": ".join(part for part in (code, message) if part)[:200] or None


def _email(
    record: Mapping[str, Any], main: Mapping[str, Any], charge: Mapping[str, Any]
) -> str | None:
    found = (
        main.get("receipt_email"),
        (charge.get("billing_details") or {}).get("email"),
        *(
            (session.get("customer_details") or {}).get("email")
            for session in record.get("checkout_sessions") or ()
        ),
        *(invoice.get("customer_email") for invoice in record.get("invoices") or ()),
    )
    return next((email for email in found if email), None)
