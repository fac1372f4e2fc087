"""Customers of Monstock's stand-in: a resource of their own, and what staff do to them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld, MonstockWorldError
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

AUTH = {"Authorization": "Bearer monstock-sandbox-token"}
CLE = {"X-Cle-Api": "Cle monstock-sandbox-token"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def world() -> MonstockWorld:
    return MonstockWorld(7, Clock())


def call(sandbox: RunningSandbox, method: str, path: str, **rest: Any) -> requests.Response:
    url = f"{sandbox.monstock_url}/api/v1{path}"
    return requests.request(method, url, timeout=10, **{"headers": AUTH, **rest})


def gestion(sandbox: RunningSandbox, method: str, path: str, **rest: Any) -> requests.Response:
    url = f"{sandbox.monstock_url}/gestion{path}"
    return requests.request(method, url, headers=CLE, timeout=10, **rest)


def code(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"vip": True}, (422, "unknown_field")),
        ({"name": ""}, (422, "invalid_field")),
        ({"name": 5}, (422, "invalid_field")),
        ({"address": {"planet": "Mars"}}, (422, "unknown_field")),
        ([], (422, "invalid_field")),
    ],
)
def test_a_body_that_is_wrong_is_a_422_and_changes_nothing(
    sandbox: RunningSandbox, body: object, expected: tuple[int, str]
) -> None:
    customer_id = sandbox.monstock.customer("Ann")
    before = sandbox.monstock.customers()
    assert code(call(sandbox, "POST", "/customers", json=body)) == expected
    assert code(call(sandbox, "PATCH", f"/customers/{customer_id}", json=body)) == expected
    assert sandbox.monstock.customers() == before


def test_a_stale_condition_is_a_412_and_changes_nothing(sandbox: RunningSandbox) -> None:
    customer_id = sandbox.monstock.customer("Ann")
    path = f"/customers/{customer_id}"
    etag = call(sandbox, "GET", path).headers["ETag"]
    assert call(sandbox, "GET", path).headers["ETag"] == etag
    first = call(sandbox, "PATCH", path, json={"phone": "1"}, headers={**AUTH, "If-Match": etag})
    assert (first.status_code, first.headers["ETag"] != etag) == (200, True)
    stale = call(sandbox, "PATCH", path, json={"phone": "2"}, headers={**AUTH, "If-Match": etag})
    assert code(stale) == (412, "stale")
    customer = sandbox.monstock.get_customer(customer_id)
    assert customer is not None
    assert customer.phone == "1"


def test_nothing_keeps_a_customer_from_standing_twice(sandbox: RunningSandbox) -> None:
    body = {"email": "twin@example.com", "stripe_customer_id": "cus_1"}
    ids = {call(sandbox, "POST", "/customers", json=body).json()["data"]["id"] for _ in range(2)}
    found = call(sandbox, "GET", "/customers?email=TWIN@example.com").json()["data"]
    assert {one["id"] for one in found} == ids
    assert len(ids) == 2


def test_a_deleted_customer_leaves_no_trace_in_one_api_and_a_mark_in_the_other(
    sandbox: RunningSandbox,
) -> None:
    customer_id = sandbox.monstock.customer("Ann")
    sandbox.monstock.delete_customer(customer_id)
    assert code(call(sandbox, "GET", f"/customers/{customer_id}")) == (404, "not_found")
    assert call(sandbox, "GET", f"/customers?ids={customer_id}").json()["total"] == 0
    shown = gestion(sandbox, "GET", f"/clients/{customer_id}").json()["resultat"]
    assert (shown["cle"], shown["supprime"]) == (customer_id, True)
    listed = gestion(sandbox, "GET", "/clients").json()["resultat"]
    assert [one["cle"] for one in listed if one["supprime"]] == [customer_id]
    put = gestion(sandbox, "PUT", f"/clients/{customer_id}", json={"client": {}})
    assert put.status_code == 404


def test_a_deleted_order_leaves_no_trace_in_one_api_and_a_mark_in_the_other(
    sandbox: RunningSandbox,
) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    row_id = sandbox.monstock.record_payment(order_id, 5)
    sandbox.monstock.delete_order(order_id)
    assert code(call(sandbox, "GET", f"/orders/{order_id}")) == (404, "not_found")
    assert call(sandbox, "GET", f"/orders?ids={order_id}").json()["total"] == 0
    assert gestion(sandbox, "GET", f"/documents/{order_id}").json()["resultat"]["supprime"]
    listed = gestion(sandbox, "GET", "/documents").json()["resultat"]
    assert [one["cle"] for one in listed if one["supprime"]] == [order_id]
    rows = gestion(sandbox, "GET", f"/reglements?documents={order_id}").json()["resultat"]
    assert [(row["cle"], row["annule"]) for row in rows] == [(row_id, True)]
    put = gestion(sandbox, "PUT", f"/documents/{order_id}", json={"document": {}})
    assert put.status_code == 404


def test_an_order_uses_the_customer_it_names(world: MonstockWorld) -> None:
    customer_id = world.customer("Ann", email="ann@example.com")
    order = world.get(world.order(5, "EUR", customer_id=customer_id))
    assert order is not None
    assert order.customer is not None
    assert (order.customer.id, order.customer.name) == (customer_id, "Ann")
    with pytest.raises(MonstockWorldError, match="no customer 'con_0'"):
        world.order(5, "EUR", customer_id="con_0")


def test_an_order_reuses_the_customer_with_the_address_or_makes_one(world: MonstockWorld) -> None:
    def customer_of(**named: Any) -> str | None:
        order = world.get(world.order(5, "EUR", **named))
        assert order is not None
        return None if order.customer is None else order.customer.id

    first = customer_of(customer_email="a@example.com", customer_name="Ann")
    assert customer_of(customer_email="A@example.com") == first
    assert customer_of(customer_email="a@example.com", customer_name="Bob") != first
    assert customer_of() is None
    assert [one.name for one in world.customers()] == ["Ann", "Bob"]


def test_an_order_keeps_what_it_said_of_its_customer(world: MonstockWorld) -> None:
    customer_id = world.customer("Ann", email="ann@example.com")
    order_id = world.order(5, "EUR", customer_id=customer_id)
    before = world.get(order_id)
    world.edit_customer(customer_id, email="new@example.com")
    world.delete_customer(customer_id)
    assert world.get(order_id) == before


def test_staff_name_another_customer_of_an_order(world: MonstockWorld) -> None:
    order_id = world.order(5, "EUR", customer_email="old@example.com", customer_name="Ann")
    world.edit_order(order_id, customer_email="new@example.com")
    order = world.get(order_id)
    assert order is not None
    assert order.customer is not None
    assert (order.customer.email, order.customer.name) == ("new@example.com", "Ann")
    assert [one.email for one in world.customers()] == ["old@example.com", "new@example.com"]


@pytest.mark.parametrize("change", [{"name": 5}, {"name": ""}, {"address": {"city": 5}}])
def test_staff_cannot_record_what_monstock_does_not_know(
    world: MonstockWorld, change: dict[str, Any]
) -> None:
    customer_id = world.customer("Ann")
    before = world.customers()
    with pytest.raises(MonstockWorldError):
        world.edit_customer(customer_id, **change)
    with pytest.raises(TypeError, match="no field 'colour'"):
        world.edit_customer(customer_id, colour="red")
    assert world.customers() == before


def test_customers_and_deletions_are_kept_and_taken_up_again(world: MonstockWorld) -> None:
    customer_id = world.customer("Ann", email="a@example.com", address={"city": "Lyon"})
    world.delete_customer(world.customer("Bob"))
    world.delete_order(world.order(5, "EUR"))
    kept = json.loads(json.dumps(world.to_json()))
    other = MonstockWorld(9, Clock())
    other.restore(kept)
    assert other.customers() == world.customers()
    assert other.deleted.entries == world.deleted.entries
    assert other.deleted_customers.entries == world.deleted_customers.entries
    found = other.customer_store.find("email", "a@example.com")
    assert [stored.id for stored in found] == [customer_id]
    assert other.customer("New") == world.customer("New")
