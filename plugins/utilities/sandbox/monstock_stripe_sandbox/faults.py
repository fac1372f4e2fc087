"""Faults on demand: which request is hit, and by what."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

KINDS = (
    "latency",  # answers after `seconds`
    "status",  # answers `status`, without the effect
    "cut_before",  # closes the connection without the effect
    "cut_after",  # has the effect, then closes the connection without an answer
    "cut_half",  # has the effect, then closes the connection in the middle of the body
    "slow_bytes",  # sends the body in pieces that take `seconds` together
    "half_json",  # has the effect, answers a whole response that holds half of its JSON
    "html",  # answers `status` (200 unless given) with a page of HTML, without the effect
)


class FaultError(ValueError):
    """A fault that was asked for cannot be: the message says which key and what it may be."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. Every condition that is given must hold for a request to be hit.

    `path` is a glob over the request's path, `method` an HTTP method or `*`. `probability` is
    drawn from `seed`, so a run can be repeated; `every` hits each n-th request that matches;
    `times` ends the fault after so many hits, `lasts` so many seconds after it was armed.
    `retry_after` (seconds) becomes the header. With `echo` the error's sentence repeats what was
    asked, as that of a careless API does.
    """

    kind: str
    path: str = "*"
    method: str = "*"
    probability: float | None = None
    every: int | None = None
    times: int | None = None
    seed: int = 0
    status: int = 0
    retry_after: int | None = None
    seconds: float = 0.0
    lasts: float | None = None
    echo: bool = False

    @classmethod
    def from_json(cls, value: object) -> Fault:
        """Read one fault from the admin call's JSON.

        Raises:
            FaultError: a key is unknown, or a value is not what the key takes.
        """
        if not isinstance(value, dict):
            raise FaultError(f"a fault must be an object, not {value!r}")
        known = {entry.name for entry in fields(cls)}
        unknown = sorted(set(value) - known)
        if unknown:
            raise FaultError(
                f"fault: unknown key {unknown[0]!r}; known: {', '.join(sorted(known))}"
            )
        if value.get("kind") not in KINDS:
            raise FaultError(f"fault: kind must be one of {', '.join(KINDS)}")
        return cls(**_checked(value))

    def to_json(self) -> dict[str, Any]:
        """Return the fault as the admin call takes it."""
        return {entry.name: getattr(self, entry.name) for entry in fields(self)}


_NUMBERS: dict[str, tuple[float, float]] = {
    "probability": (0, 1),
    "every": (1, 1e9),
    "times": (1, 1e9),
    "seed": (-(2**63), 2**63),
    "status": (100, 599),
    "retry_after": (0, 1e6),
    "seconds": (0, 3600),
    "lasts": (0, 1e6),
}


def _checked(value: dict[str, Any]) -> dict[str, Any]:
    for key, (low, high) in _NUMBERS.items():
        given = value.get(key)
        if given is None:
            continue
        whole = key not in ("probability", "seconds", "lasts")
        if isinstance(given, bool) or not isinstance(given, int if whole else (int, float)):
            raise FaultError(f"fault: {key} must be a number, not {given!r}")
        if not low <= given <= high:
            raise FaultError(f"fault: {key} must be from {low:g} to {high:g}, not {given!r}")
    if value["kind"] == "status" and not value.get("status"):
        raise FaultError("fault: kind 'status' needs a status, for example 503")
    for key in ("path", "method"):
        if key in value and not isinstance(value[key], str):
            raise FaultError(f"fault: {key} must be a text")
    if not isinstance(value.get("echo", False), bool):
        raise FaultError("fault: echo must be true or false")
    return {key: entry for key, entry in value.items() if entry is not None}


@dataclass(slots=True)
class ArmedFault:
    """A fault with what it remembers: when it began, what matched, hits, and its own dice."""

    fault: Fault
    matched: int = 0
    hits: int = 0
    armed_at: float = field(default_factory=time.monotonic)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.fault.seed)  # noqa: S311 - dice, not a secret

    @property
    def over(self) -> bool:
        """Whether it can strike no more."""
        fault = self.fault
        if fault.times is not None and self.hits >= fault.times:
            return True
        return fault.lasts is not None and time.monotonic() - self.armed_at >= fault.lasts

    def strikes(self, method: str, path: str) -> bool:
        """Say whether this request is hit, and count it."""
        fault = self.fault
        if self.over:
            return False
        if fault.method not in ("*", method) or not fnmatchcase(path, fault.path):
            return False
        self.matched += 1
        if fault.every is not None and self.matched % fault.every:
            return False
        if fault.probability is not None and self.dice.random() >= fault.probability:
            return False
        self.hits += 1
        return True
