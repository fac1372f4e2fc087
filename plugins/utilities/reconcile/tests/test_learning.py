"""What is learnt of some amounts is what the function says of any others."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from monstock_stripe_core.money import Money
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_comparison import ComparisonRules
from monstock_stripe_core.order_status import StatusRules
from monstock_stripe_core.payment import LinkRule, PaymentStatus
from monstock_stripe_core.row_discrepancies import KnownPayment, RowStyle
from monstock_stripe_core.testing import NOON
from monstock_stripe_reconcile.learning import Learning
from monstock_stripe_reconcile.orders_asked import Orders

RULES = (
    ComparisonRules(StatusRules()),
    ComparisonRules(StatusRules(tolerance={"EUR": 3}, zero_total_is_paid=True)),
    ComparisonRules(StatusRules(), rows=RowStyle(frozenset({"status"}), net=True)),
)
# Few and small, so that sums meet, and some that meet nothing.
amounts = st.one_of(st.integers(0, 6), st.integers(0, 10**15))
flags = st.sampled_from(["", "", "", "dispute_inquiry", "customer_owed", "cash_balance_surplus"])
currencies = st.sampled_from(["", "", "", "USD"])


@st.composite
def payments(draw: st.DrawFn) -> str:
    """A payment as an order's shape tells it, with amounts that one payment can have."""
    captured = draw(amounts)
    refunded = draw(st.one_of(st.just(0), st.just(captured), st.integers(0, captured)))
    lost = draw(st.one_of(st.just(0), st.integers(0, captured - refunded)))
    disputed = draw(st.one_of(st.just(0), st.integers(0, captured - refunded - lost)))
    authorized = 0 if captured else draw(amounts)
    rest = draw(st.sampled_from([0, 0, 0, 2]))
    values = [captured or authorized, authorized, captured, 0, refunded, 0, disputed, lost, rest]
    status = "succeeded" if captured else draw(st.sampled_from(list(PaymentStatus))).value
    rule = draw(st.sampled_from([LinkRule.METADATA, LinkRule.CLIENT_REFERENCE])).value
    is_open = "o" if disputed else ""
    told = [status, rule, draw(currencies), draw(flags), is_open, *map(str, values), "", "", "", ""]
    return "|".join(told)


@st.composite
def rows(draw: st.DrawFn, of: list[str]) -> str:
    """A row of one of these payments, as it is or not quite, or one of other money."""
    place = draw(st.integers(0, len(of)))
    if place < len(of):
        _, _, currency, _, _, _, authorized, captured, _, refunded, _, disputed, lost, *_ = of[
            place
        ].split("|")
        shown = [captured, authorized, refunded, disputed, lost]
        if draw(st.booleans()):
            shown[draw(st.integers(0, 4))] = str(draw(amounts))
        status = draw(st.sampled_from(["succeeded", "succeeded", "pending"]))
        return "|".join([str(place), "o", "o", "", "", "n", "", status, currency, *shown, ""])
    known = draw(st.sampled_from(["", *[one.value for one in KnownPayment]]))
    ours = "o" if known else ""
    amount = draw(amounts) * draw(st.sampled_from([1, 1, -1]))
    told = ["", "", ours, known, "", "n" if known else "", "", "succeeded", draw(currencies)]
    return "|".join([*told, str(amount), "0", "0", "0", "0", ""])


@st.composite
def shapes(draw: st.DrawFn) -> str:
    of = draw(st.lists(payments(), max_size=3))
    shown = draw(st.lists(rows(of), max_size=4))
    state = draw(st.sampled_from(list(OrderState))).value
    status = draw(st.sampled_from(["", *[one.value for one in OrderPaymentStatus]]))
    captured = sum(int(one.split("|")[7]) for one in of)
    total = draw(st.one_of(st.just(captured), amounts))
    due = draw(st.sampled_from(["", "0", str(total - captured), "5"]))
    return "\n".join([f"EUR|{state}|{total}|{due}|{status}", ";".join(of), ";".join(shown)])


