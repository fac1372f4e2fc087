"""Many payments for benchmarks and kill tests, with the right end of every order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import OrderTruth, RowTruth

_SPREAD = 20 * 86400
"""Seconds over which the payments are spread: less than the 30 days that events are listed."""

_CURRENCIES = (("EUR", 85), ("USD", 10), ("JPY", 5))


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of an order's last payment; all its others are paid by card.

    Attributes:
        weight: how often, of all weights together.
        happens: makes it happen to a new PaymentIntent, and says what row must come of it.
        alone: the order's payment status where this is its only payment.
        beside: the same beside payments that went well.
    """

    name: str
    weight: int
    happens: Callable[[StripeWorld, str, int], RowTruth | None]
    alone: str
    beside: str


def _paid(stripe: StripeWorld, pi: str, amount: int) -> RowTruth:
    stripe.succeed(pi)
    return RowTruth(pi, amount)


def _refunded_in_part(stripe: StripeWorld, pi: str, amount: int) -> RowTruth:
    stripe.succeed(pi)
    stripe.refund(pi, amount // 4)
    return RowTruth(pi, amount, refunded=amount // 4)


def _refunded(stripe: StripeWorld, pi: str, amount: int) -> RowTruth:
    stripe.succeed(pi)
    stripe.refund(pi)
    return RowTruth(pi, amount, refunded=amount)


def _disputed(stripe: StripeWorld, pi: str, amount: int) -> RowTruth:
    stripe.succeed(pi)
    stripe.dispute(pi)
    return RowTruth(pi, amount, disputed=amount)


def _dispute_lost(stripe: StripeWorld, pi: str, amount: int) -> RowTruth:
    stripe.succeed(pi)
    stripe.close_dispute(stripe.dispute(pi), "lost")
    return RowTruth(pi, amount, dispute_lost=amount)


def _dispute_won(stripe: StripeWorld, pi: str, amount: int) -> RowTruth:
    stripe.succeed(pi)
    stripe.close_dispute(stripe.dispute(pi), "won")
    return RowTruth(pi, amount)


def _declined(stripe: StripeWorld, pi: str, _amount: int) -> RowTruth:
    stripe.decline(pi, "insufficient_funds")
    return RowTruth(pi, 0, status="failed")


def _processing(stripe: StripeWorld, pi: str, _amount: int) -> RowTruth:
    stripe.process(pi)
    return RowTruth(pi, 0, status="pending")


def _untried(_stripe: StripeWorld, _pi: str, _amount: int) -> None:
    return None


FATES = (
    Fate("paid", 72, _paid, "paid", "paid"),
    Fate("refunded in part", 8, _refunded_in_part, "partially_refunded", "partially_refunded"),
    Fate("refunded", 5, _refunded, "refunded", "partially_refunded"),
    Fate("disputed", 3, _disputed, "disputed", "disputed"),
    Fate("dispute lost", 2, _dispute_lost, "refunded", "partially_refunded"),
    Fate("dispute won", 2, _dispute_won, "paid", "paid"),
    Fate("declined", 4, _declined, "failed", "partially_paid"),
    Fate("processing", 2, _processing, "pending", "partially_paid"),
    Fate("nobody tried", 2, _untried, "unpaid", "partially_paid"),
)


def make_bulk(
    stripe: StripeWorld,
    monstock: MonstockWorld,
    clock: Clock,
    *,
    payments: int,
    payments_per_order: int = 1,
    seed: int = 7,
) -> tuple[OrderTruth, ...]:
    """Make orders with so many payments between them; return each order's right end.

    The payments are spread over the last 20 days, and each names its order in the metadata. The
    last order has fewer of them where the division leaves a rest.
    """
    dice = random.Random(f"bulk {seed}")  # noqa: S311 - dice, not a secret
    fates = dice.choices(FATES, [fate.weight for fate in FATES], k=payments)
    names = [name for name, _ in _CURRENCIES]
    currencies = dice.choices(names, [weight for _, weight in _CURRENCIES], k=payments)
    start = clock.now() - _SPREAD
    truths: list[OrderTruth] = []
    made = 0
    while made < payments:
        count = min(payments_per_order, payments - made)
        fate, currency = fates[made], currencies[made]
        amounts = [dice.randrange(500, 50_000) for _ in range(count)]
        number = len(truths) + 1
        with clock.at(start + _SPREAD * made / payments):
            order = monstock.order(
                sum(amounts), currency, number=f"BULK-{number:07d}", customer_email=None
            )
            rows: list[RowTruth | None] = []
            for index, amount in enumerate(amounts, start=1):
                clock.advance(_SPREAD / payments / 2)
                pi = stripe.payment_intent(
                    amount,
                    currency,
                    metadata={"monstock_order_id": order},
                    description=f"Order BULK-{number:07d}",
                )
                happens = fate.happens if index == count else _paid
                rows.append(happens(stripe, pi, amount))
        truths.append(
            OrderTruth(
                order,
                f"bulk: {fate.name}",
                fate.alone if count == 1 else fate.beside,
                tuple(row for row in rows if row is not None),
            )
        )
        made += count
    return tuple(truths)
