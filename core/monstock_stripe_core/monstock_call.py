"""A call to a tenant's API, what comes of it, and how long it is tried."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from monstock_stripe_core.monstock_errors import MonstockError


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an answer is waited for and how often a call is repeated; times in seconds.

    Attributes:
        attempts: how often a call is made at most.
        first_attempts: the same for a host that never answered, and for answers that are no
            JSON: most likely the settings are wrong, and waiting helps no one.
        longest: no further attempt after so long.
        wait_initial: before the first repeat; doubled each time, with as much again by chance.
        wait_longest: the cap of that, and of what a Retry-After may ask for.
        connect_timeout: to reach the host.
        read_timeout: between two pieces of an answer.
        answer_timeout: for a whole answer.
    """

    attempts: int = 8
    first_attempts: int = 3
    longest: float = 300.0
    wait_initial: float = 0.2
    wait_longest: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    answer_timeout: float = 180.0


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP call.

    Attributes:
        path: below the base URL, its parts percent-encoded.
        about: what it is about, for messages ("order SO-2026-00001").
        repeatable: whether doing it twice is the same as doing it once.
    """

    method: str
    path: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    about: str = ""
    repeatable: bool = True

    def __str__(self) -> str:
        return f"{self.method} {self.path}" + (f" ({self.about})" if self.about else "")


@dataclass(frozen=True, slots=True)
class Answer:
    """The decoded body (None where it is empty) and the headers of a 2xx answer."""

    body: Any
    headers: Mapping[str, str]


class TryAgain(Exception):
    """What went wrong might not the next time.

    Attributes:
        error: what to raise in the end.
        attempts: how often the call is made at most.
        wait: seconds to wait, where the answer said so.
    """

    def __init__(self, error: MonstockError, attempts: int, wait: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.attempts = attempts
        self.wait = wait
