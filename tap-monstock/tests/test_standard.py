"""The SDK's own suite of tests for taps, on both packaged profiles."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from monstock_stripe_sandbox.testing import running_sandbox
from singer_sdk.testing import SuiteConfig, get_tap_test_class
from tap_monstock.tap import TapMonstock
from tap_monstock.testing import SANDBOX_TOKEN

# The SDK wants the settings when the class is made, long before a sandbox runs.
_anywhere = {"base_url": "http://127.0.0.1", "api_token": SANDBOX_TOKEN}
_default = _anywhere | {"profile": "monstock"}
_french = _anywhere | {"profile": "monstock-fr"}


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[None]:
    with running_sandbox() as running:
        customer = running.monstock.customer("Ann", email="ann@example.com")
        order = running.monstock.order(
            1200, "EUR", customer_id=customer, lines=[("a chair", 1, 1200, 200, "20")]
        )
        running.monstock.record_payment(order, 1200)
        running.monstock.order(1, "EUR", kind="quote", status="draft")
        for config in (_default, _french):
            config["base_url"] = running.monstock_base_url(config["profile"])
        yield


SUITE = SuiteConfig(max_records_limit=20)

TestDefaultProfile = get_tap_test_class(
    tap_class=TapMonstock, config=_default, suite_config=SUITE, parse_env_config=False
)
TestFrenchProfile = get_tap_test_class(
    tap_class=TapMonstock, config=_french, suite_config=SUITE, parse_env_config=False
)
