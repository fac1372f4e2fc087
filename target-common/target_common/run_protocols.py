"""What a run needs to know of its target: what its user set, and how its work is summed up."""

from collections import Counter
from collections.abc import Mapping
from typing import Protocol


class RunSettings(Protocol):
    """What every target lets its user set."""

    @property
    def concurrency(self) -> int:
        """How many requests are under way at the same time."""

    @property
    def sweep_interval(self) -> float:
        """Seconds between two sweeps while the input goes on."""

    @property
    def metrics_listen(self) -> str | None:
        """Host and port at which metrics are served, if they are."""

    @property
    def dry_run(self) -> bool:
        """Whether the plan is shown and nothing changed."""

    @property
    def dry_run_json(self) -> bool:
        """Whether the plan is shown as JSON lines."""


class RunSummary(Protocol):
    """What a run did.

    Attributes:
        records: taken.
        rejected: those of them that were refused.
        writes: by action.
        exceptions: that wait, by kind.
    """

    records: int
    rejected: int
    writes: Counter[str]
    exceptions: Mapping[str, int]

    def line(self, *, dry_run: bool) -> str:
        """In one line, for people."""

    def as_data(self) -> Mapping[str, object]:
        """JSON-ready, for the ledger."""
