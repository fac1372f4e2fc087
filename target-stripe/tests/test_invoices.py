"""An order that is to be paid is invoiced, line by line, and the invoice follows it."""

from pathlib import Path
from typing import Any

import pytest
from collecting import BUYER, LATER, LATEST, LINES, bought, invoice_lines, statuses, values
from monstock_stripe_sandbox.testing import RunningSandbox
from target_stripe.testing import TargetRunner, customer, order, row

WITH_LINES = bought(lines=LINES)


@pytest.fixture
def target(target: TargetRunner) -> TargetRunner:
    target.config["order_as"] = "invoice"
    return target


def test_an_invoice_with_lines_and_taxes_is_sent(
    sandbox: RunningSandbox, any_target: TargetRunner
) -> None:
    any_target.config["order_as"] = "invoice"
    first = any_target.run([WITH_LINES], [BUYER])
    second = any_target.run([WITH_LINES], [BUYER])

    assert (first.error, second.writes) == (None, 0)
    assert dict(first.summary.writes) == {
        "customer created": 1,
        "collection made": 1,
        "collection changed": 1,
        "invoice finalised": 1,
        "invoice sent": 1,
    }
    (invoice,) = values(sandbox, "invoice")
    assert (invoice["status"], invoice["total"], invoice["currency"]) == ("open", 6600, "eur")
    assert invoice["collection_method"] == "send_invoice"
    assert invoice["customer"] == values(sandbox, "customer")[0]["id"]
    assert invoice["hosted_invoice_url"]
    assert invoice_lines(sandbox, invoice["id"]) == [
        ("1.5 × Welcome", -600),  # noqa: RUF001
        ("2 × Chair", 6000),  # noqa: RUF001
        ("Delivery", 1200),
    ]
    assert sum(tax["amount"] for tax in invoice["total_taxes"]) == 1100
    assert invoice["metadata"]["monstock_order_id"] == "ord_1"
    assert invoice["metadata"]["monstock_link_rule"] == "metadata; ord_1; ORD_1"


@pytest.mark.parametrize(
    ("delivery", "status"), [("draft", "draft"), ("finalize", "open"), ("send", "open")]
)
def test_it_is_delivered_as_the_setting_says(
    sandbox: RunningSandbox, target: TargetRunner, delivery: str, status: str
) -> None:
    result = target.run([WITH_LINES], [BUYER], invoice_delivery=delivery)

    assert result.error is None
    assert statuses(sandbox, "invoice") == [status]
    assert result.summary.writes["invoice sent"] == (delivery == "send")
    assert target.run([WITH_LINES], [BUYER], invoice_delivery=delivery).writes == 0


def test_what_was_paid_otherwise_is_a_line_of_its_own(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES | {"amount_due": 1600}], [BUYER])

    (invoice,) = values(sandbox, "invoice")
    assert invoice["total"] == 1600
    assert ("Already paid", -5000) in invoice_lines(sandbox, invoice["id"])


def test_an_order_without_lines_has_one_with_its_number(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([bought(1234)], [BUYER])

    (invoice,) = values(sandbox, "invoice")
    assert invoice_lines(sandbox, invoice["id"]) == [("Order ORD_1", 1234)]


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"total": 6601}, "lines_do_not_add_up"),
        ({"lines": [{"description": "x" * 5001, "total": 6600}]}, "not_collectable"),
        ({"customer_id": None}, "customer_missing"),
    ],
    ids=str,
)
def test_nothing_is_made_of_an_order_that_cannot_be_invoiced(
    sandbox: RunningSandbox, target: TargetRunner, fields: dict[str, Any], kind: str
) -> None:
    result = target.run([WITH_LINES | fields], [BUYER])

    assert result.error is None
    assert values(sandbox, "invoice") == []
    assert target.exception_kinds() == [kind]


def test_a_customer_that_may_not_be_made_is_missing(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    assert target.run([WITH_LINES], [BUYER], create_customers="never").writes == 0
    assert target.exception_kinds() == ["customer_missing", "customer_missing"]

    assert target.run([], [], create_customers="needed").error is None
    assert statuses(sandbox, "invoice") == ["open"]
    assert target.exception_kinds() == []


def test_a_customer_that_never_came_is_made_of_what_the_order_says(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    named = WITH_LINES | {"customer_name": "Ann", "customer_email": "ann@example.com"}
    target.run([named])

    (buyer,) = values(sandbox, "customer")
    assert (buyer["name"], buyer["email"]) == ("Ann", "ann@example.com")
    assert buyer["metadata"]["monstock_customer_id"] == "c1"

    target.run([], [customer("c1", name="Ann Martin", email="ann@example.com", phone="+33 1")])
    (buyer,) = values(sandbox, "customer")
    assert (buyer["name"], buyer["phone"]) == ("Ann Martin", "+33 1")


def test_a_draft_follows_the_orders_lines(sandbox: RunningSandbox, target: TargetRunner) -> None:
    target.run([WITH_LINES], [BUYER], invoice_delivery="draft")
    more = [*LINES, {"description": "Lamp", "total": 900}]

    changed = bought(7500, lines=more, updated_at=LATER)
    assert target.run([changed], invoice_delivery="draft").error is None

    (invoice,) = values(sandbox, "invoice")
    assert (invoice["status"], invoice["total"]) == ("draft", 7500)
    assert len(invoice_lines(sandbox, invoice["id"])) == 4

    back = WITH_LINES | {"updated_at": LATEST}
    assert target.run([back], invoice_delivery="draft").error is None
    (invoice,) = values(sandbox, "invoice")
    assert (invoice["status"], invoice["total"]) == ("draft", 6600)


def test_what_a_person_added_to_a_draft_stays_and_holds_it_back(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES], [BUYER], invoice_delivery="draft")
    (invoice,) = values(sandbox, "invoice")
    sandbox.stripe.add_invoice_line(invoice["id"], 100, None, description="Gift wrap")

    changed = WITH_LINES | {"state": "shipped", "updated_at": LATER}
    target.run([changed], invoice_delivery="send")

    assert statuses(sandbox, "invoice") == ["draft"]
    assert ("Gift wrap", 100) in invoice_lines(sandbox, invoice["id"])
    assert target.exception_kinds() == ["changed_by_hand"]


def test_a_finalised_one_is_voided_and_made_anew_where_the_order_changed(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES], [BUYER])

    changed = bought(1000, updated_at=LATER)
    assert target.run([changed]).error is None

    assert statuses(sandbox, "invoice") == ["void", "open"]
    assert [one["total"] for one in values(sandbox, "invoice")] == [6600, 1000]
    assert target.run([changed]).writes == 0


