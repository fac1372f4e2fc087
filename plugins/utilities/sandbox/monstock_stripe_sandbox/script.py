"""What the server asks of a script of scenarios; `monstock_stripe_sandbox.scenarios` has one.

The server calls `scenarios.make_script(stripe, monstock, clock)` with two empty worlds, then
`trade()` once before it listens (the afternoon), and once more at each `sandbox trade`.
"""

from __future__ import annotations

from typing import Protocol

from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth


class Script(Protocol):
    """Acts that are played one after another on the two worlds."""

    @property
    def act(self) -> int:
        """How many acts were played; settable, since a kept state goes on where it stopped."""
        ...

    def trade(self) -> str | None:
        """Play the next act on the worlds; its title, or None where no act is left."""
        ...

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return what must be true in Monstock after the acts played so far."""
        ...

    def exceptions(self) -> tuple[ExceptionTruth, ...]:
        """Return the exceptions that must be shown after the acts played so far."""
        ...

    def to_json(self) -> dict[str, object]:
        """Return what must be kept to go on after a restart (ids that the acts made)."""
        ...

    def restore(self, kept: dict[str, object]) -> None:
        """Take up what `to_json` gave; the worlds were restored before."""
        ...
