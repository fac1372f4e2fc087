"""Whether a call comes from someone who knows a secret. Pure, and in constant time."""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from tap_common.doorbell.refusals import Refusal

Headers: TypeAlias = Iterable[tuple[bytes, bytes]]
"""Names in lower case, and values."""

# Seconds since 1970 have ten digits until the year 2286.
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")


class TimestampedHmac(msgspec.Struct, frozen=True, tag="timestamped"):
    """A header "t=<seconds>,v1=<hex>,…" of HMAC-SHA256 over "<seconds>.<body>".

    That is Stripe's way (Stripe docs, 'Webhook signatures'). Any of several signatures of the
    scheme may be the right one; those of other schemes are not looked at.

    Args:
        header: its name.
        scheme: the name of the signatures in it.
        tolerance: seconds by which the time may differ from ours, in either direction.
    """

    header: str = "Stripe-Signature"
    scheme: str = "v1"
    tolerance: int = 300

    def refusal(
        self, headers: Headers, body: bytes, secrets: Sequence[str], now: float
    ) -> Refusal | None:
        """Return why a call is not believed, or None if it is.

        Args:
            headers: the call's.
            body: the call's, as it came.
            secrets: any of them will do.
            now: seconds since 1970.
        """
        items = [item.split(b"=") for item in _only(headers, self.header).split(b",")]
        scheme = self.scheme.encode()
        if any(len(item) == 1 for item in items if item[0] in (b"t", scheme)):
            return Refusal.SIGNATURE
        times = [item[1] for item in items if item[0] == b"t"]
        given = [item[1] for item in items if item[0] == scheme]
        if not times or not given or not _TIMESTAMP.fullmatch(times[0]):
            return Refusal.SIGNATURE
        moment = int(times[0])
        signed = b"%d.%b" % (moment, body)
        right = [_digest(secret, signed).hex().encode() for secret in secrets]
        if not any(hmac.compare_digest(ours, theirs) for ours in right for theirs in given):
            return Refusal.SIGNATURE
        return Refusal.STALE if abs(now - moment) > self.tolerance else None


class BodyHmac(msgspec.Struct, frozen=True, tag="body"):
    """A header with the HMAC-SHA256 of the body. It has no time, so a copied call stays valid.

    Args:
        header: its name.
        encoding: how the digest is written.
        prefix: what stands before it, such as "sha256=".
    """

    header: str
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""

    def refusal(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        now: float,  # noqa: ARG002 - this way of signing has no time
    ) -> Refusal | None:
        """Return why a call is not believed, or None if it is.

        Args:
            headers: the call's.
            body: the call's, as it came.
            secrets: any of them will do.
            now: is not looked at.
        """
        value, prefix = _only(headers, self.header).strip(), self.prefix.encode()
        if not value.startswith(prefix):
            return Refusal.SIGNATURE
        theirs = _decoded(value[len(prefix) :], self.encoding)
        right = [_digest(secret, body) for secret in secrets]
        believed = any(hmac.compare_digest(ours, theirs) for ours in right)
        return None if believed else Refusal.SIGNATURE


def _only(headers: Headers, name: str) -> bytes:
    """Return the header's value; nothing if it is absent, or there more than once."""
    wanted = name.lower().encode()
    found = [value for key, value in headers if key == wanted]
    return found[0] if len(found) == 1 else b""


def _digest(secret: str, message: bytes) -> bytes:
    return hmac.digest(secret.encode(), message, hashlib.sha256)


def _decoded(text: bytes, encoding: Literal["hex", "base64"]) -> bytes:
    try:
        if encoding == "hex":
            return binascii.unhexlify(text)
        return binascii.a2b_base64(text, strict_mode=True)
    except binascii.Error:
        return b""
