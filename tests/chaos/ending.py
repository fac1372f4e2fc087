"""How a run must end: every order right, every payment once, silence, and clean logs."""

from __future__ import annotations

import re
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from monstock_stripe_sandbox.check import order_differences
from monstock_stripe_sandbox.testing import RunningSandbox
from msgspec import to_builtins
from world.truth import Ordered

QUIET = 3.0
"""Seconds without a write that make a rest."""


def differences(sandbox: RunningSandbox, orders: Sequence[Ordered]) -> list[str]:
    """Return where Monstock is not as it must be."""
    shown = to_builtins(sandbox.monstock.orders())
    truths = [order.truth() for order in orders]
    found = [str(one) for one in order_differences(shown, truths)]
    return found + list(_unlike_stripe(sandbox, shown))


def _unlike_stripe(sandbox: RunningSandbox, shown: Iterable[Any]) -> Iterator[str]:
    """Hold Monstock's rows against Stripe's own objects, whatever the trade believes."""
    rows = [row for order in shown for row in order["payments"] if row["method"] == "stripe"]
    counted = Counter(row["transaction_reference"] for row in rows)
    yield from (f"payment {name}: {count} rows" for name, count in counted.items() if count > 1)
    tried = {one["payment_intent"] for one in sandbox.stripe.all("charge")}
    yield from (f"payment {name}: is missing" for name in sorted(tried - counted.keys()))
    yield from (f"payment {name}: nobody made it" for name in sorted(counted.keys() - tried))
    intents = sandbox.stripe.all("payment_intent")
    disputes = sandbox.stripe.all("dispute")
    lost = sum(one["amount"] for one in disputes if one["status"] == "lost")
    open_ = sum(one["amount"] for one in disputes if one["status"] == "needs_response")
    refunded = sum(one["amount"] for one in sandbox.stripe.all("refund"))
    for name, at_stripe in (
        ("amount", sum(one["amount_received"] for one in intents)),
        ("refunded_amount", refunded),
        ("dispute_lost_amount", lost),
        ("disputed_amount", open_),
    ):
        in_monstock = sum(row[name] for row in rows)
        if in_monstock != at_stripe:
            yield f"the sum of {name}: {at_stripe} at Stripe, {in_monstock} in Monstock"


def rest(
    sandbox: RunningSandbox, found: Callable[[], list[str]], within: float
) -> tuple[list[str], float]:
    """Wait until all is right and nothing more is written.

    Args:
        sandbox: both systems.
        found: returns what is not right yet.
        within: seconds.

    Returns:
        What is not right in the end, and the seconds that it took to become right.
    """
    began = time.monotonic()
    while (wrong := found()) and time.monotonic() - began < within:
        time.sleep(1)
    right_after = time.monotonic() - began
    writes = -1
    while writes != (writes := _writes(sandbox)) and time.monotonic() - began < within:
        time.sleep(QUIET)
    return wrong or found(), right_after


def _writes(sandbox: RunningSandbox) -> int:
    return sandbox.stripe_controls.writes + sandbox.monstock_controls.writes


def ledger_differences(ledger: Path, payments: Iterable[str]) -> list[str]:
    """Return which payments the ledger does not know, or knows without anybody having made them."""
    with sqlite3.connect(f"file:{ledger}?mode=ro", uri=True) as opened:
        rows = opened.execute("SELECT transaction_reference FROM payments").fetchall()
    known, made = {name for (name,) in rows}, set(payments)
    found = [f"the ledger does not know {name}" for name in sorted(made - known)]
    found += [f"the ledger knows {name}, which nobody made" for name in sorted(known - made)]
    if len(rows) > len(known):
        found.append(f"the ledger has {len(rows)} rows of {len(known)} payments")
    return found


_BOX = re.compile(r"^╭─.*?^╰─", re.MULTILINE | re.DOTALL)
_OF_A_DEAD_PLUGIN = "in _write_line_writer"


def tracebacks(log: str) -> int:
    """Return how many tracebacks a log has that are not Meltano's word for a plugin's death.

    Meltano 4.4.1 frames its own; it has one where it writes to a process that was killed.
    """

    def without(box: re.Match[str]) -> str:
        return "" if _OF_A_DEAD_PLUGIN in box.group() else box.group()

    return _BOX.sub(without, log).count("Traceback (most recent call last)")
