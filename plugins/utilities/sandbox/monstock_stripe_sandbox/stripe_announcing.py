"""Which events Stripe makes of a change: of its types of events, and the exceptions to them.

Stripe API reference, 'Types of events'. A kind whose objects have no type of event makes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from monstock_stripe_sandbox.resources.data import resources

_PREFIXES = {
    "customer_source": "customer.source",
    "dispute": "charge.dispute",
    "external_account": "account.external_account",
    "fee_refund": "application_fee.refund",
    "issuing.authorization": "issuing_authorization",
    "issuing.card": "issuing_card",
    "issuing.cardholder": "issuing_cardholder",
    "issuing.dispute": "issuing_dispute",
    "issuing.personalization_design": "issuing_personalization_design",
    "issuing.token": "issuing_token",
    "issuing.transaction": "issuing_transaction",
    "scheduled_query_run": "sigma.scheduled_query_run",
    "source_transaction": "source.transaction",
    "subscription": "customer.subscription",
    "tax_id": "customer.tax_id",
}
_CREATED = {"capability": ("capability.updated",), "review": ("review.opened",)}
_STATUS_WORDS = {
    ("billing.meter", "active"): "reactivated",
    ("billing.meter", "inactive"): "deactivated",
    ("credit_note", "void"): "voided",
    ("financial_connections.account", "active"): "reactivated",
    ("financial_connections.account", "inactive"): "deactivated",
    ("invoice", "open"): "finalized",
    ("invoice", "uncollectible"): "marked_uncollectible",
    ("invoice", "void"): "voided",
    ("issuing.dispute", "expired"): "closed",
    ("issuing.dispute", "lost"): "closed",
    ("issuing.dispute", "won"): "closed",
    ("issuing.personalization_design", "active"): "activated",
    ("issuing.personalization_design", "inactive"): "deactivated",
    ("quote", "open"): "finalized",
    ("setup_intent", "requires_payment_method"): "setup_failed",
    ("subscription", "canceled"): "deleted",
}
"""What the end of the event's type is called, where it is not called as the status is."""

ANNOUNCED_BY_PARENT: dict[str, tuple[str, str]] = {
    "fee_refund": ("application_fee.refunded", ""),
    "line_item": ("invoice.updated", "invoice.updated"),
    "subscription_item": ("customer.subscription.updated", "customer.subscription.updated"),
    "transfer_reversal": ("transfer.reversed", ""),
}
"""Kinds whose coming, or change and going, is told by an event about their parent."""

_ALSO = {"refund": ("charge.refund.updated",)}
_SILENT = frozenset({"event"})


def on_creation(kind: str, value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the types of the events that tell of a new object."""
    if kind in _CREATED:
        return _CREATED[kind]
    if kind == "payment_method":
        return ("payment_method.attached",) if value.get("customer") else ()
    if kind == "tax_id" and not value.get("customer"):
        return ()
    return _known([f"{_prefix(kind)}.created"])


def on_change(kind: str, value: Mapping[str, Any], previous: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the types of the events that tell of a change.

    Args:
        value: the object as it is now.
        previous: what the fields that changed were before; with none there is no event.
    """
    if not previous or kind in _SILENT:
        return ()
    if kind == "payment_method" and "customer" in previous:
        return (f"payment_method.{'attached' if value['customer'] else 'detached'}",)
    if kind == "tax_id" and not value.get("customer"):
        return ()
    if kind == "review" and previous.get("open") is True:
        return ("review.closed",)
    prefix = _prefix(kind)
    if "status" in previous:
        status = str(value["status"])
        word = _STATUS_WORDS.get((kind, status), status)
        found = _known([f"{prefix}.{word}"])
        if found:
            return found
    return _known([f"{prefix}.updated", *_ALSO.get(kind, ())])


def on_deletion(kind: str, value: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the types of the events that tell that an object is gone."""
    if kind == "payment_method":
        return ("payment_method.detached",) if value.get("customer") else ()
    if kind == "tax_id" and not value.get("customer"):
        return ()
    return _known([f"{_prefix(kind)}.deleted"])


def _prefix(kind: str) -> str:
    return _PREFIXES.get(kind, kind)


def _known(types: Iterable[str]) -> tuple[str, ...]:
    return tuple(kind for kind in types if kind in _TYPES)


_TYPES = frozenset(resources().events)
