-- The way of the money: balance transactions, the payouts that contain them, each day's sums.
CREATE TABLE staging.movement_sources AS
SELECT charge_id AS source_id, account_id, transaction_reference
FROM staging.payments WHERE charge_id IS NOT NULL
UNION ALL
SELECT unnest(reversal_ids), account_id, transaction_reference
FROM staging.payments WHERE len(reversal_ids) > 0;

-- Our own account's id, which balance transactions and payouts carry as those of others do.
CREATE TABLE staging.own_accounts AS
SELECT DISTINCT account_id FROM source.payments WHERE own_account AND account_id IS NOT NULL;

CREATE TABLE staging.movements AS
WITH told AS (
    SELECT *, NULL AS payout FROM source.balance_transactions
    WHERE id NOT IN (SELECT id FROM source.payout_balance_transactions)
    UNION ALL BY NAME
    SELECT * FROM source.payout_balance_transactions
),
listed AS (
    SELECT * REPLACE (CASE WHEN account_id NOT IN (SELECT account_id FROM staging.own_accounts)
        THEN account_id END AS account_id)
    FROM told
)
SELECT
    listed.id AS balance_transaction_id, listed.account_id,
    CASE WHEN kinds.kind = 'payout' AND listed.payout IS NOT NULL AND listed.source <> listed.payout
        THEN 'other' ELSE coalesce(kinds.kind, 'other') END AS kind,
    listed.type, listed.reporting_category, listed.source AS source_id,
    sources.transaction_reference, listed.payout AS payout_id,
    make_timestamp(listed.created * 1000000) AS created_at,
    make_timestamp(listed.available_on * 1000000) AS available_on,
    upper(listed.currency) AS currency,
    listed.amount * units.numerator // units.denominator AS amount,
    listed.fee * units.numerator // units.denominator AS fee,
    listed.net * units.numerator // units.denominator AS net
FROM listed
JOIN staging.currencies AS units ON units.code = listed.currency
LEFT JOIN staging.money_kinds AS kinds ON kinds.category = listed.reporting_category
LEFT JOIN staging.movement_sources AS sources ON sources.source_id = listed.source
    AND sources.account_id IS NOT DISTINCT FROM listed.account_id;

-- One that stands twice counts once.
DELETE FROM staging.movements WHERE rowid IN (
    SELECT movements.rowid FROM staging.movements JOIN (
        SELECT balance_transaction_id, payout_id FROM staging.movements
        GROUP BY ALL HAVING count(*) > 1
    ) AS repeated ON repeated.balance_transaction_id = movements.balance_transaction_id
        AND repeated.payout_id IS NOT DISTINCT FROM movements.payout_id
    QUALIFY row_number() OVER (
        PARTITION BY movements.balance_transaction_id, movements.payout_id
        ORDER BY transaction_reference) > 1);

-- What cannot be counted: a currency without known places. One line for each payout.
CREATE TABLE staging.uncounted AS
WITH lines AS (
    SELECT id, payout AS payout_id, currency, created FROM source.payout_balance_transactions
    UNION ALL
    SELECT id, NULL, currency, created FROM source.balance_transactions
    WHERE id NOT IN (SELECT id FROM source.payout_balance_transactions)
    UNION ALL
    SELECT id, id, currency, created FROM source.payouts
)
SELECT
    payout_id, make_timestamp(max(created) * 1000000) AS created_at,
    printf('%s%s: the currency %s is none of ISO 4217 today, so its amounts are not counted',
        min(id), CASE WHEN count(*) > 1 THEN printf(' and %d more', count(*) - 1) ELSE '' END,
        coalesce(string_agg(DISTINCT upper(currency), ', ' ORDER BY upper(currency)), '(none)'))
        AS message
FROM lines
WHERE currency IS NULL OR currency NOT IN (SELECT code FROM staging.currencies)
GROUP BY payout_id;

CREATE TABLE staging.money AS
SELECT
    CAST(created_at AS DATE) AS day, account_id, currency, payout_id,
    count(*) AS transactions,
    CAST(sum(CASE WHEN kind = 'gross' THEN amount ELSE 0 END) AS BIGINT) AS gross,
    CAST(sum(CASE WHEN kind = 'refunds' THEN amount ELSE 0 END) AS BIGINT) AS refunds,
    CAST(sum(CASE WHEN kind = 'disputes' THEN amount ELSE 0 END) AS BIGINT) AS disputes,
    CAST(sum(CASE WHEN kind = 'fees' THEN amount ELSE 0 END - fee) AS BIGINT) AS fees,
    CAST(sum(CASE WHEN kind = 'other' THEN amount ELSE 0 END) AS BIGINT) AS other,
    CAST(sum(net) AS BIGINT) AS net
FROM staging.movements
WHERE kind <> 'payout'
GROUP BY ALL;

CREATE TABLE staging.payouts AS
WITH items AS (
    SELECT payout_id, currency, sum(transactions) AS transactions, sum(gross) AS gross,
        sum(refunds) AS refunds, sum(disputes) AS disputes, sum(fees) AS fees,
        sum(other) AS other, sum(net) AS net
    FROM staging.money WHERE payout_id IS NOT NULL GROUP BY ALL
)
SELECT
    paid.id AS payout_id,
    CASE WHEN paid.account_id NOT IN (SELECT account_id FROM staging.own_accounts)
        THEN paid.account_id END AS account_id,
    upper(paid.currency) AS currency,
    paid.amount * units.numerator // units.denominator AS amount,
    paid.status, paid.automatic,
    CASE
        WHEN NOT paid.automatic THEN 'manual'
        WHEN paid.reconciliation_status = 'in_progress' THEN 'waiting'
        WHEN items.payout_id IS NULL AND paid.amount <> 0 THEN 'not_loaded'
        ELSE 'yes' END AS itemised,
    make_timestamp(paid.created * 1000000) AS created_at,
    CAST(make_timestamp(paid.arrival_date * 1000000) AS DATE) AS arrival_date,
    CAST(coalesce(items.transactions, 0) AS BIGINT) AS transactions,
    CAST(coalesce(items.gross, 0) AS BIGINT) AS gross,
    CAST(coalesce(items.refunds, 0) AS BIGINT) AS refunds,
    CAST(coalesce(items.disputes, 0) AS BIGINT) AS disputes,
    CAST(coalesce(items.fees, 0) AS BIGINT) AS fees,
    CAST(coalesce(items.other, 0) AS BIGINT) AS other,
    CAST(coalesce(items.net, 0) AS BIGINT) AS net,
    CASE WHEN itemised = 'yes'
        THEN CAST(paid.amount * units.numerator // units.denominator - coalesce(items.net, 0)
            AS BIGINT) END AS difference
FROM source.payouts AS paid
JOIN staging.currencies AS units ON units.code = paid.currency
LEFT JOIN items ON items.payout_id = paid.id AND items.currency = upper(paid.currency);
