"""Monstock's stand-in is strict: what it does not know it refuses, in Monstock's shape."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld, MonstockWorldError
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

AUTH = {"Authorization": "Bearer monstock-sandbox-token"}
MINIMAL = {"amount": 5, "currency": "EUR"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def call(
    sandbox: RunningSandbox, method: str, path: str, headers: dict[str, str] = AUTH, **rest: Any
) -> requests.Response:
    url = f"{sandbox.monstock_url}/api/v1{path}"
    return requests.request(method, url, headers=headers, timeout=10, **rest)


def code(response: requests.Response) -> tuple[int, str]:
    error = response.json()["error"]
    assert set(error) == {"code", "message"}
    assert error["message"]
    return response.status_code, error["code"]


@pytest.mark.parametrize("token", [None, "Bearer wrong", "Basic bW9uc3RvY2s=", "monstock"])
def test_a_wrong_token_is_a_401(sandbox: RunningSandbox, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    assert code(call(sandbox, "GET", "/orders", headers)) == (401, "unauthorized")
    assert code(call(sandbox, "GET", "/nothing", headers)) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("status=paid", "unknown_parameter"),
        ("page=0", "invalid_parameter"),
        ("page=x", "invalid_parameter"),
        ("page=1&page=2", "invalid_parameter"),
        ("per_page=101", "invalid_parameter"),
        ("per_page=%C2%B2", "invalid_parameter"),
        ("sort=number", "invalid_parameter"),
        ("include=lines", "invalid_parameter"),
        ("updated_since=yesterday", "invalid_parameter"),
        ("updated_since=2026-01-01T00:00:00", "invalid_parameter"),
        ("updated_since=0001-01-01T00:00:00%2B14:00", "invalid_parameter"),
        ("ids=", "invalid_parameter"),
        ("ids=" + ",".join(map(str, range(101))), "invalid_parameter"),
    ],
)
def test_a_parameter_that_is_unknown_or_wrong_is_a_400(
    sandbox: RunningSandbox, query: str, expected: str
) -> None:
    assert code(call(sandbox, "GET", f"/orders?{query}")) == (400, expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({**MINIMAL, "tip": 1}, (422, "unknown_field")),
        ({"amount": 5}, (422, "invalid_field")),
        ({**MINIMAL, "amount": 5.0}, (422, "invalid_field")),
        ({**MINIMAL, "amount": "5"}, (422, "invalid_field")),
        ({**MINIMAL, "amount": 2**63}, (422, "invalid_field")),
        ({**MINIMAL, "currency": "eur"}, (422, "invalid_field")),
        ({**MINIMAL, "status": "paid"}, (422, "invalid_field")),
        ({**MINIMAL, "paid_at": "yesterday"}, (422, "invalid_field")),
        ({**MINIMAL, "paid_at": "2026-01-01T00:00:00"}, (422, "invalid_field")),
        ([], (422, "invalid_field")),
    ],
)
def test_a_body_that_is_wrong_is_a_422_and_changes_nothing(
    sandbox: RunningSandbox, body: object, expected: tuple[int, str]
) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    before = sandbox.monstock.get(order_id)
    path = f"/orders/{order_id}/payments/stripe/pi_1"
    assert code(call(sandbox, "PUT", path, json=body)) == expected
    assert sandbox.monstock.get(order_id) == before


def test_a_body_that_is_no_json_is_refused(sandbox: RunningSandbox) -> None:
    path = f"/orders/{sandbox.monstock.order(5, 'EUR')}/payments/stripe/pi_1"
    half = call(
        sandbox, "PUT", path, {**AUTH, "Content-Type": "application/json"}, data='{"amount":'
    )
    assert code(half) == (400, "invalid_json")
    form = call(sandbox, "PUT", path, data={"amount": "5"})
    assert code(form) == (415, "unsupported_media_type")
    large = call(sandbox, "PUT", path, json={**MINIMAL, "note": "x" * 2_000_000})
    assert code(large) == (413, "too_large")


def test_what_is_not_there_is_a_404_and_a_wrong_method_a_405(sandbox: RunningSandbox) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    assert code(call(sandbox, "GET", "/orders/ord_0")) == (404, "not_found")
    assert code(call(sandbox, "GET", "/invoices")) == (404, "not_found")
    assert code(call(sandbox, "DELETE", f"/orders/{order_id}/payments/x")) == (404, "not_found")
    assert code(call(sandbox, "DELETE", f"/orders/{order_id}")) == (405, "method_not_allowed")


def test_the_etag_changes_with_every_change_of_order_and_payments(
    sandbox: RunningSandbox,
) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    path = f"/orders/{order_id}"
    etags = [call(sandbox, "GET", path).headers["ETag"]]
    etags.append(call(sandbox, "GET", path).headers["ETag"])
    assert etags[0] == etags[1]
    put = call(sandbox, "PUT", f"{path}/payments/stripe/pi_1", json=MINIMAL)
    assert put.status_code == 201
    etags.append(put.headers["ETag"])
    put = call(sandbox, "PUT", f"{path}/payments/stripe/pi_1", json=MINIMAL)
    assert put.status_code == 200
    etags.append(put.headers["ETag"])
    row = f"{path}/payments/{put.json()['data']['id']}"
    etags.append(call(sandbox, "PATCH", row, json={"note": None}).headers["ETag"])
    etags.append(call(sandbox, "DELETE", row).headers["ETag"])
    etags.append(call(sandbox, "PATCH", path, json={"payment_status": "paid"}).headers["ETag"])
    sandbox.monstock.record_payment(order_id, 5)
    last = call(sandbox, "GET", path)
    etags.append(last.headers["ETag"])
    assert len(set(etags)) == len(etags) - 1
    assert last.json()["data"]["etag"] == etags[-1]


def test_a_stale_condition_is_a_412_and_changes_nothing(sandbox: RunningSandbox) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    payment_id = sandbox.monstock.record_payment(order_id, 5)
    before = sandbox.monstock.get(order_id)
    stale = {**AUTH, "If-Match": '"old"'}
    path = f"/orders/{order_id}"
    for method, where, body in (
        ("PATCH", path, {"payment_status": "paid"}),
        ("PUT", f"{path}/payments/stripe/pi_1", MINIMAL),
        ("PATCH", f"{path}/payments/{payment_id}", {"amount": 6}),
        ("DELETE", f"{path}/payments/{payment_id}", None),
    ):
        assert code(call(sandbox, method, where, stale, json=body)) == (412, "stale")
    assert sandbox.monstock.get(order_id) == before


def test_a_reference_stands_once_for_each_method_of_an_order(sandbox: RunningSandbox) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    sandbox.monstock.record_payment(order_id, 5, method="card", reference="pi_1")
    other = sandbox.monstock.record_payment(order_id, 5, method="cash", reference="pi_1")
    with pytest.raises(MonstockWorldError, match="already has a payment of method 'card'"):
        sandbox.monstock.record_payment(order_id, 5, method="card", reference="pi_1")
    path = f"/orders/{order_id}/payments/{other}"
    duplicate = call(sandbox, "PATCH", path, json={"method": "card"})
    assert code(duplicate) == (409, "duplicate_reference")
    assert call(sandbox, "PATCH", path, json={"method": "bank"}).status_code == 200
    sandbox.monstock.record_payment(order_id, 5, method="cash", reference="pi_1")


def test_payments_are_listed_only_where_asked_for(sandbox: RunningSandbox) -> None:
    order_id = sandbox.monstock.order(5, "EUR")
    plain = call(sandbox, "GET", f"/orders?ids={order_id}").json()["data"]
    assert "payments" not in plain[0]
    full = call(sandbox, "GET", f"/orders?ids={order_id}&include=payments").json()["data"]
    assert full[0]["payments"] == []


def test_filters_combine(sandbox: RunningSandbox) -> None:
    first = sandbox.monstock.order(5, "EUR", number="F-1", channel_reference="#9")
    sandbox.monstock.order(5, "EUR", number="F-2", channel_reference="#9")
    path = "/orders?channel_reference=%239"
    assert call(sandbox, "GET", path).json()["total"] == 2
    page = call(sandbox, "GET", f"{path}&number=F-1&sort=updated_at").json()
    assert [order["id"] for order in page["data"]] == [first]
    sandbox.monstock.edit_order(first, number="F-3", channel_reference=None)
    assert call(sandbox, "GET", f"{path}&number=F-1").json()["total"] == 0
    assert call(sandbox, "GET", "/orders?number=F-3").json()["total"] == 1


def test_the_same_seed_makes_the_same_orders() -> None:
    ids = []
    for _ in range(2):
        world = MonstockWorld(7, Clock())
        ids.append([world.order(5, "EUR"), world.record_payment(world.orders()[0].id, 5)])
    assert ids[0] == ids[1]
    assert MonstockWorld(8, Clock()).order(5, "EUR") != ids[0][0]


def test_a_world_is_kept_and_taken_up_again() -> None:
    world = MonstockWorld(7, Clock())
    order_id = world.order(5, "EUR", number="K-1", lines=[("a chair", 1, 5)])
    world.record_payment(order_id, 5, method="card", reference="pi_1")
    world.edit_order(order_id, status="shipped")
    kept = json.loads(json.dumps(world.to_json()))
    other = MonstockWorld(9, Clock())
    other.order(1, "JPY")
    other.restore(kept)
    assert other.orders() == world.orders()
    assert [stored.order.id for stored in other.store.find("number", "K-1")] == [order_id]
    assert other.order(5, "EUR") == world.order(5, "EUR")
    with pytest.raises(MonstockWorldError):
        other.record_payment(order_id, 5, method="card", reference="pi_1")


@pytest.mark.parametrize(
    "change", [{"status": "lost"}, {"total": "5"}, {"currency": "euro"}, {"kind": "invoice"}]
)
def test_staff_cannot_record_what_monstock_does_not_know(change: dict[str, Any]) -> None:
    world = MonstockWorld(7, Clock())
    order_id = world.order(5, "EUR")
    before = world.orders()
    with pytest.raises(MonstockWorldError):
        world.edit_order(order_id, **change)
    with pytest.raises(TypeError, match="no field 'colour'"):
        world.edit_order(order_id, colour="red")
    assert world.orders() == before


def test_a_write_costs_the_same_on_an_order_of_10_000_payments(sandbox: RunningSandbox) -> None:
    """By count of bytes: the answer to a write never holds the order's other payments."""
    order_id = sandbox.monstock.order(5, "EUR")
    for index in range(10_000):
        sandbox.monstock.record_payment(order_id, 1, method="stripe", reference=f"pi_{index}")
    path = f"/orders/{order_id}"
    put = call(sandbox, "PUT", f"{path}/payments/stripe/pi_5", json=MINIMAL)
    patch = call(sandbox, "PATCH", path, json={"amount_due": 0})
    assert len(put.content) < 1000
    assert len(patch.content) < 1000
