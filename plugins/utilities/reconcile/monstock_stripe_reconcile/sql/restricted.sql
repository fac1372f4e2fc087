-- Only what was asked for: `--since`, `--order`, `--payout`.
CREATE TABLE staging.wanted_orders AS
-- Those that the core refused, too: they have findings, and stand in no other table of the results.
SELECT id AS order_id FROM staging.orders AS asked
WHERE (getvariable('only_order') IS NULL
        OR getvariable('only_order') IN (id, number))
    AND (getvariable('only_since') IS NULL OR greatest(updated_at, (
        SELECT max(changed_at) FROM payments JOIN links USING (transaction_reference)
        WHERE links.order_id = asked.id)) >= getvariable('only_since'))
    AND (getvariable('only_payout') IS NULL OR id IN (
        SELECT links.order_id FROM links JOIN balance_transactions USING (transaction_reference)
        WHERE payout_id = getvariable('only_payout')));

CREATE TABLE staging.wanted_payments AS
SELECT transaction_reference FROM payments
WHERE (getvariable('only_order') IS NULL OR transaction_reference IN (
        SELECT transaction_reference FROM links
        WHERE order_id IN (SELECT order_id FROM staging.wanted_orders)))
    AND (getvariable('only_since') IS NULL OR changed_at >= getvariable('only_since')
        OR transaction_reference IN (SELECT transaction_reference FROM links
            WHERE order_id IN (SELECT order_id FROM staging.wanted_orders)))
    AND (getvariable('only_payout') IS NULL OR transaction_reference IN (
        SELECT transaction_reference FROM balance_transactions
        WHERE payout_id = getvariable('only_payout')));

DELETE FROM findings WHERE NOT (
    coalesce(order_id IN (SELECT order_id FROM staging.wanted_orders), false)
    OR (order_id IS NULL AND coalesce(
        transaction_reference IN (SELECT transaction_reference FROM staging.wanted_payments), false))
    OR (payout_id IS NOT NULL AND getvariable('only_order') IS NULL
        AND (getvariable('only_payout') IS NULL OR payout_id = getvariable('only_payout'))
        AND (getvariable('only_since') IS NULL OR since >= getvariable('only_since')))
    OR (reason = 'unreadable' AND getvariable('only_order') IS NULL
        AND getvariable('only_payout') IS NULL));
DELETE FROM orders WHERE order_id NOT IN (SELECT order_id FROM staging.wanted_orders);
DELETE FROM payments
WHERE transaction_reference NOT IN (SELECT transaction_reference FROM staging.wanted_payments);
DELETE FROM links WHERE order_id NOT IN (SELECT order_id FROM orders)
    AND transaction_reference NOT IN (SELECT transaction_reference FROM payments);
DELETE FROM payouts
WHERE getvariable('only_order') IS NOT NULL
    OR (getvariable('only_payout') IS NOT NULL AND payout_id <> getvariable('only_payout'))
    OR (getvariable('only_since') IS NOT NULL AND created_at < getvariable('only_since'));
DELETE FROM balance_transactions
WHERE NOT coalesce(transaction_reference IN (SELECT transaction_reference FROM payments), false)
    AND NOT coalesce(payout_id IN (SELECT payout_id FROM payouts), false);
DELETE FROM money
WHERE getvariable('only_order') IS NOT NULL
    OR (getvariable('only_payout') IS NOT NULL
        AND payout_id IS DISTINCT FROM getvariable('only_payout'))
    OR (getvariable('only_since') IS NOT NULL AND day < CAST(getvariable('only_since') AS DATE));
