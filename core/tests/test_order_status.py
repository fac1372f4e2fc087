"""The payment status of an order of 100.00 EUR, row by row of its table."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.order import Order, OrderPaymentRow, OrderPaymentStatus, OrderState
from monstock_stripe_core.order_status import (
    OrderOutcome,
    StatusRules,
    changes_at,
    order_outcome,
)
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus
from monstock_stripe_core.testing import NOON, example_order, example_payment, example_row

HOUR = timedelta(hours=1)


def paid(amount: int = 10000, **fields: Any) -> Payment:
    return example_payment(**({"amount": amount} | fields))


def held(amount: int = 10000, **fields: Any) -> Payment:
    plain = {"status": PaymentStatus.AUTHORIZED, "amount": amount, "authorized": amount}
    return example_payment(**(plain | fields))


def of_status(status: str, **fields: Any) -> Payment:
    return example_payment(**({"status": PaymentStatus(status)} | fields))


def outcome_of(
    payments: list[Payment],
    rows: list[OrderPaymentRow] | None = None,
    rules: StatusRules | None = None,
    now: datetime = NOON,
    **order: Any,
) -> OrderOutcome:
    named = [
        PaymentShare(
            payment
            if payment.transaction_reference != "pi_1"
            else example_of(payment, f"pi_{position + 1}"),
            LinkRule.METADATA,
        )
        for position, payment in enumerate(payments)
    ]
    there = example_order(**({"payments": tuple(rows or ())} | order))
    return order_outcome(there, named, rules or StatusRules(), now)


def example_of(payment: Payment, reference: str) -> Payment:
    return replace(payment, transaction_reference=reference)


CASH_20 = example_row(amount=2000)

TABLE: list[tuple[str, list[Payment], list[OrderPaymentRow], dict[str, Any]]] = [
    # disputed: any open dispute, whatever else there is
    ("disputed", [paid(disputed=10000)], [], {}),
    ("disputed", [paid(disputed=1)], [], {}),
    ("disputed", [paid(), paid(disputed=10000)], [], {}),
    ("disputed", [paid(refunded=10000, dispute_open=True)], [], {}),
    ("disputed", [paid(), paid(5, currency="USD", disputed=5)], [], {}),
    # refunded: something was captured and nothing is left
    ("refunded", [paid(refunded=10000)], [], {}),
    ("refunded", [paid(refunded=4000), paid(2000, refunded=2000)], [example_row(amount=-6000)], {}),
    ("refunded", [paid(dispute_lost=10000)], [], {}),
    ("refunded", [paid(refunded=4000, dispute_lost=6000)], [], {}),
    ("refunded", [paid(refunded=10000, refund_pending=10000)], [], {}),
    ("refunded", [paid(refunded=10000)], [], {"total": 0}),
    ("refunded", [], [example_row(), example_row(row_id="row_2", amount=-10000)], {}),
    ("refunded", [paid(refunded=10000), held()], [], {}),
    # overpaid: more is kept than the order costs
    ("overpaid", [paid(10001)], [], {}),
    ("overpaid", [paid(), paid()], [], {}),
    ("overpaid", [paid(), paid(5000, refunded=4999)], [], {}),
    ("overpaid", [paid()], [CASH_20], {}),
    ("overpaid", [paid()], [], {"total": 9000}),
    ("overpaid", [paid(1)], [], {"total": 0}),
    ("overpaid", [], [], {"total": -500}),
    # paid: exactly what it costs
    ("paid", [paid()], [], {}),
    ("paid", [paid(4000), paid(6000)], [], {}),
    ("paid", [paid(8000)], [CASH_20], {}),
    ("paid", [], [example_row()], {}),
    ("paid", [paid(), of_status("failed")], [], {}),
    ("paid", [paid(), of_status("pending")], [], {}),
    # … a duplicate of which one is refunded
    ("paid", [paid(), paid(refunded=10000)], [], {}),
    # … an excess given back
    ("paid", [paid(12000, refunded=2000)], [], {}),
    # … a refund followed by a new payment
    ("paid", [paid(refunded=10000), paid()], [], {}),
    ("paid", [paid(refunded=3000), paid(3000)], [], {}),
    # … an order whose total was lowered to match
    ("paid", [paid(refunded=3000)], [], {"total": 7000}),
    # … a refund or a dispute that came to nothing
    ("paid", [paid(refund_failed=10000)], [], {}),
    # partially refunded: something went back and less than the total is kept
    ("partially_refunded", [paid(refunded=1)], [], {}),
    ("partially_refunded", [paid(dispute_lost=9999)], [], {}),
    ("partially_refunded", [paid(refunded=3000, refund_pending=3000)], [], {}),
    ("partially_refunded", [paid()], [example_row(amount=-3000)], {}),
    ("partially_refunded", [paid()], [example_row(amount=1000, refunded=3000)], {}),
    ("partially_refunded", [], [example_row(amount=-3000)], {}),
    ("partially_refunded", [paid(refunded=3000), held(3000)], [], {}),
    # partially paid
    ("partially_paid", [paid(1)], [], {}),
    ("partially_paid", [paid(9999)], [], {}),
    ("partially_paid", [], [CASH_20], {}),
    ("partially_paid", [paid(6000), held(4000)], [], {}),
    ("partially_paid", [held(4000, captured=6000)], [], {}),
    ("partially_paid", [paid()], [], {"total": 15000}),
    # authorized: what can be captured covers the total
    ("authorized", [held()], [], {}),
    ("authorized", [held(12000)], [], {}),
    ("authorized", [held(4000), held(6000)], [], {}),
    ("authorized", [held(), of_status("failed")], [], {}),
    # … less than that is none
    ("unpaid", [held(9999)], [], {}),
    ("pending", [held(9999), of_status("pending")], [], {}),
    ("unpaid", [held(1, currency="USD")], [], {}),
    # pending
    ("pending", [of_status("pending")], [], {}),
    ("pending", [of_status("pending", funded=9999)], [], {}),
    ("pending", [of_status("pending"), of_status("failed")], [], {}),
    # failed: at least one payment failed, and none does better
    ("failed", [of_status("failed")], [], {}),
    ("failed", [of_status("failed"), of_status("canceled"), of_status("not_attempted")], [], {}),
    # unpaid otherwise
    ("unpaid", [], [], {}),
    ("unpaid", [of_status("not_attempted")], [], {}),
    ("unpaid", [of_status("canceled")], [], {}),
    ("unpaid", [], [], {"total": 0}),
    ("unpaid", [], [example_row(status=PaymentStatus.FAILED)], {}),
    # another currency never adds up
    ("unpaid", [paid(currency="USD")], [], {}),
    ("partially_paid", [paid(4000), paid(6000, currency="USD")], [], {}),
    ("unpaid", [of_status("failed", currency="USD")], [], {}),
    ("unpaid", [of_status("pending", currency="USD")], [], {}),
    ("unpaid", [], [example_row(currency="USD")], {}),
]


@pytest.mark.parametrize(("status", "payments", "rows", "order"), TABLE)
def test_an_order_is(
    status: str, payments: list[Payment], rows: list[OrderPaymentRow], order: dict[str, Any]
) -> None:
    assert outcome_of(payments, rows, **order).status == OrderPaymentStatus(status)


@pytest.mark.parametrize(("status", "payments", "rows", "order"), TABLE)
def test_the_order_of_payments_and_rows_never_matters(
    status: str, payments: list[Payment], rows: list[OrderPaymentRow], order: dict[str, Any]
) -> None:
    named = [example_of(payment, f"pi_{i}") for i, payment in enumerate(payments, start=2)]
    there = outcome_of(named, rows, **order)
    back = outcome_of(named[::-1], rows[::-1], **order)
    assert back == there


@pytest.mark.parametrize(
    ("payments", "rows", "total", "due"),
    [
        ([], [], 10000, 10000),
        ([paid(4000)], [], 10000, 6000),
        ([paid(4000)], [CASH_20], 10000, 4000),
        ([paid()], [], 10000, 0),
        ([paid(12000)], [], 10000, -2000),
        ([paid(refunded=3000)], [], 10000, 3000),
        ([held()], [], 10000, 10000),
    ],
)
def test_what_is_due_is_shown_beside_the_status(
    payments: list[Payment], rows: list[OrderPaymentRow], total: int, due: int
) -> None:
    assert outcome_of(payments, rows, total=total).due == due


@pytest.mark.parametrize(
    ("total", "payments", "status"),
    [
        (10000, [paid(9998)], "paid"),
        (10000, [paid(10002)], "paid"),
        (10000, [paid(9997)], "partially_paid"),
        (10000, [paid(10003)], "overpaid"),
        (10000, [paid(refunded=2)], "paid"),
        (10000, [paid(refunded=10000)], "refunded"),
        (10000, [held(9998)], "authorized"),
        (10000, [held(9997)], "unpaid"),
        # nothing is never enough, however little is asked
        (2, [], "unpaid"),
        (1, [of_status("failed")], "failed"),
        (2, [paid(1, currency="USD")], "unpaid"),
    ],
)
def test_a_tolerance_makes_sums_equal_and_nothing_else(
    total: int, payments: list[Payment], status: str
) -> None:
    rules = StatusRules(tolerance={"EUR": 2})
    assert outcome_of(payments, rules=rules, total=total).status == OrderPaymentStatus(status)


def test_a_tolerance_is_one_currencys() -> None:
    rules = StatusRules(tolerance={"USD": 500})
    assert outcome_of([paid(9998)], rules=rules).status == "partially_paid"


@pytest.mark.parametrize(
    ("state", "setting", "status"),
    [
        ("validated", True, "paid"),
        ("shipped", True, "paid"),
        ("draft", True, "unpaid"),
        ("cancelled", True, "unpaid"),
        ("validated", False, "unpaid"),
    ],
)
def test_nothing_to_pay_is_paid_only_for_a_validated_order_and_by_a_setting(
    state: str, setting: bool, status: str
) -> None:
    outcome = outcome_of(
        [], rules=StatusRules(zero_total_is_paid=setting), total=0, state=OrderState(state)
    )
    assert outcome.status == OrderPaymentStatus(status)


def test_a_free_order_whose_payment_is_still_pending_waits_for_it() -> None:
    rules = StatusRules(zero_total_is_paid=True)
    assert outcome_of([of_status("pending")], rules=rules, total=0).status == "pending"


UNTIL = NOON + HOUR
RUNS_OUT = held(authorized_until=UNTIL)
ACTS = of_status("pending", action_required_since=NOON)


@pytest.mark.parametrize(
    ("payment", "now", "status", "row"),
    [
        (RUNS_OUT, UNTIL - timedelta(seconds=1), "authorized", PaymentStatus.AUTHORIZED),
        (RUNS_OUT, UNTIL, "unpaid", PaymentStatus.CANCELED),
        (held(), NOON + timedelta(days=400), "authorized", PaymentStatus.AUTHORIZED),
        (
            held(4000, captured=6000, authorized_until=UNTIL),
            UNTIL,
            "partially_paid",
            PaymentStatus.SUCCEEDED,
        ),
        (ACTS, NOON + timedelta(hours=23), "pending", PaymentStatus.PENDING),
        (ACTS, NOON + timedelta(hours=24), "unpaid", None),
        (of_status("pending"), NOON + timedelta(days=30), "pending", PaymentStatus.PENDING),
    ],
)
def test_time_alone_ends_an_authorisation_and_a_wait_for_action(
    payment: Payment, now: datetime, status: str, row: PaymentStatus | None
) -> None:
    outcome = outcome_of([payment], now=now)
    assert outcome.status == OrderPaymentStatus(status)
    there = outcome.rows.get("pi_1")
    assert (there and there.status) == row
    assert outcome.totals.authorized == (payment.authorized if status == "authorized" else 0)


@pytest.mark.parametrize(
    ("payment", "moment"),
    [
        (RUNS_OUT, UNTIL),
        (held(), None),
        (ACTS, NOON + timedelta(hours=24)),
        (of_status("pending"), None),
        (paid(), None),
        (of_status("failed", action_required_since=NOON), None),
    ],
)
def test_it_is_known_when_time_alone_changes_a_payment(
    payment: Payment, moment: datetime | None
) -> None:
    assert changes_at(payment, StatusRules()) == moment


def test_how_long_a_customer_may_take_to_act_is_a_setting() -> None:
    rules = StatusRules(action_expires_after=timedelta(minutes=30))
    assert outcome_of([ACTS], rules=rules, now=NOON + HOUR).status == "unpaid"


@pytest.mark.parametrize(
    ("payment", "row"),
    [
        (paid(), True),
        (of_status("failed"), True),
        (of_status("canceled"), True),
        (of_status("pending"), True),
        (held(), True),
        (paid(currency="USD"), True),
        # nobody has tried: counts for nothing, makes no row
        (of_status("not_attempted"), False),
    ],
)
def test_every_payment_that_was_tried_has_a_row(payment: Payment, row: bool) -> None:
    assert (list(outcome_of([payment]).rows) == ["pi_1"]) is row


def test_a_row_shows_all_of_its_payment() -> None:
    payment = paid(
        refunded=3000,
        refund_pending=1000,
        disputed=2000,
        dispute_lost=500,
        fee=320,
        fee_currency="USD",
        method="card",
    )
    assert outcome_of([payment]).rows["pi_1"] == OrderPaymentRow(
        method="stripe",
        transaction_reference="pi_1",
        currency="EUR",
        amount=10000,
        status=PaymentStatus.SUCCEEDED,
        refunded=3000,
        disputed=2000,
        dispute_lost=500,
        fee=320,
        fee_currency="USD",
        paid_at=NOON,
        payment_method="card",
        note="refund of 10.00 EUR on its way",
        ours=True,
        link_rule="metadata",
    )


@pytest.mark.parametrize(
    ("payment", "note"),
    [
        (paid(), None),
        (of_status("failed", failure="card_declined: no"), "card_declined: no"),
        (of_status("pending"), None),
        (ACTS, "waits for the customer to act"),
        (of_status("pending", funded=7500), "75.00 EUR of 100.00 EUR come"),
    ],
)
def test_a_row_says_in_words_what_its_numbers_do_not(payment: Payment, note: str | None) -> None:
    assert outcome_of([payment]).rows["pi_1"].note == note


amounts = st.integers(0, 300)


@st.composite
def any_payment(draw: st.DrawFn) -> Payment:
    status = draw(st.sampled_from(PaymentStatus))
    taken = status in (PaymentStatus.SUCCEEDED, PaymentStatus.AUTHORIZED, PaymentStatus.PENDING)
    captured = draw(amounts) if taken else 0
    refunded = draw(st.integers(0, captured))
    lost = draw(st.integers(0, captured - refunded))
    disputed = draw(st.integers(0, captured - refunded - lost))
    return example_payment(
        transaction_reference=draw(st.sampled_from(["pi_1", "pi_2", "pi_3", "pi_4", "pi_5"])),
        status=status,
        currency=draw(st.sampled_from(["EUR", "EUR", "EUR", "USD"])),
        amount=draw(amounts),
        captured=captured,
        captured_at=NOON if captured else None,
        authorized=draw(amounts) if status is PaymentStatus.AUTHORIZED else 0,
        refunded=refunded,
        dispute_lost=lost,
        disputed=disputed,
        dispute_open=draw(st.booleans()),
    )


any_payments = st.lists(any_payment(), max_size=5, unique_by=lambda p: p.transaction_reference)
any_rows = st.lists(
    st.builds(
        example_row,
        row_id=st.uuids().map(str),
        method=st.sampled_from(["cash", "card"]),
        amount=st.integers(-300, 300),
        currency=st.sampled_from(["EUR", "EUR", "USD"]),
    ),
    max_size=3,
)


def first_that_holds(order: Order, outcome: OrderOutcome, payments: list[Payment]) -> str:
    """The design's table, written down a second time as plainly as it stands there."""
    totals, total, net = outcome.totals, order.total, outcome.totals.net
    same = [payment for payment in payments if payment.currency == order.currency]
    if any(payment.disputed or payment.dispute_open for payment in payments):
        return "disputed"
    if totals.captured > 0 and net <= 0:
        return "refunded"
    if net > total:
        return "overpaid"
    if net == total > 0:
        return "paid"
    if totals.refunded + totals.dispute_lost > 0 and net < total:
        return "partially_refunded"
    if 0 < net < total:
        return "partially_paid"
    if total > 0 and sum(payment.authorized for payment in same) >= total:
        return "authorized"
    if any(payment.status is PaymentStatus.PENDING for payment in same):
        return "pending"
    if any(payment.status is PaymentStatus.FAILED for payment in same):
        return "failed"
    return "unpaid"


