"""The tables of the page: which columns, how each value is written.

A table is written twice, by the templates (what stands in the page without a script) and by the
page's script (all rows); both do it by these descriptions, from the same values.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from monstock_stripe_reconcile.report.reader import NONE, Reader
from monstock_stripe_reconcile.report.translating import N_
from monstock_stripe_reconcile.report.words import word

LARGEST_IN_SCRIPT = 2**53 - 1
"""Beyond it JavaScript's numbers are not whole (ECMAScript, Number.MAX_SAFE_INTEGER)."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        key: of the value.
        label: heading in English; translated where it is shown.
        kind: text, code, amount, count, date, word or
            words (keys of `words`).
        words: which words, for the kinds word and words.
        zero: whether an amount of 0 is written; else a dash stands there.
    """

    key: str
    label: str
    kind: str = "text"
    words: str = ""
    zero: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of values in the order of `keys`, as they also go to the script."""

    keys: tuple[str, ...]
    rows: list[list[Any]] = field(default_factory=list)

    def named(self, row: list[Any]) -> dict[str, Any]:
        """Return a row's values by key."""
        return dict(zip(self.keys, row, strict=True))


ORDER_COLUMNS = (
    Column("number", N_("Order")),
    Column("state", N_("State"), "word", "state"),
    Column("status", N_("Payment status"), "word", "status"),
    Column("shown_status", N_("Monstock shows"), "word", "status"),
    Column("total", N_("Total"), "amount", zero=True),
    Column("outside", N_("Paid outside Stripe"), "amount"),
    Column("captured", N_("Captured"), "amount"),
    Column("refunded", N_("Refunded"), "amount"),
    Column("disputed", N_("In dispute"), "amount"),
    Column("dispute_lost", N_("Dispute lost"), "amount"),
    Column("net", N_("Net"), "amount", zero=True),
    Column("due", N_("Due"), "amount", zero=True),
    Column("shown_net", N_("Net in Monstock"), "amount", zero=True),
    Column("difference", N_("Difference"), "amount"),
    Column("reasons", N_("To look at"), "words", "reason"),
    Column("created_at", N_("Made on"), "date"),
    Column("age_days", N_("Age in days"), "count"),
    Column("payments", N_("Payments"), "count"),
    Column("link_rules", N_("Linked by"), "words", "rule"),
    Column("release", N_("Ship or hold"), "word", "release"),
    Column("release_reason", N_("Why"), "word", "release_reason"),
)
_ORDER = {column.key: column for column in ORDER_COLUMNS}
FULL_LIST = tuple(
    _ORDER[key]
    for key in (
        "number", "state", "status", "shown_status", "reasons", "total", "net", "due", "shown_net",
        "difference", "outside", "captured", "refunded", "disputed", "dispute_lost", "created_at",
        "age_days", "payments", "link_rules",
    )
)  # fmt: skip
"""What is asked of an order first stands first: status, what is wrong, and the four sums."""
SHIPPING = tuple(
    _ORDER[key] for key in ("number", "release", "release_reason", "due", "age_days", "reasons")
)
"""What the warehouse needs of an order, in the order in which it is asked."""

_MOVED = (
    Column("gross", N_("Sales"), "amount", zero=True),
    Column("refunds", N_("Refunds"), "amount"),
    Column("disputes", N_("Disputes"), "amount"),
    Column("fees", N_("Fees"), "amount"),
    Column("other", N_("Other"), "amount"),
    Column("net", N_("Net"), "amount", zero=True),
)
PAYOUTS = (
    Column("payout_id", N_("Payout"), "code"),
    Column("arrival_date", N_("At the bank on"), "date"),
    Column("status", N_("Status"), "word", "payout_status"),
    Column("amount", N_("Paid out"), "amount", zero=True),
    *_MOVED,
    Column("difference", N_("Difference"), "amount", zero=True),
    Column("transactions", N_("Transactions"), "count"),
    Column("itemised", N_("Itemised"), "word", "itemised"),
)
DAYS = (
    Column("day", N_("Day (UTC)"), "date"),
    *_MOVED,
    Column("transactions", N_("Transactions"), "count"),
)
PAYMENTS = (
    Column("transaction_reference", N_("Payment"), "code"),
    Column("status", N_("Status"), "word", "payment_status"),
    Column("captured_at", N_("Taken on"), "date"),
    Column("captured", N_("Captured"), "amount", zero=True),
    Column("refunded", N_("Refunded"), "amount"),
    Column("disputed", N_("In dispute"), "amount"),
    Column("dispute_lost", N_("Dispute lost"), "amount"),
    Column("link", N_("Linked by"), "word", "rule"),
    Column("row_id", N_("Monstock's row"), "code"),
    Column("row_amount", N_("Row: taken"), "amount", zero=True),
    Column("row_refunded", N_("Row: gone back"), "amount"),
)
"""Payments on an order."""
LONE_PAYMENT = (*PAYMENTS[:7], Column("link", N_("Its order"), "word", "link_state"))
"""A payment that is on no order."""
TRANSACTIONS = (
    Column("balance_transaction_id", N_("Balance transaction"), "code"),
    Column("kind", N_("Kind"), "word", "kind"),
    Column("created_at", N_("Made on"), "date"),
    Column("amount", N_("Amount"), "amount", zero=True),
    Column("fee", N_("Fee"), "amount"),
    Column("net", N_("Net"), "amount", zero=True),
    Column("transaction_reference", N_("Payment"), "code"),
    Column("payout_id", N_("Payout"), "code"),
)
ORDER_FIGURES = tuple(
    column
    for column in ORDER_COLUMNS
    if column.key not in ("number", "reasons", "age_days", "payments", "link_rules")
)


def cell(reader: Reader, column: Column, row: dict[str, Any]) -> str:
    """Return a value as the reader sees it.

    Args:
        reader: whom it is for.
        column: which of the row's values.
        row: values by key, as they go to the script.
    """
    value = row.get(column.key)
    if value is None or value == "" or value == []:
        return NONE
    if column.kind == "amount":
        currency, number = row.get("currency"), int(value)
        return reader.amount(number, currency) if currency and (number or column.zero) else NONE
    if column.kind == "count":
        return reader.number(value)
    if column.kind == "date":
        return reader.date_text(date.fromisoformat(value))
    if column.kind == "word":
        return word(reader, column.words, value)
    if column.kind == "words":
        return ", ".join(word(reader, column.words, key) for key in value)
    return str(value)


class Values:
    """Makes values of the results into values of rows: JSON that loses nothing in a script."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._days: dict[date, str] = {}

    def __call__(self, given: Any) -> Any:
        """Return a day or a moment as the ISO text of its day; a number beyond 2^53 as a text."""
        if isinstance(given, date):
            day = self._reader.day(given)
            return self._days.setdefault(day, day.isoformat())
        if isinstance(given, int) and abs(given) > LARGEST_IN_SCRIPT:
            return str(given)
        return given

    def days(self) -> dict[str, str]:
        """Return how each day that came up is written, by its ISO text."""
        return {text: self._reader.date_text(day) for day, text in sorted(self._days.items())}
