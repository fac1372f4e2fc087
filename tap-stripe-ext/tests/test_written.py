"""What a program writes at Stripe, invoices and links above all, is read as it is then listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import stripe
from histories.plan import History, Reading
from histories.play import Play, playing, schema_of
from monstock_stripe_sandbox.stripe_world import SECRET_KEY

STREAMS = (
    "payments",
    "customers",
    "customer_balance_transactions",
    "payment_intents",
    "invoices",
    "invoice_items",
    "invoice_line_items",
    "invoice_payments",
    "tax_rates",
    "products",
    "prices",
    "payment_links",
    "payment_link_line_items",
    "checkout_sessions",
    "checkout_session_line_items",
)
VAT: Any = {"display_name": "VAT", "inclusive": False, "percentage": 20}


@pytest.fixture(autouse=True, scope="module")
def small_schemas() -> Iterator[None]:
    """Spare the SDK's work on the real schemas, half a second for each stream and run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tap_stripe_ext.streams.load_schema", schema_of)
        yield


class Shop:
    """A program that collects orders at Stripe."""

    def __init__(self, play: Play) -> None:
        self.world = play.sandbox.stripe
        client = stripe.StripeClient(
            SECRET_KEY, base_addresses={"api": play.sandbox.stripe_url}, max_network_retries=0
        )
        self.v1 = client.v1
        self.customer = self.v1.customers.create({"name": "Ada", "email": "ada@example.com"}).id

    def draft(self, *amounts: int) -> str:
        invoice = self.v1.invoices.create(
            {"customer": self.customer, "collection_method": "send_invoice", "days_until_due": 9}
        ).id
        taxes: Any = [{"amount": 20, "taxable_amount": 100, "tax_rate_data": VAT}]
        lines: Any = [{"amount": amount, "tax_amounts": taxes} for amount in amounts]
        self.v1.invoices.add_lines(invoice, {"lines": lines})
        return invoice

    def link(self) -> str:
        product = self.v1.products.create({"name": "Chair"}).id
        price = self.v1.prices.create(
            {"currency": "eur", "unit_amount": 900, "product": product}
        ).id
        return self.v1.payment_links.create(
            {
                "line_items": [{"price": price, "quantity": 2}],
                "metadata": {"monstock_order_id": "7"},
                "restrictions": {"completed_sessions": {"limit": 1}},
            }
        ).id

    def change_lines(self, invoice: str) -> None:
        first, *_, last = self.v1.invoices.retrieve(invoice).lines.data
        self.v1.invoices.update_lines(invoice, {"lines": [{"id": first.id, "amount": 60}]})
        lines: Any = [{"id": last.id, "behavior": "delete"}]
        self.v1.invoices.remove_lines(invoice, {"lines": lines})


def test_what_is_written_between_two_runs_is_read_as_it_is_listed() -> None:
    with playing(History(STREAMS, interval=3_600)) as play:
        shop = Shop(play)
        drafted, sent, deleted = shop.draft(1000, 200), shop.draft(700), shop.draft(500)
        paid, waiting = shop.link(), shop.link()
        intent = shop.v1.payment_intents.create({"amount": 800, "currency": "eur"}).id
        invoices = shop.v1.invoices
        acts: list[Callable[[], Any]] = [
            lambda: shop.change_lines(drafted),
            lambda: invoices.send_invoice(sent),
            lambda: invoices.delete(deleted),
            lambda: shop.v1.payment_intents.update(intent, {"amount": 900, "description": "x"}),
            lambda: shop.v1.customers.update(shop.customer, {"phone": "1"}),
            lambda: shop.world.pay_link(paid),
            lambda: shop.v1.payment_links.update(waiting, {"active": False}),
            lambda: shop.world.pay_invoice(sent),
            lambda: invoices.finalize_invoice(drafted),
            lambda: invoices.finalize_invoice(shop.draft(10)),
            lambda: invoices.void_invoice(drafted),
            lambda: shop.v1.payment_intents.cancel(intent),
        ]
        compare_after(play, lambda: None)
        for act in acts:
            compare_after(play, act)
        assert {name for name in STREAMS if not play.target.rows[name]} == set()


def compare_after(play: Play, act: Callable[[], Any]) -> None:
    """Let something be written, read, and hold what the target has against what Stripe lists."""
    act()
    play.trade.wait(7_200)
    play.read(Reading(), STREAMS)
    play.compare()
