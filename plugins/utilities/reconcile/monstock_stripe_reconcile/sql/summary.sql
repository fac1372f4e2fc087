-- Sums of the findings, and the history.
INSERT INTO reasons BY NAME
SELECT
    reasons.reason, reasons.position, reasons.meaning, reasons.next_step, reasons.fails,
    count(findings.reason) FILTER (findings.counts) AS findings,
    count(findings.reason) FILTER (NOT findings.counts) AS tolerated
FROM staging.reasons AS reasons LEFT JOIN findings USING (reason)
GROUP BY ALL ORDER BY position;

INSERT INTO reason_amounts BY NAME
SELECT reason, currency, count(*) AS findings, count(DISTINCT order_id) AS orders,
    CAST(sum(amount) AS BIGINT) AS amount
FROM findings WHERE counts AND currency IS NOT NULL GROUP BY ALL;

INSERT INTO release_reasons BY NAME
SELECT given.release_reason, given.meaning, count(order_id) AS orders,
    given.released
FROM staging.release_reasons AS given LEFT JOIN orders USING (release_reason)
GROUP BY ALL;

INSERT INTO ageing BY NAME
SELECT every.currency, bucket, position, count(order_id) AS orders,
    CAST(coalesce(sum(awaited), 0) AS BIGINT) AS amount
FROM (SELECT DISTINCT currency FROM orders) AS every
CROSS JOIN staging.buckets
LEFT JOIN orders ON orders.currency = every.currency AND orders.age_bucket = buckets.bucket
GROUP BY ALL;

INSERT INTO run BY NAME
SELECT
    getvariable('run_id') AS run_id, getvariable('model_version') AS model_version,
    getvariable('as_of') AS as_of, getvariable('source_name') AS source,
    getvariable('ledger') AS ledger,
    (SELECT max(make_timestamp(version)) FROM staging.payments) AS stripe_until,
    (SELECT max(updated_at) FROM staging.orders) AS monstock_until,
    (SELECT count(*) FROM orders) AS orders,
    (SELECT count(*) FROM payments) AS payments,
    (SELECT count(*) FROM balance_transactions) AS balance_transactions,
    (SELECT count(*) FROM payouts) AS payouts,
    (SELECT count(*) FROM findings WHERE counts) AS findings,
    NOT EXISTS (SELECT 1 FROM findings WHERE counts) AS agrees,
    CAST(EXISTS (SELECT 1 FROM findings WHERE fails) AS INTEGER) AS exit_status,
    getvariable('restricted_to') AS restricted_to,
    getvariable('settings') AS settings;

INSERT INTO history BY NAME
SELECT run_id, as_of, restricted_to <> '{}' AS restricted, orders, payments, findings,
    (SELECT count(DISTINCT order_id) FROM findings WHERE counts) AS orders_with_findings, agrees
FROM run;

INSERT INTO history_amounts BY NAME
SELECT getvariable('run_id') AS run_id, reason, currency, count(*) AS findings,
    CAST(sum(amount) AS BIGINT) AS amount
FROM findings WHERE counts GROUP BY ALL;
