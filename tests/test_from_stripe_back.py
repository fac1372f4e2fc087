"""What Stripe knows beside payments, through tap, mapper and target: where to pay, and who pays."""

import json
from pathlib import Path

import pytest
from monstock_stripe_sandbox.pipeline import BarePipe, PaymentsPipe, tap_config, write_catalog
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox

STREAMS = ("payments", "invoices", "payment_links", "customers")


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with all streams that the mapper turns."""
    folder = tmp_path_factory.mktemp("catalog")
    with running_sandbox() as sandbox:
        config = folder / "tap.config.json"
        config.write_text(json.dumps(tap_config(sandbox.stripe_url)))
        write_catalog(folder / "catalog.json", STREAMS)
    return folder / "catalog.json"


def pipe_to(sandbox: RunningSandbox, folder: Path, streams: Path, profile: str) -> BarePipe:
    pipe = PaymentsPipe(
        folder,
        sandbox.stripe_url,
        sandbox.monstock_url,
        target={
            "profile": profile,
            "base_url": sandbox.monstock_base_url(profile),
            "customers": "create",
        },
    )
    pipe.catalog = streams
    return pipe


@pytest.mark.parametrize("profile", ["monstock", "monstock-fr"])
def test_orders_show_where_to_pay_and_customers_know_each_other(
    tmp_path: Path, streams: Path, profile: str
) -> None:
    with running_sandbox() as sandbox:
        stripe, monstock = sandbox.stripe, sandbox.monstock
        contact = monstock.customer("Ann", email="ann@example.com")
        ann = stripe.customer("ann@example.com", "Ann")
        bob = stripe.customer("bob@example.com", "Bob")
        billed, linked = (monstock.order(1000, "EUR", customer_id=contact) for _ in range(2))
        invoice = stripe.invoice(1000, "eur", metadata={"monstock_order_id": billed}, customer=ann)
        link = stripe.payment_link(
            {"monstock_order_id": linked}, amount=1000, completed_sessions_limit=1
        )
        pipe = pipe_to(sandbox, tmp_path, streams, profile)

        def urls() -> list[str | None]:
            orders = [monstock.get(order) for order in (billed, linked)]
            return [order.payment_url for order in orders if order is not None]

        def statuses() -> list[str | None]:
            orders = [monstock.get(order) for order in (billed, linked)]
            return [order.payment_status for order in orders if order is not None]

        first = pipe.run()
        assert first.ok, first.stderr
        assert urls() == [
            stripe.get("invoice", invoice)["hosted_invoice_url"],
            stripe.get("payment_link", link)["url"],
        ]
        assert [c.stripe_customer_id for c in monstock.customers()] == [ann]

        stripe.pay_invoice(invoice)
        stripe.pay_link(link)
        stripe.succeed(stripe.payment_intent(500, "eur", customer=bob))
        second = pipe.run()
        assert second.ok, second.stderr
        assert statuses() == ["paid", "paid"]
        assert urls() == [None, None]
        made = {c.name: c.stripe_customer_id for c in monstock.customers()}
        assert made == {"Ann": ann, "Bob": bob}

        sandbox.monstock_controls.reset_counters()
        third = pipe.run()
        assert third.ok, third.stderr
        assert sandbox.monstock_controls.writes == 0
