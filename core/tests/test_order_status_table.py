"""Which row of the table of statuses decides, and what it says of itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monstock_stripe_core.order import OrderPaymentStatus, OrderState
from monstock_stripe_core.order_status_table import STATUS_TABLE, deciding_row, row_named
from monstock_stripe_core.order_totals import Totals
from monstock_stripe_core.testing import example_order

VALIDATED = example_order(state=OrderState.VALIDATED)


@pytest.mark.parametrize(
    ("totals", "total", "row"),
    [
        (Totals(captured=10000, disputed=True), 10000, "dispute_open"),
        (Totals(captured=10000, refunded=10000), 10000, "nothing_left"),
        (Totals(captured=10000, dispute_lost=10000), 10000, "nothing_left"),
        (Totals(captured=10001), 10000, "more_than_total"),
        (Totals(captured=10000), 10000, "total_reached"),
        (Totals(captured=12000, refunded=2000), 10000, "total_reached"),
        (Totals(captured=10000, refunded=1), 10000, "part_went_back"),
        (Totals(captured=9999), 10000, "part_came"),
        (Totals(authorized=10000), 10000, "total_reserved"),
        (Totals(pending=True, failed=True), 10000, "on_its_way"),
        (Totals(failed=True), 10000, "declined"),
        (Totals(), 0, "costs_nothing"),
        (Totals(), 10000, "nothing_came"),
    ],
)
def test_the_row_that_decides_is(totals: Totals, total: int, row: str) -> None:
    order = replace(VALIDATED, total=total)
    assert deciding_row(order, totals, 0, zero_total_is_paid=True) is row_named(row)


def test_every_status_has_a_row_and_every_row_a_name_of_its_own() -> None:
    assert {row.status for row in STATUS_TABLE} == set(OrderPaymentStatus)
    assert len({row.name for row in STATUS_TABLE}) == len(STATUS_TABLE)
    assert all(row.because.endswith(".") for row in STATUS_TABLE)


@given(
    captured=st.integers(0, 300),
    refunded=st.integers(0, 300),
    lost=st.integers(0, 300),
    authorized=st.integers(0, 300),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans(), st.booleans()),
    total=st.integers(-100, 300),
    tolerance=st.integers(0, 5),
)
def test_the_row_that_decides_fits_the_facts(
    captured: int,
    refunded: int,
    lost: int,
    authorized: int,
    flags: tuple[bool, bool, bool, bool],
    total: int,
    tolerance: int,
) -> None:
    disputed, pending, failed, free = flags
    totals = Totals(captured, refunded, lost, authorized, disputed, pending, failed)
    order = replace(VALIDATED, total=total)

    row = deciding_row(order, totals, tolerance, zero_total_is_paid=free)

    net = captured - refunded - lost
    if row.status is OrderPaymentStatus.PAID:
        assert abs(net - total) <= tolerance or (free and total == 0)
    if row.status is OrderPaymentStatus.UNPAID:
        assert not (pending or failed or disputed)
    assert (row.name == "dispute_open") is disputed
