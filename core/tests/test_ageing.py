import pytest
from monstock_stripe_core.ageing import AGE_BUCKETS, awaited
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.testing import example_order


def test_buckets_follow_each_other_without_a_gap() -> None:
    assert [(one.name, one.first, one.last) for one in AGE_BUCKETS] == [
        ("0-1", 0, 1),
        ("2-7", 2, 7),
        ("8-14", 8, 14),
        ("15-30", 15, 30),
        ("30+", 31, None),
    ]


@pytest.mark.parametrize(
    ("state", "status", "due", "expected"),
    [
        (OrderState.VALIDATED, OrderPaymentStatus.UNPAID, 10000, 10000),
        (OrderState.SHIPPED, OrderPaymentStatus.PARTIALLY_PAID, 4000, 4000),
        (OrderState.VALIDATED, OrderPaymentStatus.PENDING, 10000, 10000),
        (OrderState.DRAFT, OrderPaymentStatus.UNPAID, 10000, None),
        (OrderState.CANCELLED, OrderPaymentStatus.UNPAID, 10000, None),
        (OrderState.VALIDATED, OrderPaymentStatus.PAID, 0, None),
        (OrderState.VALIDATED, OrderPaymentStatus.REFUNDED, 10000, None),
        (OrderState.VALIDATED, OrderPaymentStatus.DISPUTED, 10000, None),
    ],
)
def test_what_an_order_waits_for(
    state: OrderState, status: OrderPaymentStatus, due: int, expected: int | None
) -> None:
    assert awaited(example_order(state=state), status, due) == expected
