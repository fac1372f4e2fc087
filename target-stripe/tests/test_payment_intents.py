"""An order that is to be paid is collected by a PaymentIntent, which follows it."""

from pathlib import Path
from typing import Any

import pytest
from collecting import LATER, LATEST, bought, statuses, values
from monstock_stripe_sandbox.testing import RunningSandbox
from target_stripe.testing import TargetRunner, order, row


@pytest.fixture
def target(target: TargetRunner) -> TargetRunner:
    target.config["order_as"] = "payment_intent"
    return target


def test_an_order_that_is_due_gets_one(sandbox: RunningSandbox, target: TargetRunner) -> None:
    first, second = target.run([bought()], tenant="lyon"), target.run([bought()], tenant="lyon")

    assert (first.error, first.writes, second.writes) == (None, 1, 0)
    (made,) = values(sandbox, "payment_intent")
    assert (made["amount"], made["currency"], made["status"]) == (
        6600, "eur", "requires_payment_method",
    )  # fmt: skip
    assert made["description"] == "Order ORD_1"
    assert made["payment_details"]["order_reference"] == "ORD_1"
    assert made["metadata"] == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "ORD_1",
        "monstock_order_status": "validated",
        "monstock_link_rule": "metadata; ord_1; ORD_1",
        "monstock_tenant": "lyon",
        "monstock_revision": "1",
        "monstock_content": "6600 eur 878efd2bfaa88904",
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft"},
        {"state": "cancelled"},
        {"kind": "quote"},
        {"deleted": True},
        {"amount_due": 0},
        {"payment_status": "paid"},
        {"payment_status": "partially_refunded"},
        {"payment_status": "disputed"},
        {"payments": [row("pi_x", 0, status="pending", ours=False)]},
        {"payments": [row("cash", 6600, ours=False)]},
    ],
    ids=str,
)
def test_an_order_that_asks_for_nothing_gets_none(
    sandbox: RunningSandbox, target: TargetRunner, fields: dict[str, Any]
) -> None:
    result = target.run([bought() | fields])

    assert (result.error, result.writes) == (None, 0)
    assert values(sandbox, "payment_intent") == []


def test_what_is_due_is_asked_for_and_not_the_total(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought(amount_due=1600), order("ord_2", 900, payments=[row("x", 400, ours=False)])])

    assert sorted(one["amount"] for one in values(sandbox, "payment_intent")) == [500, 1600]


