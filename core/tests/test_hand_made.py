"""Rows that staff recorded by hand: counted once, adopted where they are our payment."""

from datetime import timedelta
from typing import Any

import pytest
from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.order import Order, OrderPaymentRow
from monstock_stripe_core.order_status import OrderOutcome, StatusRules, order_outcome
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus
from monstock_stripe_core.testing import NOON, example_order, example_payment, example_row

PI_1 = example_payment(references=("pi_1", "ch_1"))
NEAR = timedelta(days=3)


def card_row(**fields: Any) -> OrderPaymentRow:
    """The payment of 100.00 EUR as staff copy it, without its id."""
    return example_row(**({"method": "Card"} | fields))


def outcome_of(
    rows: list[OrderPaymentRow], payments: list[Payment] | None = None, **options: Any
) -> OrderOutcome:
    order: Order = example_order(payments=tuple(rows))
    shares = [PaymentShare(payment, LinkRule.METADATA) for payment in payments or []]
    return order_outcome(order, shares, StatusRules(near=NEAR), NOON, **options)


def kinds(outcome: OrderOutcome) -> list[str]:
    return [found.kind.value for found in outcome.exceptions]


@pytest.mark.parametrize(
    ("row", "captured", "refunded"),
    [
        (example_row(amount=4000), 4000, 0),
        (example_row(amount=-4000), 0, 4000),
        (example_row(amount=4000, refunded=1000), 4000, 1000),
        (example_row(amount=4000, dispute_lost=1000), 4000, 1000),
        (example_row(method="transfer", amount=4000), 4000, 0),
        (example_row(method="Card", amount=4000), 4000, 0),
        (example_row(method="stripe", ours=True, transaction_reference=None, amount=4000), 4000, 0),
        (
            example_row(method="stripe", ours=True, transaction_reference="TR-7", amount=4000),
            4000,
            0,
        ),
        (example_row(amount=4000, status=PaymentStatus.FAILED), 0, 0),
        (example_row(amount=4000, status=PaymentStatus.PENDING), 0, 0),
        (example_row(amount=4000, currency="USD"), 0, 0),
    ],
)
def test_a_hand_made_row_counts_like_any_money(
    row: OrderPaymentRow, captured: int, refunded: int
) -> None:
    totals = outcome_of([row]).totals
    assert (totals.captured, totals.refunded) == (captured, refunded)


@pytest.mark.parametrize("reference", ["pi_1", "ch_1"])
@pytest.mark.parametrize("method", ["card", "cash", "virement"])
def test_a_row_that_carries_the_payments_id_is_that_payment(method: str, reference: str) -> None:
    row = example_row(method=method, transaction_reference=reference)
    outcome = outcome_of([row], [PI_1])
    assert dict(outcome.adopted) == {"pi_1": "row_1"}
    assert outcome.totals.captured == 10000
    assert kinds(outcome) == []


def test_an_adopted_row_has_the_payments_amounts_not_its_own() -> None:
    row = example_row(transaction_reference="pi_1", amount=9000)
    outcome = outcome_of([row], [PI_1])
    assert outcome.totals.captured == 10000
    assert outcome.rows["pi_1"].amount == 10000


def test_a_row_under_our_method_with_the_charges_id_is_adopted_too() -> None:
    row = example_row(method="stripe", ours=True, transaction_reference="ch_1")
    assert dict(outcome_of([row], [PI_1]).adopted) == {"pi_1": "row_1"}


def test_a_connected_accounts_payment_is_known_by_its_bare_id() -> None:
    payment = example_payment(transaction_reference="acct_1/pi_1", references=("pi_1", "ch_1"))
    row = example_row(transaction_reference="pi_1")
    assert dict(outcome_of([row], [payment]).adopted) == {"acct_1/pi_1": "row_1"}


@pytest.mark.parametrize(
    "rows",
    [
        [
            example_row(row_id="row_1", transaction_reference="pi_1"),
            example_row(row_id="row_2", transaction_reference="ch_1"),
        ],
        [
            example_row(row_id="row_1", transaction_reference="ch_1"),
            example_row(row_id="row_2", method="stripe", ours=True, transaction_reference="pi_1"),
        ],
    ],
)
def test_a_payment_that_stands_there_twice_counts_once(rows: list[OrderPaymentRow]) -> None:
    for order in (rows, rows[::-1]):
        outcome = outcome_of(order, [PI_1])
        assert outcome.totals.captured == 10000
        assert kinds(outcome) == ["possible_duplicate"]


def our_row(row_id: str, **fields: Any) -> OrderPaymentRow:
    plain = {"method": "stripe", "ours": True, "transaction_reference": "pi_1"}
    return example_row(row_id=row_id, **(plain | fields))


def test_a_payment_with_two_rows_of_ours_counts_once_and_is_told_of() -> None:
    rows = [our_row("row_2"), our_row("row_1")]
    for order in (rows, rows[::-1]):
        outcome = outcome_of(order, [PI_1])
        assert outcome.totals.captured == 10000
        (found,) = outcome.exceptions
        assert (found.kind, found.transaction_reference) == ("written_twice", "pi_1")
        assert "Rows row_1 and row_2" in found.message


