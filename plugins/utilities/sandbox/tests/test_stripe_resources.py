"""The file of Stripe's lists says what the installed stripe package says."""

from __future__ import annotations

import importlib
from importlib.metadata import version

import pytest
from monstock_stripe_sandbox.resources.data import resources, text_of
from monstock_stripe_sandbox.resources.reading import read_package
from monstock_stripe_sandbox.stripe_catalog import LISTS
from monstock_stripe_sandbox.stripe_further_filters import SPECIAL
from stripe._listable_api_resource import ListableAPIResource
from stripe._object_classes import OBJECT_CLASSES


def test_the_file_is_of_the_installed_package() -> None:
    assert resources().stripe == version("stripe"), (
        "the stripe package has moved on: python -m monstock_stripe_sandbox.resources"
    )


@pytest.mark.slow
def test_the_file_holds_what_the_package_says() -> None:
    assert text_of(read_package()) == text_of(resources())


def test_every_object_that_the_package_can_list_has_its_list() -> None:
    """The classes of objects know their lists too, beside the services that the file is read of."""
    found = set()
    for module, name in OBJECT_CLASSES.values():
        known = getattr(importlib.import_module(module), name)
        if issubclass(known, ListableAPIResource):
            found.add(known.class_url())
    assert len(found) > 60
    assert found - set(LISTS) == set()


@pytest.mark.parametrize(
    ("path", "object_name", "parent", "created", "required"),
    [
        ("/v1/coupons", "coupon", "", True, ()),
        ("/v1/setup_attempts", "setup_attempt", "setup_intent", True, ("setup_intent",)),
        ("/v1/customers/{customer}/tax_ids", "tax_id", "customer", False, ()),
        ("/v1/subscription_items", "subscription_item", "subscription", False, ("subscription",)),
        ("/v1/accounts/{account}/persons", "person", "account", False, ()),
        ("/v1/tax/locations", "tax.location", "", False, ("type",)),
    ],
)
def test_what_is_known_of_a_list(
    path: str, object_name: str, parent: str, created: bool, required: tuple[str, ...]
) -> None:
    served = LISTS[path]
    assert served.objects == (object_name,)
    assert served.parent == parent
    assert served.created_filter is created
    assert served.required == required


def test_lists_without_pages_are_known() -> None:
    unpaged = {path for path, served in LISTS.items() if not served.paged}
    assert unpaged == {"/v1/accounts/{account}/capabilities", "/v1/reporting/report_types"}


def test_no_filter_is_made_for_a_parameter_that_is_gone() -> None:
    for path, parameter in SPECIAL:
        assert parameter in LISTS[path].parameters, (path, parameter)
