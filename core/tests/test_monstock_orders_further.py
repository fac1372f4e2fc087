"""Lines, deletions, links to pay by and link rules of orders, on both packaged profiles."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import UnreadableOrder
from monstock_stripe_core.monstock_mapping import OrderMapping
from monstock_stripe_core.order import Order, OrderLine, OrderPaymentRow
from monstock_stripe_core.profile import load_profile
from monstock_stripe_sandbox.testing import MONSTOCK_PATHS, RunningSandbox, running_sandbox

TOKEN = "monstock-sandbox-token"
ROW = OrderPaymentRow(
    method="stripe",
    transaction_reference="pi_1",
    currency="EUR",
    amount=600,
    link_rule="metadata",
    ours=True,
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def client_of(sandbox: RunningSandbox, name: str) -> MonstockClient:
    return MonstockClient(sandbox.monstock_base_url(name), TOKEN, load_profile(name))


@pytest.fixture(params=MONSTOCK_PATHS)
def client(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> MonstockClient:
    return client_of(sandbox, request.param)


def read(client: MonstockClient, order_id: str) -> Order:
    order = client.order(order_id)
    assert order is not None
    return order


def test_lines_are_read_with_their_tax(sandbox: RunningSandbox, client: MonstockClient) -> None:
    """One profile has totals with the tax, the other without; both say what is to be paid."""
    order_id = sandbox.monstock.order(
        1755, "EUR", lines=[("a chair", 2, 1200, 200, "20"), ("apples, kg", "1.5", 555, 29, "5.5")]
    )
    assert read(client, order_id).lines == (
        OrderLine("a chair", Decimal(2), 1200, 200, Decimal(20)),
        OrderLine("apples, kg", Decimal("1.5"), 555, 29, Decimal("5.5")),
    )


def test_an_order_names_its_customer(sandbox: RunningSandbox, client: MonstockClient) -> None:
    customer_id = sandbox.monstock.customer("Ann", email="ann@example.com")
    order = read(client, sandbox.monstock.order(5, "EUR", customer_id=customer_id))
    named = (order.customer_id, order.customer_email, order.customer_name)
    assert named == (customer_id, "ann@example.com", "Ann")
    order = read(client, sandbox.monstock.order(5, "EUR"))
    assert (order.customer_id, order.customer_email, order.customer_name) == (None, None, None)


def test_a_link_to_pay_by_is_written_and_taken_away(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    assert client.writes_payment_url
    order = read(client, sandbox.monstock.order(5, "EUR"))
    assert order.payment_url is None
    client.patch_order(order, payment_url="https://pay.example.com/1")
    order = read(client, order.id)
    assert order.payment_url == "https://pay.example.com/1"
    client.patch_order(order, payment_url="")
    assert read(client, order.id).payment_url is None


def test_a_link_rule_comes_back_where_the_tenant_keeps_it(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = read(client, sandbox.monstock.order(1000, "EUR"))
    client.put_payment(order, ROW)
    kept = client.profile.payments.fields.link_rule is not None
    (row,) = read(client, order.id).payments
    assert row.link_rule == ("metadata" if kept else None)
    assert replace(row, row_id=None) == client.as_stored(ROW, order)


def test_a_deleted_order_is_gone_but_for_who_asks_for_deleted_ones(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    since = datetime.now(UTC)
    number = f"GONE {client.profile.name}"
    order_id = sandbox.monstock.order(5, "EUR", number=number)
    row_id = sandbox.monstock.record_payment(order_id, 5)
    before = read(client, order_id).updated_at
    sandbox.monstock.delete_order(order_id)
    assert client.order(order_id) is None
    assert client.find_orders(number=number) == ()
    assert order_id not in [order.id for order in client.orders_updated_since(since)]
    listed = client.orders_updated_since(since, with_deleted=True)
    shown = [order for order in listed if order.id == order_id]
    if client.profile.orders.removed is None:
        assert shown == []
        return
    (order,) = shown
    assert order.deleted
    assert order.updated_at >= before
    assert order.payments == ()
    assert [row.row_id for row in order.removed_payments] == [row_id]


def test_a_voided_payment_is_told_from_the_others(sandbox: RunningSandbox) -> None:
    french = client_of(sandbox, "monstock-fr")
    order = read(french, sandbox.monstock.order(1000, "EUR"))
    written = french.put_payment(order, ROW)
    french.delete_payment(order, written.row_id or "")
    order = read(french, order.id)
    assert order.payments == ()
    assert [row.row_id for row in order.removed_payments] == [written.row_id]


def test_a_list_begins_at_the_second_where_no_parts_of_it_are_kept(
    sandbox: RunningSandbox,
) -> None:
    moment = datetime(2026, 3, 1, 8, 0, 0, 250_000, UTC)
    assert client_of(sandbox, "monstock").listed_from(moment) == moment
    assert client_of(sandbox, "monstock-fr").listed_from(moment) == moment.replace(microsecond=0)


def test_a_list_begins_an_hour_earlier_where_local_times_are_about_to_come_twice(
    sandbox: RunningSandbox,
) -> None:
    before_the_clocks_go_back = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    french = client_of(sandbox, "monstock-fr")
    hour = timedelta(hours=1)
    assert french.listed_from(before_the_clocks_go_back) == before_the_clocks_go_back - hour


ORDER = {
    "id": "ord_1",
    "number": "N-1",
    "status": "validated",
    "kind": "order",
    "currency": "EUR",
    "total_amount": 1000,
    "updated_at": "2026-03-01T08:00:00Z",
    "payments": [],
}


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("x", "lines must be a list of lines"),
        (["x"], "line 1: must be a JSON object"),
        ([{"description": "a"}], "line 1: total_amount is missing"),
        ([{"total_amount": 1}, {"total_amount": "1"}], "line 2: total_amount"),
        ([{"total_amount": 1, "quantity": "some"}], "line 1: quantity must be a number"),
        ([{"total_amount": 1, "quantity": True}], "line 1: quantity must be a number"),
        ([{"total_amount": 1, "tax_rate": "NaN"}], "line 1: tax_rate must be a number"),
        ([{"total_amount": 1, "tax_rate": "1e99"}], "line 1: tax_rate must be a number"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named(lines: object, message: str) -> None:
    with pytest.raises(UnreadableOrder, match=message) as caught:
        OrderMapping(load_profile("monstock")).read(ORDER | {"lines": lines})
    assert str(caught.value).startswith("order N-1 (ord_1): ")


def test_an_order_without_lines_and_a_line_without_words_are_read() -> None:
    mapping = OrderMapping(load_profile("monstock"))
    assert mapping.read(ORDER).lines == ()
    lines = [{"description": None, "total_amount": 5}]
    assert mapping.read(ORDER | {"lines": lines}).lines == (OrderLine("", Decimal(1), 5),)
