"""One order in both systems. Amounts are euro cents unless a test says otherwise."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.discrepancy import REASON_TEXT, Reason
from monstock_stripe_core.order import Order, OrderPaymentStatus, OrderState
from monstock_stripe_core.order_comparison import ComparisonRules, OrderComparison, compare_order
from monstock_stripe_core.order_status import StatusRules, payment_row
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus
from monstock_stripe_core.release import RELEASE_TEXT, ReleaseReason
from monstock_stripe_core.row_discrepancies import KnownPayment, RowStyle
from monstock_stripe_core.testing import NOON, days, example_order, example_payment, example_row

NET_ROWS = RowStyle(frozenset(), net=True)


def compared(
    order: Order, *payments: Payment, rules: ComparisonRules | None = None, **known: Any
) -> OrderComparison:
    shares = [PaymentShare(payment, LinkRule.METADATA) for payment in payments]
    return compare_order(order, shares, rules or plain_rules(), NOON + days(1), **known)


def plain_rules(**fields: Any) -> ComparisonRules:
    return ComparisonRules(**({"status": StatusRules()} | fields))


def found(comparison: OrderComparison) -> list[tuple[str, int, str | None]]:
    return [
        (one.reason.value, one.amount, one.transaction_reference)
        for one in comparison.discrepancies
    ]


def shown(payment: Payment, **fields: Any) -> Any:
    row = payment_row(payment, "stripe", LinkRule.METADATA)
    return replace(row, row_id=f"row_{payment.transaction_reference}", **fields)


def paid_order(*payments: Payment, **fields: Any) -> Order:
    plain: dict[str, Any] = {
        "payments": tuple(shown(payment) for payment in payments),
        "payment_status": OrderPaymentStatus.PAID,
        "amount_due": 0,
    }
    return example_order(**(plain | fields))


def test_paid_order_that_shows_it_agrees_and_is_released() -> None:
    payment = example_payment()
    comparison = compared(paid_order(payment), payment)
    assert found(comparison) == []
    assert (comparison.outcome.totals.net, comparison.shown_net, comparison.outside) == (
        10000,
        10000,
        0,
    )
    assert (comparison.release.released, comparison.release.reason) == (True, ReleaseReason.PAID)
    assert comparison.awaited is None


def test_cash_is_money_outside_stripe() -> None:
    payment = example_payment(amount=7000)
    order = paid_order(payment, payments=(shown(payment), example_row(amount=3000)))
    comparison = compared(order, payment)
    assert found(comparison) == []
    assert comparison.outside == 3000


def test_order_that_was_never_written_agrees_as_long_as_nothing_came() -> None:
    comparison = compared(example_order())
    assert found(comparison) == []
    assert comparison.awaited == 10000
    assert comparison.release.reason is ReleaseReason.NOT_PAID


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"amount": 0, "status": PaymentStatus.PENDING}, ("paid_not_shown", 10000, "pi_1")),
        ({"amount": 9000}, ("amount_differs", 1000, "pi_1")),
        ({"refunded": 500}, ("amount_differs", 500, "pi_1")),
        ({"dispute_lost": 500}, ("amount_differs", 500, "pi_1")),
        ({"disputed": 500}, ("status_differs", 500, "pi_1")),
        ({"currency": "USD"}, ("currency_differs", 10000, "pi_1")),
    ],
)
def test_row_that_says_something_else(fields: Any, expected: Any) -> None:
    payment = example_payment()
    order = paid_order(payment, payments=(shown(payment, **fields),))
    assert found(compared(order, payment)) == [expected]


def test_payment_that_stands_there_twice_by_our_method_is_recorded_twice() -> None:
    payment = example_payment()
    order = paid_order(payment, payments=(shown(payment), replace(shown(payment), row_id="again")))
    assert found(compared(order, payment)) == [("recorded_twice", 10000, "pi_1")]
    (twice,) = compared(order, payment).discrepancies
    assert twice.facts == {"own_rows": True}


def test_rows_that_show_what_is_left_are_compared_with_what_is_left() -> None:
    payment = example_payment(refunded=4000)
    order = example_order(
        payments=(shown(payment, amount=6000, refunded=0),),
        payment_status=OrderPaymentStatus.PARTIALLY_REFUNDED,
        amount_due=4000,
    )
    rules = plain_rules(rows=NET_ROWS)
    assert found(compared(order, payment, rules=rules)) == []
    late = replace(order, payments=(shown(payment, amount=10000, refunded=0),))
    assert ("refund_missing", 4000, "pi_1") in found(compared(late, payment, rules=rules))


def test_missing_row_explains_the_status_and_the_due_that_follow_from_it() -> None:
    payment = example_payment()
    order = example_order(payment_status=OrderPaymentStatus.UNPAID, amount_due=10000)
    assert found(compared(order, payment)) == [("paid_not_shown", 10000, "pi_1")]


def test_status_that_no_row_explains_is_said_beside_the_row() -> None:
    payment = example_payment()
    order = paid_order(
        payment,
        payments=(shown(payment, amount=9000),),
        payment_status=OrderPaymentStatus.FAILED,
        amount_due=1000,
    )
    assert found(compared(order, payment)) == [
        ("paid_not_shown", 10000, None),
        ("amount_differs", 1000, "pi_1"),
    ]


@pytest.mark.parametrize("known", list(KnownPayment))
def test_row_of_a_payment_that_is_not_on_the_order_is_no_money(known: KnownPayment) -> None:
    row = example_row(method="stripe", transaction_reference="pi_9", ours=True)
    order = paid_order(payments=(row,))
    comparison = compared(order, known={"row_1": known})
    assert found(comparison) == [("shown_not_paid", 10000, "pi_9")]
    assert comparison.outcome.totals.net == 0


def test_tenant_without_payment_status_is_asked_for_none() -> None:
    payment = example_payment()
    order = paid_order(payment, payment_status=None)
    assert found(compared(order, payment, rules=plain_rules(keeps_status=False))) == []


def test_excess_beyond_a_duplicate_is_said_as_well() -> None:
    first, second = (
        example_payment(),
        example_payment(transaction_reference="pi_2", captured_at=NOON + timedelta(hours=2)),
    )
    third = example_payment(transaction_reference="pi_3", amount=250)
    payments = (first, second, third)
    order = paid_order(*payments, payment_status=OrderPaymentStatus.OVERPAID, amount_due=-10250)
    assert found(compared(order, *payments)) == [
        ("duplicate_payment", 10000, "pi_2"),
        ("overpaid", 250, None),
    ]


def test_terms_release_what_is_authorised_but_never_a_dispute() -> None:
    held = example_payment(status=PaymentStatus.AUTHORIZED, authorized=10000)
    disputed = example_payment(disputed=10000, dispute_open=True)
    terms = frozenset({OrderPaymentStatus.AUTHORIZED, OrderPaymentStatus.DISPUTED})
    rules = plain_rules(terms=terms)
    assert compared(example_order(), held, rules=rules).release.reason is ReleaseReason.TERMS
    assert not compared(example_order(), disputed, rules=rules).release.released


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (OrderState.DRAFT, ReleaseReason.NOT_VALIDATED),
        (OrderState.CANCELLED, ReleaseReason.CANCELLED),
        (OrderState.SHIPPED, ReleaseReason.ALREADY_SHIPPED),
    ],
)
def test_only_a_validated_order_is_released(state: OrderState, reason: ReleaseReason) -> None:
    payment = example_payment()
    release = compared(paid_order(payment, state=state), payment).release
    assert (release.released, release.reason) == (False, reason)


def test_every_reason_has_its_sentence_and_next_step() -> None:
    assert set(REASON_TEXT) == set(Reason)
    assert set(RELEASE_TEXT) == set(ReleaseReason)
    assert all(
        text.endswith(".") for one in REASON_TEXT.values() for text in (one.meaning, one.next_step)
    )


@st.composite
def payments(draw: st.DrawFn, number: int) -> Payment:
    captured = draw(st.integers(0, 60))
    refunded = draw(st.integers(0, captured))
    lost = draw(st.integers(0, captured - refunded))
    disputed = draw(st.integers(0, captured - refunded - lost))
    status = PaymentStatus.SUCCEEDED if captured else draw(st.sampled_from(list(PaymentStatus)))
    return example_payment(
        transaction_reference=f"pi_{number}",
        status=status,
        currency=draw(st.sampled_from(("EUR", "EUR", "EUR", "USD"))),
        amount=60,
        captured=captured,
        captured_at=NOON + timedelta(hours=number),
        authorized=draw(st.integers(0, 60)) if status is PaymentStatus.AUTHORIZED else 0,
        refunded=refunded,
        dispute_lost=lost,
        disputed=disputed,
        dispute_open=disputed > 0,
    )


@st.composite
def cases(draw: st.DrawFn) -> tuple[Order, list[Payment]]:
    paid = [draw(payments(number)) for number in range(draw(st.integers(0, 3)))]
    rows = [
        shown(payment, amount=draw(st.sampled_from((payment.captured, draw(st.integers(0, 60))))))
        for payment in paid
        if draw(st.booleans())
    ]
    rows += [
        example_row(row_id=f"cash_{i}", amount=draw(st.integers(-30, 60)))
        for i in range(draw(st.integers(0, 2)))
    ]
    order = example_order(
        total=draw(st.integers(0, 100)),
        state=draw(st.sampled_from(list(OrderState))),
        payment_status=draw(st.sampled_from((None, *OrderPaymentStatus))),
        amount_due=draw(st.one_of(st.none(), st.integers(-60, 100))),
        payments=tuple(rows),
    )
    return order, paid


@given(cases(), st.integers(2, 1000), st.integers(0, 3))
def test_only_the_proportions_of_amounts_matter(
    case: tuple[Order, list[Payment]], factor: int, tolerance: int
) -> None:
    """What lets the reconciliation ask once for all orders of the same proportions."""

    def times(thing: Any, names: tuple[str, ...], by: int) -> Any:
        values = {name: getattr(thing, name) for name in names}
        return replace(thing, **{n: v if v is None else v * by for n, v in values.items()})

    def rules(by: int) -> ComparisonRules:
        return plain_rules(status=StatusRules(tolerance={"EUR": tolerance * by}))

    order, paid = case
    of_row = ("amount", "authorized", "refunded", "disputed", "dispute_lost")
    larger = times(order, ("total", "amount_due"), factor)
    larger = replace(larger, payments=tuple(times(row, of_row, factor) for row in order.payments))
    of_payment = (*of_row, "captured")
    small = compared(order, *paid, rules=rules(1))
    large = compared(larger, *(times(one, of_payment, factor) for one in paid), rules=rules(factor))
    assert large.outcome.status is small.outcome.status
    assert large.release == small.release
    assert [large.outside, large.shown_net, large.disputed, large.outcome.due] == [
        amount * factor
        for amount in (small.outside, small.shown_net, small.disputed, small.outcome.due)
    ]
    assert found(large) == [(why, amount * factor, one) for why, amount, one in found(small)]
    assert [
        {
            name: value * factor
            if isinstance(value, int) and not isinstance(value, bool)
            else value
            for name, value in one.facts.items()
        }
        for one in small.discrepancies
    ] == [dict(one.facts) for one in large.discrepancies]


@given(cases())
def test_order_of_payments_changes_nothing(case: tuple[Order, list[Payment]]) -> None:
    order, paid = case
    assert compared(order, *paid) == compared(order, *reversed(paid))


def test_disputes_in_another_currency_are_not_added_to_what_a_shipped_order_lacks() -> None:
    payment = example_payment(disputed=10000, dispute_open=True)
    stranger = example_payment(
        transaction_reference="pi_2",
        amount=3000,
        currency="USD",
        captured=3000,
        disputed=3000,
        dispute_open=True,
    )
    order = paid_order(
        payment,
        stranger,
        state=OrderState.SHIPPED,
        payment_status=OrderPaymentStatus.DISPUTED,
    )
    assert ("shipped_not_paid", 10000, None) in found(compared(order, payment, stranger))
