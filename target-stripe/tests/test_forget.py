"""`forget`: a person is erased from the ledger of the way back, and nothing is written for it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox
from target_common.testing import Called, called_here, ledger_text
from target_stripe.cli import main
from target_stripe.ledger import KIND
from target_stripe.testing import TargetRunner, customer, order, row

EMAIL, NAME, CONTACT = "ann.smith@example.com", "Ann Smith", "con_12ab34cd"
ANN = {
    "name": NAME,
    "email": EMAIL,
    "phone": "+33 1 23 45 67 89",
    "address": {"line1": "1 Long Road", "city": "Lyon", "country": "FR"},
}
BOUGHT = {"customer_id": CONTACT, "customer_email": EMAIL.upper(), "customer_name": NAME}
OTHER = {"customer_id": "con_99", "customer_email": f"jo{EMAIL}", "customer_name": "Jo Ann"}

Command = Callable[..., Called]


@pytest.fixture
def call(target: TargetRunner, tmp_path: Path) -> Command:
    """The command on the target's settings."""
    config = tmp_path / "config.json"
    config.write_text(json.dumps(target.config))

    def run(*words: str) -> Called:
        return called_here(main, *words, "--config", str(config))

    return run


def records(payment: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    orders = [
        order("ord_1", 900, payments=[row(payment, 900)], **BOUGHT),
        order("ord_2", 500, state="draft", **OTHER),
    ]
    return orders, [customer(CONTACT, **ANN), customer("con_99", email=f"jo{EMAIL}")]


def test_nothing_of_her_is_left_and_nothing_is_written(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    target.config["create_customers"] = "all"
    payment = sandbox.stripe.payment_intent(900, "eur")
    sandbox.stripe.succeed(payment)
    orders, customers = records(payment)
    assert target.run(orders, customers).writes == 4
    (hers,) = (
        one["id"]
        for one in sandbox.stripe.all("customer")
        if one["metadata"]["monstock_customer_id"] == CONTACT
    )

    done = call("forget", "--monstock-customer", CONTACT, "--format", "json")
    again = target.run(orders, customers)

    assert done.status == 0, done.errors
    found = json.loads(done.output)
    assert (found["stripe_customers"], found["emails"]) == ([hers], [EMAIL])
    assert (found["rows"]["customers"], found["rows"]["orders"]) == (1, 1)
    assert again.writes == 0
    left = ledger_text(target.config["ledger_url"], KIND).casefold().replace(f"jo{EMAIL}", "")
    for value in (EMAIL, NAME, CONTACT, hers, ANN["phone"], "1 Long Road"):
        assert str(value).casefold() not in left
    assert "con_99" in left
    assert sandbox.stripe.get("payment_intent", payment)["metadata"]["monstock_order_id"] == "ord_1"


def test_who_is_still_asked_to_pay_cannot_be_forgotten_before_that_is_settled(
    sandbox: RunningSandbox, target: TargetRunner, call: Command
) -> None:
    target.config |= {"create_customers": "all", "order_as": "payment_link"}
    bought = order("ord_1", 900, amount_due=900, payment_status="unpaid", **BOUGHT)
    target.run([bought], [customer(CONTACT, **ANN)])

    refused = call("forget", "--email", EMAIL)
    shown = call("forget", "--email", EMAIL, "--dry-run")
    target.run([bought | {"state": "cancelled", "updated_at": "2026-11-21T10:00:00Z"}])
    done = call("forget", "--email", EMAIL)

    assert refused.status == 1
    assert "nothing was erased: payment_link plink_" in refused.errors
    assert "of ord_1 is not finished" in shown.output
    assert done.status == 0, done.errors