def test_a_new_amount_number_and_currency_are_followed(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    changed = bought(7000, order_number="SO-9", currency="USD", updated_at=LATER)

    assert target.run([changed]).error is None

    (made,) = values(sandbox, "payment_intent")
    assert (made["amount"], made["currency"]) == (7000, "usd")
    assert made["metadata"]["monstock_order_number"] == "SO-9"
    assert made["description"] == "Order SO-9"
    assert target.run([changed]).writes == 0


@pytest.mark.parametrize(
    "fields",
    [{"state": "cancelled"}, {"deleted": True}, {"amount_due": 0}, {"payment_status": "paid"}],
    ids=str,
)
def test_an_order_that_asks_for_nothing_any_more_has_it_cancelled(
    sandbox: RunningSandbox, target: TargetRunner, fields: dict[str, Any]
) -> None:
    target.run([bought()])

    gone = bought() | fields | {"updated_at": LATER}
    assert target.run([gone]).writes == 1

    assert statuses(sandbox, "payment_intent") == ["canceled"]
    assert target.run([gone]).writes == 0
    assert target.exception_kinds() == []


def test_a_revived_order_gets_a_new_one(sandbox: RunningSandbox, target: TargetRunner) -> None:
    target.run([bought()])
    target.run([bought(state="cancelled", updated_at=LATER)])

    assert target.run([bought(updated_at=LATEST)]).error is None

    assert statuses(sandbox, "payment_intent") == ["canceled", "requires_payment_method"]
    assert values(sandbox, "payment_intent")[1]["metadata"]["monstock_revision"] == "2"


def test_money_that_came_is_left_alone_and_reported_where_the_order_was_cancelled(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    (made,) = values(sandbox, "payment_intent")
    sandbox.stripe.succeed(made["id"])

    assert target.run([bought(state="cancelled", updated_at=LATER)]).writes == 0
    assert statuses(sandbox, "payment_intent") == ["succeeded"]
    assert target.exception_kinds() == ["cancelled_order_paid"]


def test_money_on_its_way_or_reserved_is_left_alone(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought(), order("ord_2", 500)])
    processing, reserved = (one["id"] for one in values(sandbox, "payment_intent"))
    sandbox.stripe.process(processing)
    sandbox.stripe.alter("payment_intent", reserved, capture_method="manual")
    sandbox.stripe.authorize(reserved)
    cancelled = {"state": "cancelled", "updated_at": LATER}

    assert target.run([bought() | cancelled, order("ord_2", 500) | cancelled]).writes == 0
    assert statuses(sandbox, "payment_intent") == ["processing", "requires_capture"]


def test_a_paid_one_that_the_order_does_not_count_yet_is_not_asked_for_again(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    (made,) = values(sandbox, "payment_intent")
    sandbox.stripe.succeed(made["id"])

    assert target.run([bought(state="shipped", updated_at=LATER)]).writes == 0
    assert len(values(sandbox, "payment_intent")) == 1

    paid = {"payments": [row(made["id"], 6600)], "amount_due": 0, "updated_at": LATEST}
    assert target.run([bought(state="shipped") | paid]).error is None
    assert statuses(sandbox, "payment_intent") == ["succeeded"]
    assert target.exception_kinds() == []


def test_what_is_due_beyond_a_counted_payment_is_asked_for(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    (made,) = values(sandbox, "payment_intent")
    sandbox.stripe.succeed(made["id"])

    more = bought(8000, payments=[row(made["id"], 6600)], amount_due=1400, updated_at=LATER)
    assert target.run([more]).error is None

    assert [one["amount"] for one in values(sandbox, "payment_intent")] == [6600, 1400]


def test_one_that_a_person_cancelled_is_not_made_again_until_a_person_says_so(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought()])
    (made,) = values(sandbox, "payment_intent")
    sandbox.stripe.alter("payment_intent", made["id"], status="canceled")

    assert target.run([bought(7000, updated_at=LATER)]).writes == 0
    assert target.exception_kinds() == ["closed_by_hand"]
    assert target.run([bought(7100, updated_at=LATEST)]).writes == 0

    target.reopen(order="ord_1")
    assert target.run().writes == 1
    assert statuses(sandbox, "payment_intent") == ["canceled", "requires_payment_method"]
    assert target.exception_kinds() == []


@pytest.mark.parametrize(
    ("total", "currency", "why"),
    [
        (49, "EUR", "less than the least"),
        (100_000_000, "EUR", "more than the most"),
        (1_001, "KWD", "end in 0"),
        (15, "MGA", "whole units"),
    ],
)
def test_amounts_that_stripe_cannot_take_are_said(
    sandbox: RunningSandbox, target: TargetRunner, total: int, currency: str, why: str
) -> None:
    result = target.run([bought(total, currency=currency)])

    assert (result.error, result.writes) == (None, 0)
    (waiting,) = target.exceptions()
    assert waiting.kind == "not_collectable"
    assert why in waiting.message


@pytest.mark.parametrize(
    ("total", "currency", "units"),
    [(500, "JPY", 500), (1230, "KWD", 1230), (12000, "ISK", 1200000), (150000, "MGA", 1500)],
)
def test_currencies_are_asked_for_in_stripes_units(
    sandbox: RunningSandbox, target: TargetRunner, total: int, currency: str, units: int
) -> None:
    assert target.run([bought(total, currency=currency)]).error is None

    assert [one["amount"] for one in values(sandbox, "payment_intent")] == [units]


def test_a_ledger_that_was_lost_finds_what_was_made(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    target.run([bought()])

    again = target.run([bought(7000)], ledger_url=f"sqlite:///{tmp_path}/new.db")

    assert (again.error, again.writes) == (None, 1)
    (made,) = values(sandbox, "payment_intent")
    assert made["amount"] == 7000


def test_a_customer_that_becomes_known_joins_an_open_one(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    from collecting import BUYER

    target.run([bought()])
    target.run((), [BUYER], create_customers="all")

    (made,) = values(sandbox, "payment_intent")
    (buyer,) = values(sandbox, "customer")
    assert made["customer"] == buyer["id"]