@pytest.mark.parametrize(
    "rows",
    [
        # A list that shifts while its pages are read shows a row twice.
        [our_row("row_1"), our_row("row_1")],
        [our_row("row_1"), our_row("row_2", transaction_reference="pi_2")],
    ],
)
def test_what_is_not_two_rows_of_one_payment_is_not_told_of(rows: list[OrderPaymentRow]) -> None:
    payments = [PI_1, example_payment(transaction_reference="pi_2")]
    assert "written_twice" not in kinds(outcome_of(rows, payments))


@pytest.mark.parametrize(
    ("row", "duplicate"),
    [
        (card_row(), True),
        (card_row(method="STRIPE"), True),
        (card_row(method="stripe", ours=True), True),
        (card_row(paid_at=NOON + NEAR), True),
        (card_row(paid_at=NOON - NEAR), True),
        (card_row(paid_at=None), True),
        (card_row(paid_at=NOON + NEAR + timedelta(seconds=1)), False),
        (card_row(amount=9999), False),
        (card_row(method="cash"), False),
    ],
)
def test_a_stripe_like_row_with_the_amount_and_a_near_date_counts_once(
    row: OrderPaymentRow, duplicate: bool
) -> None:
    outcome = outcome_of([row], [PI_1])
    assert outcome.totals.captured == (10000 if duplicate else 10000 + row.amount)
    assert ("possible_duplicate" in kinds(outcome)) is duplicate
    assert outcome.held == (frozenset({"pi_1"}) if duplicate else frozenset())
    assert ("pi_1" in outcome.rows) is not duplicate


def test_a_row_in_another_currency_is_no_copy() -> None:
    outcome = outcome_of([card_row(currency="USD")], [PI_1])
    assert kinds(outcome) == ["currency_mismatch"]
    assert outcome.held == frozenset()


def test_two_rows_are_not_both_the_copy_of_one_payment() -> None:
    rows = [card_row(row_id="row_1"), card_row(row_id="row_2", paid_at=NOON + timedelta(hours=1))]
    outcome = outcome_of(rows, [PI_1])
    assert outcome.totals.captured == 20000
    assert [
        one.message.split()[1] for one in outcome.exceptions if one.kind == "possible_duplicate"
    ] == ["row_1"]


def test_two_payments_are_not_both_copied_by_one_row() -> None:
    outcome = outcome_of([card_row()], [PI_1, example_payment(transaction_reference="pi_2")])
    assert outcome.totals.captured == 20000
    assert outcome.held == frozenset({"pi_1"})


def test_a_person_can_say_that_row_and_payment_are_two() -> None:
    outcome = outcome_of([card_row()], [PI_1], cleared=frozenset({("pi_1", "row_1")}))
    assert outcome.totals.captured == 20000
    assert outcome.held == frozenset()


def test_a_copied_refund_counts_once() -> None:
    payment = example_payment(refunded=3000)
    rows = [
        card_row(row_id="row_1"),
        card_row(row_id="row_2", amount=-3000, paid_at=NOON + NEAR * 9),
    ]
    outcome = outcome_of(rows, [payment])
    assert outcome.totals.net == 7000
    assert kinds(outcome) == ["possible_duplicate", "possible_duplicate"]


def test_a_refund_in_cash_is_another_refund() -> None:
    outcome = outcome_of([example_row(amount=-3000)], [example_payment(refunded=3000)])
    assert outcome.totals.net == 4000


def test_a_hand_made_row_beside_a_row_of_ours_holds_nothing_back() -> None:
    ours = example_row(row_id="row_9", method="stripe", ours=True, transaction_reference="pi_1")
    outcome = outcome_of([card_row(), ours], [PI_1])
    assert outcome.totals.captured == 10000
    assert outcome.held == frozenset()
    assert kinds(outcome) == ["possible_duplicate"]


def test_a_row_with_the_id_of_a_payment_of_another_order_counts_there_only() -> None:
    row = example_row(transaction_reference="pi_2")
    outcome = outcome_of([row], linked_elsewhere={"pi_2": "ord_2"})
    assert outcome.totals.captured == 0
    assert kinds(outcome) == ["possible_duplicate"]
    assert "ord_2" in outcome.exceptions[0].message


def test_a_row_with_the_id_of_a_payment_that_nobody_knows_is_money() -> None:
    assert outcome_of([example_row(transaction_reference="pi_404")]).totals.captured == 10000


def test_a_row_that_we_wrote_is_no_money_once_its_payment_has_left() -> None:
    row = example_row(method="stripe", ours=True, transaction_reference="pi_1")
    outcome = outcome_of([row], written={"pi_1"})
    assert (outcome.totals.captured, outcome.status.value, kinds(outcome)) == (0, "unpaid", [])


def test_a_hand_made_row_with_an_id_that_we_once_wrote_here_is_still_money() -> None:
    row = example_row(transaction_reference="pi_1")
    assert outcome_of([row], written={"pi_1"}).totals.captured == 10000


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [
        card_row(row_id="row_3"),
        card_row(row_id="row_1"),
        example_row(row_id="row_2", transaction_reference="ch_1"),
        example_row(row_id="row_4", transaction_reference="pi_1"),
    ]
    assert outcome_of(rows, [PI_1]) == outcome_of(rows[::-1], [PI_1])
