"""The scenarios as a table for the README: `python -m monstock_stripe_sandbox.scenarios.table`."""

from __future__ import annotations

from collections.abc import Iterator

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.scenarios import make_script
from monstock_stripe_sandbox.scenarios.director import Director
from monstock_stripe_sandbox.scenarios.stage import Outcome
from monstock_stripe_sandbox.stripe_world import StripeWorld


def scenarios_table(seed: int = 7) -> str:
    """Return all scenarios with what is true after each act, and why, in Markdown."""
    clock = Clock()
    monstock = MonstockWorld(seed, clock)
    director = make_script(StripeWorld(seed, clock), monstock, clock)
    director.trade()
    afternoon = _outcomes(director)
    _write_rows(director, monstock)
    director.trade()
    evening = _outcomes(director)
    rows = [
        f"| {name} | {_cell(afternoon[name])} | {_changed(afternoon[name], evening[name])} |"
        for name in afternoon
    ]
    return "\n".join(["| scenario | afternoon | evening |", "|---|---|---|", *rows]) + "\n"


def _write_rows(director: Director, monstock: MonstockWorld) -> None:
    """Write rows as a run between the acts would, for staff to change."""
    for order in director.truth():
        for row in order.rows:
            shown = monstock.get(order.order_id)
            rows = () if shown is None else shown.payments or ()
            if all(each.transaction_reference != row.transaction_reference for each in rows):
                reference = row.transaction_reference
                monstock.record_payment(order.order_id, row.amount, "stripe", reference)


def _outcomes(director: Director) -> dict[str, Outcome]:
    return {scenario.name: outcome for scenario, outcome in director.outcomes()}


def _changed(before: Outcome, after: Outcome) -> str:
    return "" if before is after else _cell(after)


def _cell(outcome: Outcome) -> str:
    return f"{', '.join(_words(outcome)) or 'nothing'}: {outcome.because}"


def _words(outcome: Outcome) -> Iterator[str]:
    for order in outcome.orders:
        yield f"`{order.payment_status}`"
    for exception in outcome.exceptions:
        yield f"exception `{exception.kind}`"


if __name__ == "__main__":
    print(scenarios_table(), end="")
