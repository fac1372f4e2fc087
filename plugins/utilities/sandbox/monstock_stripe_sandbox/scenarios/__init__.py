"""The script of trade: every scenario with the outcome that its author wrote beside it."""

from __future__ import annotations

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.scenarios import (
    amounts,
    authorisations,
    banks,
    cards,
    checkouts,
    currencies,
    disputes,
    hand_made,
    invoices,
    links,
    order_changes,
    refunds,
)
from monstock_stripe_sandbox.scenarios.director import Director, ScenarioError
from monstock_stripe_sandbox.scenarios.stage import Scenario
from monstock_stripe_sandbox.stripe_world import StripeWorld

__all__ = ["SCENARIOS", "Director", "Scenario", "ScenarioError", "make_script"]

SCENARIOS: tuple[Scenario, ...] = (
    *cards.SCENARIOS,
    *authorisations.SCENARIOS,
    *banks.SCENARIOS,
    *refunds.SCENARIOS,
    *disputes.SCENARIOS,
    *amounts.SCENARIOS,
    *currencies.SCENARIOS,
    *links.SCENARIOS,
    *checkouts.SCENARIOS,
    *invoices.SCENARIOS,
    *hand_made.SCENARIOS,
    *order_changes.SCENARIOS,
)


def make_script(stripe: StripeWorld, monstock: MonstockWorld, clock: Clock) -> Director:
    """Make the script of all scenarios on two empty worlds; no act is played yet."""
    return Director(SCENARIOS, stripe, monstock, clock)
