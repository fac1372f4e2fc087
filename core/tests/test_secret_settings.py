"""Messages about settings hold nothing of those that are secret."""

from __future__ import annotations

import pytest
from monstock_stripe_core.secret_settings import without_secrets

SCHEMA = {"properties": {"key": {"secret": True}, "secrets": {"secret": True}, "url": {}}}


@pytest.mark.parametrize(
    ("given", "message", "masked"),
    [
        ({"key": 1234}, "1234 is not of type 'string'", "*** is not of type 'string'"),
        ({"key": ["sk_a", "sk_ab"]}, "['sk_a', 'sk_ab'] is no text", "['***', '***'] is no text"),
        ({"key": {"live": "sk_a"}}, "{'live': 'sk_a'} is no text", "{'live': '***'} is no text"),
        ({"secrets": "whsec_a"}, "'whsec_a' is no list", "'***' is no list"),
        ({"key": "it's"}, '"it\'s" is short', '"***" is short'),
        ({"key": "a\nb"}, "'a\\nb' is short", "'***' is short"),
        ({"url": "http://a"}, "'http://a' is no address", "'http://a' is no address"),
        ({"key": None, "secrets": ""}, "None, '' and True", "None, '' and True"),
    ],
)
def test_what_is_secret_is_masked(given: dict[str, object], message: str, masked: str) -> None:
    assert without_secrets([message], given, SCHEMA) == [masked]
