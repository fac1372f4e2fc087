"""A CSV file of decisions, one a line; the list of exceptions as CSV can be filled in for it."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from monstock_stripe_core.exception_kind import ExceptionKind

from target_common.errors import TargetError
from target_common.ledger.dismissals import About

DECISION_COLUMNS = ("decision", "link_to", "why")
"""Columns that the list as CSV leaves empty for a person to fill in."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet takes for a formula; the list puts an apostrophe before."""

_SEPARATORS = ",;\t"
"""Spreadsheets of countries that write 1,5 save with semicolons."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A decision that a person asks for.

    Attributes:
        decision: its word: link, dismiss or reopen.
        about: the exception; its kind is empty where only the payment's link is concerned.
        link_to: orders, each alone or as ORDER=AMOUNT.
        line: of the file; 0 where it was asked for on the command line.
    """

    decision: str
    about: About
    link_to: tuple[str, ...] = ()
    why: str = ""
    line: int = 0


class BadLinesError(TargetError):
    """Lines of a file that cannot be used; nothing of the file is.

    Args:
        name: of the file.
        refused: line → why.
    """

    def __init__(self, name: str, refused: Mapping[int, str]) -> None:
        lines = [f"  line {line}: {why}" for line, why in sorted(refused.items())]
        head = f"nothing was decided: {len(refused)} lines of {name} cannot be used"
        super().__init__("\n".join([head, *lines]))


def decoded(content: bytes, name: str) -> str:
    """The text of a file.

    Raises:
        TargetError: it is not UTF-8.
    """
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TargetError(f"{name} is not UTF-8: save it as 'CSV UTF-8'") from None


def read_decisions(
    text: str,
    name: str,
    why: str | None,
    known: tuple[str, ...],
    link_kinds: Collection[str] = (),
) -> list[Wanted]:
    """The decisions of a file; lines without one are left out.

    Args:
        text: its content.
        name: how messages call it.
        why: the reason of lines that give none.
        known: the words that a decision can be.
        link_kinds: exceptions to decide on which is to say where their payment belongs, as `link`
            does.

    Raises:
        TargetError: it has no column `decision`.
        BadLinesError: lines that cannot be understood.
    """
    rows = _numbered(text)
    _, first_row = next(rows, (0, []))
    headings = [cell.strip().casefold() for cell in first_row]
    if "decision" not in headings:
        raise TargetError(
            f"{name} has no column 'decision': begin with what `exceptions --format csv` lists"
        )
    refused: dict[int, str] = {}
    found: list[Wanted] = []
    for line, cells in rows:
        row = dict(zip(headings, map(_cell, cells), strict=False))
        if not row.get("decision"):
            continue
        try:
            found.append(_wanted(row, why, known, line))
        except TargetError as error:
            refused[line] = str(error)
    _find_contradictions(found, refused, link_kinds)
    if refused:
        raise BadLinesError(name, refused)
    return found


def _numbered(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line on which each begins: a cell may hold line breaks."""
    separator = max(_SEPARATORS, key=text.partition("\n")[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    begins = 1
    for cells in reader:
        yield begins, cells
        begins = reader.line_num + 1


def _cell(text: str) -> str:
    stripped = text.strip()
    return (
        stripped[1:] if stripped.startswith("'") and stripped[1:].startswith(FORMULA) else stripped
    )


def _wanted(row: Mapping[str, str], why: str | None, known: tuple[str, ...], line: int) -> Wanted:
    decision = row["decision"].casefold()
    if decision not in known:
        raise TargetError(f"decision is {row['decision']!r:.40}, not {' or '.join(known)}")
    kind = row.get("kind", "")
    if kind and kind not in set(ExceptionKind):
        raise TargetError(f"there is no kind of exception {kind!r:.40}")
    reason = row.get("why") or why
    if not reason:
        raise TargetError("why is empty, and no --why is given for such lines")
    about = About(kind, row.get("payment", ""), row.get("order_id", ""), row.get("customer_id", ""))
    if not any(about[1:]):
        raise TargetError("it names no payment, no order_id and no customer_id")
    link_to = tuple(row.get("link_to", "").split())
    if (decision == "link") != bool(link_to):
        raise TargetError(
            "link_to names no order"
            if decision == "link"
            else f"link_to names orders, and the decision is {decision}"
        )
    return Wanted(decision, about, link_to, reason, line)


def _find_contradictions(
    found: list[Wanted], refused: dict[int, str], link_kinds: Collection[str]
) -> None:
    """Two words on one thing: which counts nobody can say."""
    first: dict[tuple[str, ...], Wanted] = {}
    for one in found:
        payment = one.about.transaction_reference
        links = one.decision == "link" or one.about.kind in {"", *link_kinds}
        subject = ("link", payment) if links and payment else tuple(one.about)
        before = first.setdefault(subject, one)
        if (before.decision, before.link_to) != (one.decision, one.link_to):
            refused[one.line] = f"line {before.line} decides the same thing otherwise"
