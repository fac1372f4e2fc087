"""Making, changing and deleting objects of any kind: what lists, events and parents then say."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import SECRET_KEY, StripeWorld, StripeWorldError
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: float(NOW))) as running:
        yield running


def client_of(sandbox: RunningSandbox, account: str | None = None) -> stripe.StripeClient:
    return stripe.StripeClient(
        SECRET_KEY,
        base_addresses={"api": sandbox.stripe_url},
        max_network_retries=0,
        stripe_account=account,
    )


def types_of_events(sandbox: RunningSandbox, account: str | None = None) -> list[str]:
    listed = client_of(sandbox, account).v1.events.list({"limit": 100})
    return [str(event.type) for event in listed.data][::-1]


def test_a_change_is_told_with_what_was_before(sandbox: RunningSandbox) -> None:
    coupon = sandbox.stripe.create("coupon", name="Spring", percent_off=10.0)
    sandbox.stripe.change("coupon", coupon, name="Summer")
    told = client_of(sandbox).v1.events.list({"type": "coupon.updated"}).data[0]
    assert told.data.object["name"] == "Summer"
    assert told.data.to_dict()["previous_attributes"] == {"name": "Spring"}
    assert client_of(sandbox).v1.coupons.retrieve(coupon).name == "Summer"


def test_what_did_not_change_is_not_told(sandbox: RunningSandbox) -> None:
    coupon = sandbox.stripe.create("coupon", name="Spring")
    sandbox.stripe.change("coupon", coupon, name="Spring")
    assert types_of_events(sandbox) == ["coupon.created"]


def test_a_deleted_object_is_in_no_list_and_its_event_has_it_whole(sandbox: RunningSandbox) -> None:
    coupon = sandbox.stripe.create("coupon", name="Spring")
    sandbox.stripe.delete("coupon", coupon)
    client = client_of(sandbox)
    assert client.v1.coupons.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match=f"No such coupon: '{coupon}'"):
        client.v1.coupons.retrieve(coupon)
    told = client.v1.events.list({"type": "coupon.deleted"}).data[0]
    assert told.data.object["name"] == "Spring"


def test_a_deleted_reader_says_by_its_id_that_it_was_deleted(sandbox: RunningSandbox) -> None:
    reader = sandbox.stripe.create("terminal.reader")
    sandbox.stripe.delete("terminal.reader", reader)
    client = client_of(sandbox)
    assert client.v1.terminal.readers.list().data == []
    assert client.v1.terminal.readers.retrieve(reader).to_dict() == {
        "id": reader,
        "object": "terminal.reader",
        "deleted": True,
    }


EVENTS: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "no type of event": ("file_link", {}, {"metadata": {"a": "b"}}, []),
    "only of creation": ("file", {}, {"title": "T"}, ["file.created"]),
    "other prefix": (
        "issuing.card",
        {},
        {"status": "inactive"},
        ["issuing_card.created", "issuing_card.updated"],
    ),
    "word for the status": (
        "payout",
        {"status": "pending"},
        {"status": "paid"},
        ["payout.created", "payout.paid"],
    ),
    "other word for the status": (
        "credit_note",
        {"status": "issued"},
        {"status": "void"},
        ["credit_note.created", "credit_note.voided"],
    ),
    "review": ("review", {"open": True}, {"open": False}, ["review.opened", "review.closed"]),
    "method of a customer": (
        "payment_method",
        {"customer": None},
        {"customer": "cus_1"},
        ["payment_method.attached"],
    ),
    "own tax id": ("tax_id", {}, {"country": "DE"}, []),
    "silent edit": ("payment_intent", {}, {"description": "x"}, ["payment_intent.created"]),
    "warning": (
        "radar.early_fraud_warning",
        {},
        {"actionable": True},
        ["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"],
    ),
}


@pytest.mark.parametrize("name", EVENTS)
def test_events_are_those_that_stripe_makes(sandbox: RunningSandbox, name: str) -> None:
    kind, fields, changes, expected = EVENTS[name]
    identifier = sandbox.stripe.create(kind, **fields)
    sandbox.stripe.change(kind, identifier, **changes)
    of_others = ("charge.", "payment_intent.", "invoice.", "customer.created", "setup_intent.")
    seen = [each for each in types_of_events(sandbox) if not each.startswith(of_others)]
    if kind == "payment_intent":
        seen = types_of_events(sandbox)
    assert seen == expected


def test_lines_of_an_invoice_stand_in_it_and_change_it(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    invoice = world.invoice(1000, "eur")
    path = "/v1/invoices/{invoice}/lines"
    made = [world.create(path, invoice, amount=5) for _ in range(12)]
    shown = client.v1.invoices.retrieve(invoice).lines
    assert [line.id for line in shown.data] == made[:1:-1]
    assert shown.has_more is True
    rest = client.v1.invoices.line_items.list(invoice, {"starting_after": shown.data[-1].id})
    assert [line.id for line in rest.data][:2] == made[1::-1]
    assert len(rest.data) == 3
    told = client.v1.events.list({"type": "invoice.updated", "limit": 100}).data
    assert len(told) == 12
    assert len(told[-1].data.to_dict()["previous_attributes"]["lines"]["data"]) == 1


def test_items_of_a_subscription_follow_it(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    subscription = world.create("subscription")
    second = world.create("/v1/subscription_items", subscription, quantity=4)
    shown = client.v1.subscriptions.retrieve(subscription).to_dict()["items"]
    assert shown["data"][0]["id"] == second
    assert len(shown["data"]) == 2
    world.delete("subscription_item", second)
    listed = client.v1.subscription_items.list({"subscription": subscription}).data
    assert [item.id for item in listed] == [shown["data"][1]["id"]]
    seen = [each for each in types_of_events(sandbox) if each.startswith("customer.subscription")]
    assert seen == [
        "customer.subscription.created",
        "customer.subscription.updated",
        "customer.subscription.updated",
    ]


def test_canceled_subscriptions_are_listed_when_they_are_asked_for(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    customer = world.customer()
    kept = world.create("subscription", customer=customer, status="active")
    ended = world.create("subscription", customer=customer, status="active")
    world.delete("subscription", ended)
    listed = client.v1.subscriptions
    assert [each.id for each in listed.list().data] == [kept]
    assert [each.id for each in listed.list({"status": "all"}).data] == [ended, kept]
    assert [each.id for each in listed.list({"status": "ended"}).data] == [ended]
    expanded = client.v1.customers.retrieve(customer, {"expand": ["subscriptions"]})
    assert expanded.subscriptions is not None
    assert [each.id for each in expanded.subscriptions.data] == [kept]
    assert "customer.subscription.deleted" in types_of_events(sandbox)
    world.delete("customer", customer)
    assert listed.list().data == []


def test_a_reversal_changes_its_transfer_and_the_event_is_the_transfers(
    sandbox: RunningSandbox,
) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    transfer = world.create("transfer", amount=900)
    reversal = world.create("/v1/transfers/{id}/reversals", transfer, amount=300)
    told = client.v1.events.list({"type": "transfer.reversed"}).data[0]
    assert told.data.object["id"] == transfer
    assert told.data.object["amount_reversed"] == 300
    shown = client.v1.transfers.retrieve(transfer)
    assert [each.id for each in shown.reversals.data] == [reversal]
    assert shown.reversed is False


def test_own_tax_ids_and_those_of_customers_are_kept_apart(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    customer = world.customer()
    own = world.create("/v1/tax_ids")
    theirs = world.create("/v1/customers/{customer}/tax_ids", customer)
    assert [each.id for each in client.v1.tax_ids.list().data] == [own]
    of_customer = {"owner": {"type": "customer", "customer": customer}}
    asked = client.v1.tax_ids.list(of_customer)  # type: ignore[arg-type]
    assert [each.id for each in asked.data] == [theirs]
    assert [each.id for each in client.v1.customers.tax_ids.list(customer).data] == [theirs]


def test_references_are_opened_where_their_object_is_there(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    customer = world.customer("a@example.com")
    world.create("subscription", customer=customer)
    expand = ["data.customer", "data.items.data.price"]
    listed = client.v1.subscriptions.list({"expand": expand[:1]}).data[0]
    assert listed.customer.email == "a@example.com"  # type: ignore[union-attr]
    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        client.v1.subscriptions.list({"expand": ["data.status"]})


def test_funds_become_available_without_an_event(sandbox: RunningSandbox) -> None:
    world, client = sandbox.stripe, client_of(sandbox)
    world.direct_charge(1000, "eur")
    before = client.v1.balance_transactions.list().data[0]
    assert before.status == "pending"
    seen = types_of_events(sandbox)
    assert world.release_funds(before.available_on - 1) == []
    assert world.release_funds(before.available_on) == [before.id]
    assert client.v1.balance_transactions.list().data[0].status == "available"
    assert types_of_events(sandbox) == seen


REFUSED: dict[str, tuple[Any, str]] = {
    "unknown kind": (lambda world: world.create("cupon"), "no kind and no list 'cupon'"),
    "unknown field": (lambda world: world.create("coupon", colour="red"), "no field colour"),
    "kind in many lists": (lambda world: world.create("item"), "name one of them"),
    "event": (lambda world: world.create("event"), "an event cannot be made"),
    "charge": (
        lambda world: world.delete("charge", world.create("charge")),
        "Stripe deletes no charge",
    ),
    "invoice that is out": (
        lambda world: world.delete("invoice", world.create("invoice")),
        "must be draft",
    ),
    "product with prices": (
        lambda world: world.delete(
            "product", world.read("price", world.create("price"))["product"]
        ),
        "has prices",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stripe_would_not_do_is_refused(sandbox: RunningSandbox, name: str) -> None:
    act, message = REFUSED[name]
    with pytest.raises(StripeWorldError, match=message):
        act(sandbox.stripe)


def connected(sandbox: RunningSandbox) -> tuple[str, StripeWorld]:
    return sandbox.stripe.connected_account()


def test_a_connected_account_has_a_world_of_its_own(sandbox: RunningSandbox) -> None:
    account, theirs = connected(sandbox)
    charge = theirs.direct_charge(700, "eur")
    own = sandbox.stripe.direct_charge(900, "eur")
    client = client_of(sandbox)
    assert [each.id for each in client.v1.charges.list().data] == [own]
    under = client_of(sandbox, account)
    assert [each.id for each in under.v1.charges.list().data] == [charge]
    assert "charge.succeeded" in types_of_events(sandbox, account)
    assert under.v1.accounts.retrieve_current().id == account
    with pytest.raises(stripe.PermissionError, match="does not have access to account 'acct_no'"):
        client_of(sandbox, "acct_no").v1.charges.list()


def test_the_platform_lists_its_accounts_and_what_hangs_on_them(sandbox: RunningSandbox) -> None:
    account, theirs = connected(sandbox)
    world, client = sandbox.stripe, client_of(sandbox)
    bank = world.create("/v1/accounts/{account}/external_accounts", account)
    person = world.create("person", account)
    assert [each.id for each in client.v1.accounts.list().data] == [account]
    assert [each.id for each in client.v1.accounts.persons.list(account).data] == [person]
    capabilities = client.v1.accounts.capabilities.list(account).data
    assert {each.id for each in capabilities} == {"card_payments", "transfers"}
    shown = client.v1.accounts.retrieve(account)
    assert shown.external_accounts is not None
    assert [each.id for each in shown.external_accounts.data] == [bank]
    assert client_of(sandbox, account).v1.accounts.retrieve_current() == shown
    with pytest.raises(stripe.PermissionError):
        client.v1.accounts.retrieve("acct_no")
    assert types_of_events(sandbox) == []
    world.change("account", account, email="new@example.com")
    seen = [each["type"] for each in theirs.all("event")]
    assert {"account.external_account.created", "person.created", "account.updated"} <= set(seen)
    assert theirs.account_named(account)["email"] == "new@example.com"


def test_new_objects_appear_late_under_a_parent_too() -> None:
    moment = [float(NOW)]
    with running_sandbox(clock=Clock(lambda: moment[0]), visibility_delay=10) as sandbox:
        world = sandbox.stripe
        customer = world.customer()
        path = "/v1/customers/{customer}/balance_transactions"
        world.create(path, customer)
        assert world.present(path, customer) == []
        moment[0] += 11
        assert len(world.present(path, customer)) == 1


def test_everything_outlives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    with running_sandbox(state_file=file) as sandbox:
        world = sandbox.stripe
        account, theirs = connected(sandbox)
        theirs.create("payout")
        subscription = world.create("subscription")
        world.create("/v1/subscription_items", subscription)
        world.create("entitlements.active_entitlement")
        world.delete("terminal.location", world.create("terminal.location"))
        world.delete("customer", world.create("customer"))
        before = {each.path: world.present(each.path) for each in world.lists()}
        payouts = theirs.present("payout")
    with running_sandbox(state_file=file) as sandbox:
        world = sandbox.stripe
        assert {each.path: world.present(each.path) for each in world.lists()} == before
        assert world.connected[account].present("payout") == payouts
        later = world.create("/v1/subscription_items", subscription)
        assert world.read("subscription", subscription)["items"]["data"][0]["id"] == later
