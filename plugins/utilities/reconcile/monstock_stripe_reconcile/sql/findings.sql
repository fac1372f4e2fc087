-- Everything to look at, before it is known what counts.
CREATE TABLE staging.found AS
-- What orders and their payments contradict in each other.
SELECT
    one.reason, orders.o, shares.n, shown.row_id, NULL::VARCHAR AS payout_id,
    one.amount * compared.divisor AS amount, one.currency,
    CASE WHEN one.facts IS NOT NULL THEN facts(one.facts, compared.divisor, (
        SELECT list(other.transaction_reference ORDER BY other.position)
        FROM staging.shares AS other WHERE other.o = compared.o), elsewhere.number)
        WHEN elsewhere.number IS NOT NULL THEN CAST(json_object('elsewhere', elsewhere.number)
            AS VARCHAR) END AS facts,
    CASE
        WHEN one.payment IS NOT NULL AND one.reason <> 'shown_not_paid' THEN shares.changed_at
        ELSE greatest(orders.updated_at, shares.changed_at,
            CASE WHEN one.payment IS NULL THEN order_payments.changed_at END) END AS since,
    shown.transaction_reference AS named
FROM (
    SELECT o, divisor, unnest(answer.found) AS one
    FROM staging.compared WHERE len(answer.found) > 0
) AS compared
JOIN staging.orders USING (o)
LEFT JOIN staging.order_payments USING (o)
LEFT JOIN staging.shares ON shares.o = compared.o AND shares.position = one.payment
LEFT JOIN staging.rows_known AS shown ON shown.o = compared.o AND shown.position = one.row + 1
LEFT JOIN staging.orders AS elsewhere ON elsewhere.o = shown.elsewhere
UNION ALL
-- Payments that the rules could not place.
SELECT
    CASE WHEN links.exception IN ('unlinked', 'waiting_for_order') THEN 'no_order'
        ELSE 'several_orders' END,
    links.orders[1], payments.n, NULL, NULL,
    CASE WHEN kept > 0 THEN kept ELSE greatest(authorized, funded, disputed) END, currency,
    CAST(json_object(
        'named', (SELECT min_by(value, position) FROM staging.names WHERE names.n = payments.n),
        'candidates', (
            SELECT list(number ORDER BY number) FROM staging.orders
            WHERE list_contains(list_append(links.suggested, links.other), o))
    ) AS VARCHAR),
    payments.changed_at, NULL
FROM staging.links_found AS links
JOIN staging.payments USING (n)
WHERE links.exception IS NOT NULL AND links.n NOT IN (
    SELECT n FROM staging.allocations WHERE rule IN ('monstock', 'decision'))
UNION ALL
-- Money that a person gave to orders that are not there.
SELECT 'no_order', NULL, n, NULL, NULL,
    CASE WHEN sum(captured - refunded - dispute_lost + unallocated) > 0
        THEN sum(captured - refunded - dispute_lost + unallocated)
        ELSE greatest(sum(authorized), sum(funded), sum(disputed)) END,
    any_value(currency),
    CAST(json_object('named', string_agg(order_id, ', ' ORDER BY o DESC)) AS VARCHAR),
    max(changed_at), NULL
FROM staging.shares
WHERE o < 0 AND (captured > 0 OR authorized > 0 OR disputed > 0 OR funded > 0 OR unallocated > 0)
GROUP BY n
UNION ALL
SELECT 'test_payment', NULL, n, NULL, NULL,
    CASE WHEN kept > 0 THEN kept ELSE greatest(authorized, funded, disputed) END, currency, NULL,
    changed_at, NULL
FROM staging.payments WHERE verdict = 'wrong_mode' AND holds_money
UNION ALL
SELECT 'unpaid_too_long', o, NULL, NULL, NULL, answer.awaited * divisor, currency, NULL, made_at,
    NULL
FROM staging.compared JOIN staging.orders USING (o)
WHERE answer.awaited IS NOT NULL
    AND date_diff('hour', made_at, getvariable('as_of')) // 24 > getvariable('unpaid_days')
UNION ALL
SELECT 'payout_differs', NULL, NULL, NULL, payout_id, abs(amount - net), currency,
    CAST(json_object('shown', amount, 'right', net) AS VARCHAR), created_at, NULL
FROM staging.payouts WHERE difference <> 0 OR itemised = 'not_loaded'
UNION ALL
SELECT 'unreadable', NULL, n, NULL, NULL, 0, NULL,
    CAST(json_object('message', error) AS VARCHAR), created_at, NULL
FROM staging.payments WHERE error IS NOT NULL
UNION ALL
SELECT 'unreadable', NULL, NULL, NULL, payout_id, 0, NULL,
    CAST(json_object('message', message) AS VARCHAR), created_at, NULL
FROM staging.uncounted
UNION ALL
SELECT 'unreadable', o, NULL, NULL, NULL, 0, NULL,
    CAST(json_object('message', answer.error) AS VARCHAR), updated_at, NULL
FROM staging.compared JOIN staging.orders USING (o) WHERE answer.error IS NOT NULL;
