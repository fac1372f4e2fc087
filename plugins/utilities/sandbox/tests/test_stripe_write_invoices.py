"""Writing invoices: drafts and their lines, finalizing, sending, voiding, and what is paid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
import stripe
from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.stripe_world import SECRET_KEY
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

NOW = 1_790_000_000
VAT: dict[str, Any] = {"display_name": "VAT", "inclusive": False, "percentage": 20}


@pytest.fixture
def sandbox() -> Iterator[RunningSandbox]:
    with running_sandbox(clock=Clock(lambda: float(NOW))) as running:
        yield running


@pytest.fixture
def client(sandbox: RunningSandbox) -> stripe.StripeClient:
    return stripe.StripeClient(
        SECRET_KEY, base_addresses={"api": sandbox.stripe_url}, max_network_retries=0
    )


@pytest.fixture
def customer(client: stripe.StripeClient) -> str:
    return client.v1.customers.create({"name": "Ada", "email": "ada@example.com"}).id


def draft(client: stripe.StripeClient, customer: str, *amounts: int, **fields: Any) -> str:
    """An invoice to be sent, with a line for each amount."""
    usual = {"customer": customer, "collection_method": "send_invoice", "days_until_due": 30}
    given: Any = usual | fields
    invoice = client.v1.invoices.create(given).id
    if amounts:
        lines: Any = [{"amount": amount, "description": "Line"} for amount in amounts]
        client.v1.invoices.add_lines(invoice, {"lines": lines})
    return invoice


def types_of_events(sandbox: RunningSandbox) -> list[str]:
    return [event["type"] for event in sandbox.stripe.all("event")]


def error_of(call: Callable[[], Any]) -> dict[str, Any]:
    with pytest.raises(stripe.StripeError) as refused:
        call()
    assert isinstance(refused.value.json_body, dict)
    error: dict[str, Any] = refused.value.json_body["error"]
    return error


def test_a_draft_has_neither_number_nor_page_nor_payment(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    made = client.v1.invoices.create(
        {
            "customer": customer,
            "collection_method": "send_invoice",
            "days_until_due": 30,
            "currency": "eur",
            "description": "Order SO-7",
            "footer": "Thank you",
            "metadata": {"monstock_order_id": "7"},
        }
    ).to_dict()
    assert made["status"] == "draft"
    assert (made["number"], made["hosted_invoice_url"], made["invoice_pdf"]) == (None, None, None)
    assert (made["total"], made["amount_due"], made["lines"]["data"]) == (0, 0, [])
    assert (made["due_date"], made["auto_advance"]) == (NOW + 30 * 86400, False)
    assert (made["customer_name"], made["customer_email"]) == ("Ada", "ada@example.com")
    assert made["metadata"] == {"monstock_order_id": "7"}
    assert sandbox.stripe.all("payment_intent") == []
    told = sandbox.stripe.all("event")[-1]
    assert (told["type"], told["data"]["object"]) == ("invoice.created", made)


def test_lines_and_their_taxes_add_up(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer)
    tax = {"amount": 2000, "taxable_amount": 10000, "tax_rate_data": VAT}
    included = {
        "amount": 91,
        "taxable_amount": 909,
        "tax_rate_data": {"display_name": "TVA", "inclusive": True, "percentage": 10},
        "taxability_reason": "reduced_rated",
    }
    lines: Any = [
        {"amount": 10000, "description": "Chair", "tax_amounts": [tax]},
        {"amount": 1000, "description": "Book", "tax_amounts": [included]},
        {
            "price_data": {
                "currency": "eur",
                "unit_amount": 250,
                "product_data": {"name": "Screw"},
            },
            "quantity": 4,
            "metadata": {"sku": "S-1"},
        },
        {"amount": -3000, "description": "Already paid"},
        {"amount": 500, "tax_amounts": [{**tax, "amount": 100, "taxable_amount": 500}]},
    ]
    shown = client.v1.invoices.add_lines(
        invoice, {"lines": lines, "invoice_metadata": {"a": "1"}}
    ).to_dict()
    assert shown["subtotal"] == 10000 + 1000 + 1000 - 3000 + 500
    assert shown["total"] == shown["amount_due"] == shown["amount_remaining"] == 9500 + 2100
    assert shown["total_excluding_tax"] == shown["subtotal_excluding_tax"] == 9500 - 91
    assert [(each["amount"], each["tax_behavior"]) for each in shown["total_taxes"]] == [
        (2100, "exclusive"),
        (91, "inclusive"),
    ]
    assert shown["metadata"] == {"a": "1"}
    listed = [line.to_dict() for line in client.v1.invoices.line_items.list(invoice).data]
    assert listed == shown["lines"]["data"]
    assert [line["amount"] for line in listed] == [500, -3000, 1000, 1000, 10000]
    assert [line["discountable"] for line in listed] == [True, False, True, True, True]
    screws = listed[2]
    assert (screws["quantity"], screws["metadata"]) == (4, {"sku": "S-1"})
    assert screws["pricing"]["unit_amount_decimal"] == Decimal(250)
    rates = client.v1.tax_rates.list().data
    assert sorted((rate.display_name, rate.active) for rate in rates) == [
        ("TVA", False),
        ("VAT", False),
    ]
    items = client.v1.invoice_items.list({"invoice": invoice}).data
    assert [item.amount for item in items] == [500, -3000, 1000, 1000, 10000]
    assert client.v1.prices.list().data == []


def test_lines_are_changed_and_taken_off_while_it_is_a_draft(
    client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1000, 2000, 300)
    invoices = client.v1.invoices
    third, second, first = (line.id for line in invoices.retrieve(invoice).lines.data)
    changed = invoices.update_lines(
        invoice,
        {
            "lines": [
                {"id": first, "amount": 1500, "description": "More"},
                {
                    "id": second,
                    "tax_amounts": [
                        {"amount": 400, "taxable_amount": 2000, "tax_rate_data": VAT}  # type: ignore[typeddict-item]
                    ],
                },
            ]
        },
    )
    assert changed.total == 1500 + 2400 + 300
    assert {line.id: line.description for line in changed.lines.data}[first] == "More"
    left = invoices.remove_lines(
        invoice,
        {"lines": [{"id": first, "behavior": "delete"}, {"id": third, "behavior": "unassign"}]},
    )
    assert [line.id for line in left.lines.data] == [second]
    assert left.total == 2400
    waiting = client.v1.invoice_items.list({"pending": True}).data
    assert [(item.amount, item.invoice) for item in waiting] == [(300, None)]
    other = invoices.create({"customer": customer, "pending_invoice_items_behavior": "include"})
    assert (other.total, client.v1.invoice_items.list({"pending": True}).data) == (300, [])


def test_invoice_items_make_lines_of_the_draft_that_they_name(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer)
    items = client.v1.invoice_items
    made = items.create(
        {"customer": customer, "invoice": invoice, "amount": 700, "currency": "eur"}
    )
    assert client.v1.invoices.retrieve(invoice).total == 700
    assert items.update(made.id, {"amount": 900, "description": "Lamp"}).amount == 900
    line = client.v1.invoices.retrieve(invoice).lines.data[0]
    assert (line.amount, line.description) == (900, "Lamp")
    assert items.delete(made.id).to_dict()["deleted"] is True
    assert client.v1.invoices.retrieve(invoice).total == 0
    assert error_of(lambda: items.retrieve(made.id))["code"] == "resource_missing"
    assert types_of_events(sandbox) == [
        "customer.created",
        "invoice.created",
        "invoiceitem.created",
        "invoice.updated",
        "invoice.updated",
        "invoiceitem.deleted",
        "invoice.updated",
    ]


def test_a_finalized_invoice_asks_for_its_payment(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200, metadata={"monstock_order_id": "7"})
    before = len(sandbox.stripe.all("event"))
    shown = client.v1.invoices.finalize_invoice(
        invoice, {"expand": ["payments.data.payment.payment_intent"]}
    )
    prefix = client.v1.customers.retrieve(customer).invoice_prefix
    assert (shown.status, shown.number) == ("open", f"{prefix}-0001")
    assert shown.hosted_invoice_url == f"https://invoice.stripe.com/i/{invoice}"
    assert shown.payments is not None
    payment = shown.payments.data[0]
    assert (payment.status, payment.amount_requested, payment.is_default) == ("open", 1200, True)
    intent: Any = payment.payment.payment_intent
    assert (intent.amount, intent.customer, intent.status) == (
        1200,
        customer,
        "requires_payment_method",
    )
    assert intent.metadata.to_dict() == {}
    assert types_of_events(sandbox)[before:] == [
        "customer.updated",
        "invoice.updated",
        "invoice.finalized",
        "payment_intent.created",
    ]
    second = draft(client, customer, 100)
    assert client.v1.invoices.finalize_invoice(second).number == f"{prefix}-0002"


def test_a_paid_invoice_is_paid_by_its_payment_intent(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200, metadata={"monstock_order_id": "7"})
    client.v1.invoices.send_invoice(invoice)
    assert types_of_events(sandbox)[-1] == "invoice.sent"
    sandbox.stripe.fail_invoice(invoice)
    failed = client.v1.invoices.retrieve(invoice)
    assert (failed.status, failed.attempted, failed.attempt_count) == ("open", True, 1)
    assert types_of_events(sandbox)[-1] == "invoice.payment_failed"
    pi = sandbox.stripe.pay_invoice(invoice)
    paid = client.v1.invoices.retrieve(invoice)
    assert (paid.status, paid.amount_paid, paid.amount_remaining) == ("paid", 1200, 0)
    tied = client.v1.invoice_payments.list(
        {"payment": {"type": "payment_intent", "payment_intent": pi}}
    ).data
    assert [(each.invoice, each.status, each.amount_paid) for each in tied] == [
        (invoice, "paid", 1200)
    ]
    assert client.v1.payment_intents.retrieve(pi).metadata.to_dict() == {}
    assert types_of_events(sandbox)[-4:] == [
        "invoice_payment.paid",
        "invoice.updated",
        "invoice.paid",
        "invoice.payment_succeeded",
    ]
    error = error_of(lambda: client.v1.invoices.void_invoice(invoice))
    assert error["message"] == "Invoices with `paid` payments cannot be voided."


def test_a_voided_invoice_cancels_its_payment(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200)
    client.v1.invoices.finalize_invoice(invoice)
    pi = sandbox.stripe.all("payment_intent")[0]["id"]
    error = error_of(lambda: client.v1.payment_intents.cancel(pi))
    assert "Void the invoice instead." in error["message"]
    assert client.v1.invoices.void_invoice(invoice).status == "void"
    intent = client.v1.payment_intents.retrieve(pi)
    assert (intent.status, intent.cancellation_reason) == ("canceled", "void_invoice")
    for call in (client.v1.invoices.void_invoice, client.v1.invoices.mark_uncollectible):
        error = error_of(partial(call, invoice))
        assert error["message"] == "You can only pass in open invoices. This invoice isn't open."


def test_an_uncollectible_invoice_can_still_be_paid(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200)
    client.v1.invoices.finalize_invoice(invoice)
    assert client.v1.invoices.mark_uncollectible(invoice).status == "uncollectible"
    assert types_of_events(sandbox)[-1] == "invoice.marked_uncollectible"
    sandbox.stripe.pay_invoice(invoice)
    assert client.v1.invoices.retrieve(invoice).status == "paid"


def test_after_finalizing_only_the_metadata_can_be_changed(
    client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200)
    invoices = client.v1.invoices
    line = invoices.finalize_invoice(invoice).lines.data[0].id
    item = client.v1.invoice_items.list({"invoice": invoice}).data[0].id
    edited = invoices.update(invoice, {"metadata": {"a": "1"}})
    assert edited.to_dict()["metadata"] == {"a": "1"}
    error = error_of(lambda: invoices.update(invoice, {"description": "x"}))
    assert (error["message"], error["param"]) == (
        "Finalized invoices can't be updated in this way",
        "description",
    )
    calls: list[Callable[[], Any]] = [
        lambda: invoices.add_lines(invoice, {"lines": [{"amount": 1}]}),
        lambda: invoices.update_lines(invoice, {"lines": [{"id": line, "amount": 1}]}),
        lambda: invoices.remove_lines(invoice, {"lines": [{"id": line, "behavior": "delete"}]}),
        lambda: client.v1.invoice_items.create({"invoice": invoice, "amount": 1}),
        lambda: client.v1.invoice_items.update(item, {"amount": 1}),
        lambda: client.v1.invoice_items.delete(item),
    ]
    for call in calls:
        assert error_of(call)["code"] == "invoice_not_editable"
    refused = error_of(lambda: invoices.finalize_invoice(invoice))
    assert refused["message"].startswith("This invoice is already finalized")
    assert error_of(lambda: invoices.delete(invoice))["message"] == (
        "You can only delete draft invoices."
    )
    assert invoices.retrieve(invoice).total == 1200


def test_a_deleted_draft_is_gone_with_its_lines_and_items(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200)
    assert client.v1.invoices.delete(invoice).to_dict() == {
        "id": invoice,
        "object": "invoice",
        "deleted": True,
    }
    error = error_of(lambda: client.v1.invoices.retrieve(invoice))
    assert (error["code"], error["param"]) == ("resource_missing", "invoice")
    assert client.v1.invoice_items.list().data == []
    assert types_of_events(sandbox)[-2:] == ["invoiceitem.deleted", "invoice.deleted"]


def test_what_is_too_little_to_charge_goes_to_the_customers_balance_and_is_paid(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str
) -> None:
    small = client.v1.invoices.finalize_invoice(draft(client, customer, 30))
    assert (small.status, small.amount_due, small.ending_balance) == ("paid", 0, 30)
    assert sandbox.stripe.all("payment_intent") == []
    assert client.v1.customers.retrieve(customer).balance == 30
    moved = client.v1.customers.balance_transactions.list(customer).data
    assert [(each.amount, each.type) for each in moved] == [(30, "invoice_too_small")]
    next_one = client.v1.invoices.finalize_invoice(draft(client, customer, 1000))
    assert (next_one.status, next_one.amount_due, next_one.ending_balance) == ("open", 1030, 0)
    assert (next_one.starting_balance, next_one.total) == (30, 1000)


@pytest.mark.parametrize(
    ("amounts", "balance"), [((), 0), ((1000, -1000), 0), ((1000, -1500), -500)]
)
def test_what_asks_for_nothing_is_paid_when_it_is_finalized(
    sandbox: RunningSandbox,
    client: stripe.StripeClient,
    customer: str,
    amounts: tuple[int, ...],
    balance: int,
) -> None:
    paid = client.v1.invoices.finalize_invoice(draft(client, customer, *amounts))
    assert (paid.status, paid.amount_due, paid.amount_paid) == ("paid", 0, 0)
    assert paid.attempt_count == 0
    assert sandbox.stripe.all("payment_intent") == []
    assert client.v1.customers.retrieve(customer).balance == balance


REFUSED: dict[str, tuple[dict[str, Any], str | None, str]] = {
    "no customer": ({}, "parameter_missing", "Missing required param: customer."),
    "nobody": ({"customer": "cus_1"}, "resource_missing", "No such customer: 'cus_1'"),
    "no due date": (
        {"collection_method": "send_invoice"},
        None,
        "you must specify 'due_date' or 'days_until_due'",
    ),
    "due date of what is charged": (
        {"days_until_due": 3},
        None,
        "You can only specify 'due_date' or 'days_until_due' if",
    ),
    "both due dates": (
        {"collection_method": "send_invoice", "days_until_due": 3, "due_date": NOW + 9},
        None,
        "You may only specify one of these parameters: days_until_due, due_date.",
    ),
    "no such word": ({"collection_method": "by_pigeon"}, None, "Invalid collection_method"),
    "long number": ({"number": "N" * 27}, None, "must be at most 26 characters"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_stripe_refuses_of_an_invoice_is_refused(
    sandbox: RunningSandbox, client: stripe.StripeClient, customer: str, name: str
) -> None:
    given, code, message = REFUSED[name]
    if name != "no customer":
        given = {"customer": customer, **given}
    error = error_of(lambda: client.raw_request("post", "/v1/invoices", **given))
    assert error.get("code") == code
    assert message in error["message"]
    assert sandbox.stripe.all("invoice") == []


def test_an_invoice_is_sent_to_an_address(client: stripe.StripeClient) -> None:
    nameless = client.v1.customers.create({"name": "No address"}).id
    error = error_of(lambda: draft(client, nameless))
    assert error["message"].startswith("Missing email.")
    charged = client.v1.invoices.create({"customer": nameless}).id
    refused = error_of(lambda: client.v1.invoices.send_invoice(charged))
    assert "if its collection method is 'send_invoice'" in refused["message"]


LINES: dict[str, tuple[dict[str, Any], str | None, str, str]] = {
    "amount and quantity": (
        {"amount": 5, "quantity": 2},
        None,
        "lines[0][amount]",
        "You may only specify one of these parameters: amount, quantity.",
    ),
    "no amount": ({"description": "x"}, "parameter_missing", "lines[0][amount]", "Missing"),
    "another currency": (
        {"price_data": {"currency": "usd", "unit_amount": 5, "product_data": {"name": "x"}}},
        None,
        "lines[0][price_data][currency]",
        "does not match the invoice's",
    ),
    "tax without rate": (
        {"amount": 5, "tax_amounts": [{"amount": 1, "taxable_amount": 5}]},
        "parameter_missing",
        "lines[0][tax_amounts][0][tax_rate_data]",
        "Missing required param",
    ),
    "unknown": ({"amount": 5, "tax": 1}, "parameter_unknown", "lines[0][tax]", "unknown"),
    "not imitated": (
        {"amount": 5, "tax_rates": ["txr_1"]},
        None,
        "lines[0][tax_rates]",
        "The sandbox does not imitate",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_what_stripe_refuses_of_a_line_is_refused_and_nothing_is_added(
    client: stripe.StripeClient, customer: str, name: str
) -> None:
    line, code, param, message = LINES[name]
    invoice = draft(client, customer)
    path = f"/v1/invoices/{invoice}/add_lines"
    error = error_of(lambda: client.raw_request("post", path, lines=[line]))
    assert (error.get("code"), error["param"]) == (code, param)
    assert message in error["message"]
    assert client.v1.invoices.retrieve(invoice).lines.data == []


def test_a_draft_for_somebody_who_was_deleted_is_not_finalized(
    client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 1200)
    client.v1.customers.delete(customer)
    for call in (client.v1.invoices.finalize_invoice, client.v1.invoices.send_invoice):
        error = error_of(partial(call, invoice))
        assert error["message"] == f"{invoice} is for {customer}, who was deleted"
    assert client.v1.invoices.retrieve(invoice).status == "draft"


def test_too_much_for_one_charge_cannot_be_finalized(
    client: stripe.StripeClient, customer: str
) -> None:
    invoice = draft(client, customer, 60_000_000, 60_000_000)
    error = error_of(lambda: client.v1.invoices.finalize_invoice(invoice))
    assert error["code"] == "amount_too_large"
    assert client.v1.invoices.retrieve(invoice).status == "draft"
