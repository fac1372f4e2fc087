"""A payment at Stripe as it is now, and whether it is what an order's row says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.exception_kind import ExceptionFound, ExceptionKind
from monstock_stripe_core.money import from_stripe, iso_currency, to_decimal_text
from monstock_stripe_core.order_record import OrderRecord, RecordPayment
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.stripe_annotation import Annotated
from monstock_stripe_core.stripe_fields import expanded, texts

PAYMENT_REFERENCE = r"(?:(?P<account>acct_\w+)/)?(?P<id>(?P<prefix>pi|ch|py|in)_\w+)"
"""Pattern of a whole transaction reference that names a payment of Stripe's."""

_REFERENCE = re.compile(PAYMENT_REFERENCE)
_LONGEST = 255
_KINDS = {"pi": "payment_intent", "ch": "charge", "py": "charge", "in": "invoice"}


@dataclass(frozen=True, slots=True)
class PaymentReference:
    """Which object a transaction reference names.

    Attributes:
        account_id: the connected account; None for our own.
        kind: payment_intent, charge or invoice.
    """

    account_id: str | None
    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class PaymentFacts:
    """A payment as Stripe has it. Amounts are ISO minor units of `currency`.

    Attributes:
        things: the objects that carry its annotation.
        captured: None where the object does not say, as an invoice.
        least: what is left of `captured` at least, whatever went back.
    """

    reference: str
    account_id: str | None
    livemode: bool
    currency: str
    things: tuple[Annotated, ...]
    captured: int | None = None
    least: int = 0


def payment_reference(text: str | None) -> PaymentReference | None:
    """Read a transaction reference; None where it is no Stripe payment's."""
    match = _REFERENCE.fullmatch(text or "") if len(text or "") <= _LONGEST else None
    if match is None:
        return None
    return PaymentReference(match["account"], _KINDS[match["prefix"]], match["id"])


def intent_facts(intent: Mapping[str, Any], reference: str, account_id: str | None) -> PaymentFacts:
    """The facts of a PaymentIntent that was read with its newest Charge.

    Raises:
        MoneyError: an amount or a currency cannot be money.
    """
    charge = expanded(intent.get("latest_charge"))
    currency = iso_currency(intent["currency"])
    captured = from_stripe(intent.get("amount_received") or 0, currency, what="amount_received")
    details = intent.get("payment_details") or {}
    own = Annotated(
        "payment_intent",
        intent["id"],
        MappingProxyType(texts(intent.get("metadata"))),
        intent.get("description"),
        details.get("order_reference"),
    )
    return PaymentFacts(
        reference=reference,
        account_id=account_id,
        livemode=intent["livemode"],
        currency=currency,
        things=(own, *((_charge(charge),) if charge is not None else ())),
        captured=captured,
        least=0 if charge is None else max(0, captured - _gone(charge, currency)),
    )


def charge_facts(charge: Mapping[str, Any], reference: str, account_id: str | None) -> PaymentFacts:
    """The facts of a Charge.

    Raises:
        MoneyError: an amount or a currency cannot be money.
    """
    currency = iso_currency(charge["currency"])
    captured = from_stripe(charge.get("amount_captured") or 0, currency, what="amount_captured")
    return PaymentFacts(
        reference=reference,
        account_id=account_id,
        livemode=charge["livemode"],
        currency=currency,
        things=(_charge(charge),),
        captured=captured,
        least=max(0, captured - _gone(charge, currency)),
    )


def invoice_facts(
    invoice: Mapping[str, Any], reference: str, account_id: str | None
) -> PaymentFacts:
    """The facts of an invoice that was settled without a payment.

    Raises:
        MoneyError: the currency cannot be one.
    """
    own = Annotated("invoice", invoice["id"], MappingProxyType(texts(invoice.get("metadata"))))
    return PaymentFacts(
        reference=reference,
        account_id=account_id,
        livemode=invoice["livemode"],
        currency=iso_currency(invoice["currency"]),
        things=(own,),
    )


def contradictions(
    order: OrderRecord, row: RecordPayment, payment: PaymentFacts, *, shared: bool
) -> list[ExceptionFound]:
    """What the payment, the order's row and the order say against each other.

    Args:
        order: with its currency.
        row: the order's row of this payment.
        payment: as Stripe has it.
        shared: whether other orders have a part of it.
    """
    name, reference = order.order_number, payment.reference
    if payment.currency != row.currency or payment.currency != order.currency:
        message = (
            f"The payment is in {payment.currency}, its row in {row.currency}, "
            f"order {name} in {order.currency}."
        )
        return [ExceptionFound(ExceptionKind.CURRENCY_MISMATCH, message, reference, order.order_id)]
    if payment.captured is None or row.status is not PaymentStatus.SUCCEEDED:
        return []
    least = 0 if shared else payment.least
    if least <= row.amount <= payment.captured:
        return []
    message = (
        f"The row on order {name} says {to_decimal_text(row.amount, row.currency)} "
        f"{row.currency}, Stripe took {to_decimal_text(payment.captured, payment.currency)}."
    )
    return [ExceptionFound(ExceptionKind.AMOUNT_MISMATCH, message, reference, order.order_id)]


def wrong_mode(
    livemode: bool, expected: bool | None, order_id: str, reference: str | None
) -> ExceptionFound | None:
    """The exception where an object is of the other mode than the one that is expected."""
    if expected is None or livemode is expected:
        return None
    mode, other = ("live", "test") if livemode else ("test", "live")
    message = f"The object at Stripe is of {mode} mode, and {other} mode is expected."
    return ExceptionFound(ExceptionKind.WRONG_MODE, message, reference, order_id)


def _charge(charge: Mapping[str, Any]) -> Annotated:
    return Annotated(
        "charge",
        charge["id"],
        MappingProxyType(texts(charge.get("metadata"))),
        charge.get("description"),
    )


def _gone(charge: Mapping[str, Any], currency: str) -> int:
    """What went back of a Charge at most; of a disputed one it may be all."""
    if charge.get("disputed"):
        return from_stripe(charge.get("amount_captured") or 0, currency, what="amount_captured")
    return from_stripe(charge.get("amount_refunded") or 0, currency, what="amount_refunded")
