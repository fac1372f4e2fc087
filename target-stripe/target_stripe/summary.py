"""What a run did, in one line for people and as data for the ledger."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Summary:
    """Counts of one run.

    Attributes:
        records: that came.
        changed: subjects that are new or said something new.
        planned: orders and customers that were looked at.
        requests: to Stripe.
        dirty: orders and customers that are left to do.
    """

    records: int = 0
    changed: int = 0
    rejected: int = 0
    planned: int = 0
    requests: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    exceptions: Mapping[str, int] = field(default_factory=dict)
    dirty: int = 0

    def line(self, *, dry_run: bool) -> str:
        """One line; a run without a write says so in as many words."""
        refused = f", {self.rejected} refused" if self.rejected else ""
        left = f", {self.dirty} left to do" if self.dirty else ""
        return (
            f"{self.records} records ({self.changed} new or changed{refused}), "
            f"{self.planned} orders and customers looked at, "
            f"{self._writes('planned, none made' if dry_run else '')}, "
            f"{self.requests} requests to Stripe, "
            f"{sum(self.exceptions.values())} exceptions open{left}"
        )

    def _writes(self, planned: str) -> str:
        total = self.writes.total()
        parts = [f"{count} × {words}" for words, count in sorted(self.writes.items())]  # noqa: RUF001
        said = "; ".join(part for part in (planned, ", ".join(parts)) if part)
        return f"{total} writes" + (f" ({said})" if said and total else "")

    def as_data(self) -> Mapping[str, object]:
        """JSON-ready."""
        return {
            "records": self.records,
            "changed": self.changed,
            "rejected": self.rejected,
            "planned": self.planned,
            "requests": self.requests,
            "writes": dict(self.writes),
            "exceptions": dict(self.exceptions),
            "dirty": self.dirty,
        }
