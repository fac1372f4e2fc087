"""The lists that people and programs get: which tables, in which order, what each column is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from monstock_stripe_reconcile import results_model as model
from monstock_stripe_reconcile.exports.decisions import decisions_sql
from monstock_stripe_reconcile.results_model import Table


class Kind(Enum):
    """What a column holds; each format writes each kind in its own way."""

    TEXT = "text"
    AMOUNT = "amount"
    COUNT = "count"
    BOOLEAN = "boolean"
    MOMENT = "moment"
    DAY = "day"
    WORDS = "words"


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a list.

    Attributes:
        sql: its value; an amount is in minor units.
        currency: SQL of an amount's currency.
    """

    name: str
    kind: Kind
    sql: str
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """One list.

    Attributes:
        name: of its file; with a capital and spaces, of its sheet.
        fields: from left to right.
        rows: SQL of what stands behind FROM.
        order_by: SQL; the same database gives the same file.
    """

    name: str
    fields: Sequence[Field]
    rows: str
    order_by: str


CURRENCY_OF: Mapping[tuple[str, str], str] = {
    ("payments", "fee"): "fee_currency",
    ("payments", "net_of_fee"): "fee_currency",
}
"""Currency columns of amounts that are not in the row's `currency`."""

COUNTS = frozenset(
    {
        "age_days",
        "balance_transactions",
        "exit_status",
        "findings",
        "model_version",
        "orders",
        "orders_with_findings",
        "payments",
        "payouts",
        "position",
        "tolerated",
        "transactions",
    }
)
"""Whole numbers that are no money; every other one is an amount in minor units."""

_KINDS = {
    "VARCHAR": Kind.TEXT,
    "VARCHAR[]": Kind.WORDS,
    "BOOLEAN": Kind.BOOLEAN,
    "TIMESTAMP": Kind.MOMENT,
    "DATE": Kind.DAY,
}


def fields_of(table: Table, prefix: str = "") -> tuple[Field, ...]:
    """The columns of a table of the results as fields.

    Args:
        table: of the results.
        prefix: of its columns in SQL, such as `findings.`.
    """
    return tuple(
        Field(column.name, _KINDS[column.type], f'{prefix}"{column.name}"')
        if column.type in _KINDS
        else Field(column.name, Kind.COUNT, f'{prefix}"{column.name}"')
        if column.name in COUNTS
        else Field(
            column.name,
            Kind.AMOUNT,
            f'{prefix}"{column.name}"',
            prefix + CURRENCY_OF.get((table.name, column.name), "currency"),
        )
        for column in table.columns
    )


def _plain(table: Table, order_by: str) -> Listing:
    return Listing(table.name, fields_of(table), table.name, order_by)


_FACT_AMOUNTS = ("shown", "right", "shown_due", "right_due", "captured", "refunded")
_FACT_TEXTS = (
    "shown_status",
    "right_status",
    "order_currency",
    "row_currency",
    "first",
    "payment",
    "elsewhere",
    "named",
    "message",
)
_FACT_FLAGS = ("inquiry", "cash_balance", "part", "own_rows")


def _details() -> str:
    """The facts of a finding as one text: `shown 0.00; right 12.00`. A fact that is not is left."""
    parts = [
        f"'{name.replace('_', ' ')} ' || "
        f"decimal_text(CAST(facts->>'$.{name}' AS BIGINT), findings.currency)"
        for name in _FACT_AMOUNTS
    ]
    parts += [f"'{name.replace('_', ' ')} ' || (facts->>'$.{name}')" for name in _FACT_TEXTS]
    candidates = "array_to_string(CAST(facts->'$.candidates' AS VARCHAR[]), ' ')"
    parts.append(f"'candidates ' || nullif({candidates}, '')")
    parts += [
        f"CASE WHEN facts->>'$.{name}' = 'true' THEN '{name.replace('_', ' ')}' END"
        for name in _FACT_FLAGS
    ]
    return f"nullif(concat_ws('; ', {', '.join(parts)}), '')"


def _findings() -> Listing:
    own = {field.name: field for field in fields_of(model.FINDINGS, "findings.")}
    names = [
        "order_number",
        "order_id",
        "transaction_reference",
        "amount",
        "currency",
        "since",
        "age_days",
        "counts",
        "tolerated",
        "fails",
    ]
    return Listing(
        "findings",
        (
            own["reason"],
            Field("meaning", Kind.TEXT, "meaning"),
            Field("next_step", Kind.TEXT, "next_step"),
            *(own[name] for name in names),
            Field("details", Kind.TEXT, _details()),
            *(own[name] for name in ("row_id", "payout_id", "finding_id")),
        ),
        "findings JOIN reasons USING (reason)",
        "counts DESC, position, amount DESC, finding_id",
    )


def _reasons() -> Listing:
    amounts = {field.name: field for field in fields_of(model.REASON_AMOUNTS, "amounts.")}
    return Listing(
        "reasons",
        (
            *(field for field in fields_of(model.REASONS, "reasons.") if field.name != "position"),
            amounts["currency"],
            Field("findings_in_currency", Kind.COUNT, "amounts.findings"),
            amounts["orders"],
            amounts["amount"],
        ),
        "reasons LEFT JOIN reason_amounts AS amounts ON amounts.reason = reasons.reason",
        "position, amounts.currency",
    )


FINDINGS = _findings()
REASONS = _reasons()
AGEING = Listing(
    "ageing",
    tuple(field for field in fields_of(model.AGEING) if field.name != "position"),
    "ageing",
    "currency, position",
)

LONG = (
    _plain(model.ORDERS, "number, order_id"),
    _plain(model.PAYMENTS, "created_at, transaction_reference"),
    _plain(model.LINKS, "order_id, transaction_reference"),
    _plain(model.PAYOUTS, "created_at, payout_id"),
    _plain(model.BALANCE_TRANSACTIONS, "created_at, balance_transaction_id"),
    _plain(model.MONEY, "day, currency, account_id, payout_id"),
)
"""Lists as long as the trade."""

SHEETS = (
    FINDINGS,
    REASONS,
    AGEING,
    *LONG,
    _plain(model.HISTORY, "as_of, run_id"),
    _plain(model.HISTORY_AMOUNTS, "run_id, reason, currency"),
)
"""Everything that people get, in the order in which they want it."""

DECISIONS = Listing(
    "decisions",
    (
        *(
            Field(name, Kind.TEXT, f'"{name}"')
            for name in ("kind", "payment", "order", "order_id", "customer_id")
        ),
        Field("amount", Kind.AMOUNT, "amount", "currency"),
        Field("currency", Kind.TEXT, "currency"),
        Field("since", Kind.MOMENT, "since"),
        Field("message", Kind.TEXT, "message"),
        *(
            Field(name, Kind.TEXT, f'"{name}"')
            for name in ("next_step", "finding_id", "decision", "link_to", "why")
        ),
    ),
    f"({decisions_sql(_details())})",
    "position, amount DESC, finding_id",
)
"""What a person can decide about, in the columns that `target-monstock exceptions decide` reads."""
