-- What each order comes to, and why Monstock shows something else (the core says it).
--
-- An order is asked for by its proportions: all amounts divided by their greatest common divisor,
-- payments and rows numbered, times only where they matter. So each distinct case is asked once.
CREATE TABLE staging.parted AS
WITH several AS (
    SELECT n, list({'order': o, 'amount': amount} ORDER BY position) AS allocations
    FROM staging.allocations
    WHERE n IN (SELECT n FROM staging.allocations WHERE amount IS NOT NULL) OR n IN (
        SELECT n FROM staging.allocations GROUP BY n HAVING count(*) > 1)
    GROUP BY n
)
SELECT n, o, from_json(share(CAST(to_json({
    'order': o, 'rule': rule, 'allocations': several.allocations,
    'amount': payments.amount, 'authorized': authorized, 'captured': captured,
    'funded': funded, 'refunded': refunded, 'refund_pending': refund_pending,
    'refund_failed': refund_failed, 'disputed': disputed, 'dispute_lost': dispute_lost,
    'status': status, 'currency': currency
}) AS VARCHAR)), '{
    "amount": "BIGINT", "authorized": "BIGINT", "captured": "BIGINT", "funded": "BIGINT",
    "refunded": "BIGINT", "refund_failed": "BIGINT", "disputed": "BIGINT",
    "dispute_lost": "BIGINT", "unallocated": "BIGINT"}') AS part
FROM several JOIN staging.allocations USING (n) JOIN staging.payments USING (n);

CREATE TABLE staging.shares AS
SELECT
    n, o, rule, order_id,
    row_number() OVER (PARTITION BY o ORDER BY captured_at, n) - 1 AS position,
    transaction_reference, status, currency, flags, dispute_open, authorized_until,
    action_required_since, captured_at, created_at, changed_at,
    CASE WHEN part IS NULL THEN payments.amount ELSE part.amount END AS amount,
    CASE WHEN part IS NULL THEN authorized ELSE part.authorized END AS authorized,
    CASE WHEN part IS NULL THEN captured ELSE part.captured END AS captured,
    CASE WHEN part IS NULL THEN funded ELSE part.funded END AS funded,
    CASE WHEN part IS NULL THEN refunded ELSE part.refunded END AS refunded,
    CASE WHEN part IS NULL THEN refund_failed ELSE part.refund_failed END AS refund_failed,
    CASE WHEN part IS NULL THEN disputed ELSE part.disputed END AS disputed,
    CASE WHEN part IS NULL THEN dispute_lost ELSE part.dispute_lost END AS dispute_lost,
    coalesce(part.unallocated, 0) AS unallocated
FROM staging.allocations JOIN staging.payments USING (n)
LEFT JOIN staging.parted USING (n, o);

-- The rows, with what is known of the payment that each names.
CREATE TABLE staging.rows_known AS
WITH oldest AS (SELECT min(created_at) AS payment FROM staging.payments),
placed AS (SELECT n, min(o) AS o FROM staging.allocations WHERE o > 0 GROUP BY n)
SELECT
    rows.*, shares.position AS paid_by,
    CASE WHEN shares.position IS NULL THEN placed.o END AS elsewhere,
    shares.position IS NULL AND lower(rows.method) IN (SELECT method FROM staging.like_methods)
        AS is_like,
    CASE
        WHEN NOT ours OR shares.position IS NOT NULL THEN NULL
        WHEN placed.o IS NOT NULL THEN 'elsewhere'
        WHEN rows.n IS NOT NULL AND payments.verdict IN ('ours', 'wrong_mode') THEN 'not_linked'
        WHEN rows.n IS NULL
            AND regexp_full_match(rows.transaction_reference, getvariable('payment_reference'))
            AND coalesce(paid_at >= oldest.payment, true) THEN 'unknown'
    END AS known
FROM staging.rows
CROSS JOIN oldest
LEFT JOIN staging.shares ON shares.n = rows.n AND shares.o = rows.o
LEFT JOIN staging.payments ON payments.n = rows.n AND shares.n IS NULL
LEFT JOIN placed ON placed.n = rows.n AND shares.n IS NULL;

CREATE TABLE staging.with_likes AS
SELECT DISTINCT o FROM staging.rows_known WHERE is_like;

