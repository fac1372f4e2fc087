"""What a run did, in one line for people and as data for the ledger."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

_WORDS: Mapping[str, str] = {
    "put": "rows put",
    "adopt": "hand-made rows adopted",
    "delete": "rows deleted",
    "patch": "orders patched",
    "link": "customers linked",
    "create": "customers made",
}


@dataclass(slots=True)
class Summary:
    """Counts of one run."""

    records: int = 0
    changed: int = 0
    rejected: int = 0
    linked: int = 0
    waiting: int = 0
    swept: int = 0
    derived: int = 0
    customers: int = 0
    customers_swept: int = 0
    writes: Counter[str] = field(default_factory=Counter)
    exceptions: Mapping[str, int] = field(default_factory=dict)
    dirty: int = 0

    def line(self, *, dry_run: bool = False) -> str:
        """One line; a run without a write says so in as many words."""
        refused = f", {self.rejected} refused" if self.rejected else ""
        customers = f", {self.customers} customers looked for" if self.customers else ""
        left = f", {self.dirty} orders left to do" if self.dirty else ""
        return (
            f"{self.records} records ({self.changed} new or changed{refused}), "
            f"{self.linked} linked, {self.waiting} waiting for an order, "
            f"{self.swept} orders looked at, {self.derived} derived{customers}, "
            f"{self._writes('planned, none made' if dry_run else '')}, "
            f"{sum(self.exceptions.values())} exceptions open{left}"
        )

    def _writes(self, planned: str) -> str:
        total = self.writes.total()
        parts = [f"{count} {_WORDS[kind]}" for kind, count in sorted(self.writes.items())]
        said = "; ".join(part for part in (planned, ", ".join(parts)) if part)
        return f"{total} writes" + (f" ({said})" if said and total else "")

    def as_data(self) -> dict[str, object]:
        """JSON-ready."""
        return {
            "records": self.records,
            "changed": self.changed,
            "rejected": self.rejected,
            "linked": self.linked,
            "waiting": self.waiting,
            "swept": self.swept,
            "derived": self.derived,
            "customers": self.customers,
            "customers_swept": self.customers_swept,
            "writes": dict(self.writes),
            "exceptions": dict(self.exceptions),
            "dirty": self.dirty,
        }
