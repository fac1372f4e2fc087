"""Where an order can be paid, on the order: ours comes and goes, what staff wrote stays."""

from typing import Any

import pytest
from monstock_stripe_core.last_write import ABSENT, ORDER_PAYMENT_URL, LastWrite, url_digest
from monstock_stripe_core.order import Order, OrderPaymentStatus
from monstock_stripe_core.order_status import OrderOutcome
from monstock_stripe_core.order_status_table import row_named
from monstock_stripe_core.order_totals import Totals
from monstock_stripe_core.testing import example_order
from monstock_stripe_core.write_plan import WritePlan, WriteRules, plan_writes
from monstock_stripe_core.writes import PatchOrder

OURS, NEXT, THEIRS = "https://buy.stripe.com/1", "https://buy.stripe.com/2", "https://bank.example"
WROTE = LastWrite(url_digest(OURS))
RESTORED = LastWrite(url_digest(OURS), restored=True)
UNPAID = OrderOutcome(
    decided_by=row_named("nothing_came"),
    totals=Totals(),
    due=10000,
    rows={},
    adopted={},
    held=frozenset(),
    exceptions=(),
)


def order(url: str | None) -> Order:
    return example_order(
        payment_status=OrderPaymentStatus.UNPAID, amount_due=10000, payment_url=url
    )


def plan(now: str | None, wanted: str | None, last: LastWrite | None = None) -> WritePlan:
    known = {} if last is None else {ORDER_PAYMENT_URL: last}
    return plan_writes(order(now), UNPAID, known, payment_url=wanted)


@pytest.mark.parametrize(
    ("now", "wanted", "last", "written", "reported"),
    [
        # nothing there
        (None, None, None, None, False),
        (None, OURS, None, OURS, False),
        # ours there
        (OURS, OURS, WROTE, None, False),
        (OURS, NEXT, WROTE, NEXT, False),
        (OURS, None, WROTE, "", False),
        (OURS, OURS, None, None, False),  # a ledger that knows nothing
        # a crash left only the intention
        (OURS, NEXT, LastWrite(None, url_digest(OURS)), NEXT, False),
        (None, NEXT, LastWrite(None, url_digest(OURS)), NEXT, False),
        (OURS, None, LastWrite(url_digest(OURS), ABSENT), "", False),
        (None, None, LastWrite(url_digest(OURS), ABSENT), None, False),
        # staff's there: it stays, and is reported only where we have something to say
        (THEIRS, OURS, None, None, True),
        (THEIRS, OURS, WROTE, None, True),
        (THEIRS, NEXT, WROTE, None, True),
        (THEIRS, None, None, None, False),
        (THEIRS, None, WROTE, None, False),
        # staff took ours away: restored once
        (None, OURS, WROTE, OURS, True),
        (OURS, OURS, RESTORED, None, True),
        (None, OURS, RESTORED, None, True),
        (None, NEXT, RESTORED, NEXT, True),
        (None, None, WROTE, None, False),
    ],
)
def test_what_is_written_and_what_is_reported(
    now: str | None, wanted: str | None, last: LastWrite | None, written: Any, reported: bool
) -> None:
    planned = plan(now, wanted, last)
    assert [one.payment_url for one in planned.writes if isinstance(one, PatchOrder)] == (
        [] if written is None else [written]
    )
    kinds = [found.kind.value for found in planned.exceptions]
    assert kinds == (["payment_url_by_hand"] if reported else [])


def test_a_restored_address_is_told_from_a_restored_status() -> None:
    (patch,) = plan(None, OURS, WROTE).writes
    assert patch == PatchOrder(payment_url=OURS, restores_url=True)


def test_address_and_status_are_one_write() -> None:
    unknown = example_order(payment_status=None, amount_due=None)
    (patch,) = plan_writes(unknown, UNPAID, payment_url=OURS).writes
    assert patch == PatchOrder(OrderPaymentStatus.UNPAID, 10000, payment_url=OURS)


def test_a_tenant_without_the_field_gets_nothing() -> None:
    planned = plan_writes(
        order(None), UNPAID, rules=WriteRules(payment_url=False), payment_url=OURS
    )
    assert planned == WritePlan()


def test_the_report_says_whether_it_was_taken_away_or_replaced() -> None:
    (gone,) = plan(None, OURS, WROTE).exceptions
    (restored,) = plan(OURS, OURS, RESTORED).exceptions
    (replaced,) = plan(THEIRS, OURS, WROTE).exceptions
    assert gone.message == restored.message
    assert gone.message.startswith("Where order SO-1 can be paid was taken away by hand")
    assert replaced.message.startswith("Order SO-1 shows an address to pay at that somebody else")
