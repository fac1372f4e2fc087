"""What was erased, what is left, and what else is to be done, for a person or a program."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from target_common.forgetting.files import Trace
from target_common.forgetting.person import Person
from target_common.tables import table


@dataclass(frozen=True, slots=True)
class Erasure:
    """What erasing a person came to.

    Attributes:
        person: all that was found to be the same one.
        counts: table or column → rows in which something was erased.
        notes: what the ledger must keep, or gets again, and what to do about it.
        files: that hold something of them.
        left: those of the files that are still there.
        dry: whether nothing was changed.
    """

    person: Person
    counts: Mapping[str, int]
    notes: Sequence[str]
    files: Sequence[Trace]
    left: Sequence[Trace]
    dry: bool


ELSEWHERE = (
    "Stripe: delete the customer (and redact their payments, Dashboard: Privacy).",
    "Monstock: delete or anonymise the customer, and what staff noted on their orders.",
    "Reconcile: once the warehouse is clean, compare again: reconciliation.duckdb is replaced.",
    "Elsewhere: backups of the ledger, your warehouse and its files, mails with reports.",
)
"""What no command of ours can erase."""


def erasure_record(one: Erasure) -> dict[str, Any]:
    """The same as `erasure_lines`, for programs."""
    return {
        "dry_run": one.dry,
        "stripe_customers": sorted(one.person.stripe_customers),
        "monstock_customers": sorted(one.person.monstock_customers),
        "emails": sorted(one.person.emails),
        "words": sorted(one.person.words),
        "rows": dict(sorted(one.counts.items())),
        "notes": list(one.notes),
        "files": [str(trace.path) for trace in one.files],
        "files_left": [{"path": str(trace.path), "problem": trace.problem} for trace in one.left],
        "elsewhere": list(ELSEWHERE),
    }


def erasure_lines(one: Erasure) -> Iterator[str]:
    """What was erased, line by line."""
    yield from _whom(one.person)
    if not one.counts:
        yield "The ledger holds nothing of them."
    else:
        would = "would be" if one.dry else "were"
        yield f"In the ledger {sum(one.counts.values())} rows {would} erased or changed:"
        rows = [(name, str(count)) for name, count in sorted(one.counts.items())]
        yield from (f"  {line}" for line in table(("where", "rows"), rows))
    yield from one.notes
    yield from _of_files(one)
    yield "Still to be done by you:"
    yield from (f"  {line}" for line in ELSEWHERE)


def _whom(person: Person) -> Iterator[str]:
    yield "Whoever is meant is known as:"
    named = (
        ("customer at Stripe", person.stripe_customers),
        ("customer in Monstock", person.monstock_customers),
        ("e-mail", person.emails),
        ("in texts", person.words),
    )
    for label, values in named:
        if values:
            yield f"  {label}: {', '.join(sorted(values))}"


def _of_files(one: Erasure) -> Iterator[str]:
    left = {trace.path for trace in one.left}
    gone = [trace for trace in one.files if trace.path not in left]
    if gone:
        yield "Files that were deleted:"
    yield from (f"  {trace.path}" for trace in gone)
    if one.left:
        yield "Files that hold something of them: delete them (--delete), or make them again:"
    yield from (
        f"  {trace.path}" + (f": {trace.problem}" if trace.problem else "") for trace in one.left
    )
