"""The default profile and one that is unlike it in every respect: the same behaviour, no code."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.monstock_call import Patience
from monstock_stripe_core.monstock_client import MonstockClient
from monstock_stripe_core.monstock_errors import (
    MonstockConflict,
    MonstockProtocolError,
    MonstockRejected,
    MonstockUnauthorized,
    MonstockUnsupported,
)
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.payment import PaymentStatus
from monstock_stripe_core.profile import load_profile
from monstock_stripe_sandbox.faults import Fault
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

TOKEN = "monstock-sandbox-token"
BASE_PATHS = {"monstock": "/api/v1", "monstock-fr": "/gestion"}
ROW = OrderPaymentRow(
    method="stripe",
    transaction_reference="pi_1",
    currency="EUR",
    amount=600,
    authorized=1,
    refunded=100,
    disputed=20,
    dispute_lost=3,
    status=PaymentStatus.SUCCEEDED,
    fee=20,
    fee_currency="EUR",
    paid_at=datetime(2026, 3, 1, 8, 0, 0, 5, UTC),
    payment_method="card",
    note="Payé par carte — 6,00 €",
)


@pytest.fixture(scope="module")
def served() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


@pytest.fixture
def sandbox(served: RunningSandbox) -> Iterator[RunningSandbox]:
    yield served
    served.monstock_controls.clear_faults()


@pytest.fixture(params=BASE_PATHS)
def client(sandbox: RunningSandbox, request: pytest.FixtureRequest) -> MonstockClient:
    return client_of(sandbox, request.param)


@pytest.fixture
def french(sandbox: RunningSandbox) -> MonstockClient:
    return client_of(sandbox, "monstock-fr")


def client_of(sandbox: RunningSandbox, name: str, token: str = TOKEN) -> MonstockClient:
    return MonstockClient(
        sandbox.monstock_url + BASE_PATHS[name],
        token,
        load_profile(name),
        sleep=lambda _: None,
        patience=Patience(attempts=12),
    )


def read(client: MonstockClient, order_id: str) -> Order:
    order = client.order(order_id)
    assert order is not None
    return order


@pytest.mark.parametrize(
    ("currency", "total"),
    [("EUR", 123456), ("JPY", 1234), ("KWD", 1234), ("ISK", 500), ("UGX", 500), ("EUR", 2**62)],
)
def test_an_order_is_read_in_minor_units(
    sandbox: RunningSandbox, client: MonstockClient, currency: str, total: int
) -> None:
    order_id = sandbox.monstock.order(total, currency, customer_email="a@b.c")
    sandbox.monstock.record_payment(order_id, -total, method="cash")
    order = read(client, order_id)
    assert (order.total, order.amount_due, order.currency) == (total, total, currency)
    assert (order.kind, order.state) == ("order", OrderState.VALIDATED)
    assert order.payment_status is OrderPaymentStatus.UNPAID
    assert order.customer_email == "a@b.c"
    assert [row.amount for row in order.payments] == [-total]


def test_times_are_utc_to_the_second_at_least(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    order = read(client, sandbox.monstock.order(5, "EUR"))
    assert before <= order.updated_at <= datetime.now(UTC)
    assert order.updated_at == order.created_at


def test_a_quote_is_told_from_an_order(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order_id = sandbox.monstock.order(5, "EUR", kind="quote", status="draft")
    order = read(client, order_id)
    assert (order.kind, order.state) == ("quote", OrderState.DRAFT)


def test_a_written_payment_reads_as_it_was_said_to_be_stored(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = read(client, sandbox.monstock.order(1000, "EUR"))
    written = client.put_payment(order, ROW)
    order = read(client, order.id)
    (row,) = order.payments
    assert row == replace(client.as_stored(ROW, order), row_id=written.row_id)
    assert row.ours
    assert (row.amount, row.refunded, row.disputed, row.dispute_lost) == (600, 100, 20, 3)
    assert row.note == "Payé par carte — 6,00 €"


def test_writing_again_replaces(sandbox: RunningSandbox, client: MonstockClient) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    client.put_payment(read(client, order_id), ROW)
    client.put_payment(read(client, order_id), replace(ROW, amount=700, note=None))
    (row,) = read(client, order_id).payments
    assert (row.amount, row.note) == (700, None)


@pytest.mark.parametrize("status", [s for s in PaymentStatus if s != PaymentStatus.NOT_ATTEMPTED])
def test_every_status_of_a_payment_comes_back(
    sandbox: RunningSandbox, client: MonstockClient, status: PaymentStatus
) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    client.put_payment(read(client, order_id), replace(ROW, status=status))
    assert read(client, order_id).payments[0].status is status


def test_a_payment_that_nobody_tried_has_no_word(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = read(client, sandbox.monstock.order(1000, "EUR", number="N-7"))
    with pytest.raises(MonstockUnsupported, match=r"order N-7 .*no word for 'not_attempted'"):
        client.put_payment(order, replace(ROW, status=PaymentStatus.NOT_ATTEMPTED))


@pytest.mark.parametrize("status", OrderPaymentStatus)
def test_every_payment_status_of_an_order_comes_back(
    sandbox: RunningSandbox, client: MonstockClient, status: OrderPaymentStatus
) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    client.patch_order(read(client, order_id), payment_status=status, amount_due=-5)
    order = read(client, order_id)
    assert (order.payment_status, order.amount_due) == (status, -5)


@pytest.mark.parametrize("state", [OrderState.SHIPPED, "shipped"])
def test_a_state_is_written_in_the_tenants_word(
    sandbox: RunningSandbox, client: MonstockClient, state: OrderState | str
) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    client.patch_order(read(client, order_id), state=state)
    assert read(client, order_id).state is OrderState.SHIPPED


def test_a_tenants_own_word_for_a_state_is_written_as_it_is(
    sandbox: RunningSandbox, french: MonstockClient
) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    french.patch_order(read(french, order_id), state="annulé")
    assert read(french, order_id).raw_state == "annulé"
    with pytest.raises(MonstockRejected, match="Mot inconnu"):
        french.patch_order(read(french, order_id), state="perdu")


def test_a_row_made_by_hand_is_adopted_and_removed(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order_id = sandbox.monstock.order(1000, "EUR")
    row_id = sandbox.monstock.record_payment(order_id, 600, method="cb", reference="ch_1")
    order = read(client, order_id)
    assert client.is_stripe_like(order.payments[0])
    client.update_payment(order, row_id, ROW)
    order = read(client, order_id)
    assert [(row.row_id, row.method) for row in order.payments] == [(row_id, "stripe")]
    client.delete_payment(order, row_id)
    order = read(client, order_id)
    assert order.payments == ()
    client.delete_payment(order, row_id)
    client.put_payment(order, ROW)
    assert len(read(client, order_id).payments) == 1


def test_orders_are_found_by_number_with_their_payments(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    number = f"TWICE {client.profile.name}"
    ids = [sandbox.monstock.order(5, "EUR", number=number) for _ in range(2)]
    for order_id in ids:
        sandbox.monstock.record_payment(order_id, 5)
    found = client.find_orders(number=number)
    assert sorted(order.id for order in found) == sorted(ids)
    assert [len(order.payments) for order in found] == [1, 1]
    by_id = client.find_orders_many("id", [*ids, "ord_nowhere"])
    assert [len(by_id[order_id]) for order_id in (*ids, "ord_nowhere")] == [1, 1, 0]


def test_all_orders_that_changed_are_listed_with_their_payments(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    since = datetime.now(UTC)
    ids = [sandbox.monstock.order(5, "EUR") for _ in range(130)]
    for order_id in ids[:110]:
        sandbox.monstock.record_payment(order_id, 5)
    sandbox.monstock_controls.reset_counters()
    listed = {order.id: order for order in client.orders_updated_since(since)}
    assert set(ids) <= set(listed)
    assert sum(len(listed[order_id].payments) for order_id in ids) == 110
    assert sandbox.monstock_controls.requests <= 25
    times = [order.updated_at for order in listed.values()]
    assert times == sorted(times)


def test_a_wrong_token_and_a_wrong_order(sandbox: RunningSandbox, client: MonstockClient) -> None:
    wrong = client_of(sandbox, client.profile.name, "another")
    with pytest.raises(MonstockUnauthorized):
        wrong.order("ord_1")
    assert client.order("ord_1") is None


def test_an_order_has_no_condition_where_writes_send_none(sandbox: RunningSandbox) -> None:
    profile = load_profile("monstock")
    assert profile.orders.fields.etag is not None
    unguarded = replace(profile, condition=replace(profile.condition, style="none"))
    order_id = sandbox.monstock.order(1000, "EUR")
    for described, has_condition in ((profile, True), (unguarded, False)):
        client = MonstockClient(sandbox.monstock_url + BASE_PATHS["monstock"], TOKEN, described)
        (listed,) = client.find_orders_many("id", [order_id])[order_id]
        for order in (listed, read(client, order_id)):
            assert (order.etag is not None) is has_condition


def test_the_wrong_profile_for_a_tenant_is_said(sandbox: RunningSandbox) -> None:
    base_url = sandbox.monstock_url + BASE_PATHS["monstock-fr"]
    with pytest.raises(MonstockProtocolError, match="404"):
        MonstockClient(base_url, TOKEN, load_profile("monstock")).find_orders(number="1")


@pytest.mark.parametrize("kind", ["cut_before", "cut_after", "cut_half", "half_json"])
def test_a_payment_is_made_once_where_answers_get_lost(
    sandbox: RunningSandbox, client: MonstockClient, kind: str
) -> None:
    """The unlike API would take the same payment twice, and has no condition to prevent it."""
    order_id = sandbox.monstock.order(1000, "EUR")
    order = read(client, order_id)
    sandbox.monstock_controls.set_faults(
        Fault(kind, method="POST", times=2), Fault(kind, method="PUT", times=2)
    )
    try:
        client.put_payment(order, ROW)
    except MonstockConflict:
        assert client.profile.condition.style == "etag"
    sandbox.monstock_controls.clear_faults()
    (row,) = read(client, order_id).payments
    assert row.transaction_reference == "pi_1"


def test_many_payments_of_an_order_are_written_without_reading_it_again(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = read(client, sandbox.monstock.order(1000, "EUR"))
    sandbox.monstock_controls.reset_counters()
    for number in range(20):
        row = replace(ROW, transaction_reference=f"pi_{number}")
        order = replace(order, etag=client.put_payment(order, row).etag)
    assert sandbox.monstock_controls.requests == sandbox.monstock_controls.writes == 20
    order = read(client, order.id)
    client.put_payment(order, replace(ROW, transaction_reference="pi_7", amount=700))
    amounts = {row.transaction_reference: row.amount for row in read(client, order.id).payments}
    assert amounts == {f"pi_{number}": 600 for number in range(20)} | {"pi_7": 700}


def test_the_unlike_tenant_cannot_hold_a_fee_nor_a_currency(
    sandbox: RunningSandbox, french: MonstockClient
) -> None:
    order = read(french, sandbox.monstock.order(1000, "EUR", number="N-8"))
    assert french.as_stored(ROW, order).fee is None
    assert french.as_stored(ROW, order).paid_at == datetime(2026, 3, 1, 8, 0, 0, 0, UTC)
    with pytest.raises(MonstockUnsupported, match=r"order N-8 .*USD cannot stand on an order in"):
        french.put_payment(order, replace(ROW, currency="USD"))
    dollars = replace(ROW, currency="USD")
    assert french.as_stored(dollars, order) == dollars


def test_what_a_tenant_refuses_is_told_in_its_own_words(
    sandbox: RunningSandbox, french: MonstockClient
) -> None:
    order = read(french, sandbox.monstock.order(1000, "EUR"))
    with pytest.raises(MonstockRejected, match=r"422 .*: .*payment_method") as caught:
        french.put_payment(order, replace(ROW, payment_method="x" * 300))
    assert caught.value.code == "invalid_field"


def test_an_amount_beyond_64_bits_is_not_sent(
    sandbox: RunningSandbox, client: MonstockClient
) -> None:
    order = read(client, sandbox.monstock.order(1000, "EUR"))
    with pytest.raises(MoneyError, match="beyond 64 bits"):
        client.put_payment(order, replace(ROW, amount=2**63))


@pytest.mark.parametrize("scheme", ["basic", "query"])
def test_other_ways_to_send_the_token(
    sandbox: RunningSandbox, scheme: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The sandbox refuses them, and the token shows in no message: not even where it is in URLs."""
    profile = load_profile("monstock")
    auth = replace(profile.auth, scheme=scheme, name="key")  # type: ignore[arg-type]
    client = MonstockClient(
        sandbox.monstock_url + "/api/v1", "top-secret", replace(profile, auth=auth)
    )
    with caplog.at_level("DEBUG", "monstock_stripe_core"):
        with pytest.raises(MonstockUnauthorized) as caught:
            client.order("ord_1")
        sandbox.monstock_controls.set_faults(Fault("cut_before"))
        dead = MonstockClient(
            "http://127.0.0.1:1", "top-secret", replace(profile, auth=auth), sleep=lambda _: None
        )
        with pytest.raises(Exception, match="connection refused") as lost:
            dead.order("ord_1")
    assert "top-secret" not in str(caught.value) + str(lost.value) + caplog.text
