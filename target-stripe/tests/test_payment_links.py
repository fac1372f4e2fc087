"""An order that is to be paid gets a Payment Link for one completion, which follows it."""

from pathlib import Path

import pytest
from collecting import LATER, LATEST, bought, statuses, values
from monstock_stripe_sandbox.testing import RunningSandbox
from target_stripe.testing import TargetRunner, row


@pytest.fixture
def target(target: TargetRunner) -> TargetRunner:
    target.config["order_as"] = "payment_link"
    return target


def test_an_order_that_is_due_gets_one(sandbox: RunningSandbox, target: TargetRunner) -> None:
    first, second = target.run([bought()]), target.run([bought()])

    assert (first.error, first.writes, second.writes) == (None, 1, 0)
    (link,) = values(sandbox, "payment_link")
    assert link["active"] is True
    assert link["url"].startswith("https://")
    assert link["restrictions"]["completed_sessions"]["limit"] == 1
    assert link["metadata"]["monstock_order_id"] == "ord_1"


def test_what_pays_through_it_belongs_to_the_order(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    (link,) = values(sandbox, "payment_link")
    payment = sandbox.stripe.pay_link(link["id"])

    (intent,) = values(sandbox, "payment_intent")
    assert intent["amount"] == 6600
    assert intent["metadata"] == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "ORD_1",
        "monstock_order_status": "validated",
        "monstock_link_rule": "metadata; ord_1; ORD_1",
    }
    assert intent["description"] == "Order ORD_1"

    waiting = bought(state="shipped", updated_at=LATER)
    assert target.run([waiting]).writes == 0
    paid = waiting | {"payments": [row(payment, 6600)], "amount_due": 0, "updated_at": LATEST}
    assert target.run([paid]).error is None
    assert len(values(sandbox, "payment_link")) == 1
    assert target.exception_kinds() == []


def test_another_amount_needs_another_link(sandbox: RunningSandbox, target: TargetRunner) -> None:
    target.run([bought()])

    assert target.run([bought(7000, updated_at=LATER)]).error is None

    assert statuses(sandbox, "payment_link") == [False, True]
    assert target.run([bought(7000, updated_at=LATER)]).writes == 0
    newest = values(sandbox, "payment_link")[1]["id"]
    assert sandbox.stripe.pay_link(newest)
    assert [one["amount"] for one in values(sandbox, "payment_intent")] == [7000]


def test_the_orders_status_is_passed_on(sandbox: RunningSandbox, target: TargetRunner) -> None:
    target.run([bought()])

    assert target.run([bought(state="shipped", updated_at=LATER)]).writes == 1

    (link,) = values(sandbox, "payment_link")
    assert link["metadata"]["monstock_order_status"] == "shipped"
    passed_on = link["payment_intent_data"]["metadata"]
    assert passed_on["monstock_order_status"] == "shipped"


def test_a_cancelled_order_has_it_deactivated(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])

    gone = bought(state="cancelled", updated_at=LATER)
    assert target.run([gone]).writes == 1
    assert statuses(sandbox, "payment_link") == [False]
    assert target.run([gone]).writes == 0


def test_a_link_that_a_person_deactivated_stays_so(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    (link,) = values(sandbox, "payment_link")
    sandbox.stripe.alter("payment_link", link["id"], active=False)

    assert target.run([bought(7000, updated_at=LATER)]).writes == 0
    assert target.exception_kinds() == ["closed_by_hand"]


def test_a_ledger_that_was_lost_finds_what_was_made(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    target.run([bought()])

    again = target.run([bought()], ledger_url=f"sqlite:///{tmp_path}/new.db")

    assert (again.error, again.writes) == (None, 0)
    assert len(values(sandbox, "payment_link")) == 1


def test_a_ledger_that_was_lost_makes_nothing_anew_that_was_closed(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    target.run([bought()])
    (link,) = values(sandbox, "payment_link")
    sandbox.stripe.alter("payment_link", link["id"], active=False)

    new = TargetRunner({**target.config, "ledger_url": f"sqlite:///{tmp_path}/new.db"})
    assert new.run([bought()]).writes == 0
    assert new.exception_kinds() == ["closed_by_hand"]
    new.reopen(order="ord_1")
    assert new.run().writes == 1
    assert statuses(sandbox, "payment_link") == [False, True]


def test_after_a_change_of_mode_what_is_open_is_followed_to_its_end(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])

    assert target.run([], order_as="annotate").writes == 0
    assert target.run([bought(state="cancelled", updated_at=LATER)], order_as="annotate").writes
    assert statuses(sandbox, "payment_link") == [False]
