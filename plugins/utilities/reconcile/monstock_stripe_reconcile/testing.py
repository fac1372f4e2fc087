"""Results databases for tests and measurements, without a comparison behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from monstock_stripe_core.ageing import AGE_BUCKETS
from monstock_stripe_core.discrepancy import REASON_TEXT, Reason
from monstock_stripe_core.release import RELEASE_TEXT, RELEASES

from monstock_stripe_reconcile.results import new_results
from monstock_stripe_reconcile.results_model import VERSION

AS_OF = datetime(2026, 11, 20, 8, 0, 0)  # noqa: DTZ001 - UTC without a zone, as in the results
"""When the runs made here judge."""


def results_database(
    file: Path, rows: Mapping[str, Sequence[Mapping[str, Any]]], run_id: str = "run_1"
) -> Path:
    """Make a results database of the rows that a test gives.

    The tables of sums (run, reasons, reason_amounts, release_reasons, ageing, history) are made of
    them; rows that are given for one of those stand beside.

    Args:
        file: of the database.
        rows: by table; a column that a row does not name is null.
        run_id: of the run.

    Returns:
        The file.
    """
    with new_results(file) as connection:
        for table, given in rows.items():
            for row in given:
                names = ", ".join(f'"{name}"' for name in row)
                places = ", ".join("?" for _ in row)
                connection.execute(
                    f"INSERT INTO {table} ({names}) VALUES ({places})",  # noqa: S608
                    list(row.values()),
                )
        _sum_up(connection, run_id)
    return file


def large_results(file: Path, orders: int) -> Path:
    """Make a results database of many orders, 1.2 payments each, one in a hundred with a finding.

    Args:
        file: of the database.
        orders: how many.

    Returns:
        The file.
    """
    with new_results(file) as connection:
        connection.execute("SET VARIABLE orders = $1", [orders])
        connection.execute("SET VARIABLE as_of = $1", [AS_OF])
        connection.execute(_LARGE)
        _sum_up(connection, "run_large")
    return file


def _sum_up(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    connection.executemany(
        "INSERT INTO reasons SELECT $1, $2, $3, $4, $5, "
        "(SELECT count(*) FROM findings WHERE reason = $1 AND counts), "
        "(SELECT count(*) FROM findings WHERE reason = $1 AND NOT counts)",
        [
            (reason.value, position, text.meaning, text.next_step, True)
            for position, reason in enumerate(Reason, 1)
            for text in (REASON_TEXT[reason],)
        ],
    )
    connection.executemany(
        "INSERT INTO release_reasons SELECT $1, $2, "
        "(SELECT count(*) FROM orders WHERE release_reason = $1), $3",
        [(reason.value, text, reason in RELEASES) for reason, text in RELEASE_TEXT.items()],
    )
    connection.execute(
        "CREATE TEMP TABLE buckets AS SELECT unnest($1) AS bucket, unnest($2) AS position",
        [[one.name for one in AGE_BUCKETS], list(range(1, len(AGE_BUCKETS) + 1))],
    )
    for name, value in (("run_id", run_id), ("as_of", AS_OF), ("model_version", VERSION)):
        connection.execute(f"SET VARIABLE {name} = $1", [value])
    connection.execute(_SUMS)


_SUMS = """
INSERT INTO reason_amounts
SELECT reason, currency, count(*), count(DISTINCT order_id), CAST(sum(amount) AS BIGINT)
FROM findings WHERE counts AND currency IS NOT NULL GROUP BY ALL;

INSERT INTO ageing
SELECT every.currency, bucket, position, count(order_id),
    CAST(coalesce(sum(awaited), 0) AS BIGINT)
FROM (SELECT DISTINCT currency FROM orders) AS every CROSS JOIN buckets
LEFT JOIN orders ON orders.currency = every.currency AND orders.age_bucket = buckets.bucket
GROUP BY ALL;

INSERT INTO run BY NAME
SELECT getvariable('run_id') AS run_id, getvariable('model_version') AS model_version,
    getvariable('as_of') AS as_of, getvariable('as_of') AS finished_at,
    'duckdb:///warehouse.duckdb' AS source, false AS ledger, getvariable('as_of') AS stripe_until,
    getvariable('as_of') AS monstock_until, (SELECT count(*) FROM orders) AS orders,
    (SELECT count(*) FROM payments) AS payments,
    (SELECT count(*) FROM balance_transactions) AS balance_transactions,
    (SELECT count(*) FROM payouts) AS payouts,
    (SELECT count(*) FROM findings WHERE counts) AS findings,
    (SELECT count(*) = 0 FROM findings WHERE counts) AS agrees,
    (SELECT CAST(count(*) > 0 AS INTEGER) FROM findings WHERE fails) AS exit_status,
    '{}' AS restricted_to, '{}' AS settings;

INSERT INTO history
SELECT run_id, as_of, false, orders, payments, findings,
    (SELECT count(DISTINCT order_id) FROM findings WHERE counts), agrees
FROM run;

INSERT INTO history_amounts
SELECT getvariable('run_id'), reason, currency, count(*), CAST(sum(amount) AS BIGINT)
FROM findings WHERE counts GROUP BY ALL;
"""

_LARGE = """
CREATE TEMP MACRO currency_of(i) AS ['EUR', 'EUR', 'EUR', 'USD', 'JPY', 'BHD'][1 + i % 6];
CREATE TEMP MACRO price(i) AS 100 + (i * 7919) % 250000;
CREATE TEMP MACRO made(i) AS getvariable('as_of') - to_minutes(5 + (i * 37) % 130000);