def test_a_change_that_the_customer_does_not_see_voids_nothing(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES], [BUYER])

    target.run([WITH_LINES | {"state": "shipped", "order_number": "SO-9", "updated_at": LATER}])

    (invoice,) = values(sandbox, "invoice")
    assert invoice["status"] == "open"
    assert invoice["metadata"]["monstock_order_status"] == "shipped"
    assert invoice["metadata"]["monstock_order_number"] == "SO-9"


@pytest.mark.parametrize(
    ("delivery", "statuses_left"), [("draft", []), ("finalize", ["void"]), ("send", ["void"])]
)
def test_a_cancelled_order_leaves_nothing_open(
    sandbox: RunningSandbox, target: TargetRunner, delivery: str, statuses_left: list[str]
) -> None:
    target.run([WITH_LINES], [BUYER], invoice_delivery=delivery)

    gone = WITH_LINES | {"state": "cancelled", "updated_at": LATER}
    assert target.run([gone], invoice_delivery=delivery).writes == 1

    assert [one for one in statuses(sandbox, "invoice") if one != "deleted"] == statuses_left
    assert target.run([gone], invoice_delivery=delivery).writes == 0
    assert target.exception_kinds() == []


def test_a_paid_one_is_left_alone_and_its_payment_annotated(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES], [BUYER])
    (invoice,) = values(sandbox, "invoice")
    payment = sandbox.stripe.pay_invoice(invoice["id"])

    paid = {"payments": [row(payment, 6600)], "amount_due": 0, "updated_at": LATER}
    target.run([WITH_LINES | paid])

    assert statuses(sandbox, "invoice") == ["paid"]
    entry = sandbox.stripe.shelves["payment_intent"].entries[payment].value
    assert entry["metadata"]["monstock_order_id"] == "ord_1"

    target.run([WITH_LINES | paid | {"state": "cancelled", "updated_at": LATEST}])
    assert statuses(sandbox, "invoice") == ["paid"]
    assert target.exception_kinds() == ["cancelled_order_paid"]


def test_one_whose_payment_is_on_its_way_is_not_voided(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES], [BUYER])
    (payment,) = values(sandbox, "payment_intent")
    sandbox.stripe.process(payment["id"])

    target.run([WITH_LINES | {"state": "cancelled", "updated_at": LATER}])

    assert statuses(sandbox, "invoice") == ["open"]
    assert target.exception_kinds() == ["cancelled_order_paid"]


def test_another_customer_gets_an_invoice_of_his_own(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    target.run([WITH_LINES], [BUYER])

    other = customer("c2", name="Bob", email="bob@example.com")
    target.run([WITH_LINES | {"customer_id": "c2", "updated_at": LATER}], [other])

    assert statuses(sandbox, "invoice") == ["void", "open"]


def test_a_ledger_that_was_lost_finds_what_was_made(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Path
) -> None:
    target.run([WITH_LINES], [BUYER])

    again = target.run([WITH_LINES], [BUYER], ledger_url=f"sqlite:///{tmp_path}/new.db")

    assert (again.error, again.writes) == (None, 0)
    assert len(values(sandbox, "invoice")) == 1


def test_an_invoice_of_many_lines_adds_up(sandbox: RunningSandbox, target: TargetRunner) -> None:
    lines = [{"description": f"Piece {number}", "total": 10 + number} for number in range(120)]
    total = sum(int(str(line["total"])) for line in lines)

    assert target.run([bought(total, lines=lines)], [BUYER]).error is None

    (invoice,) = values(sandbox, "invoice")
    assert (invoice["status"], invoice["total"]) == ("open", total)
    changed = bought(
        total + 50, lines=[*lines, {"description": "z", "total": 50}], updated_at=LATER
    )
    assert target.run([changed]).error is None
    assert statuses(sandbox, "invoice") == ["void", "open"]


def test_orders_of_one_customer_share_him(sandbox: RunningSandbox, target: TargetRunner) -> None:
    records = [order(f"ord_{number}", 1000 + number, customer_id="c1") for number in range(10)]

    assert target.run(records, [BUYER]).error is None

    assert len(values(sandbox, "customer")) == 1
    assert statuses(sandbox, "invoice") == ["open"] * 10
