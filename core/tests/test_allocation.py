"""One payment for several orders: parts, not copies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.allocation import share_of
from monstock_stripe_core.link import Allocation
from monstock_stripe_core.payment import LinkRule, Payment, PaymentStatus
from monstock_stripe_core.testing import example_payment

DEALT = [
    "amount",
    "authorized",
    "captured",
    "funded",
    "refunded",
    "refund_pending",
    "refund_failed",
    "disputed",
    "dispute_lost",
    "fee",
    "net",
]


def part(payment: Payment, allocations: list[Allocation], order_id: str) -> Payment:
    return share_of(payment, allocations, order_id, LinkRule.DECISION).payment


def test_one_order_gets_the_whole_payment_as_it_is() -> None:
    payment = example_payment(fee=320, fee_currency="EUR")
    assert part(payment, [Allocation("ord_1")], "ord_1") == payment


@pytest.mark.parametrize(
    ("fields", "first", "second"),
    [
        # 100.00 for two orders: 60.00 and 40.00
        ({}, {"captured": 6000}, {"captured": 4000}),
        # what went back is taken from the last order backwards
        ({"refunded": 3000}, {"refunded": 0}, {"refunded": 3000}),
        ({"refunded": 5000}, {"refunded": 1000}, {"refunded": 4000}),
        ({"refunded": 10000}, {"refunded": 6000}, {"refunded": 4000}),
        ({"dispute_lost": 5000}, {"dispute_lost": 1000}, {"dispute_lost": 4000}),
        (
            {"refunded": 3000, "dispute_lost": 3000},
            {"refunded": 0, "dispute_lost": 2000},
            {"refunded": 3000, "dispute_lost": 1000},
        ),
        ({"disputed": 5000}, {"disputed": 1000}, {"disputed": 4000}),
        (
            {"refunded": 4000, "disputed": 1000},
            {"refunded": 0, "disputed": 1000},
            {"refunded": 4000, "disputed": 0},
        ),
        ({"fee": 320, "net": 9680}, {"fee": 192, "net": 5808}, {"fee": 128, "net": 3872}),
        ({"fee": 321, "net": 9679}, {"fee": 192, "net": 5807}, {"fee": 129, "net": 3872}),
        ({"fee": None, "net": None}, {"fee": None, "net": None}, {"fee": None, "net": None}),
    ],
)
def test_a_payment_is_dealt_out_to_two_orders(
    fields: dict[str, int | None], first: dict[str, int | None], second: dict[str, int | None]
) -> None:
    payment = example_payment(**({"fee_currency": "EUR"} | fields))
    allocations = [Allocation("ord_1", 6000), Allocation("ord_2")]
    for order_id, wanted in (("ord_1", first), ("ord_2", second)):
        got = part(payment, allocations, order_id)
        assert {name: getattr(got, name) for name in wanted} == wanted


def test_what_can_still_be_captured_belongs_to_the_order_that_has_not_got_its_part() -> None:
    payment = example_payment(status=PaymentStatus.AUTHORIZED, captured=6000, authorized=4000)
    allocations = [Allocation("ord_1", 6000), Allocation("ord_2", 4000)]
    assert part(payment, allocations, "ord_1").authorized == 0
    assert part(payment, allocations, "ord_2").authorized == 4000


def test_money_that_no_order_got_is_said_once() -> None:
    payment = example_payment()
    allocations = [Allocation("ord_1", 6000), Allocation("ord_2", 1000)]
    assert share_of(payment, allocations, "ord_1", LinkRule.DECISION).unallocated == 3000
    assert share_of(payment, allocations, "ord_2", LinkRule.DECISION).unallocated == 0


def test_money_that_no_order_got_goes_back_first() -> None:
    payment = example_payment(refunded=3000)
    share = share_of(payment, [Allocation("ord_1", 6000)], "ord_1", LinkRule.DECISION)
    assert share.payment.refunded == 0
    assert share.unallocated == 1000


def test_more_than_the_order_costs_can_be_captured_and_stays_with_it() -> None:
    payment = example_payment(amount=10000, captured=10500)
    allocations = [Allocation("ord_1", 6000), Allocation("ord_2")]
    assert part(payment, allocations, "ord_2").captured == 4500


def test_an_order_named_twice_gets_both_parts() -> None:
    allocations = [Allocation("ord_1", 2000), Allocation("ord_2", 5000), Allocation("ord_1", 3000)]
    assert part(example_payment(), allocations, "ord_1").captured == 5000


def test_an_order_without_a_part_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="pi_1 is not allocated to order ord_9"):
        share_of(example_payment(), [Allocation("ord_1")], "ord_9", LinkRule.DECISION)


@st.composite
def captured_payments(draw: st.DrawFn) -> Payment:
    captured = draw(st.integers(0, 20000))
    refunded = draw(st.integers(0, captured))
    lost = draw(st.integers(0, captured - refunded))
    kept = captured - refunded - lost
    held = draw(st.booleans())
    fee = draw(st.none() | st.integers(-500, 500))
    return example_payment(
        status=PaymentStatus.AUTHORIZED if held else PaymentStatus.SUCCEEDED,
        amount=draw(st.integers(0, 20000)),
        captured=captured,
        authorized=draw(st.integers(0, 20000)) if held else 0,
        refunded=refunded,
        refund_pending=draw(st.integers(0, refunded)),
        refund_failed=draw(st.integers(0, kept)),
        disputed=draw(st.integers(0, kept)),
        dispute_lost=lost,
        fee=fee,
        fee_currency=None if fee is None else "EUR",
        net=None if fee is None else captured - fee,
    )


allocations_of_some_orders = st.lists(st.integers(1, 12000), min_size=0, max_size=5).map(
    lambda amounts: [Allocation(f"ord_{i}", amount) for i, amount in enumerate(amounts)]
)


@given(captured_payments(), allocations_of_some_orders)
def test_parts_add_up_to_the_whole(payment: Payment, allocations: list[Allocation]) -> None:
    everything = [*allocations, Allocation("ord_rest")]
    parts = [part(payment, everything, one.order_id) for one in everything]
    for name in DEALT:
        whole = getattr(payment, name)
        if whole is not None:
            assert sum(getattr(one, name) for one in parts) == whole, name


@given(captured_payments(), allocations_of_some_orders.filter(bool))
def test_no_part_loses_more_than_it_got_and_nothing_is_made(
    payment: Payment, allocations: list[Allocation]
) -> None:
    shares = [share_of(payment, allocations, a.order_id, LinkRule.DECISION) for a in allocations]
    for share, allocation in zip(shares, allocations, strict=True):
        got = share.payment
        assert 0 <= got.refund_pending <= got.refunded
        assert 0 <= got.captured <= (allocation.amount or 0)
        assert got.refunded + got.dispute_lost + got.disputed <= got.captured
        assert got.refund_failed <= got.kept
        assert got.captured + got.authorized <= (allocation.amount or 0)
    rest = sum(share.unallocated for share in shares)
    assert rest >= 0
    assert sum(share.payment.kept for share in shares) + rest == payment.kept
