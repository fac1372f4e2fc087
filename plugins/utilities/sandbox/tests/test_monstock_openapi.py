"""The OpenAPI document, the default profile and what is served say the same."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from monstock_stripe_core.profile import Profile, load_profile
from monstock_stripe_core.profile_records import Customers, Lines
from monstock_stripe_sandbox.controls import Controls
from monstock_stripe_sandbox.monstock_api import BASE_PATH, build_monstock_app
from monstock_stripe_sandbox.monstock_openapi import openapi_document
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

AUTH = {"Authorization": "Bearer monstock-sandbox-token"}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def document(sandbox: RunningSandbox) -> dict[str, Any]:
    answer = requests.get(sandbox.monstock_url + "/openapi.json", timeout=10)
    found: dict[str, Any] = answer.json()
    assert found == openapi_document()
    return found


@pytest.fixture
def profile() -> Profile:
    return load_profile("monstock")


def test_every_route_is_described_and_no_other(
    sandbox: RunningSandbox, document: dict[str, Any]
) -> None:
    app = build_monstock_app(sandbox.monstock, Controls())
    served = {
        (route.method, route.resource.canonical.removeprefix(BASE_PATH))
        for route in app.router.routes()
        if route.resource is not None and route.resource.canonical.startswith(BASE_PATH)
    }
    described = {
        (method.upper(), path) for path, calls in document["paths"].items() for method in calls
    }
    assert served - {("HEAD", path) for _, path in served} == described


@pytest.fixture
def customers(profile: Profile) -> Customers:
    assert profile.customers is not None
    return profile.customers


@pytest.fixture
def lines(profile: Profile) -> Lines:
    assert profile.orders.lines is not None
    return profile.orders.lines


def test_every_call_of_the_profile_is_described(
    document: dict[str, Any], profile: Profile, customers: Customers
) -> None:
    paths = document["paths"]
    writes = (profile.orders.update, profile.payments.upsert, profile.payments.update)
    for write in (*writes, profile.payments.remove, customers.update):
        assert write is not None
        call = paths[write.path][write.method.lower()]
        headers = [given["name"] for given in call["parameters"] if given["in"] == "header"]
        assert headers == [profile.condition.header]
    for get in (profile.orders.list, profile.orders.read, customers.list, customers.read):
        assert set(get.parameters) <= _query(paths[get.path]["get"])
    assert customers.create is not None
    assert customers.create.method.lower() in paths[customers.create.path]


@pytest.mark.parametrize("section", ["orders", "customers"])
def test_every_parameter_of_the_profile_is_described(
    document: dict[str, Any], profile: Profile, section: str
) -> None:
    described = getattr(profile, section)
    paging, since = profile.pagination, described.updated_since
    filters = [found["parameter"] for found in asdict(described.find).values() if found]
    asked = {paging.page_parameter, paging.size_parameter, since.parameter}
    asked |= {*since.parameters, *filters}
    assert asked <= _query(document["paths"][described.list.path]["get"])


def test_every_field_of_the_profile_is_described(
    document: dict[str, Any], profile: Profile
) -> None:
    schemas = document["components"]["schemas"]
    page = schemas["OrderPage"]
    for path in (profile.answers.data, profile.pagination.total):
        assert path in page["properties"]
    for path in filter(None, asdict(profile.orders.fields).values()):
        assert _at(schemas, schemas["Order"], path), path
    assert profile.payments.path in schemas["Order"]["properties"]
    written = schemas["PaymentBody"]["properties"]
    for name, path in asdict(profile.payments.fields).items():
        if path is None:
            continue
        assert path in schemas["Payment"]["properties"]
        assert path in written or name in ("id", "method", "transaction_reference")
        assert path in schemas["PaymentPatch"]["properties"] or name == "id"
    for name in ("state", "payment_status", "amount_due", "payment_url"):
        assert getattr(profile.orders.fields, name) in schemas["OrderPatch"]["properties"]
    assert _at(schemas, schemas["Error"], profile.answers.error_code or "")
    assert _at(schemas, schemas["Error"], profile.answers.error_message or "")
    assert profile.answers.order_updated_at in schemas["PaymentAnswer"]["properties"]


def test_every_field_of_lines_and_customers_is_described(
    document: dict[str, Any], lines: Lines, customers: Customers
) -> None:
    schemas = document["components"]["schemas"]
    assert lines.path in schemas["Order"]["properties"]
    for path in filter(None, asdict(lines.fields).values()):
        assert path in schemas["Line"]["properties"]
    for name, path in asdict(customers.fields).items():
        assert _at(schemas, schemas["Customer"], path), path
        written = name not in ("id", "created_at", "updated_at", "etag")
        for body in ("CustomerBody", "CustomerPatch"):
            assert bool(_at(schemas, schemas[body], path)) is written, path


@pytest.mark.parametrize(
    ("words", "schema", "field"),
    [
        ("state", "Order", "status"),
        ("payment_status", "Order", "payment_status"),
        ("row_status", "Payment", "status"),
        ("kind", "Order", "kind"),
    ],
)
def test_the_words_of_the_profile_are_those_of_the_document(
    document: dict[str, Any], profile: Profile, words: str, schema: str, field: str
) -> None:
    theirs = asdict(profile.vocabulary)[words]
    described = document["components"]["schemas"][schema]["properties"][field]
    listed = described.get("enum") or described["anyOf"][0]["enum"]
    assert {word for word in listed if word is not None} == set(theirs.values())


def test_what_is_served_is_what_is_described(
    sandbox: RunningSandbox, document: dict[str, Any]
) -> None:
    world = sandbox.monstock
    order_id = world.order(5, "EUR", customer_email="a@b.c", lines=[("a chair", 1, 5, 1, "20")])
    customer_id = world.customer("Ann", address={"city": "Lyon", "country": "FR"})
    payment_id = world.record_payment(order_id, 5)
    url = f"{sandbox.monstock_url}{BASE_PATH}/orders"
    customers = f"{sandbox.monstock_url}{BASE_PATH}/customers"
    body = {"amount": 5, "currency": "EUR"}
    answers = (
        ("/orders", "get", requests.get(url + "?include=payments", headers=AUTH, timeout=9)),
        ("/orders/{order_id}", "get", requests.get(f"{url}/{order_id}", headers=AUTH, timeout=9)),
        (
            "/orders/{order_id}/payments/{method}/{transaction_reference}",
            "put",
            requests.put(
                f"{url}/{order_id}/payments/stripe/pi_1", json=body, headers=AUTH, timeout=9
            ),
        ),
        (
            "/orders/{order_id}/payments/{payment_id}",
            "delete",
            requests.delete(f"{url}/{order_id}/payments/{payment_id}", headers=AUTH, timeout=9),
        ),
        ("/orders", "get", requests.get(url, timeout=9)),
        ("/customers", "get", requests.get(customers, headers=AUTH, timeout=9)),
        ("/customers", "post", requests.post(customers, json={}, headers=AUTH, timeout=9)),
        (
            "/customers/{customer_id}",
            "patch",
            requests.patch(
                f"{customers}/{customer_id}", json={"name": None}, headers=AUTH, timeout=9
            ),
        ),
    )
    for path, method, answer in answers:
        responses = document["paths"][path][method]["responses"]
        described = responses.get(str(answer.status_code), responses["default"])
        schema = described["content"]["application/json"]["schema"]
        whole = {**schema, "components": document["components"]}
        Draft202012Validator(whole).validate(answer.json())


def _query(call: dict[str, Any]) -> set[str]:
    return {given["name"] for given in call["parameters"] if given["in"] == "query"}


def _at(schemas: dict[str, Any], schema: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        schema = next(iter(schema.get("anyOf", ())), schema)
        if "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        schema = schema["properties"].get(name)
        if schema is None:
            return None
    return schema
