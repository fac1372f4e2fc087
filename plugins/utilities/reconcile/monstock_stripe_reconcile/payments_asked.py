"""What the core says of Stripe's snapshots, as functions of JSON texts for SQL to call."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.link import LinkRules
from monstock_stripe_core.payment import Payment, PaymentStatus
from monstock_stripe_core.scope import Scope, scope_verdict
from monstock_stripe_core.stripe_fields import products, texts
from monstock_stripe_core.stripe_links import CandidateRules, link_candidates
from monstock_stripe_core.stripe_payment import payment_from_stripe

_AMOUNTS = (
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


def payment(record: str) -> str:
    """Return what a snapshot comes to.

    Args:
        record: JSON of a record of the stream `payments`.

    Returns:
        JSON: `error` where the core refuses it, `skip` where it is no payment of its own, else the
        fields of `Payment` with times in seconds.
    """
    try:
        found = payment_from_stripe(msgspec.json.decode(record))
    except (MonstockStripeError, msgspec.DecodeError) as error:
        return _text({"error": str(error)})
    if found is None:
        return _text({"skip": True})
    said: dict[str, Any] = {name: getattr(found, name) for name in _AMOUNTS}
    said |= {
        "status": found.status.value,
        "currency": found.currency,
        "authorized_until": _seconds(found.authorized_until),
        "action_required_since": _seconds(found.action_required_since),
        "captured_at": _seconds(found.captured_at),
        "dispute_open": found.dispute_open,
        "flags": found.flags,
        "method": found.method,
    }
    return _text(said)


class Names:
    """What payments say of their orders, and whether they are ours at all.

    Args:
        scope: which payments are ours.
        candidates: where to look beside our own metadata keys.
        links: the tenant's name.
    """

    def __init__(self, scope: Scope, candidates: CandidateRules, links: LinkRules) -> None:
        self._scope = scope
        self._candidates = candidates
        self._tenant = links.tenant

    def __call__(self, record: str) -> str:
        """Return the references to orders in a snapshot, most trusted first.

        Args:
            record: JSON of the parts of a snapshot that name orders.

        Returns:
            JSON: the `verdict` of the scope, and `names`: position, rule, field, value, tenant.
        """
        try:
            snapshot = msgspec.json.decode(record)
            found = link_candidates(snapshot, self._candidates)
            verdict = scope_verdict(_judged(snapshot), self._scope).value
        except (MonstockStripeError, LookupError, TypeError, ValueError, AttributeError):
            return '{"verdict": "ours", "names": []}'  # `payment` says what is wrong with it
        names = [
            {
                "position": position,
                "rule": candidate.rule.value,
                "field": candidate.reference[0],
                "value": candidate.reference[1],
                "tenant": candidate.tenant,
            }
            for position, candidate in enumerate(found)
        ]
        return _text({"verdict": verdict, "names": names})


def _judged(snapshot: dict[str, Any]) -> Payment:
    """The payment as far as the scope asks for it."""
    main = snapshot.get("payment_intent") or snapshot.get("charge") or {}
    return Payment(
        transaction_reference=snapshot["id"],
        version=0,
        livemode=snapshot["livemode"],
        created_at=datetime.fromtimestamp(snapshot["created"], UTC),
        status=PaymentStatus.PENDING,
        currency="",
        amount=0,
        account_id=snapshot["account_id"],
        description=main.get("description"),
        metadata=texts(main.get("metadata")),
        products=products(snapshot),
    )


def _seconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
