"""What a scenario is made of: a stage to act on, steps in time, and an outcome for each act.

A scenario is a generator function. It acts on the two worlds, yields `Later(…)` where time
passes (other scenarios go on meanwhile), and yields an `Outcome` where an act ends: what must
then be true in Monstock, written by hand. After its last act it just returns, and the outcome
stands.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import ExceptionTruth, HandMadeTruth, OrderTruth, RowTruth


@dataclass(frozen=True, slots=True)
class Later:
    """The scenario goes on after so much time."""

    minutes: int = 0
    hours: int = 0
    days: int = 0

    @property
    def seconds(self) -> int:
        """The time that passes."""
        return 60 * (self.minutes + 60 * (self.hours + 24 * self.days))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is true at the end of an act.

    Attributes:
        because: the reason in one line, for whoever doubts it.
        orders: every order of the scenario.
        exceptions: every exception that the scenario's payments and orders must raise.
    """

    because: str
    orders: tuple[OrderTruth, ...]
    exceptions: tuple[ExceptionTruth, ...] = ()


Script = Generator[Later | Outcome, None, None]


class Stage:
    """The two worlds and their clock, with the few moves that most scenarios share."""

    def __init__(self, stripe: StripeWorld, monstock: MonstockWorld, clock: Clock) -> None:
        self.stripe = stripe
        self.monstock = monstock
        self.clock = clock

    def order(self, total: int, currency: str = "EUR", **fields: Any) -> str:
        """A validated order, unless `fields` say otherwise; its id."""
        return self.monstock.order(total, currency, **fields)

    def intent(self, order: str, amount: int, currency: str = "eur", **fields: Any) -> str:
        """A PaymentIntent that names its order in the metadata; its id.

        Args:
            amount: in Stripe's units.
        """
        return self.stripe.payment_intent(
            amount, currency, metadata={"monstock_order_id": order}, **fields
        )

    def paid(self, order: str, amount: int, currency: str = "eur") -> str:
        """A card payment that went through and names its order in the metadata; its id."""
        intent = self.intent(order, amount, currency)
        self.stripe.succeed(intent)
        return intent


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named piece of trade.

    Attributes:
        name: unique; the label of its orders.
        begins: how long before now it begins; None lets the seed choose an hour of today.
    """

    name: str
    play: Callable[[Stage], Script]
    begins: timedelta | None = None


def scenario(
    name: str, *, begins: timedelta | None = None
) -> Callable[[Callable[[Stage], Script]], Scenario]:
    """Make a scenario of the decorated generator function."""

    def make(play: Callable[[Stage], Script]) -> Scenario:
        return Scenario(name, play, begins)

    return make


def is_now(
    order: str,
    payment_status: str,
    *rows: RowTruth,
    due: int,
    state: str = "validated",
    hand_made: Sequence[HandMadeTruth] = (),
) -> OrderTruth:
    """How an order must stand; the director adds the scenario's name."""
    return OrderTruth(order, "", payment_status, rows, due, state, tuple(hand_made))
