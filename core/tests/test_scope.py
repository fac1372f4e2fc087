"""Which payments are ours: the filter, the mode, the cut-over."""

import re
from datetime import timedelta
from types import MappingProxyType

import pytest
from monstock_stripe_core.payment import Payment
from monstock_stripe_core.scope import Scope, ScopeVerdict, scope_verdict
from monstock_stripe_core.testing import NOON, example_payment

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("payment", "scope", "verdict"),
    [
        (example_payment(), Scope(), "ours"),
        (example_payment(livemode=True), Scope(), "ours"),
        (example_payment(livemode=True), Scope(expect_livemode=True), "ours"),
        (example_payment(livemode=False), Scope(expect_livemode=True), "wrong_mode"),
        (example_payment(livemode=True), Scope(expect_livemode=False), "wrong_mode"),
        (example_payment(account_id=None), Scope(accounts=frozenset({""})), "ours"),
        (example_payment(account_id="acct_1"), Scope(accounts=frozenset({"acct_1"})), "ours"),
        (
            example_payment(account_id="acct_2"),
            Scope(accounts=frozenset({"acct_1"})),
            "out_of_scope",
        ),
        (example_payment(account_id="acct_1"), Scope(accounts=frozenset({""})), "out_of_scope"),
        (example_payment(metadata={"shop": "b2b"}), Scope(metadata={"shop": "b2b"}), "ours"),
        (
            example_payment(metadata={"shop": "b2c"}),
            Scope(metadata={"shop": "b2b"}),
            "out_of_scope",
        ),
        (example_payment(metadata={"shop": "b2c"}), Scope(metadata={"shop": "*"}), "ours"),
        (example_payment(metadata={}), Scope(metadata={"shop": "*"}), "out_of_scope"),
        (example_payment(products=("prod_1",)), Scope(products=frozenset({"prod_1"})), "ours"),
        (example_payment(products=()), Scope(products=frozenset({"prod_1"})), "out_of_scope"),
        (example_payment(description="Order 7"), Scope(description=re.compile("^Order")), "ours"),
        (
            example_payment(description="Tip"),
            Scope(description=re.compile("^Order")),
            "out_of_scope",
        ),
        (example_payment(), Scope(description=re.compile("Order")), "out_of_scope"),
        (example_payment(), Scope(created_from=NOON), "ours"),
        (example_payment(), Scope(created_from=NOON + HOUR), "out_of_scope"),
        (example_payment(), Scope(cutover=NOON), "ours"),
        (example_payment(), Scope(cutover=NOON + HOUR), "before_cutover"),
    ],
)
def test_each_part_of_the_filter_decides(payment: Payment, scope: Scope, verdict: str) -> None:
    assert scope_verdict(payment, scope) == ScopeVerdict(verdict)


def test_a_test_payment_is_refused_even_where_the_filter_would_have_passed_over_it() -> None:
    scope = Scope(expect_livemode=True, metadata=MappingProxyType({"shop": "b2b"}))
    assert scope_verdict(example_payment(), scope) is ScopeVerdict.WRONG_MODE


def test_a_payment_out_of_scope_is_not_ours_before_the_cutover_either() -> None:
    scope = Scope(metadata=MappingProxyType({"shop": "b2b"}), cutover=NOON + HOUR)
    assert scope_verdict(example_payment(), scope) is ScopeVerdict.OUT_OF_SCOPE