@given(any_payments, any_rows, st.integers(-50, 300))
def test_every_set_of_payments_has_the_first_status_that_holds(
    payments: list[Payment], rows: list[OrderPaymentRow], total: int
) -> None:
    order = example_order(total=total, payments=tuple(rows))
    shares = [PaymentShare(payment, LinkRule.METADATA) for payment in payments]
    outcome = order_outcome(order, shares, StatusRules(), NOON)
    assert outcome.status == first_that_holds(order, outcome, payments)


@given(any_payments, st.integers(0, 300))
def test_the_sum_of_an_orders_rows_is_the_sum_of_its_payments(
    payments: list[Payment], total: int
) -> None:
    shares = [PaymentShare(payment, LinkRule.METADATA) for payment in payments]
    outcome = order_outcome(example_order(total=total), shares, StatusRules(), NOON)
    shown = outcome.rows.values()
    tried = [p for p in payments if p.status is not PaymentStatus.NOT_ATTEMPTED]
    assert sum(row.amount for row in shown) == sum(p.captured for p in tried)
    assert sum(row.refunded for row in shown) == sum(p.refunded for p in tried)
    assert sum(row.dispute_lost for row in shown) == sum(p.dispute_lost for p in tried)
    assert sum(row.disputed for row in shown) == sum(p.disputed for p in tried)
    assert outcome.totals.net == sum(p.kept for p in payments if p.currency == "EUR")
    assert outcome.due == total - outcome.totals.net


@given(any_payments, any_rows, st.randoms(use_true_random=False))
def test_no_order_of_payments_or_rows_changes_the_outcome(
    payments: list[Payment], rows: list[OrderPaymentRow], random: Any
) -> None:
    shares = [PaymentShare(payment, LinkRule.METADATA) for payment in payments]
    there = order_outcome(example_order(payments=tuple(rows)), shares, StatusRules(), NOON)
    random.shuffle(shares)
    random.shuffle(rows)
    back = order_outcome(example_order(payments=tuple(rows)), shares, StatusRules(), NOON)
    assert back == there
