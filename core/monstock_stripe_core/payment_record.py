"""The `order_payments` record: a `Payment` as it travels on a Singer line."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any

from monstock_stripe_core.errors import MoneyError, PaymentError, RecordError
from monstock_stripe_core.money import LARGEST_AMOUNT, iso_currency
from monstock_stripe_core.payment import LinkCandidate, LinkRule, Payment, PaymentStatus
from monstock_stripe_core.payment_checks import check_payment
from monstock_stripe_core.record_fields import list_of, object_of, one_of, time_of, time_text

_TEXT = {"type": ["string", "null"]}
_TIME = {"type": ["string", "null"], "format": "date-time"}
_AMOUNT = {"type": "integer", "minimum": 0, "maximum": LARGEST_AMOUNT}
_TEXTS = {"type": "array", "items": {"type": "string"}}


def _described(schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {**schema, "description": description}


ORDER_PAYMENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [
        "transaction_reference",
        "version",
        "livemode",
        "created_at",
        "status",
        "currency",
        "amount",
    ],
    "properties": {
        "transaction_reference": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "description": "Unique name of the payment: the PaymentIntent's id, else the Charge's "
            "or the invoice's; behind the account's id and a slash for a connected account.",
        },
        "references": _described(_TEXTS, "Every id that names this payment."),
        "version": {
            "type": "integer",
            "minimum": 0,
            "maximum": LARGEST_AMOUNT,
            "description": "Microseconds since the epoch at which this reading began; the greatest "
            "wins.",
        },
        "account_id": _described(_TEXT, "The connected account, if it is not our own."),
        "livemode": {"type": "boolean", "description": "False for a test payment."},
        "created_at": {
            "type": "string",
            "format": "date-time",
            "description": "When the payment was begun, UTC.",
        },
        "status": {"type": "string", "enum": [status.value for status in PaymentStatus]},
        "currency": {
            "type": "string",
            "minLength": 3,
            "maxLength": 3,
            "description": "ISO 4217 code of every amount but `fee` and `net`.",
        },
        "amount": _described(_AMOUNT, "What was asked, in ISO minor units."),
        "authorized": _described(_AMOUNT, "What can still be captured."),
        "authorized_until": _described(_TIME, "When the authorisation runs out."),
        "action_required_since": _described(_TIME, "Since when the customer has to act."),
        "captured": _described(_AMOUNT, "What was taken, before refunds."),
        "captured_at": _described(_TIME, "When it was taken."),
        "funded": _described(_AMOUNT, "The part of a bank transfer that has come so far."),
        "refunded": _described(_AMOUNT, "What went back, pending refunds included."),
        "refund_pending": _described(_AMOUNT, "The part of `refunded` that is not through yet."),
        "refund_failed": _described(_AMOUNT, "Refunds that failed: owed to the customer."),
        "disputed": _described(_AMOUNT, "What open disputes hold back."),
        "dispute_open": {
            "type": "boolean",
            "description": "Whether a dispute is open, also where nothing is left to dispute.",
        },
        "dispute_lost": _described(_AMOUNT, "What was lost by disputes."),
        "fee": {
            "type": ["integer", "null"],
            "minimum": -LARGEST_AMOUNT,
            "maximum": LARGEST_AMOUNT,
            "description": "Fee in minor units of `fee_currency`; null while unknown.",
        },
        "fee_currency": _described(_TEXT, "ISO 4217 code of `fee` and `net`."),
        "net": {
            "type": ["integer", "null"],
            "minimum": -LARGEST_AMOUNT,
            "maximum": LARGEST_AMOUNT,
            "description": "What the charge left after its fee, in `fee_currency`.",
        },
        "method": _described(_TEXT, "card, sepa_debit, …; credit or external for invoices."),
        "method_detail": _described(_TEXT, "Brand or bank; never a number."),
        "failure": _described(_TEXT, "Why it failed, in words."),
        "flags": _described(_TEXTS, "Exceptions that the payment itself raises."),
        "link_candidates": {
            "type": "array",
            "description": "What the payment says of its order, in order of trust.",
            "items": {
                "type": "object",
                "required": ["rule"],
                "properties": {
                    "rule": {"type": "string", "enum": [rule.value for rule in LinkRule]},
                    "order_id": _TEXT,
                    "order_number": _TEXT,
                    "channel_reference": _TEXT,
                    "tenant": _TEXT,
                },
            },
        },
        "customer_id": _TEXT,
        "customer_email": _TEXT,
        "description": _TEXT,
        "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        "products": _TEXTS,
    },
}
"""JSON Schema of the stream. Its README shows it; the target refuses what breaks it."""

_TIMES = ("created_at", "authorized_until", "action_required_since", "captured_at")
_LISTS = ("references", "flags", "products")
_FIELDS = frozenset(field.name for field in fields(Payment))


def payment_to_record(payment: Payment) -> dict[str, Any]:
    """A payment as a JSON-ready record of the `order_payments` stream."""
    record: dict[str, Any] = {name: getattr(payment, name) for name in _FIELDS}
    for name in _TIMES:
        record[name] = time_text(record[name])
    for name in _LISTS:
        record[name] = list(record[name])
    record["status"] = payment.status.value
    record["metadata"] = dict(payment.metadata)
    record["link_candidates"] = [
        {
            "rule": candidate.rule.value,
            "order_id": candidate.order_id,
            "order_number": candidate.order_number,
            "channel_reference": candidate.channel_reference,
            "tenant": candidate.tenant,
        }
        for candidate in payment.link_candidates
    ]
    return record


def payment_from_record(record: Mapping[str, Any]) -> Payment:
    """A record of the `order_payments` stream as a payment.

    Args:
        record: as `ORDER_PAYMENT_SCHEMA` says; fields that it does not name are left alone. Times
            may be texts or datetimes.

    Raises:
        PaymentError: a field is missing, of the wrong type, or contradicts another; the message
            names the field.
    """
    known = {name: value for name, value in record.items() if name in _FIELDS and value is not None}
    missing = [name for name in ORDER_PAYMENT_SCHEMA["required"] if name not in known]
    if missing:
        raise PaymentError(f"field {missing[0]!r} is missing")
    try:
        payment = Payment(**_typed(known))
    except (MoneyError, RecordError) as error:
        raise PaymentError(str(error)) from None
    check_payment(payment)
    return payment


def _typed(known: Mapping[str, Any]) -> dict[str, Any]:
    typed = dict(known)
    for name in _TIMES:
        if name in typed:
            typed[name] = time_of(typed[name], name)
    typed["status"] = one_of(PaymentStatus, typed["status"], "status")
    for name in ("currency", "fee_currency"):
        if name in typed:
            typed[name] = iso_currency(typed[name])
    for name in _LISTS:
        typed[name] = tuple(map(str, list_of(typed.get(name, ()), name)))
    metadata = object_of(typed.get("metadata", {}), "metadata")
    typed["metadata"] = MappingProxyType({str(k): str(value) for k, value in metadata.items()})
    typed["link_candidates"] = tuple(
        _candidate(object_of(candidate, "link_candidates"))
        for candidate in list_of(typed.get("link_candidates", ()), "link_candidates")
    )
    return typed


def _candidate(raw: Mapping[str, Any]) -> LinkCandidate:
    return LinkCandidate(
        one_of(LinkRule, raw.get("rule"), "rule of link_candidates"),
        raw.get("order_id"),
        raw.get("order_number"),
        raw.get("channel_reference"),
        raw.get("tenant"),
    )


def payment_digest(payment: Payment) -> str:
    """A hash of everything a payment says but its version: equal digests, equal content."""
    record = payment_to_record(payment)
    del record["version"]
    text = json.dumps(record, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def replaces(new: Payment, old: Payment | None) -> bool:
    """Whether a snapshot takes the place of the one that is known.

    The greater version wins. Of two unlike snapshots of one version the one with the greater
    digest wins: an arbitrary choice, but the same one in whatever order they come.
    """
    if old is None:
        return True
    if new.version != old.version:
        return new.version > old.version
    return payment_digest(new) > payment_digest(old)


def conflicts(new: Payment, old: Payment | None) -> bool:
    """Whether two snapshots of one version say unlike things, so that a fresh reading is due."""
    return (
        old is not None
        and new.version == old.version
        and payment_digest(new) != payment_digest(old)
    )
