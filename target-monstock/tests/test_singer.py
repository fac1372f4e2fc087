"""The SDK's standard tests for targets, as far as they fit one that takes one stream."""

from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_core.payment_record import ORDER_PAYMENT_SCHEMA
from singer_sdk.testing.config import SuiteConfig
from singer_sdk.testing.runners import TargetTestRunner
from singer_sdk.testing.suites import target_tests
from singer_sdk.testing.target_tests import (
    TargetMultipleStateMessages,
    TargetRecordMissingKeyProperty,
)
from target_monstock.target import TargetMonstock
from target_monstock.testing import TargetRunner, order_payment, singer_lines

STATES = {TargetMultipleStateMessages}
"""Expects a STATE for each batch of its own making."""

NEEDS_THE_SDKS_CHECK = {TargetRecordMissingKeyProperty}
"""Expects the run to end at a bad record; ours keeps it as an exception and goes on."""


@pytest.mark.parametrize(
    "test", [t for t in target_tests.tests if t not in STATES | NEEDS_THE_SDKS_CHECK]
)
def test_standard(test: Any, sqlite_target: TargetRunner) -> None:
    config = sqlite_target.config | {"other_streams": "ignore"}
    runner = TargetTestRunner(target_class=TargetMonstock, config=config)

    test().run(SuiteConfig(), None, runner)


def test_a_state_behind_records_comes_back_after_them_once(sqlite_target: TargetRunner) -> None:
    lines = singer_lines([order_payment("pi_1", 1)], state={"at": 1})
    lines += singer_lines([order_payment("pi_2", 1)], state={"at": 2})

    assert sqlite_target.run_lines(lines).states[-1] == {"at": 2}


def test_stream_maps_make_another_sources_records_fit(sqlite_target: TargetRunner) -> None:
    lines = singer_lines([order_payment("pi_1", 1)]).replace(b"order_payments", b"takings")

    result = sqlite_target.run_lines(
        lines, stream_maps={"takings": {"__alias__": "order_payments"}}
    )

    assert result.error is None
    assert sqlite_target.exception_kinds() == ["unlinked"]


def test_the_readme_shows_every_setting_and_every_field() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    for name in TargetMonstock.config_jsonschema["properties"]:
        if not name.startswith(("stream_map", "faker")):
            assert f"| `{name}` |" in readme, name
    for name in ORDER_PAYMENT_SCHEMA["properties"]:
        assert f"| `{name}` |" in readme, name
