"""The command lines that a reader copies. Each part is quoted: a number can hold anything."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monstock_stripe_reconcile.decidable import Way
from monstock_stripe_reconcile.report.translating import N_

LINK_HELPS = frozenset({"no_order", "several_orders", "currency_differs", "shown_not_paid"})
"""Reasons that a person may end by saying which order a payment pays."""
_MAY_PAY = frozenset({"no_order", "several_orders"})
_RUNS_AGAIN = frozenset({"paid_not_shown", "refund_missing", "status_differs", "amount_differs"})
_TARGET = "meltano invoke target-monstock:"


@dataclass(frozen=True, slots=True)
class Command:
    """One line to copy, and what it is for (English; translated where it is shown).

    ORDER and WHY in it are for the reader to fill in.
    """

    purpose: str
    line: str


PURPOSES = {
    "link": N_("Say which order it pays"),
    "dismiss": N_("Dismiss it, so that it stays as it is"),
    "run": N_("Bring Monstock up to date"),
    "explain": N_("See why, from the audit"),
    "compare": N_("Look at this alone"),
}


def commands(
    reason: str,
    order: str | None,
    payment: str | None,
    payout: str | None,
    facts: Mapping[str, Any],
    way: Way | None = None,
) -> tuple[Command, ...]:
    """Return the lines that help with a finding, the most useful first.

    Args:
        reason: of the finding.
        order: Monstock's id of the order, where one is concerned.
        payment: its transaction reference, where one is concerned.
        payout: its id, where one is concerned.
        facts: of the finding, as `results_model.FINDINGS` lists them.
        way: the finding as an exception of the ledger; None where it is none.
    """
    found = []
    unknown = facts.get("payment") in ("unknown", "not_attempted")
    if reason in _RUNS_AGAIN:
        found.append(Command("run", "meltano run stripe-to-monstock"))
    if payment and reason in LINK_HELPS and not unknown:
        candidates = facts.get("candidates") if reason in _MAY_PAY else None
        found += [
            Command("link", _line("exceptions link", "--why", "WHY", *_named(payment, place)))
            for place in candidates or ["ORDER"]
        ]
    if order or payment:
        found.append(Command("explain", _line("explain", *_named(order or payment or ""))))
    if way and way.kind:
        about = [f"--payment={payment}"] if way.payment and payment else []
        about += [f"--order={order}"] if way.order and order else []
        line = _line("exceptions dismiss", way.kind.value, *about, "--why", "WHY")
        found.append(Command("dismiss", line))
    if payout:
        found.append(Command("compare", part_line(f"--payout={payout}")))
    return tuple(found)


def part_line(restriction: str) -> str:
    """Return the line that compares and shows a part, and leaves the results of all as they are.

    Args:
        restriction: an option of `reconcile compare`, with its value.
    """
    # A comparison that finds something ends with status 1: the report is made all the same.
    return (
        f"RECONCILE_RESULTS=part.duckdb meltano invoke reconcile compare {shlex.quote(restriction)}"
        " ; reconcile report --results=part.duckdb --output=part.html"
    )


def _line(command: str, *arguments: str) -> str:
    return f"{_TARGET}{command} {shlex.join(arguments)}"


def _named(*names: str) -> list[str]:
    """Names that are no options, even where they look like one."""
    return ["--", *names] if any(name.startswith("-") for name in names) else list(names)
