"""What no payment can be: the checks behind `payment_record.payment_from_record`."""

from monstock_stripe_core.errors import PaymentError
from monstock_stripe_core.money import LARGEST_AMOUNT
from monstock_stripe_core.payment import LinkCandidate, Payment, PaymentStatus

_TRUE_OR_FALSE = ("livemode", "dispute_open")
AMOUNTS = (
    "amount",
    "authorized",
    "captured",
    "funded",
    "refunded",
    "refund_pending",
    "refund_failed",
    "disputed",
    "dispute_lost",
)
"""The fields of a payment that are amounts in its currency, never negative."""
_COUNTED = ("version", *AMOUNTS)
_TEXTS = (
    "account_id",
    "method",
    "method_detail",
    "failure",
    "customer_id",
    "customer_email",
    "description",
)
_NO_MONEY_TAKEN = frozenset(
    {PaymentStatus.NOT_ATTEMPTED, PaymentStatus.FAILED, PaymentStatus.CANCELED}
)


def check_payment(payment: Payment) -> None:
    """Refuse a payment whose fields have the wrong type, or contradict each other.

    Raises:
        PaymentError: the message names the field.
    """
    _check_types(payment)
    _check_amounts(payment)
    for candidate in payment.link_candidates:
        _check_candidate(candidate)


def whole_number(value: object, name: str, smallest: int = 0) -> None:
    """Refuse what is not an integer of at most 64 bits; bools and floats are none.

    Raises:
        PaymentError: the message names the field.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise PaymentError(f"{name} must be a whole number, not {value!r:.40}")
    if not smallest <= value <= LARGEST_AMOUNT:
        raise PaymentError(f"{name} must lie between {smallest} and {LARGEST_AMOUNT}")


def _check_types(payment: Payment) -> None:
    reference: object = payment.transaction_reference
    if not isinstance(reference, str) or not 1 <= len(reference) <= 255:
        raise PaymentError("transaction_reference must be a text of 1 to 255 characters")
    for name in _TRUE_OR_FALSE:
        if not isinstance(getattr(payment, name), bool):
            raise PaymentError(f"{name} must be true or false")
    for name in _COUNTED:
        whole_number(getattr(payment, name), name)
    for name in _TEXTS:
        value = getattr(payment, name)
        if value is not None and not isinstance(value, str):
            raise PaymentError(f"{name} must be a text or null, not {type(value).__name__}")
    for name in ("fee", "net"):
        value = getattr(payment, name)
        if value is not None:
            whole_number(value, name, -LARGEST_AMOUNT)
            if payment.fee_currency is None:
                raise PaymentError(f"{name} is given without fee_currency")


def _check_amounts(payment: Payment) -> None:
    if payment.refunded + payment.dispute_lost + payment.disputed > payment.captured:
        raise PaymentError(
            "refunded, dispute_lost and disputed together are more than captured: "
            f"{payment.refunded} + {payment.dispute_lost} + {payment.disputed} "
            f"> {payment.captured}"
        )
    if payment.refund_pending > payment.refunded:
        raise PaymentError("refund_pending is part of refunded and cannot be more")
    if payment.captured and payment.status in _NO_MONEY_TAKEN:
        raise PaymentError(f"captured is {payment.captured}, yet status is {payment.status.value}")
    if payment.authorized and payment.status is not PaymentStatus.AUTHORIZED:
        raise PaymentError(
            "authorized is what can still be captured: it is "
            f"{payment.authorized}, yet status is {payment.status.value}"
        )


def _check_candidate(candidate: LinkCandidate) -> None:
    named = [
        value
        for value in (candidate.order_id, candidate.order_number, candidate.channel_reference)
        if value is not None
    ]
    if len(named) != 1:
        raise PaymentError(
            "link_candidates: each names one of order_id, order_number, channel_reference"
        )
    for value in (*named, candidate.tenant):
        if value is not None and (not isinstance(value, str) or not value):
            raise PaymentError(
                "link_candidates: references and tenants are texts that are not empty"
            )