INSERT INTO orders BY NAME
SELECT 'ord_' || lpad(CAST(i AS VARCHAR), 9, '0') AS order_id, 'CMD-' || (100000 + i) AS number,
    'validated' AS state, currency_of(i) AS currency, price(i) AS total, 0 AS outside,
    CASE WHEN paid THEN price(i) ELSE 0 END AS captured, 0 AS refunded, 0 AS disputed,
    0 AS dispute_lost, 0 AS authorized, CASE WHEN paid THEN price(i) ELSE 0 END AS net,
    CASE WHEN paid THEN 0 ELSE price(i) END AS due,
    CASE WHEN paid THEN 'paid' ELSE 'unpaid' END AS status, 'paid' AS shown_status,
    CASE WHEN i % 100 = 0 THEN 0 WHEN paid THEN price(i) ELSE 0 END AS shown_net,
    CASE WHEN paid THEN 0 ELSE price(i) END AS shown_due,
    CASE WHEN paid AND i % 100 = 0 THEN -price(i) ELSE 0 END AS difference,
    CASE WHEN i % 100 = 0 THEN ['paid_not_shown'] ELSE [] END AS reasons,
    CAST(i % 100 = 0 AS INTEGER) AS findings, 0 AS tolerated, made(i) AS created_at,
    made(i) AS updated_at, 9 AS age_days, CASE WHEN NOT paid THEN price(i) END AS awaited,
    CASE WHEN NOT paid THEN ['0-1', '2-7', '8-14', '15-30', '30+'][1 + i // 20 % 5] END
        AS age_bucket,
    1 AS payments, ['metadata'] AS link_rules, paid AS released,
    CASE WHEN paid THEN 'paid' ELSE 'not_paid' END AS release_reason,
    'cust_' || i // 3 AS customer_id
FROM (SELECT i, i % 20 <> 1 AS paid FROM range(getvariable('orders')) AS given(i));

INSERT INTO payments BY NAME
SELECT 'pi_' || left(md5(CAST(i AS VARCHAR)), 24) AS transaction_reference,
    'ch_' || left(md5(CAST(-i AS VARCHAR)), 24) AS charge_id, true AS livemode,
    made(i) AS created_at, made(i) AS captured_at, made(i) AS changed_at, 'succeeded' AS status,
    currency_of(i) AS currency, price(i) AS amount, price(i) AS captured, 0 AS refunded,
    0 AS refund_pending, 0 AS refund_failed, 0 AS disputed, 0 AS dispute_lost, 0 AS authorized,
    price(i) AS kept, price(i) // 50 + 25 AS fee, price(i) - price(i) // 50 - 25 AS net_of_fee,
    currency_of(i) AS fee_currency, 'card' AS method, 'linked' AS link_state,
    'metadata' AS link_rule, 1 AS orders
FROM range(getvariable('orders') * 6 // 5) AS given(i);

INSERT INTO links BY NAME
SELECT 'ord_' || lpad(CAST(i AS VARCHAR), 9, '0') AS order_id,
    'pi_' || left(md5(CAST(i AS VARCHAR)), 24) AS transaction_reference, 'metadata' AS link_rule,
    currency_of(i) AS currency, price(i) AS captured, 0 AS refunded, 0 AS disputed,
    0 AS dispute_lost, 'row_' || i AS row_id, price(i) AS row_amount, 0 AS row_refunded,
    0 AS row_dispute_lost, 'succeeded' AS row_status
FROM range(getvariable('orders')) AS given(i);

INSERT INTO balance_transactions BY NAME
SELECT 'txn_' || left(md5(CAST(i AS VARCHAR)), 24) AS balance_transaction_id, 'gross' AS kind,
    'charge' AS type, 'charge' AS reporting_category,
    'ch_' || left(md5(CAST(-i AS VARCHAR)), 24) AS source_id,
    'pi_' || left(md5(CAST(i AS VARCHAR)), 24) AS transaction_reference,
    'po_' || CAST(made(i) AS DATE) || currency_of(i) AS payout_id, made(i) AS created_at,
    made(i) + INTERVAL 2 DAY AS available_on, currency_of(i) AS currency, price(i) AS amount,
    price(i) // 50 + 25 AS fee, price(i) - price(i) // 50 - 25 AS net
FROM range(getvariable('orders') * 6 // 5) AS given(i);

INSERT INTO money BY NAME
SELECT CAST(created_at AS DATE) AS day, currency, payout_id, count(*) AS transactions,
    CAST(sum(amount) AS BIGINT) AS gross, 0 AS refunds, 0 AS disputes,
    CAST(-sum(fee) AS BIGINT) AS fees, 0 AS other, CAST(sum(net) AS BIGINT) AS net
FROM balance_transactions GROUP BY ALL;

INSERT INTO payouts BY NAME
SELECT payout_id, currency, CAST(sum(net) AS BIGINT) AS amount, 'paid' AS status,
    true AS automatic, 'yes' AS itemised, max(day) AS created_at, max(day) + 2 AS arrival_date,
    CAST(sum(transactions) AS BIGINT) AS transactions, CAST(sum(gross) AS BIGINT) AS gross,
    0 AS refunds, 0 AS disputes, CAST(sum(fees) AS BIGINT) AS fees, 0 AS other,
    CAST(sum(net) AS BIGINT) AS net, 0 AS difference
FROM money GROUP BY payout_id, currency;

INSERT INTO findings BY NAME
SELECT left(md5('finding' || order_id), 16) AS finding_id, 'paid_not_shown' AS reason,
    true AS counts, true AS fails, order_id, number AS order_number, transaction_reference,
    total AS amount, orders.currency, updated_at AS since, age_days,
    CAST(json_object('shown', 0, 'right', total) AS VARCHAR) AS facts
FROM orders JOIN links USING (order_id) WHERE findings > 0;
"""
