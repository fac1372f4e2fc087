"""The parameters of every write are those of the stripe package."""

from __future__ import annotations

import re

import pytest
import requests
from monstock_stripe_sandbox.resources.data import Parameter, resources
from monstock_stripe_sandbox.stripe_catalog import placeholders
from monstock_stripe_sandbox.stripe_editing import Write
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.stripe_write_checks import endpoint_at, unknown_to_the_package
from monstock_stripe_sandbox.stripe_writes import WRITES
from monstock_stripe_sandbox.testing import running_sandbox

NAMES = [f"{write.verb} {write.path}" for write in WRITES]


@pytest.mark.parametrize("write", WRITES, ids=NAMES)
def test_what_a_write_imitates_is_known_to_the_package(write: Write) -> None:
    assert unknown_to_the_package(endpoint_at(write.verb, write.path), write.imitated) == []


def test_no_write_is_there_twice() -> None:
    assert len(set(NAMES)) == len(NAMES)


def test_what_the_package_takes_is_known_in_depth() -> None:
    lines = endpoint_at("post", "/v1/invoices/{invoice}/add_lines").parameters["lines"]
    assert (lines.kind, lines.required) == ("entries", True)
    assert lines.fields["amount"] == Parameter("integer")
    assert lines.fields["metadata"] == Parameter("map", unsettable=True)
    assert lines.fields["tax_amounts"].fields["taxable_amount"].required is True
    method = endpoint_at("post", "/v1/invoices").parameters["collection_method"]
    assert method.of == ("charge_automatically", "send_invoice")
    assert "/v1/payment_links/{payment_link}" in {each.path for each in resources().writes}


def test_every_write_refuses_what_the_package_does_not_know() -> None:
    with running_sandbox() as sandbox:
        for write in WRITES:
            path = re.sub(r"\{\w+\}", "nobody_1", write.path)
            answer = requests.request(
                write.verb,
                sandbox.stripe_url + path,
                data={"colour": "red"},
                auth=(SECRET_KEY, ""),
                timeout=10,
            )
            assert answer.status_code == 400, write
            assert answer.json()["error"]["message"] == "Received unknown parameter: colour"


def test_every_write_of_something_that_is_not_there_is_a_404() -> None:
    with running_sandbox() as sandbox:
        for write in WRITES:
            needed = [
                each
                for each in endpoint_at(write.verb, write.path).parameters.values()
                if each.required
            ]
            if not placeholders(write.path) or needed:
                continue
            path = re.sub(r"\{\w+\}", "nobody_1", write.path)
            answer = requests.request(
                write.verb, sandbox.stripe_url + path, auth=(SECRET_KEY, ""), timeout=10
            )
            assert answer.status_code == 404, write
            assert answer.json()["error"]["code"] == "resource_missing"
