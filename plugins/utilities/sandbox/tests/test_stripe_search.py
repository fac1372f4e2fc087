"""Searching: what each kind is searched by, how texts are written, and when it is found."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000


class Moment:
    """A clock's source that a test moves."""

    def __init__(self) -> None:
        self.now = float(NOW)


@pytest.fixture
def moment() -> Moment:
    return Moment()


@pytest.fixture
def sandbox(moment: Moment) -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: moment.now), search_lag=60) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        SECRET_KEY, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


def test_customers_are_found_by_address_and_metadata(
    sandbox: RunningSandbox, client: stripe.StripeClient, moment: Moment
) -> None:
    world = sandbox.stripe
    ada = world.customer("ada@example.com", "Ada O'Hara", metadata={"monstock_customer_id": "7"})
    bob = world.customer("bob@example.com", "Bob", metadata={"monstock_customer_id": "8"})
    gone = world.customer("ada@example.com", "Gone")
    world.delete("customer", gone)
    search = client.v1.customers.search

    def found(query: str) -> list[str]:
        return [each.id for each in search({"query": query}).data]

    assert found("email:'ada@example.com'") == []
    moment.now += 61
    assert found("email:'ADA@example.com'") == [ada]
    assert found("email~'example'") == [bob, ada]
    assert found("metadata['monstock_customer_id']:'8'") == [bob]
    assert found("-metadata['monstock_customer_id']:'8'") == [ada]
    assert found(r"name:'Ada O\'Hara'") == [ada]
    assert found("metadata['monstock_customer_id']:null") == []
    assert found("email:'ada@example.com' OR email:'bob@example.com'") == [bob, ada]
    world.change("customer", ada, phone="1")
    assert found("email:'ada@example.com'") == []
    moment.now += 61
    assert found("email:'ada@example.com' AND phone:'1'") == [ada]


def test_invoices_and_what_is_sold_are_found(
    sandbox: RunningSandbox, client: stripe.StripeClient, moment: Moment
) -> None:
    world = sandbox.stripe
    customer = world.customer("ada@example.com")
    invoice = world.invoice(900, "eur", customer=customer, metadata={"monstock_order_id": "7"})
    product = world.product("Chair", metadata={"sku": "C-1"})
    price = world.price(900, "eur", product)
    charge = world.direct_charge(700, "eur", {"monstock_order_id": "9"})
    moment.now += 61
    v1 = client.v1
    query = "metadata['monstock_order_id']:'7' AND status:'open'"
    assert [each.id for each in v1.invoices.search({"query": query}).data] == [invoice]
    assert v1.invoices.search({"query": "total>900"}).data == []
    assert [each.id for each in v1.invoices.search({"query": "total>=900"}).data] == [invoice]
    found = v1.products.search({"query": "active:'true' AND name~'hai'"})
    assert [each.id for each in found.data] == [product]
    assert [each.id for each in v1.prices.search({"query": "active:true"}).data] == [price]
    by_order = v1.charges.search({"query": "metadata['monstock_order_id']:'9'"})
    assert [each.id for each in by_order.data] == [charge]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("amount:5", "Field `amount` is an unsupported search field"),
        ("created~'123'", "cannot be searched with the operator `~`"),
        ("metadata['k']~'value'", "cannot be searched with the operator `~`"),
        ("email>'a'", "cannot be searched with the operator `>`"),
        ("email~'ab'", "needs 3 characters"),
        (" AND ".join(["email:'a@example.com'"] * 11), "at most 10 clauses"),
        ("email:'a' AND name:'b' OR name:'c'", "can't mix AND and OR"),
        ("email:", "unable to parse"),
    ],
)
def test_what_stripe_does_not_search_is_refused(
    client: stripe.StripeClient, query: str, message: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.customers.search({"query": query})
    assert message in (refused.value.user_message or "")
    assert refused.value.param == "query"


def test_searching_wants_the_permission_to_read(
    sandbox: RunningSandbox,
) -> None:
    key = sandbox.stripe.restricted_key({"invoice_read"})
    client = stripe.StripeClient(key, base_addresses={"api": sandbox.stripe_url})
    assert client.v1.invoices.search({"query": "total:1"}).data == []
    with pytest.raises(stripe.PermissionError, match="rak_customer_read"):
        client.v1.customers.search({"query": "email:'a@example.com'"})
