"""The SDK's standard tests for targets, as far as they fit one that takes two streams."""

from pathlib import Path
from typing import Any

import pytest
from collecting import values
from monstock_stripe_core.customer_record import CUSTOMER_SCHEMA
from monstock_stripe_core.order_record import ORDER_SCHEMA
from monstock_stripe_sandbox.testing import RunningSandbox
from singer_sdk.testing.config import SuiteConfig
from singer_sdk.testing.runners import TargetTestRunner
from singer_sdk.testing.suites import target_tests
from singer_sdk.testing.target_tests import (
    TargetMultipleStateMessages,
    TargetRecordMissingKeyProperty,
)
from target_stripe.target import TargetStripe
from target_stripe.testing import TargetRunner, customer, order, singer_lines

STATES = {TargetMultipleStateMessages}
"""Expects a STATE for each batch of its own making."""

NEEDS_THE_SDKS_CHECK = {TargetRecordMissingKeyProperty}
"""Expects the run to end at a bad record; ours keeps it as an exception and goes on."""


@pytest.mark.parametrize(
    "test", [t for t in target_tests.tests if t not in STATES | NEEDS_THE_SDKS_CHECK]
)
def test_standard(test: Any, target: TargetRunner) -> None:
    config = target.config | {"other_streams": "ignore"}
    runner = TargetTestRunner(target_class=TargetStripe, config=config)

    test().run(SuiteConfig(), None, runner)


def test_a_state_behind_records_comes_back_after_them_once(target: TargetRunner) -> None:
    lines = singer_lines([order("ord_1", 1)], state={"at": 1})
    lines += singer_lines([order("ord_2", 1)], state={"at": 2})

    assert target.run_lines(lines).states[-1] == {"at": 2}


def test_stream_maps_make_another_sources_records_fit(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    lines = singer_lines((), [customer("c1", name="Ann")]).replace(b'"customers"', b'"contacts"')

    result = target.run_lines(
        lines, stream_maps={"contacts": {"__alias__": "customers"}}, create_customers="all"
    )

    assert result.error is None
    assert [one["name"] for one in values(sandbox, "customer")] == ["Ann"]


def test_another_stream_is_refused_with_the_names_of_those_that_are_taken(
    target: TargetRunner,
) -> None:
    lines = singer_lines([order("ord_1", 1)]).replace(b'"orders"', b'"invoices"')

    assert "target-stripe, which takes orders and customers" in str(target.run_lines(lines).error)
    assert target.run_lines(lines, other_streams="ignore").error is None


def test_what_the_mapper_refused_waits_for_a_person(target: TargetRunner) -> None:
    lines = singer_lines([order("ord_1", 1)]).replace(b'"orders"', b'"rejected_orders"')

    assert "1 records were refused" in str(target.run_lines(lines).error)
    (waiting,) = target.exceptions()
    assert (waiting.kind, waiting.order_id) == ("rejected_record", "ord_1")


def test_the_readme_shows_every_setting_and_every_field() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    for name in TargetStripe.config_jsonschema["properties"]:
        if not name.startswith(("stream_map", "faker")):
            assert f"| `{name}` |" in readme, name
    for schema in (ORDER_SCHEMA, CUSTOMER_SCHEMA):
        for name in schema["properties"]:
            assert f"| `{name}` |" in readme, name
    for name in ("lines", "payments"):
        for field in ORDER_SCHEMA["properties"][name]["items"]["properties"]:
            assert f"| `{name}[].{field}` |" in readme, field
