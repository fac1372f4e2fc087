"""The signatures of webhooks: Stripe's, with its moment, and Monstock's stand-in's."""

from __future__ import annotations

import hashlib
import hmac


def stripe_signature(body: bytes, secret: str, moment: int, *, livemode: bool = True) -> str:
    """Return the header `Stripe-Signature` for a body that is sent at `moment`.

    Args:
        moment: seconds since the epoch.
        livemode: in test mode Stripe adds a signature of the scheme `v0`, which means nothing
            (Stripe, 'Resolve webhook signature verification errors').
    """
    signed = b"%d.%b" % (moment, body)
    parts = [f"t={moment}", f"v1={_hex(signed, secret)}"]
    if not livemode:
        parts.append(f"v0={_hex(signed, 'v0')}")
    return ",".join(parts)


def monstock_signature(body: bytes, secret: str) -> str:
    """Return the header `X-Monstock-Signature` for a body."""
    return f"sha256={_hex(body, secret)}"


def _hex(signed: bytes, secret: str) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