class Asked(Orders):
    """Asks the core about each order."""

    def __init__(self, rules: ComparisonRules) -> None:
        super().__init__(rules, NOON)
        self._learnt = self._compared


LEARNT = {rules: Orders(RULES[rules], NOON) for rules in range(len(RULES))}


@settings(max_examples=1500, deadline=None)
@given(shapes(), st.sampled_from(range(len(RULES))))
def test_learnt_orders_come_to_what_the_core_says(shape: str, rules: int) -> None:
    assert LEARNT[rules](shape) == Asked(RULES[rules])(shape)


@settings(deadline=None)
@given(shapes(), st.integers(2, 10**6))
def test_what_one_order_taught_holds_for_its_multiples(shape: str, factor: int) -> None:
    orders = Orders(RULES[0], NOON)
    orders(shape)
    lines = []
    for place, line in enumerate(shape.split("\n")):
        told = []
        for part in line.split(";") if line else ():
            fields = part.split("|")
            first, last = ((2, 4), (5, 14), (9, 14))[place]
            fields[first:last] = [
                field and str(int(field) * factor) for field in fields[first:last]
            ]
            told.append("|".join(fields))
        lines.append(";".join(told))
    assert orders("\n".join(lines)) == Asked(RULES[0])("\n".join(lines))


def counting(function: Callable[[Sequence[int]], Any]) -> tuple[Learning, list[Sequence[int]]]:
    runs: list[Sequence[int]] = []

    def run(_kind: str, given: Sequence[int]) -> dict[str, Any]:
        runs.append([int.__add__(one, 0) for one in given])
        return {"result": function(given)}

    return Learning(run, most=3), runs


def test_function_runs_once_for_each_way_that_it_takes() -> None:
    learning, runs = counting(lambda given: "less" if given[0] < given[1] else given[0] - given[1])
    assert [learning("k", pair)["result"] for pair in ([1, 5], [2, 3], [9, 4], [7, 1])] == [
        "less",
        "less",
        5,
        6,
    ]
    assert runs == [[1, 5], [9, 4]]


def test_no_more_is_kept_than_may_be() -> None:
    learning, runs = counting(lambda given: sum(one > 10 for one in given))
    pairs = [[1, 2], [1, 20], [20, 1], [20, 30]]
    assert [learning("k", pair)["result"] for pair in pairs * 2] == [0, 1, 1, 2] * 2
    assert runs == [*pairs, [20, 30]]


def test_nothing_is_learnt_of_many_amounts_or_questions() -> None:
    learning, runs = counting(min)
    many, some = list(range(1, 60)), [1, 2, 3]
    assert [learning("k", given)["result"] for given in (many, many, some, some)] == [1, 1, 1, 1]
    assert runs == [many, many, some]


@pytest.mark.parametrize(
    "function",
    [
        lambda given: str(given[0]),
        lambda given: f"{given[0]}",
        lambda given: repr(given[0]),
        lambda given: str(Money(given[0], "EUR")),
        lambda given: given[0] // 2,
        lambda given: given[0] * given[1],
        lambda given: divmod(given[0], 2)[0],
        lambda given: round(given[0] / 2),
        lambda given: given[0] in {1, 2},
        lambda given: float(given[0]),
        lambda given: given[0] & 1,
        lambda given: 7 % given[0],
        lambda given: 2 ** given[0],
        lambda given: given[0] * 0.5,
        lambda given: given[0] < 3.5,
        lambda given: given[0] == 3.0,
        lambda given: given[0] + Decimal(1),
        lambda given: given[0].numerator,
    ],
)
def test_nothing_is_learnt_of_what_is_no_sum(function: Callable[[Sequence[int]], Any]) -> None:
    learning, runs = counting(function)
    for given_amounts in ([1, 2], [3, 5], [4, 7]):
        assert learning("k", given_amounts)["result"] == function(given_amounts)
    assert runs == [[1, 2], [1, 2], [3, 5], [4, 7]]  # the first one also to learn, in vain
