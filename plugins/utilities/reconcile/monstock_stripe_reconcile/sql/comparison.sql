-- What each order comes to, and why Monstock shows something else (function `compare`).
--
-- An order is asked for by its proportions: all amounts divided by their greatest common divisor,
-- payments and rows numbered, times only where they matter. So each distinct case is asked once.
CREATE TABLE staging.shares AS
WITH counted AS (
    SELECT *, count(*) OVER (PARTITION BY n) AS several FROM staging.allocations
),
parted AS (
    SELECT counted.n, counted.o, counted.rule,
        CASE WHEN several > 1 OR counted.amount IS NOT NULL THEN from_json(share(CAST(to_json({
            'order': counted.o, 'rule': counted.rule,
            'allocations': (
                SELECT list({'order': other.o, 'amount': other.amount} ORDER BY other.position)
                FROM staging.allocations AS other WHERE other.n = counted.n),
            'amount': payments.amount, 'authorized': authorized, 'captured': captured,
            'funded': funded, 'refunded': refunded, 'refund_pending': refund_pending,
            'refund_failed': refund_failed, 'disputed': disputed, 'dispute_lost': dispute_lost,
            'status': status, 'currency': currency
        }) AS VARCHAR)), '{
            "amount": "BIGINT", "authorized": "BIGINT", "captured": "BIGINT", "funded": "BIGINT",
            "refunded": "BIGINT", "refund_failed": "BIGINT", "disputed": "BIGINT",
            "dispute_lost": "BIGINT", "unallocated": "BIGINT"}') END AS part
    FROM counted JOIN staging.payments USING (n)
)
SELECT
    n, o, rule,
    row_number() OVER (PARTITION BY o ORDER BY captured_at, transaction_reference) - 1 AS position,
    transaction_reference, id, charge_id, status, currency, flags, dispute_open, authorized_until,
    action_required_since, captured_at, created_at, changed_at,
    CASE WHEN part IS NULL THEN amount ELSE part.amount END AS amount,
    CASE WHEN part IS NULL THEN authorized ELSE part.authorized END AS authorized,
    CASE WHEN part IS NULL THEN captured ELSE part.captured END AS captured,
    CASE WHEN part IS NULL THEN funded ELSE part.funded END AS funded,
    CASE WHEN part IS NULL THEN refunded ELSE part.refunded END AS refunded,
    CASE WHEN part IS NULL THEN refund_failed ELSE part.refund_failed END AS refund_failed,
    CASE WHEN part IS NULL THEN disputed ELSE part.disputed END AS disputed,
    CASE WHEN part IS NULL THEN dispute_lost ELSE part.dispute_lost END AS dispute_lost,
    coalesce(part.unallocated, 0) AS unallocated
FROM parted JOIN staging.payments USING (n);

-- The rows, with what is known of the payment that each names.
CREATE TABLE staging.rows_known AS
WITH placed AS (
    SELECT n, min(o) AS o, count(*) AS several FROM staging.allocations GROUP BY n
),
oldest AS (SELECT min(created_at) AS payment FROM staging.payments)
SELECT
    rows.*, shares.position AS paid_by, elsewhere.o AS elsewhere,
    lower(rows.method) IN (SELECT method FROM staging.like_methods) AS is_like,
    CASE
        WHEN NOT ours OR shares.position IS NOT NULL THEN NULL
        WHEN elsewhere.o IS NOT NULL THEN 'elsewhere'
        WHEN rows.n IS NOT NULL AND payments.verdict IN ('ours', 'wrong_mode') THEN 'not_linked'
        WHEN rows.n IS NULL
            AND regexp_full_match(rows.transaction_reference, getvariable('payment_reference'))
            AND coalesce(paid_at >= oldest.payment, true) THEN 'unknown'
    END AS known
FROM staging.rows
CROSS JOIN oldest
LEFT JOIN staging.payments ON payments.n = rows.n
LEFT JOIN staging.shares ON shares.n = rows.n AND shares.o = rows.o
LEFT JOIN placed AS elsewhere ON elsewhere.n = rows.n AND shares.position IS NULL;

CREATE TABLE staging.order_payments AS
SELECT
    shares.o,
    count(*) AS payments,
    list(DISTINCT rule) AS rules,
    max(changed_at) AS changed_at,
    sum(CASE WHEN shares.currency = orders.currency THEN captured ELSE 0 END) AS captured,
    sum(CASE WHEN shares.currency = orders.currency THEN refunded ELSE 0 END) AS refunded,
    sum(CASE WHEN shares.currency = orders.currency THEN dispute_lost ELSE 0 END) AS dispute_lost,
    list_reduce(list(gcd(gcd(gcd(gcd(amount, authorized), gcd(captured, funded)),
        gcd(gcd(refunded, refund_failed), gcd(disputed, dispute_lost))), unallocated)),
        lambda a, b: gcd(a, b)) AS divisor,
    list({
        'status': shares.status, 'rule': rule,
        'currency': CASE WHEN shares.currency <> orders.currency THEN shares.currency END,
        'flags': flags, 'open': dispute_open,
        'amounts': [amount, authorized, captured, funded, refunded, refund_failed, disputed,
            dispute_lost, unallocated],
        'until': authorized_until, 'acts': action_required_since,
        'cleared': cleared.o IS NOT NULL,
        'at': CASE WHEN likes.o IS NOT NULL THEN epoch(coalesce(captured_at, shares.created_at)) END
    } ORDER BY shares.position) AS list