-- The divisor of each order; 1 where a tolerance, which has no part in it, would tell.
CREATE TABLE staging.divisors AS
WITH amounts AS (
    SELECT o, gcd(gcd(gcd(gcd(amount, authorized), gcd(captured, funded)), gcd(gcd(refunded,
        refund_failed), gcd(disputed, dispute_lost))), unallocated) AS divisor FROM staging.shares
    UNION ALL
    SELECT o, gcd(gcd(gcd(amount, authorized), gcd(refunded, disputed)), dispute_lost)
    FROM staging.rows_known
    UNION ALL
    SELECT o, gcd(total, coalesce(amount_due, 0)) FROM staging.orders
)
SELECT o, CASE WHEN any_value(currency) IN (SELECT currency FROM staging.tolerances) THEN 1
    ELSE greatest(1, list_reduce(list(divisor), lambda a, b: gcd(a, b))) END AS divisor
FROM amounts JOIN staging.orders USING (o)
WHERE kind = 'order'
GROUP BY o;

CREATE TABLE staging.order_payments AS
WITH told AS (
    SELECT
        o, shares.position, rule, changed_at, shares.currency = orders.currency AS same,
        captured, refunded, dispute_lost,
        concat_ws('|', shares.status, rule, CASE WHEN same THEN '' ELSE shares.currency END, flags,
            CASE WHEN dispute_open THEN 'o' ELSE '' END, amount // divisor, authorized // divisor,
            captured // divisor, funded // divisor, refunded // divisor, refund_failed // divisor,
            disputed // divisor, dispute_lost // divisor, unallocated // divisor,
            coalesce(CAST(authorized_until AS VARCHAR), ''),
            coalesce(CAST(action_required_since AS VARCHAR), ''),
            CASE WHEN cleared.o IS NOT NULL THEN 'x' ELSE '' END,
            CASE WHEN with_likes.o IS NULL THEN ''
                ELSE CAST(epoch_us(coalesce(captured_at, shares.created_at)) // 1000000 AS VARCHAR)
                END) AS text
    FROM staging.shares
    JOIN staging.orders USING (o)
    JOIN staging.divisors USING (o)
    LEFT JOIN staging.with_likes USING (o)
    LEFT JOIN staging.cleared USING (o, transaction_reference)
)
SELECT
    o,
    CAST(count(*) AS INTEGER) AS payments,
    list(DISTINCT rule) AS rules,
    max(changed_at) AS changed_at,
    CAST(sum(CASE WHEN same THEN captured ELSE 0 END) AS BIGINT) AS captured,
    CAST(sum(CASE WHEN same THEN refunded ELSE 0 END) AS BIGINT) AS refunded,
    CAST(sum(CASE WHEN same THEN dispute_lost ELSE 0 END) AS BIGINT) AS dispute_lost,
    array_to_string(list_transform(list_sort(list({'position': position, 'text': text})),
        lambda one: one.text), ';') AS told
FROM told GROUP BY o;

CREATE TABLE staging.order_rows AS
WITH told AS (
    SELECT o, rows_known.position,
        concat_ws('|', coalesce(CAST(paid_by AS VARCHAR), ''), CASE WHEN own THEN 'o' ELSE '' END,
            CASE WHEN ours THEN 'o' ELSE '' END, coalesce(known, ''),
            CASE WHEN elsewhere IS NOT NULL THEN 'e' ELSE '' END,
            CASE WHEN transaction_reference IS NOT NULL THEN 'n' ELSE '' END,
            CASE WHEN is_like THEN 'l' ELSE '' END, rows_known.status,
            CASE WHEN rows_known.currency = orders.currency THEN '' ELSE rows_known.currency END,
            amount // divisor, authorized // divisor, rows_known.refunded // divisor,
            disputed // divisor, dispute_lost // divisor,
            CASE WHEN is_like AND paid_at IS NOT NULL
                THEN CAST(epoch_us(paid_at) // 1000000 AS VARCHAR) ELSE '' END) AS text
    FROM staging.rows_known
    JOIN staging.orders USING (o)
    JOIN staging.divisors USING (o)
)
SELECT o, array_to_string(list_transform(list_sort(list({'position': position, 'text': text})),
    lambda one: one.text), ';') AS told
FROM told GROUP BY o;

CREATE TABLE staging.asked AS
SELECT
    o, divisor,
    concat_ws(chr(10),
        concat_ws('|', currency, state, total // divisor,
            coalesce(CAST(amount_due // divisor AS VARCHAR), ''), coalesce(payment_status, '')),
        coalesce(order_payments.told, ''), coalesce(order_rows.told, '')) AS shape
FROM staging.orders
JOIN staging.divisors USING (o)
LEFT JOIN staging.order_payments USING (o)
LEFT JOIN staging.order_rows USING (o);
