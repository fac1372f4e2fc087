"""What the report needs of a results database, read by SQL; nothing is judged here."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from monstock_stripe_reconcile.at_stake import CONCERNED, STAKE
from monstock_stripe_reconcile.decidable import FINDINGS

Record = dict[str, Any]

_WAY = """
SELECT currency, CAST(sum(transactions) AS BIGINT) AS transactions,
    CAST(sum(gross) AS BIGINT) AS gross, CAST(sum(refunds) AS BIGINT) AS refunds,
    CAST(sum(disputes) AS BIGINT) AS disputes, CAST(sum(fees) AS BIGINT) AS fees,
    CAST(sum(other) AS BIGINT) AS other, CAST(sum(net) AS BIGINT) AS net,
    CAST(coalesce(sum(net) FILTER (payout_id IS NOT NULL), 0) AS BIGINT) AS itemised,
    CAST(coalesce(sum(net) FILTER (payout_id IS NULL), 0) AS BIGINT) AS without_payout
FROM money GROUP BY currency ORDER BY transactions DESC, currency
"""

_PAID_OUT = """
SELECT currency, itemised, count(*) AS payouts, CAST(sum(amount) AS BIGINT) AS amount,
    count(*) FILTER (difference <> 0) AS wrong
FROM payouts WHERE status NOT IN ('canceled', 'failed') GROUP BY ALL ORDER BY currency, itemised
"""

_MONTHS = """
SELECT CAST(date_trunc('month', day) AS DATE) AS month, currency,
    CAST(sum(gross) AS BIGINT) AS gross, CAST(sum(refunds) AS BIGINT) AS refunds,
    CAST(sum(disputes) AS BIGINT) AS disputes, CAST(sum(fees) AS BIGINT) AS fees,
    CAST(sum(other) AS BIGINT) AS other, CAST(sum(net) AS BIGINT) AS net
FROM money GROUP BY ALL ORDER BY month DESC, currency
"""

_DAYS = """
SELECT day, currency, CAST(sum(gross) AS BIGINT) AS gross, CAST(sum(refunds) AS BIGINT) AS refunds,
    CAST(sum(disputes) AS BIGINT) AS disputes, CAST(sum(fees) AS BIGINT) AS fees,
    CAST(sum(other) AS BIGINT) AS other, CAST(sum(net) AS BIGINT) AS net,
    CAST(sum(transactions) AS BIGINT) AS transactions
FROM money GROUP BY day, currency ORDER BY day DESC, currency LIMIT ?
"""

_BY_STATUS = """
SELECT status, currency, count(*) AS orders, CAST(sum(total) AS BIGINT) AS total,
    CAST(sum(net) AS BIGINT) AS net, CAST(sum(due) AS BIGINT) AS due,
    CAST(sum(difference) AS BIGINT) AS difference
FROM orders GROUP BY ALL ORDER BY currency, orders DESC, status
"""

_FINDINGS = f"""
SELECT findings.*, reasons.position
FROM ({FINDINGS}) AS findings JOIN reasons USING (reason)
ORDER BY counts DESC, position, amount DESC, order_number, finding_id
"""  # noqa: S608 - words of ours

_ORDERS = """
SELECT {columns}, CASE WHEN released THEN 'ship' WHEN state = 'validated' THEN 'hold' END AS release
FROM orders
ORDER BY findings = 0, state <> 'validated', created_at DESC, order_id
LIMIT ?
"""
"""Where not all fit: what is to be looked at, what waits to be shipped, then the newest."""

_RELEASE_REASONS = """
SELECT *, CASE WHEN released THEN 'ship'
    WHEN release_reason IN ('not_validated', 'cancelled', 'already_shipped') THEN 'closed'
    ELSE 'hold' END AS kind
