"""What a comparison has found, in numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tap_stripe_ext.verify.compare import window_of
from tap_stripe_ext.verify.received import Key
from tap_stripe_ext.verify.store import Found, Outcome

EQUAL, DIFFERENCES, NOT_VERIFIED = 0, 1, 2
"""Exit statuses."""

MOST_EXAMPLES = 20


@dataclass(slots=True)
class Tally:
    """Numbers of objects.

    Args:
        stripe: that Stripe lists.
        received: that the target holds, without those that it knows to be deleted.
        equal: that are the same on both sides.
        missing: that the target should hold, but does not.
        extra: that the target holds, but Stripe does not list.
        different: of which a field differs.
        doubled: that the target holds more than once.
        awaited: that are missing, extra or different until the tap runs again.
    """

    stripe: int = 0
    received: int = 0
    equal: int = 0
    missing: int = 0
    extra: int = 0
    different: int = 0
    doubled: int = 0
    awaited: int = 0

    @property
    def wrong(self) -> int:
        """How many differences there are that no further run would remove."""
        return self.missing + self.extra + self.different + self.doubled

    def add(self, found: Found) -> None:
        """Count one object."""
        self.stripe += found.outcome != Outcome.EXTRA
        self.received += found.outcome != Outcome.MISSING
        self.doubled += found.copies > 1
        if found.outcome == Outcome.EQUAL:
            self.equal += 1
        elif found.awaited:
            self.awaited += 1
        elif found.outcome == Outcome.MISSING:
            self.missing += 1
        elif found.outcome == Outcome.EXTRA:
            self.extra += 1
        else:
            self.different += 1


@dataclass(frozen=True, slots=True)
class Example:
    """One difference.

    Args:
        key: the object's key.
        window: where its `created` lies.
        what: "missing", "extra", "different" or "doubled".
        fields: those that differ.
    """

    key: Key
    window: str
    what: str
    fields: tuple[str, ...] = ()


@dataclass(slots=True)
class StreamFindings:
    """What was found of one stream.

    Args:
        name: the stream's.
        kind: "day" or "month", what a window is.
        problem: why it could not be verified, if so.
        optional: whether the run may succeed without it.
    """

    name: str
    kind: str
    problem: str | None = None
    optional: bool = False
    total: Tally = field(default_factory=Tally)
    windows: dict[str, Tally] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def add(self, found: Found) -> None:
        """Count one object."""
        window = window_of(found.created, self.kind)
        for tally in (self.total, self.windows.setdefault(window, Tally())):
            tally.add(found)
        wrong = found.outcome != Outcome.EQUAL and not found.awaited
        if (wrong or found.copies > 1) and len(self.examples) < MOST_EXAMPLES:
            what = str(found.outcome) if wrong else "doubled"
            self.examples.append(Example(found.key, window, what, found.fields))


def exit_status(streams: Iterable[StreamFindings]) -> int:
    """Return 1 where there are differences, else 2 where something was not verified, else 0."""
    listed = list(streams)
    if any(one.total.wrong for one in listed):
        return DIFFERENCES
    if any(one.problem is not None and not one.optional for one in listed):
        return NOT_VERIFIED
    return EQUAL
