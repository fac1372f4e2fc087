"""The writes that Stripe's stand-in takes, and the keys that make them safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_sandbox import stripe_params as params
from monstock_stripe_sandbox.stripe_books import DAY
from monstock_stripe_sandbox.stripe_errors import invalid, no_such, reused_idempotency_key
from monstock_stripe_sandbox.stripe_kinds import KINDS
from monstock_stripe_sandbox.stripe_params import Check, Raw
from monstock_stripe_sandbox.stripe_payments import merged
from monstock_stripe_sandbox.stripe_world import StripeWorld

_MOST_KEYS = 50  # Stripe, 'Metadata'
_EXPAND: dict[str, Check] = {"expand": params.texts()}
_PAYMENT_DETAILS = params.fields(
    customer_reference=params.unsettable, order_reference=params.unsettable
)
_CUSTOMER: dict[str, Check] = {
    **_EXPAND,
    "description": params.unsettable,
    "email": params.unsettable,
    "metadata": params.metadata,
    "name": params.unsettable,
    "phone": params.unsettable,
}

WRITES: dict[str, dict[str, Check]] = {
    "payment_intent": {
        **_EXPAND,
        "description": params.unsettable,
        "metadata": params.metadata,
        "payment_details": _PAYMENT_DETAILS,
        "receipt_email": params.unsettable,
    },
    "charge": {
        **_EXPAND,
        "description": params.unsettable,
        "metadata": params.metadata,
        "receipt_email": params.text,
    },
    "customer": _CUSTOMER,
}
"""The parameters that an update takes, by kind; Stripe takes more of them."""

_EVENTS = {"charge": "charge.updated", "customer": "customer.updated"}
"""What an update tells; Stripe sends nothing when a PaymentIntent is edited."""


def create_customer(world: StripeWorld, given: Mapping[str, Any]) -> str:
    """Make a Customer; return its id."""
    metadata = _metadata({}, given.get("metadata") or {})
    identifier = world.customer(
        given.get("email") or None, given.get("name") or None, metadata=metadata
    )
    rest = {name: given[name] or None for name in ("description", "phone") if name in given}
    world.alter("customer", identifier, **rest)
    return identifier


def update(world: StripeWorld, kind: str, identifier: str, given: Mapping[str, Any]) -> None:
    """Change what a request names; metadata is merged, an empty text takes a value away.

    Raises:
        StripeError: there is no such object.
    """
    found = world.shelves[kind].entries.get(identifier)
    if found is None:
        raise no_such(KINDS[kind].noun, identifier, KINDS[kind].id_param)
    changes: dict[str, Any] = {}
    for name, value in given.items():
        if name == "expand":
            continue
        if name == "metadata":
            changes[name] = _metadata({} if value is None else found.value["metadata"], value or {})
        elif name == "payment_details":
            before = found.value.get(name) or {"customer_reference": None, "order_reference": None}
            changes[name] = {**before, **{key: text or None for key, text in value.items()}}
        else:
            changes[name] = value or None
    previous = world.alter(kind, identifier, **changes)
    if previous and kind in _EVENTS:
        world.emit(_EVENTS[kind], kind, identifier, previous)


def _metadata(before: Mapping[str, str], edit: Mapping[str, str]) -> dict[str, str]:
    after = merged(before, edit)
    if len(after) > _MOST_KEYS:
        raise invalid(
            "metadata",
            f"Metadata can have up to {_MOST_KEYS} keys, but yours would have {len(after)}.",
        )
    return after


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that a repeat gets again."""

    status: int
    body: bytes
    request_id: str


@dataclass(frozen=True, slots=True)
class _Kept:
    path: str
    raw: Mapping[str, Raw]
    answer: Answer
    kept_at: float


class IdempotencyKeys:
    """What was answered to requests with an Idempotency-Key, for 24 hours."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._kept: dict[str, _Kept] = {}

    def replay(self, key: str, path: str, raw: Mapping[str, Raw]) -> Answer | None:
        """Return the first answer, or None where the key is new.

        Raises:
            StripeError: the key came with another request before.
        """
        kept = self._kept.get(key)
        if kept is None or self._now() - kept.kept_at > DAY:
            return None
        if (kept.path, kept.raw) != (path, raw):
            raise reused_idempotency_key(key)
        return kept.answer

    def keep(self, key: str, path: str, raw: Mapping[str, Raw], answer: Answer) -> None:
        """Remember an answer."""
        self._kept[key] = _Kept(path, dict(raw), answer, self._now())
