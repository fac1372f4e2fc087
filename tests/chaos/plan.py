"""Which faults happen in a run, and in which order: chosen by a seed, without any effect."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

SHARES: Mapping[str, int] = {
    # kill -9; the whole pipeline has to be started again
    "kill tap": 8,
    "kill mapper": 6,
    "kill target": 8,
    "kill meltano": 6,
    "kill all": 6,
    # the doorbell's own process, which the tap starts again
    "kill doorbell": 12,
    # an end that was asked for
    "terminate": 4,
    "batch in between": 3,
    # a process that stands still for seconds
    "freeze": 7,
    "stripe: 5xx": 12,
    "stripe: 429": 9,
    "stripe: slow": 7,
    "stripe: cut": 12,
    "stripe: garbage": 5,
    "stripe: outage": 4,
    "monstock: 5xx": 12,
    "monstock: 429": 9,
    "monstock: slow": 7,
    "monstock: cut": 12,
    "monstock: garbage": 5,
    "monstock: outage": 4,
    "webhooks: lost": 7,
    "webhooks: doubled": 7,
    "webhooks: late": 6,
    "webhooks: re-ordered": 6,
    "webhooks: forged": 9,
    # another process holds the ledger's database: what a slow disk does to whoever writes to it
    "ledger held": 7,
}
"""How many of 200 faults are of which kind."""

SMALL: Mapping[str, int] = {
    "kill tap": 1,
    "kill mapper": 1,
    "kill target": 1,
    "kill meltano": 1,
    "kill doorbell": 1,
    "stripe: 5xx": 1,
    "monstock: cut": 1,
    "webhooks: lost": 1,
    "webhooks: forged": 1,
    "ledger held": 1,
}
"""Ten faults, among them the death of each process."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault.

    Args:
        number: from 1, in the order in which they begin.
        kind: of the table.
        moment: from 0 to 1: how soon it begins once it could.
        size: from 0 to 1: how hard it is.
        variant: which of several ways the kind has.
    """

    number: int
    kind: str
    moment: float
    size: float
    variant: int


def shared(faults: int, shares: Mapping[str, int] = SHARES) -> dict[str, int]:
    """Return how many of so many faults are of which kind; they sum up to `faults`."""
    whole = sum(shares.values())
    exact = {kind: faults * share / whole for kind, share in shares.items()}
    counts = {kind: int(count) for kind, count in exact.items()}
    by_rest = sorted(shares, key=lambda kind: counts[kind] - exact[kind])
    for kind in by_rest[: faults - sum(counts.values())]:
        counts[kind] += 1
    return counts


def plan(seed: int, counts: Mapping[str, int]) -> tuple[Strike, ...]:
    """Return the faults in their order: the same seed gives the same ones.

    Args:
        seed: any number.
        counts: how many of which kind.
    """
    dice = random.Random(seed)
    kinds = [kind for kind, count in counts.items() for _ in range(count)]
    dice.shuffle(kinds)
    return tuple(
        Strike(number, kind, dice.random(), dice.random(), dice.randrange(1000))
        for number, kind in enumerate(kinds, start=1)
    )
