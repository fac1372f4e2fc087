"""Payments of orders are annotated, and what a person wrote stays."""

from typing import Any

import pytest
from monstock_stripe_sandbox.testing import RunningSandbox
from target_stripe.testing import TargetRunner, order, row

ANNOTATED = {
    "monstock_order_id": "ord_1",
    "monstock_order_number": "ORD_1",
    "monstock_order_status": "validated",
    "monstock_link_rule": "metadata; ord_1; ORD_1",
}


def paid(sandbox: RunningSandbox, amount: int = 1000, **fields: Any) -> tuple[str, str]:
    """A payment that succeeded, and its Charge."""
    payment = sandbox.stripe.payment_intent(amount, "eur", **fields)
    return payment, sandbox.stripe.succeed(payment)


def value(sandbox: RunningSandbox, kind: str, name: str) -> dict[str, Any]:
    return dict(sandbox.stripe.shelves[kind].entries[name].value)


def test_payment_and_charge_say_which_order_they_belong_to(
    sandbox: RunningSandbox, any_target: TargetRunner
) -> None:
    payment, charge = paid(sandbox)
    record = order("ord_1", 1000, payments=[row(payment, 1000)])

    first, second = any_target.run([record]), any_target.run([record])

    assert (first.error, first.writes, second.writes) == (None, 2, 0)
    intent = value(sandbox, "payment_intent", payment)
    assert intent["metadata"] == ANNOTATED
    assert intent["description"] == "Order ORD_1"
    assert intent["payment_details"]["order_reference"] == "ORD_1"
    assert value(sandbox, "charge", charge)["metadata"] == ANNOTATED
    assert value(sandbox, "charge", charge)["description"] == "Order ORD_1"
    assert any_target.exception_kinds() == []


def test_an_unchanged_order_costs_no_request_and_a_new_ledger_no_write(
    sandbox: RunningSandbox, target: TargetRunner, tmp_path: Any
) -> None:
    payment, _ = paid(sandbox)
    record = order("ord_1", 1000, payments=[row(payment, 1000)])
    target.run([record])
    sandbox.stripe_controls.reset_counters()

    target.run([record | {"updated_at": "2026-11-21T10:00:00Z"}])
    assert sandbox.stripe_controls.requests == 0

    again = target.run([record], ledger_url=f"sqlite:///{tmp_path}/new.db")
    assert again.writes == 0
    assert sandbox.stripe_controls.writes == 0


def test_other_peoples_keys_and_texts_stay(sandbox: RunningSandbox, target: TargetRunner) -> None:
    payment, _ = paid(sandbox, description="Blue chair", metadata={"cart": "77"})
    record = order("ord_1", 1000, payments=[row(payment, 1000)])

    target.run([record])

    intent = value(sandbox, "payment_intent", payment)
    assert intent["metadata"] == {"cart": "77", **ANNOTATED}
    assert intent["description"] == "Blue chair"


def test_status_and_number_are_followed(sandbox: RunningSandbox, target: TargetRunner) -> None:
    payment, _ = paid(sandbox)
    record = order("ord_1", 1000, payments=[row(payment, 1000)])
    target.run([record])

    later = {"order_number": "SO-9", "state": "shipped", "updated_at": "2026-11-21T10:00:00Z"}
    assert target.run([record | later]).writes == 2

    intent = value(sandbox, "payment_intent", payment)
    assert intent["metadata"] == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "SO-9",
        "monstock_order_status": "shipped",
        "monstock_link_rule": "metadata; ord_1; SO-9",
    }
    assert intent["description"] == "Order SO-9"
    assert intent["payment_details"]["order_reference"] == "SO-9"


def test_an_old_record_after_a_newer_one_changes_nothing(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox)
    record = order("ord_1", 1000, payments=[row(payment, 1000)])
    target.run([record | {"state": "shipped", "updated_at": "2026-11-21T10:00:00Z"}])

    assert target.run([record]).writes == 0
    metadata = value(sandbox, "payment_intent", payment)["metadata"]
    assert metadata["monstock_order_status"] == "shipped"


