"""Refunds and disputes: what each status makes of a payment of 100.00 EUR."""

from typing import Any

import pytest
from monstock_stripe_core.payment import Payment
from monstock_stripe_core.stripe_payment import payment_from_stripe
from monstock_stripe_core.testing import (
    NOON_SECONDS,
    stripe_charge,
    stripe_dispute,
    stripe_intent,
    stripe_refund,
    stripe_snapshot,
)


def read(
    refunds: list[dict[str, Any]] | None = None, disputes: list[dict[str, Any]] | None = None
) -> Payment:
    snapshot = stripe_snapshot(
        stripe_intent(), stripe_charge(), refunds=refunds or [], disputes=disputes or []
    )
    payment = payment_from_stripe(snapshot)
    assert payment is not None
    return payment


def refund(status: str | None, amount: int = 3000, **fields: Any) -> dict[str, Any]:
    return stripe_refund(**({"status": status, "amount": amount} | fields))


@pytest.mark.parametrize(
    ("refunds", "refunded", "on_its_way", "owed"),
    [
        ([], 0, 0, 0),
        ([refund("succeeded")], 3000, 0, 0),
        ([refund("succeeded"), refund("succeeded", 7000)], 10000, 0, 0),
        # on its way counts as gone, also before money moved
        ([refund("pending")], 3000, 3000, 0),
        ([refund("pending", balance_transaction=None)], 3000, 3000, 0),
        ([refund("requires_action", balance_transaction=None)], 3000, 3000, 0),
        ([refund("succeeded"), refund("pending", 2000)], 5000, 2000, 0),
        # failed or cancelled counts again as ours
        ([refund("failed")], 0, 0, 3000),
        ([refund("canceled", balance_transaction=None)], 0, 0, 3000),
        ([refund("succeeded"), refund("failed", 2000, created=NOON_SECONDS + 9000)], 3000, 0, 2000),
        # a later refund makes a failed one good, wholly or in part
        ([refund("failed"), refund("succeeded", created=NOON_SECONDS + 9000)], 3000, 0, 0),
        ([refund("failed"), refund("pending", created=NOON_SECONDS + 9000)], 3000, 3000, 0),
        ([refund("failed"), refund("succeeded", 1000, created=NOON_SECONDS + 9000)], 1000, 0, 2000),
        # a refund that fails again and again is owed once
        ([refund("failed", 10000), refund("failed", 10000)], 0, 0, 10000),
        # never more than was captured
        ([refund("succeeded", 9000), refund("succeeded", 9000)], 10000, 0, 0),
        # a release moves no money
        ([refund("succeeded", balance_transaction=None)], 0, 0, 0),
        ([refund(None, balance_transaction=None)], 0, 0, 0),
        # old refunds have no status; one of a status yet to be invented moved money
        ([refund(None)], 3000, 0, 0),
        ([refund("teleported")], 3000, 0, 0),
    ],
)
def test_refunds_come_to(
    refunds: list[dict[str, Any]], refunded: int, on_its_way: int, owed: int
) -> None:
    payment = read(refunds)
    assert payment.refunded == refunded
    assert payment.refund_pending == on_its_way
    assert payment.refund_failed == owed
    assert ("customer_owed" in payment.flags) is (owed > 0)


def test_what_the_charge_calls_refunded_is_not_asked() -> None:
    snapshot = stripe_snapshot(stripe_intent(), stripe_charge(amount_refunded=4000))
    payment = payment_from_stripe(snapshot)
    assert payment is not None
    assert payment.refunded == 0


@pytest.mark.parametrize(
    ("status", "disputed", "lost", "flags"),
    [
        ("needs_response", 10000, 0, ()),
        ("under_review", 10000, 0, ()),
        ("warning_needs_response", 0, 0, ("dispute_inquiry",)),
        ("warning_under_review", 0, 0, ("dispute_inquiry",)),
        ("warning_closed", 0, 0, ()),
        ("won", 0, 0, ()),
        ("prevented", 0, 0, ()),
        ("lost", 0, 10000, ()),
        # statuses yet to be documented hold the order rather than let it go
        ("appeal_needs_response", 10000, 0, ()),
        ("appeal_under_review", 10000, 0, ()),
        ("something_of_2031", 10000, 0, ()),
    ],
)
def test_a_dispute_comes_to(status: str, disputed: int, lost: int, flags: tuple[str, ...]) -> None:
    payment = read(disputes=[stripe_dispute(status=status)])
    assert (payment.disputed, payment.dispute_lost) == (disputed, lost)
    assert payment.dispute_open is (disputed > 0)
    assert payment.flags == flags


@pytest.mark.parametrize(
    ("refunds", "disputes", "refunded", "disputed", "lost"),
    [
        # exchange rates: the amount differs, at most what is left counts
        ([], [stripe_dispute(amount=10200)], 0, 10000, 0),
        ([], [stripe_dispute(amount=9900)], 0, 9900, 0),
        ([], [stripe_dispute(amount=10200, status="lost")], 0, 0, 10000),
        ([refund("succeeded")], [stripe_dispute()], 3000, 7000, 0),
        ([refund("succeeded")], [stripe_dispute(status="lost")], 3000, 0, 7000),
        # in another currency than the payment's it is the whole
        ([], [stripe_dispute(amount=11000, currency="usd")], 0, 10000, 0),
        ([], [stripe_dispute(amount=50, currency="usd", status="lost")], 0, 0, 10000),
        # won, of which the money had already been given back
        ([refund("succeeded", 10000)], [stripe_dispute(status="won")], 10000, 0, 0),
        ([refund("succeeded", 10000)], [stripe_dispute(status="lost")], 10000, 0, 0),
        # several: lost before open
        (
            [],
            [stripe_dispute(status="lost", amount=6000), stripe_dispute(amount=6000)],
            0,
            4000,
            6000,
        ),
        ([], [stripe_dispute(status="won"), stripe_dispute(amount=2000)], 0, 2000, 0),
    ],
)
def test_a_dispute_never_takes_more_than_is_left(
    refunds: list[dict[str, Any]],
    disputes: list[dict[str, Any]],
    refunded: int,
    disputed: int,
    lost: int,
) -> None:
    payment = read(refunds, disputes)
    assert (payment.refunded, payment.disputed, payment.dispute_lost) == (refunded, disputed, lost)


def test_a_dispute_over_refunded_money_is_still_open() -> None:
    payment = read([refund("succeeded", 10000)], [stripe_dispute()])
    assert (payment.disputed, payment.dispute_open) == (0, True)


def test_a_returned_debit_is_a_lost_dispute() -> None:
    charge = stripe_charge(
        id="py_1", payment_method_details={"type": "sepa_debit", "sepa_debit": {}}
    )
    returned = stripe_dispute(status="lost", reason="debit_not_authorized")
    payment = payment_from_stripe(stripe_snapshot(stripe_intent(), charge, disputes=[returned]))
    assert payment is not None
    assert (payment.captured, payment.dispute_lost, payment.kept) == (10000, 10000, 0)