FROM staging.shares
JOIN staging.orders USING (o)
LEFT JOIN (SELECT DISTINCT o FROM staging.rows_known WHERE is_like AND paid_by IS NULL) AS likes
    USING (o)
LEFT JOIN staging.cleared ON cleared.o = shares.o
    AND cleared.transaction_reference = shares.transaction_reference
GROUP BY shares.o;

CREATE TABLE staging.order_rows AS
SELECT
    o,
    list_reduce(list(gcd(gcd(gcd(amount, authorized), gcd(refunded, disputed)), dispute_lost)),
        lambda a, b: gcd(a, b)) AS divisor,
    list({
        'paid_by': paid_by, 'own': own, 'ours': ours, 'known': known,
        'elsewhere': elsewhere IS NOT NULL,
        'named': CASE WHEN paid_by IS NULL THEN transaction_reference IS NOT NULL END,
        'method': CASE WHEN NOT ours THEN lower(method) END,
        'status': rows_known.status,
        'currency': CASE WHEN rows_known.currency <> orders.currency THEN rows_known.currency END,
        'amounts': [amount, authorized, refunded, disputed, dispute_lost],
        'at': CASE WHEN is_like AND paid_by IS NULL THEN epoch(paid_at) END
    } ORDER BY position) AS list
FROM staging.rows_known JOIN staging.orders USING (o)
GROUP BY o;

CREATE TABLE staging.asked AS
WITH proportions AS (
    SELECT
        orders.o, orders.currency, orders.state, orders.total, orders.amount_due,
        orders.payment_status,
        order_payments.list AS paid, order_rows.list AS shown,
        CASE WHEN orders.currency IN (SELECT currency FROM staging.tolerances) THEN 1
            ELSE greatest(1, CAST(gcd(gcd(orders.total, coalesce(orders.amount_due, 0)),
                gcd(coalesce(order_payments.divisor, 0), coalesce(order_rows.divisor, 0)))
                AS BIGINT)) END AS divisor
    FROM staging.orders
    LEFT JOIN staging.order_payments USING (o)
    LEFT JOIN staging.order_rows USING (o)
    WHERE orders.kind = 'order'
)
SELECT
    o, divisor,
    CAST(to_json({
        'currency': currency, 'state': state, 'total': total // divisor,
        'due': amount_due // divisor, 'status': payment_status,
        'payments': list_transform(coalesce(paid, []), lambda p: {
            'status': p.status, 'rule': p.rule, 'currency': p.currency, 'flags': p.flags,
            'open': p.open,
            'amounts': list_transform(p.amounts, lambda a: CAST(a // divisor AS BIGINT)),
            'until': p.until, 'acts': p.acts, 'cleared': p.cleared, 'at': p.at}),
        'rows': list_transform(coalesce(shown, []), lambda r: {
            'paid_by': r.paid_by, 'own': r.own, 'ours': r.ours, 'known': r.known,
            'elsewhere': r.elsewhere, 'named': r.named, 'method': r.method, 'status': r.status,
            'currency': r.currency,
            'amounts': list_transform(r.amounts, lambda a: CAST(a // divisor AS BIGINT)),
            'at': r.at})
    }) AS VARCHAR) AS shape
FROM proportions;

CREATE TABLE staging.cases AS
SELECT key, from_json(compare(shape), '{
    "error": "VARCHAR", "status": "VARCHAR", "due": "BIGINT", "net": "BIGINT",
    "outside": "BIGINT", "disputed": "BIGINT", "authorized": "BIGINT", "shown_net": "BIGINT",
    "awaited": "BIGINT", "released": "BOOLEAN", "release_reason": "VARCHAR",
    "found": [{"reason": "VARCHAR", "amount": "BIGINT", "currency": "VARCHAR",
        "payment": "INTEGER", "row": "INTEGER", "facts": "VARCHAR"}]}') AS answer
FROM (
    SELECT md5_number(shape) AS key, any_value(shape) AS shape FROM staging.asked GROUP BY ALL
);

CREATE TABLE staging.compared AS
SELECT o, divisor, answer FROM staging.asked JOIN staging.cases ON key = md5_number(shape);

DROP TABLE staging.asked;