def test_a_payment_that_left_its_order_loses_the_annotation(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, charge = paid(sandbox, metadata={"cart": "77"})
    target.run([order("ord_1", 1000, payments=[row(payment, 1000)])])

    assert target.run([order("ord_1", 1000, updated_at="2026-11-21T10:00:00Z")]).writes == 2

    intent = value(sandbox, "payment_intent", payment)
    assert intent["metadata"] == {"cart": "77"}
    assert not intent["description"]
    assert not (intent["payment_details"] or {}).get("order_reference")
    assert value(sandbox, "charge", charge)["metadata"] == {"cart": "77"}


def test_another_order_takes_a_payment_over(sandbox: RunningSandbox, target: TargetRunner) -> None:
    payment, _ = paid(sandbox)
    target.run([order("ord_1", 1000, payments=[row(payment, 1000)])])

    target.run(
        [
            order("ord_1", 1000, updated_at="2026-11-21T10:00:00Z"),
            order("ord_2", 1000, payments=[row(payment, 1000, link_rule="decision")]),
        ]
    )

    intent = value(sandbox, "payment_intent", payment)
    assert intent["metadata"]["monstock_order_id"] == "ord_2"
    assert intent["metadata"]["monstock_link_rule"] == "decision; ord_2; ORD_2"
    assert intent["description"] == "Order ORD_2"
    assert target.exception_kinds() == []


def test_a_payment_of_two_orders_is_annotated_with_one_whatever_comes_first(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox)
    shares = [
        order("ord_2", 400, payments=[row(payment, 400)]),
        order("ord_1", 600, payments=[row(payment, 600)]),
    ]

    for share in shares:
        target.run([share])

    assert value(sandbox, "payment_intent", payment)["metadata"] == ANNOTATED
    assert target.run(shares).writes == 0
    assert target.exception_kinds() == []


def test_what_a_person_edited_is_left_until_both_sides_agree(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, charge = paid(sandbox)
    record = order("ord_1", 1000, payments=[row(payment, 1000)])
    target.run([record])
    edit = {"monstock_order_id": "ord_2", "monstock_order_number": "ORD_2"}
    sandbox.stripe.edit_payment_intent(payment, metadata=edit)
    sandbox.stripe.edit_charge(charge, metadata=edit)

    later = {"state": "shipped", "updated_at": "2026-11-21T10:00:00Z"}
    assert target.run([record | later]).writes == 0
    assert target.exception_kinds() == ["other_order_named"]

    moved = order("ord_2", 1000, payments=[row(payment, 1000)])
    target.run([moved, order("ord_1", 1000, updated_at="2026-11-22T10:00:00Z")])

    metadata = value(sandbox, "payment_intent", payment)["metadata"]
    assert metadata["monstock_order_id"] == "ord_2"
    assert metadata["monstock_link_rule"] == "said_by_others; ord_2; ORD_2"
    assert metadata["monstock_order_status"] == "validated"
    assert value(sandbox, "payment_intent", payment)["description"] == "Order ORD_2"
    assert target.exception_kinds() == []


def test_a_shops_own_key_is_completed_and_stays_its_own(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox, metadata={"monstock_order_number": "ORD_1"})
    record = order("ord_1", 1000, payments=[row(payment, 1000)])

    target.run([record])
    assert value(sandbox, "payment_intent", payment)["metadata"] == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "ORD_1",
        "monstock_order_status": "validated",
        "monstock_link_rule": "said_by_others; ord_1; ORD_1",
    }

    target.run([order("ord_1", 1000, updated_at="2026-11-21T10:00:00Z")])
    assert value(sandbox, "payment_intent", payment)["metadata"] == {
        "monstock_order_id": "ord_1",
        "monstock_order_number": "ORD_1",
    }


def test_a_word_that_we_completed_is_not_overwritten_either(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox, metadata={"monstock_order_id": "ord_1"})
    target.run([order("ord_1", 1000, payments=[row(payment, 1000)])])

    target.run(
        [
            order("ord_1", 1000, updated_at="2026-11-21T10:00:00Z"),
            order("ord_2", 1000, payments=[row(payment, 1000, link_rule="decision")]),
        ]
    )

    metadata = value(sandbox, "payment_intent", payment)["metadata"]
    assert metadata["monstock_order_id"] == "ord_1"
    assert target.exception_kinds() == ["other_order_named"]


@pytest.mark.parametrize(
    ("rows", "kinds"),
    [
        ([{"amount": 999}], ["amount_mismatch"]),
        ([{"currency": "USD"}], ["currency_mismatch"]),
        ([{"transaction_reference": "pi_none"}], ["payment_not_found"]),
        ([{"transaction_reference": "cash"}], []),
        ([{"ours": False, "amount": 1}], []),
        ([{"amount": 0, "status": "pending"}], []),
    ],
)
def test_payments_that_are_not_what_the_order_says_are_reported(
    sandbox: RunningSandbox, target: TargetRunner, rows: list[dict[str, Any]], kinds: list[str]
) -> None:
    payment, _ = paid(sandbox)
    record = order("ord_1", 1000, payments=[row(payment, 1000) | each for each in rows])

    result = target.run([record])

    assert result.error is None
    assert target.exception_kinds() == kinds


def test_a_refunded_payment_counts_by_what_is_left_of_it_or_by_all(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox)
    sandbox.stripe.refund(payment, 300)

    for amount, kinds in ((1000, []), (700, []), (699, ["amount_mismatch"])):
        time = f"2026-11-21T10:00:{amount % 60:02}Z"
        target.run([order(f"ord_{amount}", 1000, payments=[row(payment, amount)])])
        assert target.exception_kinds() == kinds
        target.run([order(f"ord_{amount}", 1000, updated_at=time)])


def test_metadata_that_is_full_is_said_and_nothing_is_cut(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox, metadata={f"key_{number}": "x" for number in range(47)})
    other, _ = paid(sandbox, metadata={f"key_{number}": "x" for number in range(46)})

    result = target.run(
        [
            order("ord_1", 1000, payments=[row(payment, 1000)]),
            order("ord_2", 1000, payments=[row(other, 1000)]),
        ]
    )

    assert result.error is None
    assert len(value(sandbox, "payment_intent", payment)["metadata"]) == 47
    assert len(value(sandbox, "payment_intent", other)["metadata"]) == 50
    (waiting,) = target.exceptions()
    assert waiting.kind == "metadata_limit"
    assert "51" in waiting.message


def test_a_charge_without_payment_intent_and_an_invoice_without_payment(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    charge = sandbox.stripe.direct_charge(1000, "eur")
    invoice = sandbox.stripe.invoice(500, "eur")
    sandbox.stripe.pay_invoice_out_of_band(invoice)
    rows = [row(charge, 1000), row(invoice, 500)]

    result = target.run([order("ord_1", 1500, payments=rows)])

    assert (result.error, result.writes) == (None, 2)
    assert value(sandbox, "charge", charge)["metadata"] == ANNOTATED
    assert value(sandbox, "invoice", invoice)["metadata"] == ANNOTATED


def test_a_connected_accounts_payment_is_annotated_there(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    account, world = sandbox.stripe.connected_account()
    payment = world.payment_intent(1000, "eur")
    world.succeed(payment)

    result = target.run([order("ord_1", 1000, payments=[row(f"{account}/{payment}", 1000)])])

    assert (result.error, result.writes) == (None, 2)
    assert world.shelves["payment_intent"].entries[payment].value["metadata"] == ANNOTATED


def test_the_other_mode_and_another_tenant_are_not_touched(
    sandbox: RunningSandbox, target: TargetRunner
) -> None:
    payment, _ = paid(sandbox, metadata={**ANNOTATED, "monstock_tenant": "paris"})
    record = order("ord_1", 1000, payments=[row(payment, 1000)])

    assert target.run([record], tenant="lyon").writes == 0
    assert target.exception_kinds() == ["other_order_named"]
    sandbox.stripe.livemode = True
    live, _ = paid(sandbox)
    record = order("ord_2", 1000, payments=[row(live, 1000)])
    assert target.run([record], tenant="lyon", expect_livemode=False).writes == 0
    assert target.exception_kinds() == ["other_order_named", "wrong_mode"]


def test_a_key_of_the_other_mode_is_refused_at_once(target: TargetRunner) -> None:
    with pytest.raises(Exception, match="api_key is of test mode"):
        target.run(expect_livemode=True)
