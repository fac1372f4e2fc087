"""What waits for a person, as a table, CSV or JSON."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

from monstock_stripe_core.exception_kind import NEXT_STEP
from monstock_stripe_core.money import to_decimal_text

from target_common.decisions_file import DECISION_COLUMNS, FORMULA
from target_common.ledger.exceptions import OpenException
from target_common.tables import table

COLUMNS = (
    "kind",
    "payment",
    "order",
    "order_id",
    "customer_id",
    "amount",
    "currency",
    "since",
    "message",
    "next_step",
)
"""Fields of the CSV and the JSON, in their order. `amount` is in major units, as a text. The CSV
has the columns of a decision behind them, empty."""

_TABLE = ("kind", "payment", "order", "customer", "amount", "since", "message", "next step")


def exceptions_lines(waiting: Sequence[OpenException], form: str) -> Iterator[str]:
    """The report, line by line.

    Args:
        waiting: the open exceptions.
        form: `table`, `csv` or `json`.
    """
    if form == "json":
        yield json.dumps([exception_record(one) for one in waiting], indent=2, ensure_ascii=False)
    elif form == "csv":
        yield from _csv(waiting)
    elif not waiting:
        yield "No exceptions: nothing waits for a person."
    else:
        yield from table(*_columns([_cells(one) for one in waiting]))


def exception_record(one: OpenException) -> dict[str, str | None]:
    """An exception as programs get it."""
    has_amount = one.amount is not None and one.currency is not None
    values = (
        one.kind.value,
        one.transaction_reference,
        one.order_number,
        one.order_id,
        one.customer_id,
        to_decimal_text(one.amount or 0, one.currency or "") if has_amount else None,
        one.currency,
        one.since.isoformat(timespec="seconds").replace("+00:00", "Z"),
        one.message,
        NEXT_STEP[one.kind],
    )
    return dict(zip(COLUMNS, values, strict=True))


def _csv(waiting: Sequence[OpenException]) -> Iterator[str]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *DECISION_COLUMNS])
    for one in waiting:
        cells = [_harmless(value or "") for value in exception_record(one).values()]
        writer.writerow([*cells, *("" for _ in DECISION_COLUMNS)])
    yield text.getvalue().rstrip("\n")


def _harmless(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: messages quote what strangers wrote."""
    return f"'{cell}" if cell.startswith(FORMULA) and not _is_number(cell) else cell


def _is_number(cell: str) -> bool:
    return cell.lstrip("-").replace(".", "", 1).isdigit()


def _columns(
    rows: Sequence[tuple[str, ...]],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Headings and rows; customers have a column only where one is concerned."""
    at = _TABLE.index("customer")
    if any(row[at] for row in rows):
        return _TABLE, list(rows)
    return _TABLE[:at] + _TABLE[at + 1 :], [row[:at] + row[at + 1 :] for row in rows]


def _cells(one: OpenException) -> tuple[str, ...]:
    record = exception_record(one)
    money = f"{record['amount']} {one.currency}" if record["amount"] else ""
    return (
        one.kind.value,
        one.transaction_reference or "",
        one.order_number or one.order_id or "",
        one.customer_id or "",
        money,
        one.since.strftime("%Y-%m-%d %H:%M"),
        one.message,
        NEXT_STEP[one.kind],
    )
