"""One customer is forgotten: no trace in any file of the run's folder, every sum as it was."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.contents import monstock_contents
from monstock_stripe_sandbox.pipeline import PAYMENTS, BarePipe, OrdersPipe, PaymentsPipe
from monstock_stripe_sandbox.testing import RunningSandbox, running_sandbox
from sqlalchemy import create_engine, text
from target_common.testing import Called, called_here
from target_monstock.cli import main as target_monstock
from target_stripe.cli import main as target_stripe

NAME = "Joséphine Ébrard"
EMAIL = "josephine.ebrard@example.com"
PHONE = "+33 6 55 12 34 56"
STREET = "7 rue des Acacias"
ADDRESS = {"line1": STREET, "postal_code": "69001", "city": "Lyon", "country": "FR"}
NAMESAKE = f"marie-{EMAIL}"
"""Somebody else, whose address ends like hers."""

STREAMS = ("payments", "invoices", "payment_links", "customers")


@dataclass
class World:
    """A shop with both pipelines, each in a folder of its own under one."""

    sandbox: RunningSandbox
    folder: Path
    payments: BarePipe
    orders: BarePipe
    stripe_customer: str = ""
    contact: str = ""
    namesakes_order: str = ""

    @property
    def reports(self) -> Path:
        return self.folder / "reports"

    @property
    def personal(self) -> list[str]:
        return [NAME, EMAIL, PHONE, STREET, self.stripe_customer, self.contact]

    def sync(self) -> int:
        """Run both pipelines; return the writes at Stripe and at Monstock."""
        for controls in (self.sandbox.stripe_controls, self.sandbox.monstock_controls):
            controls.reset_counters()
        for pipe in (self.payments, self.orders):
            ended = pipe.run()
            assert ended.ok, ended.stderr
        return self.sandbox.stripe_controls.writes + self.sandbox.monstock_controls.writes

    def call(self, *words: str) -> Called:
        config = self.payments.folder / "target.config.json"
        return called_here(target_monstock, *words, "--config", str(config))

    def forget(self, *words: str) -> list[Called]:
        """Forget her in both ledgers."""
        whom = ("forget", "--email", EMAIL, "--also", NAME, *words)
        config = self.orders.folder / "target.config.json"
        return [self.call(*whom), called_here(target_stripe, *whom, "--config", str(config))]

    def explained(self) -> dict[str, Any]:
        """What is said of each order, but for what people wrote."""
        found = {}
        for order in self.sandbox.monstock.orders():
            said = json.loads(self.call("explain", order.id, "--format", "json").output)
            found[order.id] = {name: said[name] for name in ("payments", "orders", "exceptions")}
            for one in found[order.id]["orders"]:
                del one["derived_at"]
            found[order.id]["written"] = [
                (one["run_id"], one["action"], amounts(one["before"]), amounts(one["after"]))
                for one in said["written"]
            ]
        return found

    def rows(self) -> dict[str, Any]:
        """Every amount and status in both ledgers."""
        return {
            query: read(pipe.ledger, query)
            for pipe, queries in ((self.payments, OF_PAYMENTS), (self.orders, OF_ORDERS))
            for query in queries
        }


OF_PAYMENTS = (
    "SELECT transaction_reference, verdict, link_state, link_rule, to_link FROM payments "
    "ORDER BY 1",
    "SELECT transaction_reference, order_id, position, amount, link_rule FROM allocations "
    "ORDER BY 1, 2",
    "SELECT order_id, number, currency, total, payment_status, due, decided_by, by_hand "
    "FROM orders ORDER BY 1",
    "SELECT order_id, key, written, intended, restored, dismissed FROM rows_written ORDER BY 1, 2",
    "SELECT kind, transaction_reference, order_id, amount, currency FROM exceptions "
    "WHERE resolved_at IS NULL AND customer_id = '' ORDER BY 1, 2, 3",
    "SELECT action, transaction_reference, order_id, allocations FROM decisions "
    "WHERE action <> 'keep' ORDER BY decision_id",
)
OF_ORDERS = (
    "SELECT order_id, number FROM orders ORDER BY 1",
    "SELECT order_id, transaction_reference FROM claims ORDER BY 1, 2",
    "SELECT transaction_reference, order_id FROM annotations ORDER BY 1",
    "SELECT kind, transaction_reference, order_id, amount FROM exceptions "
    "WHERE resolved_at IS NULL AND customer_id = '' ORDER BY 1, 2, 3",
)


def read(ledger: Path, query: str) -> list[tuple[Any, ...]]:
    engine = create_engine(f"sqlite:///{ledger}")
    with engine.connect() as connection:
        found = [tuple(row) for row in connection.execute(text(query))]
    engine.dispose()
    return found


def amounts(content: dict[str, Any] | None) -> dict[str, Any] | None:
    return content and {
        name: value for name, value in content.items() if name not in ("note", "payment_url")
    }


def holding(folder: Path, values: list[str]) -> list[str]:
    """Files that hold a value, byte for byte or as JSON writes it, in any case."""
    wanted = {one for value in values for one in (value.encode(), json.dumps(value)[1:-1].encode())}
    wanted = {one.lower() for one in wanted} | {one.upper() for one in wanted} | wanted
    found = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        if any(one in content.replace(NAMESAKE.encode(), b"") for one in wanted):
            found.append(str(path.relative_to(folder)))
    return found


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running_sandbox() as sandbox:
        folders = [tmp_path / name for name in ("payments", "orders", "reports")]
        for folder in folders:
            folder.mkdir()
        payments = PaymentsPipe(
            folders[0],
            sandbox.stripe_url,
            sandbox.monstock_url,
            target={"customers": "link", "accept_single_suggestion": True},
        )
        payments.programs = replace(PAYMENTS, streams=STREAMS)
        orders = OrdersPipe(
            folders[1],
            sandbox.stripe_url,
            sandbox.monstock_url,
            target={"create_customers": "all"},
        )
        yield World(sandbox, tmp_path, payments, orders)


def trade(world: World) -> None:
    """She buys in every way that leaves something of her in a ledger; others buy too."""
    stripe, monstock = world.sandbox.stripe, world.sandbox.monstock
    world.contact = monstock.customer(NAME, email=EMAIL, phone=PHONE, address=ADDRESS)
    other = monstock.customer("Marie Martin", email=NAMESAKE)
    world.stripe_customer = stripe.customer(EMAIL, NAME, phone=PHONE, address=ADDRESS)

    def paid(amount: int, order: str | None = None, **fields: Any) -> str:
        metadata = {"monstock_order_id": order} if order else {}
        intent = stripe.payment_intent(amount, "eur", metadata=metadata, **fields)
        stripe.succeed(intent)
        return intent

    hers: dict[str, Any] = {"customer": world.stripe_customer, "receipt_email": EMAIL}
    named, refunded, both, mixed = (
        monstock.order(amount, "EUR", customer_id=world.contact)
        for amount in (5000, 4000, 3000, 2000)
    )
    paid(5000, named, **hers)
    stripe.refund(paid(4000, refunded, **hers), 1500)
    suggested = monstock.order(4321, "EUR", customer_id=world.contact)
    paid(4321, **hers)
    monstock.record_payment(mixed, 500)
    paid(1500, mixed, receipt_email=EMAIL.upper())
    split = paid(6000, customer=world.stripe_customer)
    paid(777, **hers)
    declined = stripe.payment_intent(3000, "eur", metadata={"monstock_order_id": both}, **hers)
    stripe.decline(declined, "insufficient_funds")
    theirs = world.namesakes_order = monstock.order(9900, "EUR", customer_id=other)
    paid(9900, theirs, receipt_email=NAMESAKE)
    world.sync()
    allocated = (f"{both}=30.00", f"{theirs}=30.00")
    said = ("--why", f"{NAME} called from {PHONE}")
    assert world.call("exceptions", "link", split, *allocated, *said).status == 0
    assert len(world.explained()[suggested]["orders"][0]["payments"]) == 1
    while world.sync():
        pass


def make_reports(world: World) -> None:
    for order in world.sandbox.monstock.orders():
        said = world.call("explain", order.id, "--format", "json").output
        (world.reports / f"{order.number}.json").write_text(said)
    (world.reports / "mail.html").write_text("<p>To: Jos&#233;phine, josephine.EBRARD@example.com")
    (world.reports / "others.csv").write_text(f"{NAMESAKE},12.00\n")
    with zipfile.ZipFile(world.reports / "book.xlsx", "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("xl/sharedStrings.xml", f"<si><t>{NAME}</t></si>")


@pytest.mark.slow
def test_a_customer_is_forgotten_and_the_books_still_add_up(world: World) -> None:
    trade(world)
    make_reports(world)
    before = (world.explained(), world.rows(), monstock_contents(world.sandbox.monstock))
    assert holding(world.payments.folder, world.personal) != []
    assert holding(world.orders.folder, world.personal) != []

    tried = world.forget("--dry-run", "--output-folder", str(world.reports))
    as_before = (world.explained(), world.rows(), monstock_contents(world.sandbox.monstock))
    kept = world.forget("--output-folder", str(world.reports))
    done = world.forget("--output-folder", str(world.reports), "--delete")

    assert as_before == before
    for answer in (*tried, *kept):
        assert answer.status == 1
        assert str(world.reports / "book.xlsx") in answer.output
        assert str(world.reports / "mail.html") in answer.output
        assert str(world.reports / "others.csv") not in answer.output
    assert f"customer at Stripe: {world.stripe_customer}" in tried[0].output
    assert f"customer in Monstock: {world.contact}" in tried[0].output
    assert [answer.status for answer in done] == [0, 0]
    assert (world.reports / "others.csv").exists()
    assert holding(world.folder, world.personal) == []
    after = (world.explained(), world.rows(), monstock_contents(world.sandbox.monstock))
    assert after == before

    assert world.sync() == 0
    for pipe in (world.payments, world.orders):
        pipe.state_file.unlink()
    assert world.sync() == 0, "all read again"
    assert holding(world.folder, world.personal) == []
    assert (world.explained(), world.rows()) == before[:2]
    order = world.sandbox.monstock.get(world.namesakes_order)
    assert order is not None
    assert order.payment_status == "overpaid"
    assert NAMESAKE.encode() in world.payments.ledger.read_bytes()
