"""The list server of the benchmarks: what is measured on it must be what Stripe would answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import stripe

from benchmarks.list_server import ServedLists, Spread, served_lists
from benchmarks.stripe_objects import KINDS

OBJECTS = 250


@pytest.fixture(scope="module")
def served() -> Iterator[ServedLists]:
    with served_lists(Spread(OBJECTS, 3)) as lists:
        yield lists


def listed(served: ServedLists, path: str, **params: Any) -> dict[str, Any]:
    answer = requests.get(f"{served.url}/v1/{path}", params=params, timeout=10)
    assert answer.status_code == 200
    page: dict[str, Any] = answer.json()
    return page


def walk(served: ServedLists, path: str, **params: Any) -> list[dict[str, Any]]:
    """Read a list to its end."""
    found: list[dict[str, Any]] = []
    while True:
        page = listed(served, path, limit=100, **params)
        found += page["data"]
        if not page["has_more"]:
            return found
        params["starting_after"] = found[-1]["id"]


@pytest.mark.parametrize("path", KINDS)
def test_each_list_has_each_object_once_newest_first(served, path):
    objects = walk(served, path)

    assert len({one["id"] for one in objects}) == len(objects) == OBJECTS
    assert [one["created"] for one in objects] == sorted(
        (one["created"] for one in objects), reverse=True
    )


def test_created_bounds_mean_what_stripe_means(served):
    moments = [one["created"] for one in walk(served, "charges")]
    bound = moments[OBJECTS // 2]

    for name, meant in {
        "gt": lambda created: created > bound,
        "gte": lambda created: created >= bound,
        "lt": lambda created: created < bound,
        "lte": lambda created: created <= bound,
    }.items():
        found = [one["created"] for one in walk(served, "charges", **{f"created[{name}]": bound})]
        assert found == [created for created in moments if meant(created)]
    exact = listed(served, "charges", created=bound)["data"]
    assert {one["created"] for one in exact} == {bound}


def test_ending_before_gives_the_page_before(served):
    first, second = (
        listed(served, "customers", limit=20),
        listed(served, "customers", limit=40)["data"][20:],
    )
    back = listed(served, "customers", limit=20, ending_before=second[0]["id"])

    assert back["data"] == first["data"]
    assert not back["has_more"]


def test_one_object_is_what_the_list_says(served):
    in_list = listed(served, "payment_intents", limit=1)["data"][0]

    assert listed(served, f"payment_intents/{in_list['id']}") == in_list


def test_payment_intent_has_every_field_of_the_pinned_version(served):
    in_list = listed(served, "payment_intents", limit=1)["data"][0]

    assert set(stripe.PaymentIntent.__annotations__) - {"OBJECT_NAME"} == set(in_list)


def test_lists_that_it_has_not_are_empty(served):
    assert listed(served, "radar/reviews", whatever=1)["data"] == []


def test_more_than_25_requests_a_second_are_refused():
    with served_lists(Spread(10, 1), limited=True, kinds=["charges"]) as served:
        codes = [
            requests.get(f"{served.url}/v1/charges", timeout=10).status_code for _ in range(60)
        ]
        counts = served.counts()

    assert codes[:25] == [200] * 25
    assert 429 in codes
    assert counts.requests["GET /v1/charges"] == 60
    assert counts.refused["GET /v1/charges"] == codes.count(429)


def test_changes_are_told_by_events(served):
    before = {one["id"] for one in walk(served, "events")}

    assert served.change(count=40, days=2, seconds=3_600) == 40

    new = [one for one in walk(served, "events") if one["id"] not in before]
    assert len(new) == len({one["data"]["object"]["id"] for one in new}) == 40
