"""JSON on its way through: exact, on one line, whatever is in it."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from monstock_stripe_core.stripe_client import StripeClient
from monstock_stripe_core.stripe_errors import StripeApiError
from monstock_stripe_sandbox.testing import running_sandbox
from tap_stripe_ext.reader import Reader, decode, encode, one_line


def test_pretty_printed_body_becomes_one_line():
    assert one_line(b'{\n  "id": "ch_1",\n  "amount": 5\n}\n') == b'{"id":"ch_1","amount":5}'


def test_number_with_a_fraction_stays_exact_and_is_no_float():
    value = decode(b'{"exchange_rate":1.1000000000000000000001}')

    assert value == {"exchange_rate": Decimal("1.1000000000000000000001")}
    assert encode(value) == b'{"exchange_rate":1.1000000000000000000001}'


def test_amount_beyond_64_bits_stays_exact():
    body = b'{"amount":123456789012345678901234567890}'

    assert encode(decode(body)) == one_line(body) == body


def test_half_of_a_surrogate_pair_is_replaced_and_does_not_stop_the_run():
    body = rb'{"name":"a\ud800b","emoji":"\ud83d\ude00"}'

    assert decode(body) == {"name": "a\ufffdb", "emoji": "\U0001f600"}
    assert decode(one_line(body)) == decode(body)


@pytest.mark.parametrize("body", [b'{"id":"ch', b"", b"<html>", b'{"id":1}x'])
def test_half_a_body_is_an_error(body):
    with pytest.raises(msgspec.DecodeError):
        one_line(body)


def test_list_that_loses_its_cursor_outside_of_a_back_fill_fails_like_any_call():
    with running_sandbox() as sandbox:
        client = StripeClient("sk_test_sandbox", api_base=sandbox.stripe_url)
        charges = Reader(client).all_objects("/v1/charges", {"starting_after": "ch_x"}, "charge")

        with pytest.raises(StripeApiError, match="changed while it was read"):
            list(charges)
        client.close()
