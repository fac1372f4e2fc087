"""What a run comes to, as the terminal, the workbook and the JSON document begin."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import msgspec

from monstock_stripe_reconcile.at_stake import CONCERNED, STAKE
from monstock_stripe_reconcile.exports.reading import currency_decimals
from monstock_stripe_reconcile.results_model import RUN


class CurrencyAmount(msgspec.Struct, frozen=True):
    """Minor units of one currency."""

    currency: str
    amount: int


class Verdict(msgspec.Struct, frozen=True):
    """The answer in one line.

    Attributes:
        agrees: whether nothing counts.
        orders: on which something is to be looked at.
        payments: of no order, to be looked at.
        payouts: to be looked at.
        records: of none of these, such as unreadable ones.
        amounts: what is at stake; money with several findings counts once.
        before: findings of the last run before this one that looked at everything, if any.
    """

    agrees: bool
    findings: int
    orders: int
    payments: int
    payouts: int
    records: int
    amounts: Sequence[CurrencyAmount]
    before: int | None


class ReasonAmount(msgspec.Struct, frozen=True):
    """What the findings of a reason come to in one currency."""

    currency: str
    findings: int
    orders: int
    amount: int


class ReasonLine(msgspec.Struct, frozen=True):
    """One reason of the closed list."""

    reason: str
    meaning: str
    next_step: str
    fails: bool
    findings: int
    tolerated: int
    amounts: Sequence[ReasonAmount]


class AgeingLine(msgspec.Struct, frozen=True):
    """Orders of one currency and age that wait for their money."""

    currency: str
    bucket: str
    orders: int
    amount: int


class ReleaseLine(msgspec.Struct, frozen=True):
    """Orders that are released or held for one reason."""

    release_reason: str
    meaning: str
    released: bool
    orders: int


class MoneyLine(msgspec.Struct, frozen=True):
    """The way of the money in one currency, and how much of it is in no payout yet."""

    currency: str
    transactions: int
    gross: int
    refunds: int
    disputes: int
    fees: int
    other: int
    net: int
    without_payout: int


class HistoryLine(msgspec.Struct, frozen=True):
    """One run, the newest last."""

    run_id: str
    as_of: str
    restricted: bool
    orders: int
    payments: int
    findings: int
    orders_with_findings: int
    agrees: bool


class Summary(msgspec.Struct, frozen=True):
    """Everything but the lists. Amounts are in minor units.

    Attributes:
        run: the row of the table `run`; moments as texts with Z.
        decimals: of each currency.
    """

    run: Mapping[str, Any]
    verdict: Verdict
    decimals: Mapping[str, int]
    reasons: Sequence[ReasonLine]
    ageing: Sequence[AgeingLine]
    release_reasons: Sequence[ReleaseLine]
    money: Sequence[MoneyLine]
    history: Sequence[HistoryLine]


def read_summary(connection: duckdb.DuckDBPyConnection) -> Summary:
    """Read what a run comes to.

    Args:
        connection: from `reading.opened`.
    """
    run = read_run(connection)
    history = _lines(
        connection,
        HistoryLine,
        f"SELECT * REPLACE ({_moment('as_of')}) FROM history ORDER BY history.as_of, run_id",  # noqa: S608
    )
    return Summary(
        run=run,
        verdict=_verdict(connection, run, history),
        decimals=currency_decimals(connection),
        reasons=_reasons(connection),
        ageing=_lines(
            connection,
            AgeingLine,
            "SELECT currency, bucket, orders, amount FROM ageing ORDER BY currency, position",
        ),
        release_reasons=_lines(
            connection,
            ReleaseLine,
            "SELECT release_reason, meaning, released, orders FROM release_reasons "
            "ORDER BY released DESC, orders DESC, release_reason",
        ),
        money=_lines(connection, MoneyLine, _MONEY),
        history=history,
    )


def read_run(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The row of the table `run`: moments as texts with Z, JSON as what it says."""
    moments = [_moment(column.name) for column in RUN.columns if column.type == "TIMESTAMP"]
    (row,) = _rows(connection, f"SELECT * REPLACE ({', '.join(moments)}) FROM run")  # noqa: S608
    return {
        name: json.loads(value or "{}") if name in ("restricted_to", "settings") else value
        for name, value in row.items()
    }


_MONEY = """
SELECT currency, CAST(sum(transactions) AS BIGINT) AS transactions,
    CAST(sum(gross) AS BIGINT) AS gross, CAST(sum(refunds) AS BIGINT) AS refunds,
    CAST(sum(disputes) AS BIGINT) AS disputes, CAST(sum(fees) AS BIGINT) AS fees,
    CAST(sum(other) AS BIGINT) AS other, CAST(sum(net) AS BIGINT) AS net,
    CAST(coalesce(sum(net) FILTER (payout_id IS NULL), 0) AS BIGINT) AS without_payout
FROM money GROUP BY currency ORDER BY currency
"""


def _verdict(
    connection: duckdb.DuckDBPyConnection, run: Mapping[str, Any], history: Sequence[HistoryLine]
) -> Verdict:
    (concerned,) = _rows(connection, CONCERNED)
    whole = [one for one in history if not one.restricted and one.run_id != run["run_id"]]
    comparable = bool(whole) and run["restricted_to"] == {}
    return Verdict(
        agrees=run["agrees"],
        findings=run["findings"],
        **concerned,
        amounts=_lines(connection, CurrencyAmount, STAKE),
        before=whole[-1].findings if comparable else None,
    )


def _reasons(connection: duckdb.DuckDBPyConnection) -> list[ReasonLine]:
    amounts: dict[str, list[ReasonAmount]] = {}
    for row in _rows(
        connection, "SELECT * FROM reason_amounts ORDER BY reason, findings DESC, currency"
    ):
        amounts.setdefault(row.pop("reason"), []).append(ReasonAmount(**row))
    return [
        ReasonLine(**row, amounts=amounts.get(row["reason"], []))
        for row in _rows(connection, "SELECT * EXCLUDE (position) FROM reasons ORDER BY position")
    ]


def _moment(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ') AS {column}"


def _lines(connection: duckdb.DuckDBPyConnection, kind: type[Any], query: str) -> list[Any]:
    return [kind(**row) for row in _rows(connection, query)]


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = connection.execute(query)
    names = [one[0] for one in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
