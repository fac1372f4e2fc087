"""The client over real HTTP, against the sandbox's Monstock and its default profile."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockRejected,
    MonstockUnsupported,
    UnreadableOrder,
)
from monstock_stripe_core.order import OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.profile import load_profile
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

TOKEN = "monstock-sandbox-token"
ROW = OrderPaymentRow(
    method="stripe",
    transaction_reference="pi_1",
    currency="EUR",
    amount=600,
    status=PaymentStatus.SUCCEEDED,
    refunded=100,
    fee=20,
    fee_currency="EUR",
    paid_at=datetime(2026, 3, 1, 8, 0, 0, 5, UTC),
    payment_method="card",
    note="Paid by card",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[MonstockClient]:
    base_url = sandbox.monstock_url + "/api/v1/"
    with MonstockClient(base_url, TOKEN, load_profile("monstock")) as client:
        yield client


def test_an_order_is_read_with_its_payments(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order_id = sandbox.monstock.order(
        1000, "EUR", number="N-1", customer_email="a@example.com", channel_reference="#1"
    )
    sandbox.monstock.record_payment(order_id, 400, reference="receipt 7")
    order = client.order(order_id)
    assert order is not None
    assert (order.id, order.number, order.total, order.currency) == (order_id, "N-1", 1000, "EUR")
    assert (order.state, order.raw_state, order.kind) == (
        OrderState.VALIDATED,
        "validated",
        "order",
    )
    assert order.payment_status is OrderPaymentStatus.UNPAID
    assert (order.amount_due, order.channel_reference) == (1000, "#1")
    assert order.customer_email == "a@example.com"
    assert order.etag is not None
    assert order.updated_at.tzinfo is UTC
    (row,) = order.payments
    assert (row.method, row.amount, row.transaction_reference) == ("cash", 400, "receipt 7")
    assert not row.ours


def test_an_order_that_is_not_there_is_none(client: MonstockClient) -> None:
    assert client.order("ord_nowhere") is None


@pytest.mark.parametrize(
    "hostile", ["", ".", "..", "a" * 300, "a\x00b", "line\nfeed", "\ud800", "\u202eord"]
)
def test_a_reference_that_no_url_can_carry_finds_nothing_and_asks_nothing(
    sandbox: RunningSandbox, client: MonstockClient, hostile: str
) -> None:
    sandbox.monstock_controls.reset_counters()
    assert client.order(hostile) is None
    assert client.find_orders(number=hostile) == ()
    assert client.find_orders_many("id", [hostile]) == {hostile: ()}
    assert sandbox.monstock_controls.requests == 0


@pytest.mark.parametrize("odd", ["a/b", "a?b=c&d", "a%2Fb", "é ü", "../orders", "a#b", "'; --"])
def test_odd_references_are_looked_up_as_they_are(
    sandbox: RunningSandbox, client: MonstockClient, odd: str
) -> None:
    order_id = sandbox.monstock.order(5, "EUR", number=odd)
    assert [order.id for order in client.find_orders(number=odd)] == [order_id]
    assert client.order(odd) is None


def test_a_payment_is_written_read_back_equal_and_replaced(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    written = client.put_payment(order, ROW)
    again = client.order(order.id)
    assert again is not None
    assert again.payments == (replace(ROW, row_id=written.row_id, ours=True),)
    assert (again.etag, again.updated_at) == (written.etag, written.updated_at)
    client.put_payment(again, replace(ROW, amount=700))
    last = client.order(order.id)
    assert last is not None
    assert [(row.row_id, row.amount) for row in last.payments] == [(written.row_id, 700)]


def test_the_reference_of_a_connected_account_holds_a_slash(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    client.put_payment(order, replace(ROW, transaction_reference="acct_1/pi_1"))
    again = client.order(order.id)
    assert again is not None
    assert again.payments[0].transaction_reference == "acct_1/pi_1"


def test_a_write_on_an_order_that_changed_meanwhile_is_a_conflict(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR", number="N-2"))
    assert order is not None
    sandbox.monstock.edit_order(order.id, total=900)
    changed = "N-2 has changed since you read it"
    with pytest.raises(MonstockConflict, match=changed):
        client.put_payment(order, ROW)
    with pytest.raises(MonstockConflict, match=changed):
        client.update_payment(order, "pay_1", ROW)
    with pytest.raises(MonstockConflict, match=changed):
        client.delete_payment(order, "pay_1")
    with pytest.raises(MonstockConflict, match=changed):
        client.patch_order(order, payment_status=OrderPaymentStatus.PAID)


def test_a_write_on_an_order_that_is_gone_is_a_conflict(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    sandbox.monstock.delete_order(order.id)
    with pytest.raises(MonstockConflict, match="gone since it was read"):
        client.put_payment(order, ROW)


def test_a_row_made_by_hand_is_adopted(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    row_id = sandbox.monstock.record_payment(order_id, 600, method="card", reference="ch_1")
    order = client.order(order_id)
    assert order is not None
    assert client.is_stripe_like(order.payments[0])
    client.update_payment(order, row_id, ROW)
    adopted = client.order(order_id)
    assert adopted is not None
    assert adopted.payments == (replace(ROW, row_id=row_id, ours=True),)
    assert not client.is_stripe_like(adopted.payments[0])


def test_a_row_is_deleted_once_and_gone_the_second_time(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    written = client.put_payment(order, ROW)
    result = client.delete_payment(replace(order, etag=written.etag), str(written.row_id))
    client.delete_payment(replace(order, etag=result.etag), str(written.row_id))
    again = client.order(order.id)
    assert again is not None
    assert again.payments == ()


def test_an_order_is_patched(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    result = client.patch_order(
        order, payment_status=OrderPaymentStatus.PAID, state=OrderState.SHIPPED, amount_due=0
    )
    again = client.order(order.id)
    assert again is not None
    assert again.payment_status is OrderPaymentStatus.PAID
    assert (again.state, again.amount_due, again.etag) == (OrderState.SHIPPED, 0, result.etag)


def test_nothing_to_patch_is_no_request(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    sandbox.monstock_controls.reset_counters()
    client.patch_order(order)
    assert sandbox.monstock_controls.requests == 0


def test_two_orders_may_share_a_number_and_both_are_found(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    ids = [sandbox.monstock.order(5, "EUR", number="TWICE") for _ in range(2)]
    assert [order.id for order in client.find_orders(number="TWICE")] == ids


def test_an_email_is_found_in_any_case(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order_id = sandbox.monstock.order(5, "EUR", customer_email="Jo@Example.com")
    found = client.find_orders_many("customer_email", ["jo@example.COM", "no@example.com"])
    assert [order.id for order in found["jo@example.COM"]] == [order_id]
    assert found["no@example.com"] == ()


def test_many_ids_are_asked_for_in_few_requests(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    ids = [sandbox.monstock.order(5, "EUR") for _ in range(250)]
    sandbox.monstock_controls.reset_counters()
    found = client.find_orders_many("id", [*ids, "ord_nowhere", "a,b", ids[0]])
    assert [found[order_id][0].id for order_id in ids] == ids
    assert found["ord_nowhere"] == found["a,b"] == ()
    assert sandbox.monstock_controls.requests == 3


def test_a_find_without_a_field_is_a_mistake(client: MonstockClient) -> None:
    with pytest.raises(TypeError):
        client.find_orders()
    with pytest.raises(TypeError):
        client.find_orders(id="a", number="b")


def test_a_field_the_tenant_cannot_look_up_by_is_said(sandbox: RunningSandbox) -> None:
    profile = load_profile("monstock")
    find = replace(profile.orders.find, channel_reference=None, id=None)
    profile = replace(profile, orders=replace(profile.orders, find=find))
    client = MonstockClient(sandbox.monstock_url + "/api/v1", TOKEN, profile)
    assert not client.can_find_by("channel_reference")
    with pytest.raises(MonstockUnsupported, match=r"no orders\.find\.channel_reference"):
        client.find_orders(channel_reference="#1")
    order_id = sandbox.monstock.order(5, "EUR")
    assert [order.id for order in client.find_orders(id=order_id)] == [order_id]


def test_a_payment_status_that_monstock_derives_is_not_written(sandbox: RunningSandbox) -> None:
    profile = replace(load_profile("monstock"), payment_status="derived")
    client = MonstockClient(sandbox.monstock_url + "/api/v1", TOKEN, profile)
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    assert not client.writes_payment_status
    with pytest.raises(MonstockUnsupported, match="derives payment_status"):
        client.patch_order(order, payment_status=OrderPaymentStatus.PAID)


def test_what_monstock_refuses_is_told_in_its_words_with_the_order(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR", number="N-3"))
    assert order is not None
    with pytest.raises(MonstockRejected, match=r"order N-3.*422.*payment_method") as caught:
        client.put_payment(order, replace(ROW, payment_method="x" * 300))
    assert (caught.value.status, caught.value.code) == (422, "invalid_field")


def test_an_amount_beyond_64_bits_names_its_order_and_is_not_sent(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR", number="N-4"))
    assert order is not None
    sandbox.monstock_controls.reset_counters()
    with pytest.raises(MoneyError, match=r"order N-4 .*beyond 64 bits"):
        client.put_payment(order, replace(ROW, amount=2**63))
    assert sandbox.monstock_controls.requests == 0


def test_a_note_is_cut_to_what_fits(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order = client.order(sandbox.monstock.order(1000, "EUR"))
    assert order is not None
    long = replace(ROW, note="x" * 10_000)
    client.put_payment(order, long)
    again = client.order(order.id)
    assert again is not None
    assert replace(again.payments[0], row_id=None) == client.as_stored(long, again)
    assert len(again.payments[0].note or "") == 5000


def test_one_unreadable_order_is_told_and_the_others_go_on(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    before = datetime.now(UTC)
    first = sandbox.monstock.order(5, "XXX", number="FIRST")
    second = sandbox.monstock.order(5, "EUR", number="SECOND")
    told: list[UnreadableOrder] = []
    read = list(client.orders_updated_since(before, on_unreadable=told.append))
    assert [order.id for order in read] == [second]
    assert [error.order_id for error in told] == [first]
    assert "order FIRST" in str(told[0])
    assert "unknown currency 'XXX'" in str(told[0])
    with pytest.raises(UnreadableOrder):
        list(client.orders_updated_since(before))
    found = client.find_orders_many("id", [first, second], on_unreadable=told.append)
    assert [len(found[first]), len(found[second])] == [0, 1]
    sandbox.monstock.delete_order(first)


def test_many_threads_share_a_client(sandbox: RunningSandbox, client: MonstockClient) -> None:
    ids = [sandbox.monstock.order(5, "EUR") for _ in range(60)]

    def pay(order_id: str) -> None:
        order = client.order(order_id)
        assert order is not None
        client.put_payment(order, replace(ROW, transaction_reference=f"pi_{order_id}"))

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(pay, ids))
    orders = client.find_orders_many("id", ids)
    assert {orders[i][0].payments[0].transaction_reference for i in ids} == {
        f"pi_{order_id}" for order_id in ids
    }
