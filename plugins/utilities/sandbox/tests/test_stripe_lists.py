"""Stripe's lists and single objects, asked by the stripe package over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import SECRET_KEY, StripeWorld
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000
HOUR = 3600


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: float(NOW))) as running:
        yield running


def client_of(sandbox: RunningSandbox, key: str = SECRET_KEY) -> stripe.StripeClient:
    return stripe.StripeClient(
        key, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


def paid(world: StripeWorld, at: int, amount: int = 1000) -> str:
    with world.clock.at(at):
        pi = world.payment_intent(amount, "eur")
        world.succeed(pi)
    return pi


def test_newest_come_first_also_within_one_second(sandbox: RunningSandbox) -> None:
    old = paid(sandbox.stripe, NOW - 100)
    first = paid(sandbox.stripe, NOW)
    second = paid(sandbox.stripe, NOW)
    late_entry = paid(sandbox.stripe, NOW - 50)
    listed = client_of(sandbox).v1.payment_intents.list()
    assert [entry.id for entry in listed.data] == [second, first, late_entry, old]
    assert listed.has_more is False
    assert listed.url == "/v1/payment_intents"


def test_pages_follow_each_other_without_gap_or_repeat(sandbox: RunningSandbox) -> None:
    made = [paid(sandbox.stripe, NOW - index // 3) for index in range(25)]
    listed = client_of(sandbox).v1.payment_intents.list({"limit": 4})
    assert listed.has_more is True
    seen = [entry.id for entry in listed.auto_paging_iter()]
    assert len(seen) == 25
    assert set(seen) == set(made)


def test_ten_are_sent_where_no_limit_is_given(sandbox: RunningSandbox) -> None:
    for _ in range(12):
        paid(sandbox.stripe, NOW)
    listed = client_of(sandbox).v1.payment_intents.list()
    assert len(listed.data) == 10
    assert listed.has_more is True


def test_ending_before_walks_back_and_keeps_the_order(sandbox: RunningSandbox) -> None:
    made = [paid(sandbox.stripe, NOW - 10 + index) for index in range(6)]
    listed = client_of(sandbox).v1.payment_intents.list({"ending_before": made[1], "limit": 3})
    assert [entry.id for entry in listed.data] == [made[4], made[3], made[2]]
    assert listed.has_more is True


@pytest.mark.parametrize(
    ("created", "expected"),
    [
        ({"gte": NOW - 2}, [0, 1, 2]),
        ({"gt": NOW - 2}, [0, 1]),
        ({"lte": NOW - 2}, [2, 3]),
        ({"lt": NOW - 2}, [3]),
        ({"gt": NOW - 3, "lt": NOW}, [1, 2]),
        (NOW - 1, [1]),
    ],
)
def test_created_bounds(
    sandbox: RunningSandbox, created: dict[str, int] | int, expected: list[int]
) -> None:
    made = [paid(sandbox.stripe, NOW - index) for index in range(4)]
    listed = client_of(sandbox).raw_request("get", "/v1/payment_intents", created=created)
    assert [entry["id"] for entry in listed.data["data"]] == [made[index] for index in expected]


def test_filters_by_what_belongs_together(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    customer = world.customer("a@example.com")
    other = paid(world, NOW)
    pi = world.payment_intent(5000, "eur", customer=customer)
    failed = world.decline(pi)
    charge = world.succeed(pi)
    refund = world.refund(pi, 100)
    dispute = world.dispute(pi, 300)
    assert [pi_.id for pi_ in client.v1.payment_intents.list({"customer": customer}).data] == [pi]
    charges = client.v1.charges.list({"payment_intent": pi})
    assert [entry.id for entry in charges.data] == [charge, failed]
    assert client.v1.refunds.list({"charge": charge}).data[0].id == refund
    assert client.v1.refunds.list({"payment_intent": other}).data == []
    assert client.v1.disputes.list({"payment_intent": pi}).data[0].id == dispute
    assert client.v1.customers.list({"email": "a@example.com"}).data[0].id == customer
    assert client.v1.customers.list({"email": "A@example.com"}).data == []
    moved = client.v1.balance_transactions.list({"source": charge}).data
    assert [(entry.type, entry.amount, entry.fee) for entry in moved] == [("charge", 5000, 100)]
    kinds = {entry.type for entry in client.v1.balance_transactions.list().data}
    assert kinds == {"charge", "refund", "adjustment"}


def test_sessions_and_invoice_payments_are_found_by_their_payment(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    link = world.payment_link({"monstock_order_id": "ord_1"})
    opened = world.checkout_session(900, "eur", payment_link=link)
    pi = world.complete_checkout(opened, email="b@example.com")
    left = world.checkout_session(700, "eur", client_reference_id="ord_2")
    sessions = client.v1.checkout.sessions
    found = sessions.list({"payment_intent": pi}).data
    assert [(entry.id, entry.payment_link) for entry in found] == [(opened, link)]
    assert found[0].metadata is not None
    assert found[0].metadata["monstock_order_id"] == "ord_1"
    assert [entry.id for entry in sessions.list({"status": "open"}).data] == [left]
    by_email = sessions.list({"customer_details": {"email": "b@example.com"}}).data
    assert [entry.id for entry in by_email] == [opened]
    invoice = world.invoice(1200, "eur", metadata={"monstock_order_id": "ord_3"})
    paid_by = world.pay_invoice(invoice)
    payments = client.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": paid_by}}
    ).data
    assert [(entry.invoice, entry.amount_paid, entry.status) for entry in payments] == [
        (invoice, 1200, "paid")
    ]


def test_expansion_opens_objects_to_four_levels(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    pi = paid(world, NOW)
    refund = world.refund(pi, 100)
    listed = client.v1.payment_intents.list(
        {"expand": ["data.latest_charge.balance_transaction", "data.latest_charge.refunds"]}
    )
    charge = listed.data[0].latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert charge.balance_transaction.fee == 40
    assert charge.refunds is not None
    assert charge.refunds.data[0].id == refund
    assert charge.refunds.url == f"/v1/charges/{charge.id}/refunds"


def test_an_expanded_object_is_as_new_as_its_parts(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    pi = paid(world, NOW)
    expand = {"expand": ["latest_charge.refunds"]}

    def refunds() -> list[tuple[int, str | None]]:
        answer = client.raw_request("get", f"/v1/payment_intents/{pi}", **expand)
        listed = answer.data["latest_charge"]["refunds"]["data"]
        return [(entry["amount"], entry["status"]) for entry in listed]

    assert refunds() == []
    refund = world.refund(pi, 200, "pending")
    assert refunds() == [(200, "pending")]
    world.settle_refund(refund)
    assert refunds() == [(200, "succeeded")]


def test_refunds_are_left_out_unless_asked_for_and_then_come_ten_at_a_time(
    sandbox: RunningSandbox,
) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    pi = paid(world, NOW)
    made = [world.refund(pi, 10) for _ in range(12)]
    charge = world.charge_of(pi)
    plain = client.raw_request("get", f"/v1/charges/{charge}").data
    assert "refunds" not in plain
    opened = client.raw_request("get", f"/v1/charges/{charge}", expand=["refunds"]).data["refunds"]
    assert [entry["id"] for entry in opened["data"]] == made[:1:-1]
    assert opened["has_more"] is True
    rest = client.raw_request(
        "get", f"/v1/charges/{charge}/refunds", starting_after=opened["data"][-1]["id"]
    ).data
    assert [entry["id"] for entry in rest["data"]] == made[1::-1]
    assert rest["has_more"] is False


def test_amount_paid_off_stripe_is_answered_only_when_expanded(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    invoice = world.invoice(4400, "eur")
    world.pay_invoice_out_of_band(invoice)
    plain = client.raw_request("get", f"/v1/invoices/{invoice}").data
    assert "amount_paid_off_stripe" not in plain
    assert (plain["status"], plain["amount_paid"]) == ("paid", 4400)
    asked = client.v1.invoices.list({"expand": ["data.amount_paid_off_stripe"]}).data[0]
    assert asked.amount_paid_off_stripe == 4400


def test_line_items_of_sessions_and_lines_of_invoices(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    session = world.checkout_session(1500, "eur")
    invoice = world.invoice(800, "eur")
    items = client.v1.checkout.sessions.line_items.list(session).data
    assert [item.amount_total for item in items] == [1500]
    lines = client.v1.invoices.line_items.list(invoice).data
    assert [line.amount for line in lines] == [800]


def test_rows_become_visible_later_and_not_in_their_order() -> None:
    moment = [float(NOW)]
    with running_sandbox(clock=Clock(lambda: moment[0]), visibility_delay=10) as sandbox:
        client = client_of(sandbox)
        made = [paid(sandbox.stripe, NOW) for _ in range(30)]

        def seen() -> list[str]:
            return [entry.id for entry in client.v1.payment_intents.list({"limit": 100}).data]

        assert seen() == []
        assert client.v1.payment_intents.retrieve(made[0]).id == made[0]
        moment[0] += 6
        some = seen()
        assert 0 < len(some) < 30
        newest_seen = max(made.index(entry) for entry in some)
        assert any(entry not in some for entry in made[:newest_seen])
        assert len(client.v1.events.list({"limit": 100}).data) > 0
        moment[0] += 5
        assert seen() == made[::-1]


def test_a_deleted_customer_is_in_no_list_and_says_so(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    customer = world.customer("gone@example.com")
    world.delete_customer(customer)
    assert client.v1.customers.list().data == []
    asked = client.raw_request("get", f"/v1/customers/{customer}").data
    assert dict(asked) == {"id": customer, "object": "customer", "deleted": True}
    told = client.v1.events.list({"type": "customer.deleted"}).data[0]
    assert told.data.object["email"] == "gone@example.com"


def test_search_understands_stripes_query_language() -> None:
    moment = [float(NOW)]
    with running_sandbox(clock=Clock(lambda: moment[0]), search_lag=60) as sandbox:
        world, client = sandbox.stripe, client_of(sandbox)
        pi = world.payment_intent(5000, "eur", metadata={"monstock_order_id": "ord_7"})
        world.succeed(pi)
        world.payment_intent(300, "usd")
        search = client.v1.payment_intents.search

        def found(query: str) -> list[str]:
            return [entry.id for entry in search({"query": query}).data]

        assert found("metadata['monstock_order_id']:'ord_7'") == []
        moment[0] += 61
        assert found("metadata['monstock_order_id']:'ord_7'") == [pi]
        assert found('status:"succeeded" AND amount>=5000') == [pi]
        assert found("amount<100 OR currency:'eur'") == [pi]
        assert found("-currency:'eur' amount:300") != [pi]
        assert found("metadata['monstock_order_id']:null") != [pi]
        with pytest.raises(stripe.InvalidRequestError, match="unsupported search field"):
            search({"query": "colour:'red'"})
        with pytest.raises(stripe.InvalidRequestError, match="parse"):
            search({"query": "amount>"})


def test_a_page_of_a_hundred_is_whole_json_with_stripes_headers(sandbox: RunningSandbox) -> None:
    for _ in range(100):
        paid(sandbox.stripe, NOW)
    answer = requests.get(
        f"{sandbox.stripe_url}/v1/payment_intents",
        params={"limit": "100", "expand[]": "data.latest_charge"},
        headers={"Authorization": f"Bearer {SECRET_KEY}"},
        timeout=10,
    )
    page = answer.json()
    assert len(page["data"]) == 100
    assert page["data"][0]["latest_charge"]["object"] == "charge"
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    assert answer.headers["Content-Type"].startswith("application/json")
