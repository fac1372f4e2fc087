"""Writing Payment Links, products and prices, and what customers who visit a link do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import SECRET_KEY, StripeWorldError
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000
CHAIRS: Any = {
    "price_data": {"currency": "eur", "unit_amount": 4000, "product_data": {"name": "Chair"}},
    "quantity": 2,
}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: float(NOW))) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        SECRET_KEY, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


def link_of(client: stripe.StripeClient, **fields: Any) -> stripe.PaymentLink:
    """A link that can be paid once."""
    given: Any = {
        "line_items": [CHAIRS],
        "metadata": {"monstock_order_id": "7"},
        "payment_intent_data": {
            "metadata": {"monstock_order_id": "7"},
            "description": "Order SO-7",
        },
        "restrictions": {"completed_sessions": {"limit": 1}},
        "inactive_message": "This order has been paid.",
    }
    return client.v1.payment_links.create(given | fields)


def types_of_events(sandbox: RunningSandbox) -> list[str]:
    return [event["type"] for event in sandbox.stripe.all("event")]


def error_of(call: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(stripe.StripeError) as refused:
        call()
    assert isinstance(refused.value.json_body, dict)
    error: dict[str, Any] = refused.value.json_body["error"]
    return error


def test_a_link_is_made_with_prices_of_its_own(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    made = link_of(client, after_completion={"type": "redirect", "redirect": {"url": "https://a"}})
    shown = made.to_dict()
    assert (shown["active"], shown["currency"]) == (True, "eur")
    assert shown["restrictions"] == {"completed_sessions": {"count": 0, "limit": 1}}
    assert shown["after_completion"] == {"redirect": {"url": "https://a"}, "type": "redirect"}
    assert shown["payment_intent_data"]["metadata"] == {"monstock_order_id": "7"}
    assert shown["url"].startswith("https://buy.stripe.com/")
    lines = client.v1.payment_links.line_items.list(made.id).data
    assert [(line.amount_total, line.quantity, line.description) for line in lines] == [
        (8000, 2, "Chair")
    ]
    assert client.v1.prices.list().data == []
    assert client.v1.products.list().data == []
    assert types_of_events(sandbox) == ["payment_link.created"]
    assert [each.id for each in client.v1.payment_links.list({"active": True}).data] == [made.id]


def test_who_pays_through_a_link_leaves_a_session_and_a_payment_with_its_metadata(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    link = link_of(client)
    pi = sandbox.stripe.pay_link(link.id, email="ada@example.com")
    intent = client.v1.payment_intents.retrieve(pi)
    assert (intent.status, intent.amount_received) == ("succeeded", 8000)
    assert intent.metadata.to_dict() == {"monstock_order_id": "7"}
    assert intent.description == "Order SO-7"
    session = client.v1.checkout.sessions.list({"payment_link": link.id}).data[0]
    assert (session.status, session.payment_status, session.payment_intent) == (
        "complete",
        "paid",
        pi,
    )
    assert session.metadata is not None
    assert session.metadata.to_dict() == {"monstock_order_id": "7"}
    assert session.customer_details is not None
    assert session.customer_details.email == "ada@example.com"
    lines = client.v1.checkout.sessions.line_items.list(session.id).data
    assert [(line.amount_total, line.quantity) for line in lines] == [(8000, 2)]
    assert types_of_events(sandbox) == [
        "payment_link.created",
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "payment_link.updated",
        "checkout.session.completed",
    ]


def test_a_link_that_was_paid_as_often_as_it_may_be_refuses_everybody(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    link = link_of(client)
    waiting = sandbox.stripe.open_link(link.id)
    sandbox.stripe.pay_link(link.id)
    shown = client.v1.payment_links.retrieve(link.id)
    assert shown.active is False
    assert shown.restrictions is not None
    assert shown.restrictions.completed_sessions.count == 1
    with pytest.raises(StripeWorldError, match="This order has been paid"):
        sandbox.stripe.open_link(link.id)
    with pytest.raises(StripeWorldError, match="paid 1 times, as often as its limit allows"):
        sandbox.stripe.complete_checkout(waiting)
    client.v1.payment_links.update(link.id, {"active": True})
    with pytest.raises(StripeWorldError, match="as often as its limit allows"):
        sandbox.stripe.pay_link(link.id)
    assert len(sandbox.stripe.all("payment_intent")) == 1


def test_a_link_that_is_deactivated_opens_no_more_sessions(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    link = link_of(client)
    waiting = sandbox.stripe.open_link(link.id)
    assert client.v1.payment_links.update(link.id, {"active": False}).active is False
    assert types_of_events(sandbox)[-1] == "payment_link.updated"
    with pytest.raises(StripeWorldError, match="inactive"):
        sandbox.stripe.pay_link(link.id)
    assert sandbox.stripe.complete_checkout(waiting).startswith("pi_")


def test_a_debit_through_a_link_is_under_way_for_days(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    pi = sandbox.stripe.pay_link(link_of(client).id, method="sepa_debit", paid=False)
    assert client.v1.payment_intents.retrieve(pi).status == "processing"
    sandbox.stripe.settle(pi)
    assert client.v1.checkout.sessions.list().data[0].payment_status == "paid"


def test_a_link_is_changed_part_by_part(client: stripe.StripeClient) -> None:
    link = link_of(client)
    update = client.v1.payment_links.update
    changed = update(
        link.id,
        {
            "metadata": {"monstock_order_id": "", "note": "x"},
            "payment_intent_data": {"metadata": {"note": "y"}},
            "inactive_message": "",
        },
    ).to_dict()
    assert changed["metadata"] == {"note": "x"}
    assert changed["payment_intent_data"]["metadata"] == {"monstock_order_id": "7", "note": "y"}
    assert changed["payment_intent_data"]["description"] == "Order SO-7"
    assert changed["inactive_message"] is None
    line = client.v1.payment_links.line_items.list(link.id).data[0].id
    update(link.id, {"line_items": [{"id": line, "quantity": 3}]})
    lines = client.v1.payment_links.line_items.list(link.id).data
    assert [(each.quantity, each.amount_total) for each in lines] == [(3, 12000)]
    assert update(link.id, {"restrictions": ""}).restrictions is None


REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no lines": ({}, "parameter_missing", "Missing required param: line_items."),
    "no price": ({"line_items": [{"quantity": 1}]}, "parameter_missing", "line_items[0][price]"),
    "no quantity": (
        {"line_items": [{"price": "price_1"}]},
        "parameter_missing",
        "line_items[0][quantity]",
    ),
    "no such price": (
        {"line_items": [{"price": "price_1", "quantity": 1}]},
        "resource_missing",
        "No such price: 'price_1'",
    ),
    "too little": (
        {"line_items": [{**CHAIRS, "price_data": {**CHAIRS["price_data"], "unit_amount": 20}}]},
        "amount_too_small",
        "must add up to at least €0.50",
    ),
    "too much": (
        {"line_items": [{**CHAIRS, "quantity": 100_000}]},
        "amount_too_large",
        "no more than €999,999.99",
    ),
    "two currencies": (
        {
            "line_items": [
                CHAIRS,
                {**CHAIRS, "price_data": {**CHAIRS["price_data"], "currency": "usd"}},
            ]
        },
        None,
        "must have the same currency",
    ),
    "no limit": (
        {"line_items": [CHAIRS], "restrictions": {"completed_sessions": {"limit": 0}}},
        "parameter_invalid_integer",
        "greater than or equal to 1",
    ),
    "long message": (
        {"line_items": [CHAIRS], "inactive_message": "m" * 501},
        None,
        "at most 500 characters",
    ),
    "subscription": (
        {"line_items": [CHAIRS], "subscription_data": {"description": "x"}},
        None,
        "The sandbox does not imitate the parameter subscription_data",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stripe_refuses_of_a_link_is_refused(
    sandbox: RunningSandbox, client: stripe.StripeClient, name: str
) -> None:
    given, code, message = REFUSED[name]
    error = error_of(lambda: client.raw_request("post", "/v1/payment_links", **given))
    assert error.get("code") == code
    assert message in error["message"]
    assert sandbox.stripe.all("payment_link") == []


def test_products_and_prices_are_made_changed_and_sold_through_a_link(
    sandbox: RunningSandbox, client: stripe.StripeClient
) -> None:
    product = client.v1.products.create({"name": "Chair", "metadata": {"sku": "C-1"}})
    price = client.v1.prices.create(
        {"currency": "eur", "unit_amount": 4500, "product": product.id, "nickname": "List price"}
    )
    assert client.v1.products.update(product.id, {"name": "Armchair"}).name == "Armchair"
    link = link_of(client, line_items=[{"price": price.id, "quantity": 1}])
    lines = client.v1.payment_links.line_items.list(link.id).data
    assert [(line.amount_total, line.description) for line in lines] == [(4500, "Armchair")]
    assert client.v1.prices.update(price.id, {"active": False}).active is False
    refused = error_of(lambda: link_of(client, line_items=[{"price": price.id, "quantity": 1}]))
    assert refused["message"].startswith("The price specified is inactive.")
    kept = error_of(lambda: client.v1.products.delete(product.id))
    assert "cannot be deleted" in kept["message"]
    bare = client.v1.products.create({"name": "Bare"}).id
    assert client.v1.products.delete(bare).to_dict()["deleted"] is True
    made = client.v1.prices.create(
        {"currency": "eur", "unit_amount": 5, "product_data": {"name": "Screw"}}
    )
    assert client.v1.products.retrieve(str(made.product)).name == "Screw"
    assert {"price.updated", "product.updated", "product.deleted"} <= set(types_of_events(sandbox))
