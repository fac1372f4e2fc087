"""Each of Stripe's lists, asked over HTTP: what it takes, what it gives, what it refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import requests
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.resources.data import Shape, resources
from monstock_stripe_sandbox.stripe_catalog import LISTS, ServedList
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000
CREATED = [path for path in LISTS if path != "/v1/events"]
DEMANDED = {
    "/v1/apps/secrets": {"scope[type]": "account"},
    "/v1/billing/meters/{id}/event_summaries": {
        "start_time": str(NOW - 3600),
        "end_time": str(NOW + 3600),
    },
    "/v1/financial_connections/accounts/{account}/owners": {"ownership": "fcaowns_1"},
    "/v1/tax/locations": {"type": "performance"},
}
FIELDS: dict[str, dict[str, Any]] = {
    "/v1/apps/secrets": {"scope": {"type": "account", "user": None}},
    "/v1/billing/meters/{id}/event_summaries": {"start_time": NOW, "end_time": NOW + 60},
    "/v1/financial_connections/accounts/{account}/owners": {"ownership": "fcaowns_1"},
    "/v1/tax/locations": {"type": "performance"},
}


class Filled:
    """A sandbox with three objects in each list, all under one parent."""

    def __init__(self, running: RunningSandbox) -> None:
        self.running = running
        self.world = running.stripe
        self.session = requests.Session()
        self.session.auth = (SECRET_KEY, "")
        self.made: dict[str, list[str]] = {}
        self.parents: dict[str, str] = {}
        summaries = "/v1/billing/meters/{id}/event_summaries"
        self.demanded = DEMANDED | {
            summaries: DEMANDED[summaries] | {"customer": self.world.customer()}
        }
        for path in CREATED:
            self.fill(LISTS[path])

    def fill(self, served: ServedList) -> None:
        fields = FIELDS.get(served.path, {})
        if served.parent:
            self.parents[served.path] = self.world.create(served.parent)
        parent = self.parents.get(served.path)
        made = [self.world.create(served.path, parent, **fields) for _ in range(3)]
        self.made[served.path] = [each.rpartition("/")[2] for each in made]

    def get(self, path: str, **parameters: Any) -> requests.Response:
        address = self.running.stripe_url + path
        return self.session.get(address, params=parameters, timeout=10)

    def list(self, served: ServedList, **parameters: Any) -> requests.Response:
        parent = self.parents.get(served.path, "")
        if served.parent_parameter:
            parameters.setdefault(served.parent_parameter, parent)
        return self.get(served.url(parent), **self.demanded.get(served.path, {}), **parameters)


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    moment = [float(NOW)]

    def ticking() -> float:
        moment[0] += 1
        return moment[0]

    with running_sandbox(clock=Clock(ticking)) as running:
        yield Filled(running)


def ids(answer: requests.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["data"]]


@pytest.mark.parametrize("path", CREATED)
def test_newest_come_first_and_pages_follow_each_other(filled: Filled, path: str) -> None:
    served, made = LISTS[path], filled.made[path]
    if not served.paged:
        assert set(made) <= set(ids(filled.list(served)))
        return
    seen: list[str] = []
    after: dict[str, str] = {}
    while not set(made) <= set(seen):
        page = filled.list(served, limit=2, **after)
        seen += ids(page)
        assert len(seen) == len(set(seen))
        if not page.json()["has_more"]:
            break
        after = {"starting_after": seen[-1]}
    assert [each for each in seen if each in made] == made[::-1]


@pytest.mark.parametrize("path", CREATED)
def test_single_objects_are_those_of_the_list(filled: Filled, path: str) -> None:
    served = LISTS[path]
    if not served.single:
        return
    listed = filled.list(served).json()["data"][0]
    *above, last = re.findall(r"\{\w+\}", served.single)
    single = served.single.replace(last, listed["id"])
    for name in above:
        single = single.replace(name, filled.parents[path])
    assert filled.get(single).json() == listed
    unknown = filled.get(single.replace(listed["id"], "nobody_1"))
    expected = (403, "account_invalid") if path == "/v1/accounts" else (404, "resource_missing")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == expected


@pytest.mark.parametrize("path", LISTS)
def test_parameters_that_a_list_does_not_take_are_refused(filled: Filled, path: str) -> None:
    served = LISTS[path]
    others = {"created", "limit", "starting_after", "colour"} - served.parameters.keys()
    for name in others:
        refused = filled.list(served, **{name: "1"})
        assert refused.status_code == 400
        assert refused.json()["error"]["message"] == f"Received unknown parameter: {name}"


@pytest.mark.parametrize("path", [path for path, served in LISTS.items() if served.required])
def test_parameters_that_a_list_cannot_do_without_are_demanded(filled: Filled, path: str) -> None:
    served = LISTS[path]
    for name in served.required:
        given = filled.demanded.get(path, {})
        if served.parent_parameter:
            given = given | {served.parent_parameter: filled.parents[path]}
        given = {key: value for key, value in given.items() if key.partition("[")[0] != name}
        error = filled.get(served.url(filled.parents.get(path, "")), **given)
        assert error.status_code == 400
        assert error.json()["error"]["message"] == f"Missing required param: {name}."
        assert error.json()["error"]["code"] == "parameter_missing"


@pytest.mark.parametrize("path", [path for path in CREATED if LISTS[path].created_filter])
def test_created_narrows_a_list(filled: Filled, path: str) -> None:
    served = LISTS[path]
    listed = filled.list(served, limit=3).json()["data"]
    moment = "date" if path == "/v1/invoiceitems" else "created"
    if moment not in listed[0]:
        return
    middle = listed[1][moment]
    newer = ids(filled.list(served, limit=100, **{"created[gt]": middle}))
    assert listed[0]["id"] in newer
    assert listed[1]["id"] not in newer
    exact = filled.list(served, limit=100, created=middle).json()["data"]
    assert {each[moment] for each in exact} == {middle}


@pytest.mark.parametrize("path", [path for path in CREATED if LISTS[path].parent])
def test_a_list_under_a_parent_has_that_parents_children_alone(filled: Filled, path: str) -> None:
    served = LISTS[path]
    other = filled.world.create(served.parent)
    elsewhere = filled.world.create(path, other, **FIELDS.get(path, {})).rpartition("/")[2]
    if served.kind != "capability":
        assert elsewhere not in ids(filled.list(served))
    given = {} if served.nested else {served.parent_parameter: other}
    given |= filled.demanded.get(path, {})
    assert elsewhere in ids(filled.get(served.url(other), **given))
    given = {} if served.nested else {served.parent_parameter: "nobody_1"}
    unknown = filled.get(served.url("nobody_1"), **given, **filled.demanded.get(path, {}))
    missing = 403 if served.parent == "account" else 404 if served.nested else 400
    assert unknown.status_code == missing


@pytest.mark.parametrize("path", ["/v1/coupons", "/v1/customers/{customer}/tax_ids"])
def test_a_restricted_key_must_be_allowed_to_read_a_list(filled: Filled, path: str) -> None:
    served = LISTS[path]
    for allowed, status in (({"charge_read"}, 403), ({"coupon_read", "customer_read"}, 200)):
        key = filled.world.restricted_key(allowed)
        url = filled.running.stripe_url + served.url(filled.parents.get(path, ""))
        assert requests.get(url, auth=(key, ""), timeout=10).status_code == status


def mismatches(value: Any, shape: Shape, path: str) -> Iterator[str]:
    if value is None:
        if not shape.optional and shape.kind != "anything":
            yield f"{path} is null"
        return
    types: dict[str, Any] = {
        "array": list,
        "boolean": bool,
        "decimal": str,
        "hash": dict,
        "integer": int,
        "list": dict,
        "map": dict,
        "number": (int, float),
        "object": dict,
        "text": str,
        "word": str,
    }
    if not isinstance(value, types.get(shape.kind, object)):
        yield f"{path} is {value!r}"
    elif shape.kind == "word" and value not in shape.of:
        yield f"{path} says {value}"
    elif shape.kind == "hash":
        yield from differences(value, resources().hashes[shape.of[0]], path)
    elif shape.kind == "object":
        yield from differences(value, resources().models[value["object"]], path)
    elif shape.kind == "list":
        for entry in value["data"]:
            yield from differences(entry, resources().models[entry["object"]], f"{path}.data")


def differences(value: Any, model: Mapping[str, Shape], path: str) -> Iterator[str]:
    for name in value.keys() - model.keys():
        yield f"{path}.{name} is unknown"
    for name, shape in model.items():
        if name in value:
            yield from mismatches(value[name], shape, f"{path}.{name}")
        elif not shape.optional:
            yield f"{path}.{name} is missing"


@pytest.mark.parametrize("path", CREATED)
def test_objects_have_the_fields_and_types_of_the_stripe_package(filled: Filled, path: str) -> None:
    for entry in filled.list(LISTS[path]).json()["data"]:
        assert entry["object"] in LISTS[path].objects
        assert list(differences(entry, resources().models[entry["object"]], path)) == []


@pytest.mark.parametrize("path", CREATED)
def test_what_is_present_is_what_the_list_gives(filled: Filled, path: str) -> None:
    served = LISTS[path]
    present = filled.world.present(path, filled.parents.get(path))
    listed = filled.list(served, **({"limit": 100} if served.paged else {})).json()
    assert not listed["has_more"]
    assert present == listed["data"]
