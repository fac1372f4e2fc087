"""What a snapshot of Stripe's objects comes to: status and amounts of one payment.

The input is a record of tap-stripe-ext's `payments` stream, in Stripe's own field names. What
counts as captured, refunded and disputed follows Stripe's API reference ("PaymentIntents",
"Refunds", "Disputes", "Invoices") and is stated here once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.errors import MoneyError, PaymentError
from monstock_stripe_core.exception_kind import ExceptionKind
from monstock_stripe_core.money import from_stripe, iso_currency
from monstock_stripe_core.payment import Payment, PaymentStatus
from monstock_stripe_core.stripe_links import CandidateRules, link_candidates

_GONE = frozenset({"succeeded", "pending", "requires_action"})
_ON_ITS_WAY = frozenset({"pending", "requires_action"})
_CAME_BACK = frozenset({"failed", "canceled"})

# Money never moved, or is ours again (API reference, 'The Dispute object', status).
_DISPUTE_WITHOUT_LOSS = frozenset({"won", "prevented", "warning_closed"})
_DISPUTE_INQUIRY = frozenset({"warning_needs_response", "warning_under_review"})

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


@dataclass(frozen=True, slots=True)
class Reversals:
    """What went back of a payment, in minor units of its currency."""

    refunded: int = 0
    refund_pending: int = 0
    refund_failed: int = 0
    disputed: int = 0
    dispute_open: bool = False
    dispute_lost: int = 0
    flags: tuple[str, ...] = ()


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
    try:
        kind = record["object"]
        if kind == "invoice":
            return _from_invoice(record, rules or CandidateRules())
        if kind in ("payment_intent", "charge"):
            return _from_charge(record, rules or CandidateRules())
    except MoneyError as error:
        raise PaymentError(f"payment {record.get('id')}: {error}") from None
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError, OSError) as error:
        raise PaymentError(
            f"payment {record.get('id')}: not a snapshot of Stripe's objects "
            f"({type(error).__name__}: {error})"
        ) from None
    raise PaymentError(f"payment {record.get('id')}: unknown object {kind!r:.40}")


def _from_charge(record: Mapping[str, Any], rules: CandidateRules) -> Payment:
    intent: Mapping[str, Any] | None = record.get("payment_intent")
    charge: Mapping[str, Any] = record.get("charge") or {}
    main = intent or charge
    currency = iso_currency(main["currency"])

    def amount(value: object, what: str) -> int:
        return from_stripe(value or 0, currency, what=what)

    if intent is not None:
        captured = amount(intent.get("amount_received"), "amount_received")
        capturable = amount(intent.get("amount_capturable"), "amount_capturable")
        status = _intent_status(intent, charge, captured)
    else:
        captured = amount(charge.get("amount_captured"), "amount_captured")
        status = _charge_status(charge, captured)
        capturable = amount(charge["amount"], "amount")
    authorized = capturable if status is PaymentStatus.AUTHORIZED else 0
    reversals = _reversals(
        record.get("refunds") or (), record.get("disputes") or (), captured, currency
    )
    method_details = charge.get("payment_method_details") or {}
    method = method_details.get("type") or _only(main.get("payment_method_types"))
    details = method_details.get(method) or {}
    balance = _object(charge.get("balance_transaction"))
    fee_currency = iso_currency(balance["currency"]) if balance else None
    acts = status is PaymentStatus.PENDING and _waits_for_action(main)
    return Payment(
        transaction_reference=_with_account(record, record["id"]),
        references=tuple(dict.fromkeys(_ids(record["id"], charge.get("id")))),
        account_id=record.get("account_id"),
        version=record["version"],
        livemode=bool(record["livemode"]),
        created_at=_moment(main["created"]),
        status=status,
        currency=currency,
        amount=amount(main["amount"], "amount"),
        authorized=authorized,
        authorized_until=_moment_or_none(details.get("capture_before")) if authorized else None,
        action_required_since=_moment(main["created"]) if acts else None,
        captured=captured,
        captured_at=_moment((balance or charge or main)["created"]) if captured else None,
        funded=_funded(main, currency) if status is PaymentStatus.PENDING else 0,
        refunded=reversals.refunded,
        refund_pending=reversals.refund_pending,
        refund_failed=reversals.refund_failed,
        disputed=reversals.disputed,
        dispute_open=reversals.dispute_open,
        dispute_lost=reversals.dispute_lost,
        fee=from_stripe(balance["fee"], str(fee_currency), what="fee") if balance else None,
        fee_currency=fee_currency,
        net=from_stripe(balance["net"], str(fee_currency), what="net") if balance else None,
        method=method,
        method_detail=details.get("brand") or details.get("bank_name"),
        failure=_failure(main, charge) if status is PaymentStatus.FAILED else None,
        flags=reversals.flags,
        link_candidates=link_candidates(record, rules),
        customer_id=_id(main.get("customer")),
        customer_email=_email(record, main, charge),
        description=main.get("description"),
        metadata=MappingProxyType(dict(main.get("metadata") or {})),
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
        raise PaymentError(f"payment {intent['id']}: unknown status {status!r:.40}")
    if captured and status != "requires_capture":
        return PaymentStatus.SUCCEEDED
    return table[status]


def _charge_status(charge: Mapping[str, Any], captured: int) -> PaymentStatus:
    """The status of a Charge that has no PaymentIntent."""
    if charge["status"] == "failed":
        return PaymentStatus.FAILED
    if charge["status"] == "pending":
        return PaymentStatus.PENDING
    if charge.get("captured") or captured:
        return PaymentStatus.SUCCEEDED
    return PaymentStatus.CANCELED if charge.get("refunded") else PaymentStatus.AUTHORIZED


def _reversals(
    refunds: Sequence[Mapping[str, Any]],
    disputes: Sequence[Mapping[str, Any]],
    captured: int,
    currency: str,
) -> Reversals:
    """What went back: refunds first, then lost disputes, then open ones, never above captured.

    `charge.amount_refunded` is not asked: after a partial capture it holds the released
    remainder. That may also come as a Refund of its own; it has succeeded without a balance
    transaction, so it moved no money.
    """
    moved = [refund for refund in refunds if not _is_release(refund)]
    refunded = min(_sum(moved, _GONE, currency), captured)
    pending = min(_sum(moved, _ON_ITS_WAY, currency), refunded)
    came_back = _sum(moved, _CAME_BACK, currency)
    lost = [d for d in disputes if d["status"] == "lost"]
    still_open = [
        d
        for d in disputes
        if d["status"] not in _DISPUTE_WITHOUT_LOSS | _DISPUTE_INQUIRY | {"lost"}
    ]
    dispute_lost = min(_disputed(lost, captured, currency), captured - refunded)
    disputed = min(_disputed(still_open, captured, currency), captured - refunded - dispute_lost)
    flags = []
    if _still_owed(moved, currency):
        flags.append(ExceptionKind.CUSTOMER_OWED.value)
    if any(dispute["status"] in _DISPUTE_INQUIRY for dispute in disputes):
        flags.append(ExceptionKind.DISPUTE_INQUIRY.value)
    return Reversals(
        refunded=refunded,
        refund_pending=pending,
        refund_failed=came_back,
        disputed=disputed,
        dispute_open=bool(still_open),
        dispute_lost=dispute_lost,
        flags=tuple(flags),
    )


def _is_release(refund: Mapping[str, Any]) -> bool:
    return refund["status"] == "succeeded" and refund.get("balance_transaction") is None


def _sum(refunds: Iterable[Mapping[str, Any]], statuses: frozenset[str], currency: str) -> int:
    return sum(
        from_stripe(refund["amount"], currency, what="refund amount")
        for refund in refunds
        if refund["status"] in statuses
    )


def _still_owed(refunds: Sequence[Mapping[str, Any]], currency: str) -> bool:
    """Whether a failed refund was not made good by a later one."""
    failed = [refund for refund in refunds if refund["status"] in _CAME_BACK]
    if not failed:
        return False
    first = min(refund["created"] for refund in failed)
    later = [refund for refund in refunds if refund["created"] > first]
    return _sum(later, _GONE, currency) < _sum(failed, _CAME_BACK, currency)


def _disputed(disputes: Iterable[Mapping[str, Any]], captured: int, currency: str) -> int:
    """The sum of disputes; one in another currency than the payment's counts as the whole."""
    return sum(
        from_stripe(dispute["amount"], currency, what="dispute amount")
        if iso_currency(dispute["currency"]) == currency
        else captured
        for dispute in disputes
    )


