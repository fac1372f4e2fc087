"""Which order a payment pays: rank by rank, waiting, ambiguity, tenants, suggestions."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest
from monstock_stripe_core.errors import MoneyError
from monstock_stripe_core.link import (
    Allocation,
    Decision,
    LinkOutcome,
    LinkRules,
    LinkState,
    Reference,
    references_wanted,
    resolve_link,
)
from monstock_stripe_core.order import Order
from monstock_stripe_core.payment import LinkCandidate, LinkRule, Payment, PaymentStatus
from monstock_stripe_core.testing import NOON, example_order, example_payment, example_row

ORDER_1 = example_order(id="ord_1", number="SO-1", channel_reference="1001")
ORDER_2 = example_order(id="ord_2", number="SO-2", channel_reference="1002")
RULES = LinkRules()

# Candidates by their rank in the table of trust.
RANK_1 = LinkCandidate(LinkRule.METADATA, order_id="ord_1")
RANK_2 = LinkCandidate(LinkRule.CLIENT_REFERENCE, order_number="SO-1")
RANK_3 = LinkCandidate(LinkRule.ORDER_REFERENCE, order_number="SO-1")
RANK_4 = LinkCandidate(LinkRule.SHOP_METADATA, channel_reference="1001")
RANK_5 = LinkCandidate(LinkRule.DESCRIPTION, order_number="SO-1")
OTHER = {
    1: LinkCandidate(LinkRule.METADATA, order_id="ord_2"),
    2: LinkCandidate(LinkRule.CLIENT_REFERENCE, order_number="SO-2"),
    3: LinkCandidate(LinkRule.ORDER_REFERENCE, order_number="SO-2"),
    4: LinkCandidate(LinkRule.SHOP_METADATA, channel_reference="1002"),
    5: LinkCandidate(LinkRule.DESCRIPTION, order_number="SO-2"),
}


def resolve(
    *candidates: LinkCandidate,
    orders: Sequence[Order] = (ORDER_1, ORDER_2),
    rules: LinkRules = RULES,
    decision: Decision | None = None,
    likely: Sequence[Order] = (),
    **fields: Any,
) -> LinkOutcome:
    payment = example_payment(link_candidates=candidates, **fields)
    return resolve_link(
        payment, look_up(payment, orders, rules), rules, decision=decision, likely=likely
    )


def look_up(
    payment: Payment, orders: Sequence[Order], rules: LinkRules
) -> Mapping[Reference, Sequence[Order]]:
    """What Monstock would answer."""
    return {
        (field, value): [order for order in orders if getattr(order, field) == value]
        for field, value in references_wanted(payment, rules)
    }


def kinds(outcome: LinkOutcome) -> list[str]:
    return [found.kind.value for found in outcome.exceptions]


@pytest.mark.parametrize(
    ("candidate", "rule"),
    [
        (RANK_1, LinkRule.METADATA),
        (LinkCandidate(LinkRule.METADATA, order_number="SO-1"), LinkRule.METADATA),
        (RANK_2, LinkRule.CLIENT_REFERENCE),
        (RANK_3, LinkRule.ORDER_REFERENCE),
        (RANK_4, LinkRule.SHOP_METADATA),
        (RANK_5, LinkRule.DESCRIPTION),
        (LinkCandidate(LinkRule.SUGGESTION, order_id="ord_1"), LinkRule.SUGGESTION),
    ],
)
def test_each_rule_links_by_itself(candidate: LinkCandidate, rule: LinkRule) -> None:
    outcome = resolve(candidate)
    assert outcome.state is LinkState.LINKED
    assert outcome.allocations == (Allocation("ord_1"),)
    assert outcome.rule is rule
    assert outcome.exceptions == ()


@pytest.mark.parametrize(
    ("stronger", "weaker"),
    [
        (RANK_1, OTHER[2]),
        (RANK_1, OTHER[5]),
        (RANK_2, OTHER[3]),
        (RANK_3, OTHER[4]),
        (RANK_4, OTHER[5]),
    ],
)
def test_the_highest_rank_decides_and_a_lower_one_that_disagrees_is_flagged(
    stronger: LinkCandidate, weaker: LinkCandidate
) -> None:
    for outcome in (resolve(stronger, weaker), resolve(weaker, stronger)):
        assert outcome.allocations == (Allocation("ord_1"),)
        assert outcome.rule is stronger.rule
        assert kinds(outcome) == ["link_disagreement"]


def test_ranks_that_agree_raise_nothing() -> None:
    assert resolve(RANK_1, RANK_2, RANK_3, RANK_4, RANK_5).exceptions == ()


def test_a_lower_rank_that_leads_nowhere_raises_nothing() -> None:
    nowhere = LinkCandidate(LinkRule.DESCRIPTION, order_number="SO-404")
    assert kinds(resolve(RANK_1, nowhere)) == []


@pytest.mark.parametrize("weaker", [OTHER[2], OTHER[3], OTHER[4], OTHER[5]])
def test_a_payment_whose_order_is_not_there_yet_waits_and_never_falls_through(
    weaker: LinkCandidate,
) -> None:
    outcome = resolve(RANK_1, weaker, orders=[ORDER_2])
    assert outcome.state is LinkState.WAITING
    assert outcome.allocations == ()
    assert ("id", "ord_1") in outcome.waits_for
    assert kinds(outcome) == ["waiting_for_order"]
    assert "'ord_1'" in outcome.exceptions[0].message
    assert resolve(RANK_1, weaker).allocations == (Allocation("ord_1"),)


def test_a_payment_that_names_a_quote_waits_until_it_is_an_order() -> None:
    quote = example_order(id="ord_1", kind="quote")
    assert resolve(RANK_1, orders=[quote]).state is LinkState.WAITING


def test_two_candidates_of_one_rank_are_no_link() -> None:
    outcome = resolve(RANK_1, OTHER[1])
    assert outcome.state is LinkState.AMBIGUOUS
    assert outcome.allocations == ()
    assert outcome.suggested == ("ord_1", "ord_2")
    assert kinds(outcome) == ["ambiguous_link"]


def test_two_keys_of_one_rank_that_mean_one_order_are_a_link() -> None:
    by_number = LinkCandidate(LinkRule.METADATA, order_number="SO-1")
    assert resolve(RANK_1, by_number).allocations == (Allocation("ord_1"),)


def test_two_orders_with_one_number_are_no_link() -> None:
    twin = example_order(id="ord_9", number="SO-1")
    assert resolve(RANK_2, orders=[ORDER_1, twin]).state is LinkState.AMBIGUOUS


@pytest.mark.parametrize(
    ("candidates", "ours", "state"),
    [
        ([LinkCandidate(LinkRule.METADATA, order_id="ord_1", tenant="lyon")], "lyon", "linked"),
        ([LinkCandidate(LinkRule.METADATA, order_id="ord_1", tenant="nice")], "lyon", "not_ours"),
        ([LinkCandidate(LinkRule.METADATA, order_id="ord_1")], "lyon", "linked"),
        ([LinkCandidate(LinkRule.METADATA, order_id="ord_1", tenant="nice")], None, "linked"),
        # another tenant's key is not ours, yet what is said beside it may be
        (
            [
                LinkCandidate(LinkRule.METADATA, order_id="ord_2", tenant="nice"),
                LinkCandidate(LinkRule.CLIENT_REFERENCE, order_number="SO-1"),
            ],
            "lyon",
            "linked",
        ),
    ],
)
def test_a_key_that_names_another_tenant_is_not_ours(
    candidates: list[LinkCandidate], ours: str | None, state: str
) -> None:
    outcome = resolve(*candidates, rules=LinkRules(tenant=ours))
    assert outcome.state == LinkState(state)
    assert outcome.allocations == ((Allocation("ord_1"),) if state == "linked" else ())
    assert outcome.exceptions == ()


@pytest.mark.parametrize(
    ("order", "state"),
    [
        ({}, "linked"),
        ({"total": 12000}, "linked"),
        ({"total": 9999}, "waiting"),
        ({"currency": "USD"}, "waiting"),
        ({"payments": (example_row(amount=1),)}, "waiting"),
        ({"total": 12000, "payments": (example_row(amount=2000),)}, "linked"),
        ({"payments": (example_row(amount=500, refunded=500),)}, "linked"),
        # only money counts: what failed, or is in another currency, leaves all of it due
        ({"payments": (example_row(status=PaymentStatus.FAILED),)}, "linked"),
        ({"payments": (example_row(currency="USD"),)}, "linked"),
        # a row that is this very payment, copied by hand, does not stand in its own way
        ({"payments": (example_row(transaction_reference="pi_1"),)}, "linked"),
        ({"payments": (example_row(transaction_reference="ch_1"),)}, "linked"),
        ({"payments": (example_row(ours=True, transaction_reference="pi_1"),)}, "linked"),
    ],
)
def test_a_shops_number_links_only_where_currency_agrees_and_the_amount_is_due(
    order: dict[str, Any], state: str
) -> None:
    there = example_order(**({"id": "ord_1", "channel_reference": "1001"} | order))
    outcome = resolve(RANK_4, orders=[there], references=("pi_1", "ch_1"))
    assert outcome.state == LinkState(state)


def test_a_shops_number_is_never_taken_for_monstocks() -> None:
    mine = example_order(id="1001", number="1001", channel_reference=None)
    assert resolve(RANK_4, orders=[mine]).state is LinkState.WAITING


def test_a_payment_that_cannot_belong_to_the_order_is_still_linked() -> None:
    assert resolve(RANK_1, currency="USD").state is LinkState.LINKED
    assert resolve(RANK_1, amount=1).state is LinkState.LINKED


@pytest.mark.parametrize(
    "decision",
    [
        Decision((Allocation("ord_2"),)),
        Decision((Allocation("ord_1", 6000), Allocation("ord_2", 4000))),
    ],
)
def test_a_persons_decision_beats_everything(decision: Decision) -> None:
    outcome = resolve(RANK_1, decision=decision)
    assert outcome.state is LinkState.LINKED
    assert outcome.allocations == decision.allocations
    assert outcome.rule is LinkRule.DECISION
    assert outcome.exceptions == ()


def test_a_person_can_say_that_a_payment_is_none_of_ours() -> None:
    outcome = resolve(RANK_1, decision=Decision())
    assert (outcome.state, outcome.allocations) == (LinkState.NOT_OURS, ())


@pytest.mark.parametrize("amount", [0, -1])
def test_an_allocation_is_above_nothing(amount: int) -> None:
    with pytest.raises(MoneyError, match="above 0"):
        Allocation("ord_1", amount)


def customers_order(**fields: Any) -> Order:
    return example_order(
        **({"id": "ord_7", "number": "SO-7", "customer_email": "Ann@X.fr"} | fields)
    )


@pytest.mark.parametrize(
    ("order", "fits"),
    [
        (customers_order(), True),
        (customers_order(created_at=NOON - timedelta(days=7)), True),
        (customers_order(created_at=NOON + timedelta(days=7)), True),
        (customers_order(created_at=NOON - timedelta(days=7, seconds=1)), False),
        (customers_order(created_at=None), False),
        (customers_order(customer_email="bob@x.fr"), False),
        (customers_order(customer_email=None), False),
        (customers_order(currency="USD"), False),
        (customers_order(total=9999), False),
        (customers_order(kind="quote"), False),
    ],
)
def test_the_same_customer_currency_and_amount_within_days_only_suggests(
    order: Order, fits: bool
) -> None:
    outcome = resolve(likely=[order], customer_email="ann@x.FR")
    assert outcome.state is LinkState.UNLINKED
    assert outcome.suggested == (("ord_7",) if fits else ())
    assert kinds(outcome) == ["unlinked"]
    assert ("SO-7" in outcome.exceptions[0].message) is fits


def test_a_setting_lets_a_single_suggestion_through() -> None:
    rules = LinkRules(accept_single_suggestion=True)
    alone = resolve(likely=[customers_order()], customer_email="ann@x.fr", rules=rules)
    assert (alone.state, alone.rule) == (LinkState.LINKED, LinkRule.SUGGESTION)
    twins = [customers_order(), customers_order(id="ord_8", number="SO-8")]
    two = resolve(likely=twins, customer_email="ann@x.fr", rules=rules)
    assert (two.state, two.suggested) == (LinkState.UNLINKED, ("ord_7", "ord_8"))


def test_a_payment_without_address_suggests_nothing() -> None:
    assert resolve(likely=[customers_order(customer_email="")]).suggested == ()


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"status": PaymentStatus.FAILED}, False),
        ({"status": PaymentStatus.CANCELED}, False),
        ({"status": PaymentStatus.NOT_ATTEMPTED}, False),
        ({"status": PaymentStatus.PENDING}, False),
        ({"status": PaymentStatus.PENDING, "funded": 1}, True),
        ({"status": PaymentStatus.AUTHORIZED, "authorized": 1}, True),
        ({"status": PaymentStatus.SUCCEEDED}, True),
        ({"status": PaymentStatus.SUCCEEDED, "refunded": 10000}, True),
    ],
)
def test_only_payments_with_money_become_exceptions(fields: dict[str, Any], shown: bool) -> None:
    nowhere = LinkCandidate(LinkRule.METADATA, order_id="ord_404")
    assert kinds(resolve(**fields)) == (["unlinked"] if shown else [])
    assert kinds(resolve(nowhere, **fields)) == (["waiting_for_order"] if shown else [])
    assert kinds(resolve(RANK_1, OTHER[1], **fields)) == (["ambiguous_link"] if shown else [])
    assert kinds(resolve(RANK_1, OTHER[2], **fields)) == (["link_disagreement"] if shown else [])


def test_everything_that_is_ours_is_looked_up_at_once_each_thing_once() -> None:
    foreign = LinkCandidate(LinkRule.METADATA, order_id="ord_9", tenant="nice")
    payment = example_payment(link_candidates=(RANK_5, RANK_1, RANK_2, foreign))
    assert references_wanted(payment, LinkRules(tenant="lyon")) == (
        ("id", "ord_1"),
        ("number", "SO-1"),
    )


def test_a_hostile_reference_makes_a_short_message() -> None:
    outcome = resolve(LinkCandidate(LinkRule.METADATA, order_id="\x00'; --" * 2000))
    assert len(outcome.exceptions[0].message) < 400
