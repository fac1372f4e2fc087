"""Intentions: what is to be made once at Stripe, whatever crashes or repeats.

An intention is durable before the call that carries it out. A repeat sends its idempotency key and
its parameters again; once Stripe may have forgotten the key, what it may have made is looked for.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

REVISION_KEY = "monstock_revision"
CONTENT_KEY = "monstock_content"
"""Metadata of what we made: by which intention, and a digest of what it asks for."""

KEY_LIVES = timedelta(hours=23)
"""Stripe forgets keys after 24 hours at the earliest (API reference, 'Idempotent requests')."""

_LONGEST_KEY = 255


class IntentionState(StrEnum):
    """How far an intention has come."""

    INTENDED = "intended"
    """The call is to be made, or was made and its answer is not known."""
    OPEN = "open"
    """It is made and still ours to follow."""
    CLOSING = "closing"
    """It is to be closed by us, or was and the answer is not known."""
    CLOSED = "closed"
    PAID = "paid"
    BY_HAND = "by_hand"
    """Somebody else closed it: that stands until a person says otherwise."""
    FAILED = "failed"
    """Stripe refused it, or it was never made."""


SETTLED = frozenset(
    {
        IntentionState.CLOSED,
        IntentionState.PAID,
        IntentionState.BY_HAND,
        IntentionState.FAILED,
    }
)
"""Nothing is left to follow."""


@dataclass(frozen=True, slots=True)
class Intention:
    """Something that is made once.

    Attributes:
        kind: payment_intent, invoice, payment_link or customer.
        subject: Monstock's id of the order or customer that it is made for.
        revision: 1 for the first one of the subject.
        key: the idempotency key.
        parameters: of the call, never changed afterwards.
        object_id: Stripe's id, once it is known.
        sent: whether an invoice was sent.
        refusal: why Stripe refused it.
    """

    kind: str
    subject: str
    revision: int
    key: str
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    made_at: datetime | None = None
    state: IntentionState = IntentionState.INTENDED
    object_id: str | None = None
    sent: bool = False
    refusal: str | None = None


def intention_key(kind: str, tenant: str | None, subject: str, revision: int) -> str:
    """The idempotency key of an intention: the same wherever the same thing is intended."""
    text = f"{tenant or 'monstock'}:{kind}:{subject}:{revision}"
    if len(text) <= _LONGEST_KEY and text.isascii():
        return text
    return f"monstock:{kind}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()}"


def is_aged(intention: Intention, now: datetime) -> bool:
    """Whether Stripe may have forgotten the key, so that a repeat could make a second one."""
    return intention.made_at is None or now - intention.made_at >= KEY_LIVES
