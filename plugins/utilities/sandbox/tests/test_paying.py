"""Paying at a sandbox from another process: invoices, links, sessions and payments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from monstock_stripe_sandbox.cli import main
from monstock_stripe_sandbox.paying import PayingError, pay
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox() as running:
        yield running


def command(sandbox: RunningSandbox, *arguments: str) -> Any:
    return CliRunner().invoke(main, ["pay", *arguments, "--stripe-url", sandbox.stripe_url])


def test_an_invoice_is_paid_by_its_id_and_by_its_address(sandbox: RunningSandbox) -> None:
    world = sandbox.stripe
    first, second = world.invoice(900, "eur"), world.invoice(700, "eur")
    paid = pay(sandbox.stripe_url, first)
    assert (paid.status, world.read("invoice", first)["status"]) == ("succeeded", "paid")
    address = world.read("invoice", second)["hosted_invoice_url"]
    assert pay(sandbox.stripe_url, address).status == "succeeded"
    assert world.read("invoice", second)["amount_paid"] == 700
    with pytest.raises(PayingError, match="is paid; it must be open"):
        pay(sandbox.stripe_url, second)


def test_an_invoice_is_paid_by_a_debit_that_arrives_later(sandbox: RunningSandbox) -> None:
    world = sandbox.stripe
    invoice = world.invoice(900, "eur")
    under_way = pay(sandbox.stripe_url, invoice, outcome="pending")
    assert under_way.status == "processing"
    assert world.read("invoice", invoice)["status"] == "open"
    assert pay(sandbox.stripe_url, under_way.payment).status == "succeeded"
    shown = world.read("invoice", invoice)
    assert (shown["status"], shown["amount_paid"]) == ("paid", 900)
    assert [event["type"] for event in world.all("event")][-4:] == [
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]


def test_a_debit_of_an_invoice_that_fails_leaves_it_open(sandbox: RunningSandbox) -> None:
    world = sandbox.stripe
    invoice = world.invoice(900, "eur")
    under_way = pay(sandbox.stripe_url, invoice, outcome="pending")
    assert pay(sandbox.stripe_url, under_way.payment, outcome="declined").status == (
        "requires_payment_method"
    )
    shown = world.read("invoice", invoice)
    assert (shown["status"], shown["attempted"]) == ("open", True)
    assert [event["type"] for event in world.all("event")][-1] == "invoice.payment_failed"


def test_a_link_is_paid_by_its_address_once(sandbox: RunningSandbox) -> None:
    link = sandbox.stripe.payment_link({"a": "1"}, completed_sessions_limit=1)
    address = sandbox.stripe.read("payment_link", link)["url"]
    paid = pay(sandbox.stripe_url, address, email="ada@example.com")
    session = sandbox.stripe.all("checkout.session")[0]
    assert (session["payment_intent"], session["metadata"]) == (paid.payment, {"a": "1"})
    assert session["customer_details"]["email"] == "ada@example.com"
    with pytest.raises(PayingError, match="inactive"):
        pay(sandbox.stripe_url, link)


def test_sessions_and_payments_are_paid_too(sandbox: RunningSandbox) -> None:
    world = sandbox.stripe
    session, pi = world.checkout_session(900, "eur"), world.payment_intent(800, "eur")
    pay(sandbox.stripe_url, session)
    assert world.read("checkout.session", session)["payment_status"] == "paid"
    declined = pay(sandbox.stripe_url, pi, outcome="declined")
    assert (declined.payment, declined.status) == (pi, "requires_payment_method")
    assert pay(sandbox.stripe_url, pi, method="sepa_debit").status == "succeeded"


def test_it_is_paid_in_the_account_that_has_it(sandbox: RunningSandbox) -> None:
    _, theirs = sandbox.stripe.connected_account()
    invoice = theirs.invoice(900, "eur")
    assert pay(sandbox.stripe_url, invoice).status == "succeeded"
    assert theirs.read("invoice", invoice)["status"] == "paid"


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"what": "in_1"}, 404, "nothing is paid by in_1"),
        ({"what": "https://example.com/"}, 404, "nothing is paid by https://example.com/"),
        ({"what": "ch_1"}, 404, "nothing is paid by ch_1"),
        ({"what": 7}, 400, "names in `what` what is paid"),
        ({"what": "in_1", "colour": "red"}, 400, "unknown: colour"),
        ({"what": "in_1", "method": 7}, 400, "method and email must be texts"),
        ({"what": "in_1", "outcome": "lost"}, 400, "outcome must be one of"),
    ],
)
def test_what_cannot_be_paid_is_said(
    sandbox: RunningSandbox, body: dict[str, Any], status: int, message: str
) -> None:
    answer = requests.post(f"{sandbox.stripe_url}/_sandbox/pay", json=body, timeout=10)
    assert answer.status_code == status
    assert message in answer.json()["error"]["message"]


def test_the_command_says_what_came_of_it(sandbox: RunningSandbox) -> None:
    invoice = sandbox.stripe.invoice(900, "eur")
    done = command(sandbox, invoice, "--outcome", "declined")
    assert done.exit_code == 0
    assert done.output.endswith(" is requires_payment_method.\n")
    assert command(sandbox, invoice).output.endswith(" is succeeded.\n")
    again = command(sandbox, invoice)
    assert (again.exit_code, again.output) == (1, f"Error: {invoice} is paid; it must be open\n")
    assert sandbox.stripe_controls.requests == 0


def test_no_sandbox_to_pay_at_is_one_clear_message() -> None:
    ended = CliRunner().invoke(main, ["pay", "in_1", "--stripe-url", "http://127.0.0.1:9"])
    assert ended.exit_code == 1
    assert ended.output.startswith("Error: no sandbox answers at http://127.0.0.1:9: start one")
