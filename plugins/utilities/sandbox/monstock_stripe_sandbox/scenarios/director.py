"""Plays all scenarios on the two worlds, interleaved in time, act by act."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from monstock_stripe_sandbox.clock import Clock
from monstock_stripe_sandbox.monstock_world import MonstockWorld
from monstock_stripe_sandbox.scenarios.stage import Later, Outcome, Scenario, Script, Stage
from monstock_stripe_sandbox.stripe_world import StripeWorld
from monstock_stripe_sandbox.truth import ExceptionTruth, OrderTruth

TITLES = ("afternoon", "evening")
"""The acts: what happened before the first run, and between the first and the second."""

_HOUR = 3600.0


class ScenarioError(Exception):
    """A scenario that breaks the rules of the stage; its text names it."""


@dataclass(slots=True)
class _Running:
    scenario: Scenario
    script: Script
    outcome: Outcome | None = None
    over: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    orders: tuple[OrderTruth, ...]
    exceptions: tuple[ExceptionTruth, ...]


class Director:
    """The script of all scenarios, as `script.Script` describes it.

    In the first act, time runs from days ago up to now, and whatever the scenarios do happens in
    that order; the second act happens at the moment of its call. The seed decides at what hour a
    scenario begins and who comes first where two act at once.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        stripe: StripeWorld,
        monstock: MonstockWorld,
        clock: Clock,
    ) -> None:
        self.act = 0
        self._began = clock.now()
        self._scenarios = tuple(scenarios)
        self._stage = Stage(stripe, monstock, clock)
        self._seed = stripe.seed
        self._running = [_Running(each, each.play(self._stage)) for each in scenarios]
        self._kept: _Kept | None = None

    def trade(self) -> str | None:
        """Play the next act; its title, or None where no act is left."""
        if self.act >= len(TITLES):
            return None
        first = self.act == 0
        chance = random.Random(f"{self._seed} act {self.act}")  # noqa: S311 - no secret
        now = self._began if first else self._stage.clock.now()
        line: list[tuple[float, float, int]] = []
        for index, running in enumerate(self._running):
            before = chance.uniform(1 * _HOUR, 8 * _HOUR)
            if running.scenario.begins is not None:
                before = running.scenario.begins.total_seconds()
            line.append((now - before if first else now, chance.random(), index))
        heapq.heapify(line)
        while line:
            moment, _, index = heapq.heappop(line)
            running = self._running[index]
            if first and moment > now:
                raise ScenarioError(f"scenario {running.scenario.name!r} runs into the future")
            wait = self._step(running, moment if first else None)
            if wait is not None:
                heapq.heappush(line, (moment + wait.seconds, chance.random(), index))
        title = TITLES[self.act]
        self.act += 1
        self._kept = None
        return title

    def _step(self, running: _Running, moment: float | None) -> Later | None:
        """Let one scenario act once; how long it then waits, or None at the end of its act."""
        if running.over:
            return None
        try:
            if moment is None:
                said = next(running.script)
            else:
                with self._stage.clock.at(moment):
                    said = next(running.script)
        except StopIteration:
            running.over = True
            if running.outcome is None:
                message = f"scenario {running.scenario.name!r} ends without an outcome"
                raise ScenarioError(message) from None
            return None
        if isinstance(said, Later):
            return said
        running.outcome = said
        return None

    def outcomes(self) -> tuple[tuple[Scenario, Outcome], ...]:
        """Return each scenario with how it must stand after the acts played so far."""
        return tuple(
            (running.scenario, running.outcome)
            for running in self._running
            if running.outcome is not None
        )

    def truth(self) -> tuple[OrderTruth, ...]:
        """Return every order of every scenario as it must be now."""
        if self._kept is not None:
            return self._kept.orders
        return tuple(
            replace(order, label=scenario.name)
            for scenario, outcome in self.outcomes()
            for order in outcome.orders
        )

    def exceptions(self) -> tuple[ExceptionTruth, ...]:
        """Return every exception that must be shown now, and no other may be."""
        if self._kept is not None:
            return self._kept.exceptions
        return tuple(
            replace(exception, label=scenario.name)
            for scenario, outcome in self.outcomes()
            for exception in outcome.exceptions
        )

    def to_json(self) -> dict[str, object]:
        """Return what must be kept to go on after a restart."""
        return {
            "act": self.act,
            "began": self._began,
            "orders": msgspec.to_builtins(self.truth()),
            "exceptions": msgspec.to_builtins(self.exceptions()),
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on where `to_json` was taken; the worlds hold what was in them already.

        The acts are played again on two worlds that are thrown away: the same seed gives the
        same ids, so the scenarios then know the objects of the restored worlds. (What the last
        act made got ids that depend on what others wrote meanwhile; its outcome is taken as kept.)

        Raises:
            ScenarioError: the state was kept by other scenarios, or under another seed.
        """
        outcome = msgspec.convert(
            {"orders": kept["orders"], "exceptions": kept["exceptions"]}, _Kept
        )
        stripe, monstock, clock = self._stage.stripe, self._stage.monstock, self._stage.clock
        self._stage.stripe = StripeWorld(self._seed, clock)
        self._stage.monstock = MonstockWorld(self._seed, clock)
        self._running = [_Running(each, each.play(self._stage)) for each in self._scenarios]
        self.act, self._began, self._kept = 0, kept["began"], None
        while self.act < kept["act"]:
            self.trade()
        self._stage.stripe, self._stage.monstock = stripe, monstock
        if self.act < len(TITLES) and self.truth() != outcome.orders:
            raise ScenarioError(
                "the kept state does not belong to these scenarios and this seed: "
                "delete the state file, or start with the seed that it was made with"
            )
        self._kept = outcome
