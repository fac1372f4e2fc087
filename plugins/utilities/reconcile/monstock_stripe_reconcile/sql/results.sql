-- The tables of the results, from what was found; see results_model.py.
INSERT INTO findings BY NAME
WITH judged AS (
    SELECT
        coalesce(by_hand.reason, found.reason) AS reason,
        orders.id AS order_id, orders.number AS order_number,
        coalesce(payments.transaction_reference, found.named) AS transaction_reference,
        found.row_id, found.payout_id, found.amount, found.currency, found.since, found.facts,
        CASE
            WHEN by_hand.dismissed OR dismissed.reason IS NOT NULL THEN 'dismissed'
            WHEN coalesce(by_hand.reason, found.reason) IN (SELECT reason FROM staging.healing)
                AND found.since > getvariable('as_of') - to_minutes(getvariable('usual_lag_minutes'))
                THEN 'timing'
            WHEN found.amount > 0 AND found.amount <= tolerances.amount THEN 'amount'
        END AS tolerated
    FROM staging.found
    LEFT JOIN staging.orders USING (o)
    LEFT JOIN staging.payments USING (n)
    LEFT JOIN staging.by_hand ON by_hand.order_id = orders.id
        AND by_hand.transaction_reference
            = coalesce(payments.transaction_reference, found.named, '')
        AND found.reason IN (SELECT reason FROM staging.changeable)
    LEFT JOIN staging.dismissed ON dismissed.reason = found.reason
        AND dismissed.order_id = coalesce(orders.id, '')
        AND dismissed.transaction_reference
            IN ('', coalesce(payments.transaction_reference, found.named, ''))
    LEFT JOIN staging.tolerances ON tolerances.currency = found.currency
)
SELECT
    left(md5(concat_ws('|', reason, order_id, transaction_reference, row_id, payout_id)), 16)
        AS finding_id,
    judged.* EXCLUDE (tolerated),
    tolerated,
    tolerated IS NULL AS counts,
    tolerated IS NULL AND reasons.fails AS fails,
    CAST(greatest(0, date_diff('hour', since, getvariable('as_of')) // 24) AS INTEGER) AS age_days
FROM judged JOIN staging.reasons AS reasons USING (reason)
QUALIFY row_number() OVER (PARTITION BY finding_id ORDER BY amount DESC) = 1;

INSERT INTO orders BY NAME
WITH of_order AS (
    SELECT
        order_id,
        list(DISTINCT {'position': position, 'reason': reason}) FILTER (counts) AS counted,
        CAST(count(*) FILTER (counts) AS INTEGER) AS findings,
        CAST(count(*) FILTER (NOT counts) AS INTEGER) AS tolerated
    FROM findings JOIN staging.reasons USING (reason)
    WHERE order_id IS NOT NULL GROUP BY order_id
)
SELECT
    id AS order_id, number, state, orders.currency, total,
    answer.outside * compared.divisor AS outside,
    coalesce(captured, 0) AS captured,
    coalesce(refunded, 0) AS refunded,
    answer.disputed * compared.divisor AS disputed,
    coalesce(dispute_lost, 0) AS dispute_lost,
    answer.authorized * compared.divisor AS authorized,
    answer.net * compared.divisor AS net,
    answer.due * compared.divisor AS due,
    answer.status AS status,
    payment_status AS shown_status,
    answer.shown_net * compared.divisor AS shown_net,
    amount_due AS shown_due,
    (answer.shown_net - answer.net) * compared.divisor AS difference,
    list_transform(list_sort(coalesce(counted, [])), lambda one: one.reason) AS reasons,
    coalesce(findings, 0) AS findings,
    coalesce(tolerated, 0) AS tolerated,
    made_at AS created_at,
    updated_at,
    CAST(greatest(0, date_diff('hour', made_at, getvariable('as_of')) // 24) AS INTEGER) AS age_days,
    answer.awaited * compared.divisor AS awaited,
    CASE WHEN answer.awaited IS NOT NULL THEN buckets.bucket END AS age_bucket,
    CAST(coalesce(payments, 0) AS INTEGER) AS payments,
    list_transform(list_sort(list_transform(coalesce(rules, []),
        lambda rule: {'rank': list_position(getvariable('ranks'), rule), 'rule': rule})),
        lambda one: one.rule) AS link_rules,
    answer.released AS released,
    answer.release_reason AS release_reason,
    customer_id
FROM staging.compared
JOIN staging.orders USING (o)
LEFT JOIN staging.order_payments USING (o)
LEFT JOIN of_order ON of_order.order_id = orders.id
LEFT JOIN staging.buckets ON greatest(0, date_diff('hour', made_at, getvariable('as_of')) // 24)
    BETWEEN buckets.first AND buckets.last
WHERE answer.error IS NULL;

INSERT INTO payments BY NAME
WITH placed AS (
    SELECT n, any_value(rule) AS rule, CAST(count(*) AS INTEGER) AS orders
    FROM staging.allocations WHERE o > 0 GROUP BY n
)
SELECT
    payments.* EXCLUDE (n, id, names_shape, reversal_ids, version, verdict, error, flags, funded,
        holds_money, dispute_open, authorized_until, action_required_since, net),
    net AS net_of_fee,
    CASE WHEN verdict <> 'ours' THEN verdict WHEN placed.n IS NOT NULL THEN 'linked'
        WHEN links_found.state = 'linked' THEN 'waiting'  -- a decision for an order not there
        ELSE links_found.state END AS link_state,
    coalesce(placed.rule, links_found.rule) AS link_rule,
    coalesce(placed.orders, 0) AS orders
FROM staging.payments
LEFT JOIN placed USING (n)
LEFT JOIN staging.links_found USING (n)
WHERE error IS NULL;

INSERT INTO links BY NAME
SELECT
    orders.id AS order_id, shares.transaction_reference, rule AS link_rule, shares.currency,
    captured, shares.refunded, shares.disputed, shares.dispute_lost,
    shown.row_id, shown.amount AS row_amount, shown.refunded AS row_refunded,
    shown.dispute_lost AS row_dispute_lost, shown.status AS row_status
FROM staging.shares
JOIN staging.orders USING (o)
LEFT JOIN (
    SELECT * FROM staging.rows_known WHERE paid_by IS NOT NULL
    QUALIFY row_number() OVER (PARTITION BY o, paid_by ORDER BY own DESC, position) = 1
) AS shown ON shown.o = shares.o AND shown.paid_by = shares.position;

INSERT INTO balance_transactions BY NAME SELECT * FROM staging.movements;
INSERT INTO money BY NAME SELECT * FROM staging.money;
INSERT INTO payouts BY NAME SELECT * FROM staging.payouts;
