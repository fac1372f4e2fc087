"""What an order and its payments contradict in each other."""

from typing import Any

import pytest
from monstock_stripe_core.allocation import PaymentShare
from monstock_stripe_core.exception_kind import NEXT_STEP, ExceptionKind
from monstock_stripe_core.order import OrderState
from monstock_stripe_core.order_status import OrderOutcome, StatusRules, order_outcome
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus
from monstock_stripe_core.testing import NOON, example_order, example_payment, example_row


def outcome_of(
    *payments: Payment,
    rule: LinkRule = LinkRule.METADATA,
    unallocated: int = 0,
    rules: StatusRules | None = None,
    **order: Any,
) -> OrderOutcome:
    shares = [PaymentShare(payment, rule, unallocated) for payment in payments]
    return order_outcome(example_order(**order), shares, rules or StatusRules(), NOON)


def kinds(outcome: OrderOutcome) -> list[str]:
    return [found.kind.value for found in outcome.exceptions]


def held(amount: int) -> Payment:
    return example_payment(status=PaymentStatus.AUTHORIZED, authorized=amount, amount=amount)


@pytest.mark.parametrize(
    ("payment", "order", "expected"),
    [
        (example_payment(), {}, []),
        # another currency, as long as anything is held or kept
        (example_payment(currency="USD"), {}, ["currency_mismatch"]),
        (example_payment(currency="USD", refunded=9999), {}, ["currency_mismatch"]),
        (example_payment(currency="USD", refunded=10000), {}, []),
        (
            example_payment(currency="USD", status=PaymentStatus.AUTHORIZED, authorized=1),
            {},
            ["currency_mismatch"],
        ),
        (
            example_payment(currency="USD", status=PaymentStatus.PENDING, funded=1),
            {},
            ["currency_mismatch"],
        ),
        (example_payment(currency="USD", status=PaymentStatus.FAILED), {}, []),
        # more than the order costs
        (example_payment(amount=10001), {}, ["amount_mismatch"]),
        (example_payment(amount=12000, refunded=2000), {}, []),
        # flags that the snapshot itself raises
        (example_payment(flags=("customer_owed",)), {}, ["customer_owed"]),
        (example_payment(flags=("dispute_inquiry",)), {}, ["dispute_inquiry"]),
        (example_payment(flags=("cash_balance_surplus",)), {}, ["cash_balance_surplus"]),
        (example_payment(flags=("of another source",)), {}, []),
        # less authorised than the order costs
        (held(9999), {}, ["partly_authorized"]),
        (held(10000), {}, []),
        (held(4000), {"payments": (example_row(amount=6000),)}, []),
        # a cancelled order that gets paid
        (example_payment(), {"state": OrderState.CANCELLED}, ["cancelled_order_paid"]),
        (example_payment(refunded=10000), {"state": OrderState.CANCELLED}, []),
        (held(10000), {"state": OrderState.CANCELLED}, []),
        # goods are gone and the money comes back
        (example_payment(), {"state": OrderState.SHIPPED}, []),
        (example_payment(refunded=1), {"state": OrderState.SHIPPED}, ["shipped_not_paid"]),
        (example_payment(refunded=10000), {"state": OrderState.SHIPPED}, ["shipped_not_paid"]),
        (example_payment(disputed=10000), {"state": OrderState.SHIPPED}, ["shipped_not_paid"]),
        (example_payment(dispute_lost=10000), {"state": OrderState.SHIPPED}, ["shipped_not_paid"]),
        (example_payment(refunded=1), {}, []),
        # never paid in whole: shipped on account
        (example_payment(amount=4000), {"state": OrderState.SHIPPED}, []),
    ],
)
def test_a_payment_on_its_order_raises(
    payment: Payment, order: dict[str, Any], expected: list[str]
) -> None:
    assert kinds(outcome_of(payment, **order)) == expected


def test_a_mismatch_is_beside_whatever_the_right_currency_says() -> None:
    usd = example_payment(transaction_reference="pi_2", currency="USD")
    outcome = outcome_of(example_payment(), usd)
    assert outcome.status == "paid"
    assert kinds(outcome) == ["currency_mismatch"]
    assert outcome.exceptions[0].transaction_reference == "pi_2"


@pytest.mark.parametrize(
    ("rule", "flagged"),
    [
        (LinkRule.CLIENT_REFERENCE, True),
        (LinkRule.SHOP_METADATA, True),
        (LinkRule.DESCRIPTION, True),
        (LinkRule.SUGGESTION, True),
        (LinkRule.DECISION, False),
        (LinkRule.METADATA, False),
        (LinkRule.ORDER_REFERENCE, False),
    ],
)
def test_a_cheap_cart_that_settles_a_dear_order_is_linked_and_flagged(
    rule: LinkRule, flagged: bool
) -> None:
    outcome = outcome_of(example_payment(amount=100), rule=rule)
    assert outcome.status == "partially_paid"
    assert kinds(outcome) == (["amount_mismatch"] if flagged else [])


def test_parts_that_pay_the_order_together_are_not_flagged() -> None:
    parts = [
        example_payment(transaction_reference="pi_1", amount=4000),
        example_payment(transaction_reference="pi_2", amount=6000),
    ]
    assert kinds(outcome_of(*parts, rule=LinkRule.CLIENT_REFERENCE)) == []


@pytest.mark.parametrize("amount", [9998, 10002])
def test_what_is_within_the_tolerance_contradicts_nothing(amount: int) -> None:
    rules = StatusRules(tolerance={"EUR": 2})
    payment = example_payment(amount=amount)
    assert kinds(outcome_of(payment, rules=rules, rule=LinkRule.CLIENT_REFERENCE)) == []
    shipped = outcome_of(payment, rules=rules, state=OrderState.SHIPPED)
    assert kinds(shipped) == []


def test_money_of_a_split_payment_that_is_on_no_order_is_said() -> None:
    outcome = outcome_of(example_payment(amount=4000), unallocated=1000)
    assert kinds(outcome) == ["amount_mismatch"]
    assert outcome.exceptions[0].message == "10.00 EUR of the payment is on no order."


def test_each_exception_names_its_order_and_payment_and_a_next_step() -> None:
    (found,) = outcome_of(example_payment(amount=12345)).exceptions
    assert (found.order_id, found.transaction_reference) == ("ord_1", "pi_1")
    assert found.message == (
        "The payment keeps 123.45 EUR, more than order SO-1 costs (100.00 EUR)."
    )


@pytest.mark.parametrize("kind", ExceptionKind)
def test_every_kind_says_what_a_person_does_next(kind: ExceptionKind) -> None:
    assert NEXT_STEP[kind].endswith(".")