FROM release_reasons ORDER BY orders DESC, release_reason
"""

_HISTORY = """
SELECT history.*, (
    SELECT list({'currency': currency, 'amount': amount} ORDER BY currency) FROM (
        SELECT currency, CAST(sum(amount) AS BIGINT) AS amount FROM history_amounts
        WHERE history_amounts.run_id = history.run_id AND currency IS NOT NULL GROUP BY currency)
) AS amounts
FROM history WHERE NOT restricted ORDER BY as_of DESC LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The figures behind findings, by what they concern."""

    orders: dict[str, Record]
    on_order: dict[str, list[Record]]
    payments: dict[str, Record]
    transactions: dict[str, list[Record]]
    payouts: dict[str, Record]
    in_payout: dict[str, list[Record]]


class Results:
    """A results database, read table by table."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def records(self, sql: str, *values: Any) -> list[Record]:
        """Return the rows of a query by column name."""
        found = self._connection.execute(sql, list(values))
        names = [one[0] for one in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def tuples(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a query as they come."""
        return self._connection.execute(sql, list(values)).fetchall()

    def run(self) -> Record:
        """The run, with its JSON read."""
        (run,) = self.records("SELECT * FROM run")
        read = {name: json.loads(run[name] or "{}") for name in ("restricted_to", "settings")}
        return run | read

    def concerned(self) -> Record:
        """How many orders, payments, payouts and records findings that count concern."""
        return self.records(CONCERNED)[0]

    def stake(self) -> list[tuple[Any, ...]]:
        """Currency and amount of what is at stake, the largest first."""
        return self.tuples(STAKE)

    def reasons(self) -> list[Record]:
        """The closed list of reasons with its numbers and amounts."""
        amounts: defaultdict[str, list[Record]] = defaultdict(list)
        for one in self.records("SELECT * FROM reason_amounts ORDER BY amount DESC, currency"):
            amounts[one["reason"]].append(one)
        return [
            one | {"amounts": amounts[one["reason"]]}
            for one in self.records("SELECT * FROM reasons ORDER BY position")
        ]

    def release_reasons(self) -> list[Record]:
        """How many orders each reason has; `kind` is ship, hold or closed (nothing to ship)."""
        return self.records(_RELEASE_REASONS)

    def ageing(self) -> list[Record]:
        """The buckets of each currency in which an order waits."""
        return self.records(
            "SELECT * FROM ageing WHERE currency IN (SELECT currency FROM ageing WHERE orders > 0) "
            "ORDER BY currency, position"
        )

    def way(self) -> list[Record]:
        """Money's way, one row for each currency."""
        return self.records(_WAY)

    def paid_out(self) -> list[Record]:
        """Payouts by currency and whether Stripe itemises them."""
        return self.records(_PAID_OUT)

    def payouts(self, limit: int) -> list[Record]:
        """The payouts, newest first; those that do not add up before all others."""
        return self.records(
            "SELECT * FROM payouts ORDER BY coalesce(difference, 0) = 0, created_at DESC, "
            "payout_id LIMIT ?",
            limit,
        )

    def transactions(self, limit: int) -> list[Record]:
        """Balance transactions, newest first: for a run that shows a part only."""
        return self.records(
            "SELECT * FROM balance_transactions WHERE kind <> 'payout' "
            "ORDER BY created_at DESC, balance_transaction_id LIMIT ?",
            limit,
        )

    def months(self) -> list[Record]:
        """Money's way by month and currency, newest first."""
        return self.records(_MONTHS)

    def days(self, limit: int) -> list[Record]:
        """Money's way by day and currency, newest first."""
        return self.records(_DAYS, limit)

    def history(self, limit: int) -> list[Record]:
        """The last runs that looked at everything, oldest first."""
        return self.records(_HISTORY, limit)[::-1]

    def by_status(self) -> list[Record]:
        """All orders summed by status and currency."""
        return self.records(_BY_STATUS)

    def orders(self, columns: Sequence[str], limit: int) -> list[tuple[Any, ...]]:
        """Orders as rows of the columns asked for and, last, `ship`, `hold` or nothing."""
        named = ", ".join(f'"{name}"' for name in columns)
        return self.tuples(_ORDERS.format(columns=named), limit)

    def total(self, table: str) -> int:
        """How many rows a table of the results has."""
        ((number,),) = self.tuples(f'SELECT count(*) FROM "{table}"')  # noqa: S608
        return int(number)

    def currencies(self) -> list[str]:
        """All currencies in which there is an amount."""
        of = ("orders", "payments", "findings", "balance_transactions", "payouts")
        union = " UNION ".join(f"SELECT currency FROM {table}" for table in of)  # noqa: S608
        return sorted(one for (one,) in self.tuples(union) if one)

    def findings(self) -> list[Record]:
        """The findings, those that count first, the most urgent first; facts are read.

        `way` is the index in `decidable.WAYS`.
        """
        return [
            one | {"facts": json.loads(one["facts"] or "{}")} for one in self.records(_FINDINGS)
        ]

    def evidence(self) -> Evidence:
        """What stands behind the findings, down to the balance transactions."""
        on_order = _grouped(self.records(_ON_ORDER), "order_id")
        return Evidence(
            orders=_by("order_id", self.records(_ORDERS_FOUND)),
            on_order=on_order,
            payments=_by("transaction_reference", self.records(_PAYMENTS_FOUND)),
            transactions=_grouped(self.records(_TRANSACTIONS_FOUND), "transaction_reference"),
            payouts=_by("payout_id", self.records(_PAYOUTS_FOUND)),
            in_payout=_grouped(self.records(_IN_PAYOUT), "payout_id"),
        )


_ORDERS_FOUND = """
SELECT *, CASE WHEN released THEN 'ship' WHEN state = 'validated' THEN 'hold' END AS release
FROM orders WHERE order_id IN (SELECT order_id FROM findings)
"""
_ON_ORDER = """
SELECT links.*, links.link_rule AS link, payments.status, payments.captured_at
FROM links LEFT JOIN payments USING (transaction_reference)
WHERE order_id IN (SELECT order_id FROM findings)
ORDER BY order_id, payments.created_at, transaction_reference
"""
_PAYMENTS_FOUND = """
SELECT *, link_state AS link FROM payments
WHERE transaction_reference IN (SELECT transaction_reference FROM findings)
"""
_TRANSACTIONS_FOUND = """
SELECT * FROM balance_transactions WHERE transaction_reference IN (
    SELECT transaction_reference FROM findings UNION
    SELECT transaction_reference FROM links WHERE order_id IN (SELECT order_id FROM findings))
ORDER BY transaction_reference, created_at, balance_transaction_id
"""
_PAYOUTS_FOUND = "SELECT * FROM payouts WHERE payout_id IN (SELECT payout_id FROM findings)"
_IN_PAYOUT = """
SELECT * FROM balance_transactions
WHERE payout_id IN (SELECT payout_id FROM findings) AND kind <> 'payout'
ORDER BY payout_id, created_at, balance_transaction_id
"""


def _by(key: str, records: list[Record]) -> dict[str, Record]:
    return {one[key]: one for one in records}


def _grouped(records: list[Record], key: str) -> dict[str, list[Record]]:
    found: defaultdict[str, list[Record]] = defaultdict(list)
    for one in records:
        found[one[key]].append(one)
    return dict(found)
