"""Stripe's calls: who is believed, held against Stripe's own package, and what is kept of them."""

from __future__ import annotations

import json
import time

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe import WebhookSignature
from tap_common.doorbell import TimestampedHmac
from tap_common.doorbell.message import message_id, read_message
from tap_common.doorbell.refusals import Refusal
from tap_common.errors import SettingError
from tap_stripe_ext.notices import notice_of
from tap_stripe_ext.stream_table import STREAM_TABLE
from tap_stripe_ext.webhooks.calls import stripe_doorbell

CONFIG = stripe_doorbell("127.0.0.1:8080", ["whsec_new", "whsec_old"])
SECRETS = st.sampled_from(["whsec_new", "whsec_old", "whsec_forged"])
BODIES = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
# A little inside and outside of what is tolerated; the package reads the clock for itself.
AGES = st.sampled_from([0, 290, 310, 100_000])


def ours(header: str, body: str) -> Refusal | None:
    headers = [(b"stripe-signature", header.encode())]
    return CONFIG.signature.refusal(headers, body.encode(), CONFIG.secrets, time.time())


def theirs(header: str, body: str) -> bool:
    """Whether the package believes one of our secrets."""
    for secret in CONFIG.secrets:
        try:
            WebhookSignature.verify_header(body, header, secret, tolerance=300)
        except stripe.SignatureVerificationError:
            continue
        return True
    return False


@given(BODIES, BODIES, SECRETS, AGES)
@settings(deadline=None)
def test_what_stripe_signs_is_believed_as_its_package_does(signed, body, secret, age):
    moment = int(time.time()) - age
    header = WebhookSignature.generate_signature_header(signed, secret, moment)

    assert (ours(header, body) is None) == theirs(header, body)
    assert (ours(header, signed) is None) == (secret != "whsec_forged" and age < 300)


@given(st.data(), BODIES)
@settings(deadline=None, max_examples=150)
def test_no_header_is_believed_that_the_package_does_not(data, body):
    moment = int(time.time())
    right = [
        WebhookSignature.generate_signature_header(body, secret, moment).split(",")[1]
        for secret in ("whsec_new", "whsec_old", "whsec_forged")
    ]
    item = st.sampled_from(
        ["t", "v1", "", "t=", "v1=", "v0=1", "x=y=z", " v1=0", f"t={moment}", f"t=0{moment}"]
        + [f"t={moment - 9}", f"t= {moment}", f"t={moment}=1", f"T={moment}", "t=1_0", "t=-1"]
        + right
        + [one + "=more" for one in right]
        + [one.upper() for one in right]
    )
    header = ",".join(data.draw(st.lists(item, max_size=5)))

    assert ours(header, body) is not None or theirs(header, body)


def test_header_from_the_future_is_refused_though_the_package_believes_it():
    header = WebhookSignature.generate_signature_header("{}", "whsec_new", int(time.time()) + 900)

    assert theirs(header, "{}")
    assert ours(header, "{}") is Refusal.STALE


EVENT = {
    "id": "evt_1",
    "object": "event",
    "account": "acct_1",
    "api_version": "2026-10-28.endive",
    "created": 1_790_856_000,
    "data": {
        "object": {"id": "ch_1", "object": "charge", "payment_intent": "pi_1", "created": 5},
        "previous_attributes": {"description": None},
    },
    "livemode": False,
    "pending_webhooks": 3,
    "request": {"id": "req_1", "idempotency_key": "key_1"},
    "type": "charge.updated",
}


def test_of_an_event_is_kept_what_a_notice_needs_and_whose_it_is():
    message = read_message(json.dumps(EVENT).encode(), CONFIG.shape)

    assert message == {
        name: value
        for name, value in EVENT.items()
        if name not in ("object", "pending_webhooks", "request")
    }
    assert message_id(message, CONFIG.shape) == "evt_1"
    notice = notice_of(EVENT, STREAM_TABLE, payments=True)
    assert notice_of(message, STREAM_TABLE, payments=True) == notice
    assert {one.stream for one in notice.targets} >= {"charges", "payments"}


@pytest.mark.parametrize("absent", ["id", "type", "created", "data"])
def test_what_is_no_event_is_no_message(absent):
    body = {name: value for name, value in EVENT.items() if name != absent}

    assert read_message(json.dumps(body).encode(), CONFIG.shape) is None


def test_configuration_is_checked():
    assert CONFIG.path == "/webhooks/stripe"
    assert CONFIG.signature == TimestampedHmac("Stripe-Signature", "v1", 300)
    with pytest.raises(SettingError, match="webhook_secrets is empty"):
        stripe_doorbell("127.0.0.1:8080", [])
