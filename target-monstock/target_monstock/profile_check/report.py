"""What a check of a profile found, item by item, and how it is shown."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum

from monstock_stripe_core.errors import MonstockStripeError
from monstock_stripe_core.monstock_errors import MonstockUnauthorized, MonstockUnreachable
from target_common.tables import table


class Verdict(StrEnum):
    """What came of one item."""

    WORKS = "works"
    FAILS = "does not work"
    UNTRIED = "could not be tried"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One item.

    Attributes:
        item: what was tried.
        seen: what was seen; no secret, and nothing of customers.
        key: of the profile (or the setting), to be corrected where it does not work.
    """

    item: str
    verdict: Verdict
    seen: str
    key: str


_MOST_UNANSWERED = 3
"""Trials in a row without an answer after which the rest is left: each takes its time. A tenant
that answers one odd question by a 500, or forbids one resource, can be asked all the others."""


class CheckEnded(Exception):
    """Nothing more can be tried: Monstock does not answer, or refuses the token."""


class Report:
    """Collects results, in the order in which things were tried."""

    def __init__(self) -> None:
        self.results: list[CheckResult] = []
        self._unanswered = 0

    @property
    def failed(self) -> bool:
        """Whether anything does not work."""
        return any(result.verdict is Verdict.FAILS for result in self.results)

    def works(self, item: str, seen: str, key: str | None = None) -> None:
        """Note that something works."""
        self.results.append(CheckResult(item, Verdict.WORKS, seen, key or item))

    def fails(self, item: str, seen: str, key: str | None = None) -> None:
        """Note that something does not work."""
        self.results.append(CheckResult(item, Verdict.FAILS, seen, key or item))

    def untried(self, item: str, why: str, key: str | None = None) -> None:
        """Note that something could not be tried."""
        self.results.append(CheckResult(item, Verdict.UNTRIED, why, key or item))

    def says(self, item: str, problem: str | None, seen: str, key: str | None = None) -> None:
        """Note what a trial came to: its problem, else what was seen."""
        if problem is None:
            self.works(item, seen, key)
        else:
            self.fails(item, problem, key)

    @contextmanager
    def trying(self, item: str, key: str | None = None) -> Iterator[None]:
        """Note a failure of what is tried in the block, and go on after it.

        Raises:
            CheckEnded: Monstock did not answer the first question, or several in a row.
        """
        try:
            yield
        except (MonstockUnreachable, MonstockUnauthorized) as error:
            asked_before = any(result.verdict is Verdict.WORKS for result in self.results)
            where = "base_url" if isinstance(error, MonstockUnreachable) else "api_token"
            self.fails(item, str(error), key if asked_before else f"the setting {where}")
            self._unanswered += 1
            if not asked_before or self._unanswered >= _MOST_UNANSWERED:
                raise CheckEnded from None
        except (MonstockStripeError, ValueError) as error:
            self._unanswered = 0
            self.fails(item, str(error), key)
        else:
            self._unanswered = 0


def report_lines(results: Sequence[CheckResult], *, as_json: bool) -> Iterator[str]:
    """The report, line by line.

    Args:
        results: of all that was tried.
        as_json: one JSON list instead of a table.
    """
    if as_json:
        yield json.dumps([asdict(result) for result in results], indent=2, ensure_ascii=False)
        return
    rows = [(r.item, r.verdict.value, r.key, r.seen) for r in results]
    yield from table(("item", "verdict", "key of the profile", "seen"), rows)
    counts = Counter(result.verdict for result in results)
    yield ""
    yield (
        f"{counts[Verdict.WORKS]} work, {counts[Verdict.FAILS]} do not, "
        f"{counts[Verdict.UNTRIED]} could not be tried."
    )
