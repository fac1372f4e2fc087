"""What working on subjects came to in a run, or since its last sweep."""

from collections import Counter
from dataclasses import dataclass, field

_MOST_TRIES = 6
"""Times that a subject which changes under our hands is taken up again before the next run."""


@dataclass(slots=True)
class Worked:
    """Counts of a run, shared by the work on customers and the work on orders.

    Attributes:
        planned: subjects that were planned to the end.
        writes: by action.
        refused: subjects of which Stripe refused something, and its words.
        busy: subjects that kept changing while they were written.
    """

    planned: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    refused: dict[str, str] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)
    _tries: Counter[str] = field(default_factory=Counter)

    def forget(self) -> None:
        """Forget what is about single subjects: what was refused or given up is tried again."""
        self.refused.clear()
        self.busy.clear()
        self._tries.clear()

    def done_with(self, kind: str) -> frozenset[str]:
        """The subjects of a kind that are not taken up any more for now."""
        start = f"{kind} "
        names = self.busy | self.refused.keys()
        return frozenset(one.removeprefix(start) for one in names if one.startswith(start))

    def tries_again(self, kind: str, subject: str) -> bool:
        """Count that a subject has to be taken up again; False if that was often enough."""
        name = f"{kind} {subject}"
        self._tries[name] += 1
        if self._tries[name] < _MOST_TRIES:
            return True
        self.busy.add(name)
        return False


@dataclass(frozen=True, slots=True)
class PlannedWrite:
    """A write that a dry run shows instead of making it.

    Attributes:
        subject: how people know the order or customer.
        detail: what would be written, in a few words.
    """

    subject: str
    action: str
    object_id: str
    detail: str
    order_id: str = ""
    customer_id: str = ""
