-- Monstock's orders and their rows, read once.
CREATE TABLE staging.orders_read AS
SELECT
    id, number, coalesce(nullif(kind, ''), 'order') AS kind, state, currency, CAST(total AS BIGINT) AS total,
    CAST(amount_due AS BIGINT) AS amount_due, payment_status, channel_reference, customer_id,
    created_at, updated_at, coalesce(created_at, updated_at) AS made_at,
    from_json(payments, '[{
        "row_id": "VARCHAR", "method": "VARCHAR", "transaction_reference": "VARCHAR",
        "status": "VARCHAR", "currency": "VARCHAR", "amount": "BIGINT", "authorized": "BIGINT",
        "refunded": "BIGINT", "disputed": "BIGINT", "dispute_lost": "BIGINT",
        "paid_at": "VARCHAR", "ours": "BOOLEAN", "link_rule": "VARCHAR"}]') AS rows
FROM source.orders
WHERE deleted_at IS NULL;

CREATE TABLE staging.orders AS
SELECT rowid + 1 AS o, * EXCLUDE (rows) FROM staging.orders_read;

CREATE TABLE staging.rows AS
SELECT
    o, position,
    row.row_id, row.method, row.transaction_reference, row.status, row.currency, row.amount,
    coalesce(row.authorized, 0) AS authorized, coalesce(row.refunded, 0) AS refunded,
    coalesce(row.disputed, 0) AS disputed, coalesce(row.dispute_lost, 0) AS dispute_lost,
    TRY_CAST(row.paid_at AS TIMESTAMPTZ)::TIMESTAMP AS paid_at,
    coalesce(row.ours, false) AS ours, row.link_rule,
    payment_ids.n, coalesce(payment_ids.own, false) AS own
FROM (
    SELECT rowid + 1 AS o, unnest(rows) AS row, generate_subscripts(rows, 1) AS position
    FROM staging.orders_read
)
LEFT JOIN staging.payment_ids ON payment_ids.reference = row.transaction_reference;

DROP TABLE staging.orders_read;

-- Of which payment and order a person said that a hand-made row is other money.
CREATE TABLE staging.cleared AS
SELECT o, transaction_reference
FROM staging.cleared_ids JOIN staging.orders ON orders.id = cleared_ids.order_id;
