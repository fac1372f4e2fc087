"""Paying at a sandbox that another process serves: for the command, demos and tests."""

from __future__ import annotations

from dataclasses import dataclass

import requests

_TIMEOUT = 30


class PayingError(Exception):
    """It could not be paid; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Paid:
    """What came of a payment: its PaymentIntent, and that one's status."""

    payment: str
    status: str


def pay(
    stripe_url: str,
    what: str,
    *,
    method: str = "card",
    email: str | None = None,
    outcome: str = "paid",
) -> Paid:
    """Let a customer pay at the sandbox.

    Args:
        stripe_url: where it serves Stripe.
        what: an invoice, a Payment Link, a Checkout Session or a PaymentIntent, or the address at
            which an invoice or a link is paid.
        outcome: `paid`, `pending` (a debit under way) or `declined`.

    Raises:
        PayingError: nothing answers there, or it cannot be paid.
    """
    asked = {"what": what, "method": method, "email": email, "outcome": outcome}
    try:
        answer = requests.post(
            f"{stripe_url.rstrip('/')}/_sandbox/pay", json=asked, timeout=_TIMEOUT
        )
        content = answer.json()
    except (requests.RequestException, ValueError):
        raise PayingError(
            f"no sandbox answers at {stripe_url}: start one with `sandbox serve`, or say where it "
            "is by --stripe-url or SANDBOX_STRIPE_URL"
        ) from None
    if not answer.ok:
        raise PayingError(str(content.get("error", {}).get("message", answer.status_code)))
    return Paid(content["payment"], content["status"])
