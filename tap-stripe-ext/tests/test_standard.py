"""The SDK's own suite of tests for taps, against a sandbox with an afternoon's trade."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monstock_stripe_sandbox.testing import running_sandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_stripe_ext.tap import TapStripeExt
from tap_stripe_ext.testing import SANDBOX_CONFIG

# The SDK wants the settings when the class is made, long before a sandbox runs.
_config = dict(SANDBOX_CONFIG)

# What an afternoon's trade makes none of.
FURTHER_LISTS = (
    "/v1/coupons",
    "/v1/credit_notes",
    "/v1/payouts",
    "/v1/prices",
    "/v1/products",
    "/v1/promotion_codes",
    "/v1/subscriptions",
)


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[None]:
    with running_sandbox(scenarios=True) as running:
        for path in FURTHER_LISTS:
            running.stripe.create(path)
        _config["api_base"] = running.stripe_url
        yield


TestTapStripeExt = get_tap_test_class(
    tap_class=TapStripeExt,
    config=_config,
    suite_config=SuiteConfig(max_records_limit=50),
    parse_env_config=False,
)
