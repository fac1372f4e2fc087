"""Who is believed: signatures with and without a time, several secrets, forged and stale ones."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from tap_common.doorbell import BodyHmac, TimestampedHmac
from tap_common.doorbell.refusals import Refusal

NOW = 1_790_856_000
BODY = b'{"id": "evt_1"}'
SECRETS = ("whsec_old", "whsec_new")


def digest(body: bytes, secret: str) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def v1(body: bytes = BODY, secret: str = "whsec_new", time: int = NOW) -> str:
    return digest(f"{time}.".encode() + body, secret).hex()


def refusal_of(header: str | None, *, body: bytes = BODY, now: float = NOW) -> Refusal | None:
    headers = [] if header is None else [(b"stripe-signature", header.encode())]
    return TimestampedHmac().refusal(headers, body, SECRETS, now)


@pytest.mark.parametrize("secret", SECRETS)
def test_each_of_several_secrets_is_believed(secret):
    assert refusal_of(f"t={NOW},v1={v1(secret=secret)}") is None


def test_one_right_signature_among_several_is_enough():
    assert refusal_of(f"t={NOW},v1={'0' * 64},v1={v1()},v0=abc") is None


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "t",
        "v1",
        f"t={NOW}",
        f"v1={v1()}",
        f"t=,v1={v1()}",
        f"t=now,v1={v1()}",
        f"t=-{NOW},v1={v1()}",
        f"t={NOW}.5,v1={v1()}",
        f"t={'9' * 400},v1={v1()}",
        f"t={NOW},v1=",
        f"t={NOW},v1={v1()[:-1]}",
        f"t={NOW},v1={v1().upper()}",
        f"t={NOW},v0={v1()}",
        f"t={NOW + 1},v1={v1()}",
        f"t={NOW},v1={v1(secret='whsec_other')}",
        f"t={NOW},v1={v1(body=b'{}')}",
        f"t={NOW},v1=é",
    ],
)
def test_malformed_and_forged_headers_are_not_believed(header):
    assert refusal_of(header) is Refusal.SIGNATURE


def test_two_headers_are_not_believed():
    header = (b"stripe-signature", f"t={NOW},v1={v1()}".encode())

    assert TimestampedHmac().refusal([header, header], BODY, SECRETS, NOW) is Refusal.SIGNATURE


@pytest.mark.parametrize(
    ("off", "refusal"),
    [(-300, None), (300, None), (-301, Refusal.STALE), (301, Refusal.STALE)],
)
def test_too_old_and_too_far_in_the_future_are_stale(off, refusal):
    assert refusal_of(f"t={NOW + off},v1={v1(time=NOW + off)}") is refusal


def test_forged_and_old_is_forged():
    assert refusal_of(f"t=1,v1={v1()}") is Refusal.SIGNATURE


@pytest.mark.parametrize(
    ("scheme", "value"),
    [
        (BodyHmac("X-Signature"), digest(BODY, "whsec_old").hex()),
        (BodyHmac("X-Signature"), digest(BODY, "whsec_new").hex().upper()),
        (BodyHmac("X-Signature", prefix="sha256="), "sha256=" + digest(BODY, "whsec_new").hex()),
        (
            BodyHmac("X-Signature", "base64"),
            base64.b64encode(digest(BODY, "whsec_new")).decode(),
        ),
    ],
)
def test_digest_of_the_body_is_believed(scheme, value):
    headers = [(b"host", b"x"), (b"x-signature", value.encode())]

    assert scheme.refusal(headers, BODY, SECRETS, 0) is None
    assert scheme.refusal(headers, BODY + b" ", SECRETS, 0) is Refusal.SIGNATURE
    assert scheme.refusal(headers, BODY, ["other"], 0) is Refusal.SIGNATURE


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha256=",
        "sha256=zz",
        digest(BODY, "whsec_new").hex(),
        "sha256=" + base64.b64encode(digest(BODY, "whsec_new")).decode(),
        "sha1=" + digest(BODY, "whsec_new").hex(),
    ],
)
def test_digest_that_is_written_otherwise_is_not_believed(value):
    scheme = BodyHmac("X-Signature", prefix="sha256=")

    refusal = scheme.refusal([(b"x-signature", value.encode())], BODY, SECRETS, 0)

    assert refusal is Refusal.SIGNATURE