def _from_invoice(record: Mapping[str, Any], rules: CandidateRules) -> Payment | None:
    """A paid invoice that was settled, wholly or in part, without a payment through Stripe.

    By the customer's credit balance (which rises from `starting_balance` to `ending_balance`; a
    negative balance is credit), outside Stripe (`amount_paid_off_stripe`), or by discounts that
    left nothing to pay.
    """
    (invoice,) = record["invoices"]
    currency = iso_currency(invoice["currency"])

    def amount(name: str) -> int:
        return from_stripe(invoice.get(name) or 0, currency, what=name)

    start = amount("starting_balance")
    credit = max(0, min(0, amount("ending_balance")) - start) if start < 0 else 0
    external = amount("amount_paid_off_stripe")
    total = amount("total")
    if credit + external == 0 and total != 0:
        return None
    paid_at = (invoice.get("status_transitions") or {}).get("paid_at") or invoice["created"]
    return Payment(
        transaction_reference=_with_account(record, record["id"]),
        references=(record["id"],),
        account_id=record.get("account_id"),
        version=record["version"],
        livemode=bool(record["livemode"]),
        created_at=_moment(invoice["created"]),
        status=PaymentStatus.SUCCEEDED,
        currency=currency,
        amount=total,
        captured=min(credit + external, total),
        captured_at=_moment(paid_at),
        method="external" if external else "credit",
        link_candidates=link_candidates(record, rules),
        customer_email=invoice.get("customer_email"),
        metadata=MappingProxyType(dict(invoice.get("metadata") or {})),
    )


def _funded(intent: Mapping[str, Any], currency: str) -> int:
    """The part of a bank transfer that has come (event `payment_intent.partially_funded`)."""
    action = intent.get("next_action") or {}
    remaining = (action.get("display_bank_transfer_instructions") or {}).get("amount_remaining")
    if remaining is None:
        return 0
    asked = from_stripe(intent["amount"], currency, what="amount")
    return max(0, asked - from_stripe(remaining, currency, what="amount_remaining"))


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


def _with_account(record: Mapping[str, Any], reference: str) -> str:
    account = record.get("account_id")
    return f"{account}/{reference}" if account else reference


def _ids(*ids: str | None) -> list[str]:
    return [value for value in ids if value]


def _id(value: object) -> str | None:
    """The id of something that may come as an id or as the object itself."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return value if isinstance(value, str) else None


def _object(value: object) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _only(values: Sequence[str] | None) -> str | None:
    return values[0] if values and len(values) == 1 else None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _moment_or_none(seconds: int | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)
